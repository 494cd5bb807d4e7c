"""`log.csv`: one row per tick, enough to recompute the figures of a run independently."""

from __future__ import annotations

import csv
from contextlib import AbstractContextManager
from pathlib import Path
from types import TracebackType

from alvinn.driving.protocols import Verdict
from alvinn.driving.types import Step

LOG_COLUMNS = ("time", "x", "y", "yaw", "steer", "curvature", "offset", "lane_width", "who")


class LogWriter(AbstractContextManager["LogWriter"]):
    """Writes `log.csv`."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file = path.open("w", encoding="utf-8", newline="")
        self._table = csv.writer(self._file, lineterminator="\n")
        self._table.writerow(LOG_COLUMNS)
        self._began: float | None = None  # the server's clock has an arbitrary origin

    def see(self, step: Step) -> Verdict:
        """Write a tick."""
        truth, decision = step.truth, step.decision
        numbers = (truth.x, truth.y, truth.yaw, step.control.steer, decision.curvature, truth.offset, truth.lane_width)
        self._began = step.observation.time if self._began is None else self._began
        row = (step.observation.time - self._began, *numbers)
        self._table.writerow([f"{value:.6f}" for value in row] + [decision.who])
        return Verdict.CONTINUE

    def on_recovery(self) -> None:
        """Do nothing: the jump shows in x and y."""

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()
