"""System libraries that wheels expect on Linux and do not bring: one list for the command line, make and CI.

The standard library alone, since this runs before anything is installed:

    python -m alvinn.util.system_libraries              a sentence for each missing library, exit status 1
    python -m alvinn.util.system_libraries --packages   the names of the Debian packages alone, exit status 0
"""

from __future__ import annotations

import ctypes
import platform
import sys
from dataclasses import dataclass


@dataclass(frozen=True)
class SystemLibrary:
    """A shared library, what loads it, and the Debian package that brings it."""

    file: str
    used_by: str
    package: str

    def __str__(self) -> str:
        """What to do where it is missing."""
        return f"{self.used_by} needs {self.file}: on Debian and Ubuntu, apt-get install {self.package}"

    def is_found(self) -> bool:
        """Whether it can be loaded."""
        try:
            ctypes.CDLL(self.file)
        except OSError:
            return False
        return True


SYSTEM_LIBRARIES = (
    SystemLibrary("libGL.so.1", "OpenCV", "libgl1"),
    SystemLibrary("libX11.so.6", "Panda3D", "libx11-6"),
)


def needed_here() -> tuple[SystemLibrary, ...]:
    """The system libraries that this system must have; on Windows the wheels bring everything."""
    return SYSTEM_LIBRARIES if platform.system() == "Linux" else ()


def main(arguments: list[str]) -> int:
    """Say which libraries are missing; the exit status."""
    missing = [library for library in needed_here() if not library.is_found()]
    if "--packages" in arguments:
        print(*(library.package for library in missing), sep="\n", end="\n" if missing else "")
        return 0
    for library in missing:
        print(library, file=sys.stderr)
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
