"""Tasks that guests wait for, done one after another: first come, first served, one of each guest and kind at a time.

Who drags a car asks for a new view with every move: the newest takes the place of the one that still waits.
"""

from __future__ import annotations

import threading
from collections.abc import Callable

Task = Callable[[], None]


class TaskQueue:
    """Filled by the server's thread, emptied by the one that works."""

    def __init__(self) -> None:
        self._tasks: dict[tuple[int, str], Task] = {}
        self._news = threading.Condition()
        self._is_closed = False

    def __len__(self) -> int:
        with self._news:
            return len(self._tasks)

    def put(self, guest: int, kind: str, task: Task) -> int:
        """Add a task, or put it in the place of the guest's own that waits; returns how many are before it."""
        with self._news:
            self._tasks[guest, kind] = task
            self._news.notify()
            return list(self._tasks).index((guest, kind))

    def forget(self, guest: int) -> None:
        """Drop what a guest who left waited for."""
        with self._news:
            for key in [key for key in self._tasks if key[0] == guest]:
                del self._tasks[key]

    def close(self) -> None:
        """End `work` after the task that is being done."""
        with self._news:
            self._is_closed = True
            self._news.notify()

    @property
    def is_closed(self) -> bool:
        """Whether it was closed: what lasts looks here."""
        return self._is_closed

    def work(self) -> None:
        """Do tasks until closed."""
        while (task := self._next()) is not None:
            task()

    def _next(self) -> Task | None:
        with self._news:
            self._news.wait_for(lambda: self._tasks or self._is_closed)
            return None if self._is_closed else self._tasks.pop(next(iter(self._tasks)))
