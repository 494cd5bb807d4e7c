"""Errors that are not bugs: each message is one sentence for the user.

The command line prints the sentence and exits with status 1, also for an error of the operating system such as a full
disk, and with status 2 for wrong usage; any other exception is a bug and shows a traceback.
"""

from __future__ import annotations

import errno
import re


class AlvinnError(Exception):
    """A job cannot continue: the message says what was found, what was expected and how to fix it."""


class UsageError(AlvinnError):
    """The command line asks for what cannot be done, whatever is on the disk, on a server or plugged in."""


class ServerError(AlvinnError):
    """The CARLA server is missing, of another version, or stopped answering."""


class FrameError(ServerError):
    """A camera's image of one tick did not arrive in time; the next one may."""


class OccupiedError(ServerError):
    """Something stands where the car is to begin; other places may be free."""


class MapError(AlvinnError):
    """The map has no lane to drive as requested."""


class OneWayError(MapError):
    """The map has no opposite lane."""


class UnknownNameError(MapError, UsageError):
    """No map or weather has this name."""


class RecordingError(AlvinnError):
    """A recording is missing, damaged or empty, or would be overwritten."""


class ModelError(AlvinnError):
    """A model folder is missing or damaged, or does not fit the job."""


MAKE_AGAIN = "restore it from a copy, or make the model again with --overwrite"
"""End of a message on a damaged file of a model."""


class CameraMismatchError(ModelError):
    """The camera differs from the one that the model was trained with."""


class MixedError(AlvinnError):
    """Work was begun in another way than it is to be gone on with."""


class TakenError(AlvinnError):
    """What is there already, and was not made to be replaced, would be."""


class BusyError(AlvinnError):
    """Another process is writing to the same folder."""


class DiskError(AlvinnError):
    """The disk has too little free space."""


class UndrivenError(AlvinnError):
    """Some of the requested laps could not be driven; what was driven is written."""


class ResultsError(AlvinnError):
    """Judged laps are missing or damaged, or were driven under other settings than those requested."""


def name_extra(extra: str) -> str:
    """End of a message on a package that is missing: how to install it, as an extra of ours."""
    return f"""an extra: pip install ".[{extra}]" in the project's folder"""


def explain(error: Exception) -> str:
    """The error in one sentence; an error of the operating system names its file and what to do."""
    if not isinstance(error, OSError):
        return str(error)
    message = (error.strerror or str(error)).strip().splitlines() or [type(error).__name__]
    about = f"{error.filename}: " if error.filename else ""
    advice = _ADVICE.get(error.errno or _errno_in(str(error)), "")
    return f"{about}{message[0]}{advice}"


def _errno_in(text: str) -> int:
    """The error number that HDF5 gives only in its text; 0 if there is none."""
    found = re.search(r"errno = (\d+)", text)
    return int(found.group(1)) if found else 0


_ADVICE = {
    errno.ENOSPC: "; free some space, or choose a --home or --out on another disk",
    errno.EDQUOT: "; free some space, or choose a --home or --out on another disk",
    errno.EFBIG: "; choose a --home or --out on a disk that takes larger files",
    errno.EROFS: "; choose a --home or --out that can be written to",
    errno.EACCES: "; choose a --home or --out that can be written to",
    errno.ENAMETOOLONG: "; choose a shorter name",
}
