"""A desktop that nobody sees: a real X server, with real key presses, mouse moves and pictures of its screen.

And a wheel that nobody touches: SDL's own virtual joystick, attached through the very library that pygame loaded.
"""

from __future__ import annotations

import ctypes
import os
import re
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import numpy as np
import pytest

from alvinn.driving.types import Image

TOOLS = ("Xvfb", "xdotool")
SDL_INIT_JOYSTICK = 0x200
PATIENCE = 60.0  # s: on a busy machine too


def until(condition: Callable[[], object], what: str, patience: float = PATIENCE) -> None:
    """Wait until something is so."""
    end = time.monotonic() + patience
    while not condition():
        assert time.monotonic() < end, f"waited {patience:g} s in vain for {what}"
        time.sleep(0.01)


class Desktop:
    """An X server's screen, and hands at its keyboard and mouse."""

    def __init__(self, display: str, screen: Path) -> None:
        self.display = display
        self._screen = screen

    def do(self, *words: str) -> str:
        """Run xdotool."""
        command = ["xdotool", *words]
        environment = os.environ | {"DISPLAY": self.display}
        return subprocess.run(command, env=environment, capture_output=True, text=True, check=False).stdout

    def window(self) -> str:
        """The number of the only window, once it is there."""
        until(lambda: self.do("search", "--class", "."), "a window")
        return self.do("search", "--class", ".").split()[-1]

    def focus(self) -> None:
        """Turn the keyboard to the window: there is no window manager that would."""
        self.do("windowfocus", "--sync", self.window())

    def place(self) -> tuple[int, int]:
        """Where on the screen the window's upper left corner is: (column, row)."""
        told = dict(re.findall(r"(\w+)=(\d+)", self.do("getwindowgeometry", "--shell", self.window())))
        return int(told["X"]), int(told["Y"])

    def press(self, *keys: str) -> None:
        """Press and release keys, by X's names."""
        for key in keys:
            self.do("key", "--delay", "40", key)

    def write(self, text: str) -> None:
        """Type a text."""
        self.do("type", "--delay", "40", text)

    def picture(self) -> Image:
        """What is on the screen, shape (height, width, 3) RGB, out of the server's own frame buffer (XWD)."""
        data = self._screen.read_bytes()
        head = np.frombuffer(data[:100], dtype=">u4")
        width, height, line, colours = (int(head[n]) for n in (4, 5, 12, 19))
        start = int(head[0]) + colours * 12
        rows = np.frombuffer(data, dtype=np.uint8, count=line * height, offset=start).reshape(height, line)
        bgrx = rows[:, : width * 4].reshape(height, width, 4)
        return np.ascontiguousarray(bgrx[:, :, 2::-1])


def alone(name: str) -> IO[str]:
    """Wait until no other process of this machine holds a lock of this name, and hold it until the file is closed.

    Two X servers that begin at once may choose the same display, and one of them ends.
    """
    import fcntl

    file = (Path(tempfile.gettempdir()) / f"{name}.lock").open("w")
    fcntl.flock(file, fcntl.LOCK_EX)
    return file


@contextmanager
def desktop(size: tuple[int, int] = (1280, 720)) -> Iterator[Desktop]:
    """An X server of one's own; skips the test where there is none, and says what brings it."""
    missing = [tool for tool in TOOLS if shutil.which(tool) is None]
    if missing:
        pytest.skip(f"{' and '.join(missing)} not found: apt-get install xvfb xdotool")
    lock = alone("alvinn-xvfb")
    reading, writing = os.pipe()
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch, open(reading) as told:  # noqa: PTH123
        orphan = ["setpriv", "--pdeathsig", "TERM"] if shutil.which("setpriv") else []  # it ends with a killed run too
        command = [
            *orphan,
            "Xvfb",
            "-displayfd",
            str(writing),
            "-screen",
            "0",
            f"{size[0]}x{size[1]}x24",
            "-fbdir",
            folder,
        ]
        # When its last guest leaves, an X server begins again, and turns away whoever comes meanwhile: not this one.
        command += ["-nolisten", "tcp", "-noreset"]
        with subprocess.Popen(command, pass_fds=(writing,), stderr=subprocess.DEVNULL) as server:
            try:
                os.close(writing)
                display = f":{told.readline().strip()}"
                lock.close()
                patch.setenv("DISPLAY", display)
                patch.setenv("SDL_VIDEODRIVER", "x11")
                yield Desktop(display, Path(folder) / "Xvfb_screen0")
            finally:
                server.terminate()


class VirtualWheel:
    """SDL's virtual joystick: to every program that uses SDL it is a wheel like any other."""

    WHEEL = 2  # SDL_JOYSTICK_TYPE_WHEEL

    def __init__(self, axes: int = 4, buttons: int = 8) -> None:
        self._sdl = _loaded_sdl()
        self._shape = (axes, buttons)
        self._index = -1
        self._handle: int | None = None

    def plug_in(self) -> None:
        """Attach it."""
        self._sdl.SDL_InitSubSystem(SDL_INIT_JOYSTICK)  # it stays, whatever windows come and go
        self._index = self._sdl.SDL_JoystickAttachVirtual(self.WHEEL, *self._shape, 0)
        assert self._index >= 0
        self._handle = self._sdl.SDL_JoystickOpen(self._index)

    @property
    def guid(self) -> str:
        """By which a program knows it again."""
        return bytes(self._sdl.SDL_JoystickGetDeviceGUID(self._index).data).hex()

    def pull_out(self) -> None:
        """Detach it."""
        self._sdl.SDL_JoystickClose(self._handle)
        self._sdl.SDL_JoystickDetachVirtual(self._index)
        self._handle = None

    def turn(self, axis: int, position: float) -> None:
        """Bring an axis to a position in [-1, 1]."""
        assert self._sdl.SDL_JoystickSetVirtualAxis(self._handle, axis, round(position * 32767)) == 0

    def press(self, button: int, *, down: bool) -> None:
        """Press or release a button."""
        assert self._sdl.SDL_JoystickSetVirtualButton(self._handle, button, int(down)) == 0


class _Guid(ctypes.Structure):
    """SDL's own."""

    _fields_ = (("data", ctypes.c_uint8 * 16),)


def _loaded_sdl() -> ctypes.CDLL:
    """The SDL2 that pygame has loaded, wherever its wheel put it."""
    maps = Path("/proc/self/maps")
    text = maps.read_text(encoding="utf-8") if maps.exists() else ""
    found = re.search(r"\S*/libSDL2-2\S*", text)
    if found is None:
        pytest.skip("pygame's SDL2 is not to be found in /proc/self/maps: no virtual joystick here")
    sdl = ctypes.CDLL(found[0])
    sdl.SDL_JoystickGetDeviceGUID.restype = _Guid
    sdl.SDL_JoystickOpen.restype = ctypes.c_void_p
    sdl.SDL_JoystickClose.argtypes = [ctypes.c_void_p]
    sdl.SDL_JoystickSetVirtualAxis.argtypes = [ctypes.c_void_p, ctypes.c_int, ctypes.c_int16]
    sdl.SDL_JoystickSetVirtualButton.argtypes = [ctypes.c_void_p, ctypes.c_int, ctypes.c_uint8]
    return sdl
