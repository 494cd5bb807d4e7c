"""What can go wrong that is not a bug: each error is one sentence for the person at the keyboard.

The command line prints the sentence and ends with status 1, for an error of the operating system too, such as a full
disk; anything else that escapes is a bug and shows a traceback.
"""

from __future__ import annotations

import errno
import re


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


class MixedError(AlvinnError):
    """Work was begun in another way than it is to be gone on with."""


class BusyError(AlvinnError):
    """Another process writes what is to be written."""


class DiskError(AlvinnError):
    """There is no room for what is to be written."""


class ResultsError(AlvinnError):
    """Judged laps are missing or damaged, or were made in another way than those asked for."""


def explain(error: Exception) -> str:
    """An error in one sentence; of the operating system's, with what it was about and what to do."""
    if not isinstance(error, OSError):
        return str(error)
    said = (error.strerror or str(error)).strip().splitlines() or [type(error).__name__]
    about = f"{error.filename}: " if error.filename else ""
    advice = _ADVICE.get(error.errno or _errno_in(str(error)), "")
    return f"{about}{said[0]}{advice}"


def _errno_in(text: str) -> int:
    """The number that HDF5 says in its text alone; 0 if there is none."""
    found = re.search(r"errno = (\d+)", text)
    return int(found.group(1)) if found else 0


_ADVICE = {
    errno.ENOSPC: "; free some space, or choose a --home on another disk",
    errno.EDQUOT: "; free some space, or choose a --home on another disk",
    errno.EFBIG: "; choose a --home on a disk that takes larger files",
    errno.EROFS: "; choose a --home that can be written to",
    errno.EACCES: "; choose a --home that can be written to",
    errno.ENAMETOOLONG: "; choose a shorter name",
}
