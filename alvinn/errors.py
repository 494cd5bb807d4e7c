"""What can go wrong that is not a bug: each error is one sentence for the person at the keyboard.

The command line prints the sentence and ends with status 1; anything else that escapes is a bug and shows a traceback.
"""

from __future__ import annotations


class AlvinnError(Exception):
    """A job cannot go on: the message says what came, what was expected and how to mend it."""


class ServerError(AlvinnError):
    """The CARLA server is missing, of another version, or stopped answering."""


class FrameError(ServerError):
    """The picture of one tick did not come in time; the next may."""


class MapError(AlvinnError):
    """The map has no lane that could be driven as asked."""


class OneWayError(MapError):
    """The map has no opposite lane."""


class RecordingError(AlvinnError):
    """A recording is missing, damaged or empty, or would be overwritten."""


class ModelError(AlvinnError):
    """A model folder is missing or damaged, or does not fit what it is asked to do."""


class CameraMismatchError(ModelError):
    """The frames are not those that a model was made for."""


class ResultsError(AlvinnError):
    """Judged laps are missing or damaged, or were made in another way than those asked for."""
