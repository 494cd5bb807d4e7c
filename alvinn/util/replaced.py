"""What is to be replaced stays, set aside within its folder, until there is something in its place."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Iterable
from contextlib import AbstractContextManager
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

from alvinn.util.locks import LOCK

if TYPE_CHECKING:
    from typing_extensions import Self

ASIDE, OBSOLETE = ".replaced", ".obsolete"  # folders: until there is something in its place, and while it is removed


class Replaced(AbstractContextManager["Replaced"]):
    """Earlier files and folders of a folder that this process has locked.

    On entering, what a killed process had set aside comes back; so does on leaving what nothing has replaced.

    Args:
        folder: that holds them.
        names: of those that are to be replaced; `*` stands for any letters.
    """

    def __init__(self, folder: Path, names: Iterable[str] = ("*",)) -> None:
        self._folder, self._names = folder, tuple(names)
        self._aside, self._obsolete = folder / ASIDE, folder / OBSOLETE
        self._removal: threading.Thread | None = None

    def __enter__(self) -> Self:
        shutil.rmtree(self._obsolete, ignore_errors=True)
        self._put_back()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._removal is not None:
            self._removal.join()
        self._put_back()

    def set_aside(self) -> None:
        """Set aside what is there."""
        self._move(self._folder, self._aside)

    def give_up(self) -> None:
        """Remove what was set aside, in the background: there is something in its place. Once is enough."""
        if self._aside.is_dir():
            self._aside.rename(self._obsolete)
            self._removal = threading.Thread(target=shutil.rmtree, args=(self._obsolete, True), name="removal")
            self._removal.start()

    def clear(self) -> None:
        """Remove what is there by now."""
        for path in self._list(self._folder):
            if path.is_dir():
                shutil.rmtree(path)
            else:
                path.unlink()

    def _put_back(self) -> None:
        if self._aside.is_dir():
            self.clear()
            self._move(self._aside, self._folder)
            self._aside.rmdir()

    def _list(self, folder: Path) -> list[Path]:
        found = {path for name in self._names for path in folder.glob(name)}
        return [path for path in found if path.name not in {LOCK, ASIDE, OBSOLETE}]

    def _move(self, source: Path, target: Path) -> None:
        if found := self._list(source):
            target.mkdir(exist_ok=True)
        for path in found:
            path.rename(target / path.name)
