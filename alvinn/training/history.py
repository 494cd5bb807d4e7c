"""The metrics of every epoch, in `history.csv`, and which epoch is the best."""

from __future__ import annotations

import csv
import math
from collections.abc import Sequence
from dataclasses import astuple, dataclass
from pathlib import Path

from alvinn.training.held_out import Errors
from alvinn.util.files import atomic_path

TIE = 1.1  # within this factor of the lowest, errors count as equal: few frames are held out, later steps are smaller
COLUMNS = ("epoch", "loss", "held_out_mae", "held_out_relative_error", "held_out_steer_mae", "held_out_plain_mae")


@dataclass(frozen=True, slots=True)
class EpochResult:
    """Metrics at the end of an epoch."""

    epoch: int
    loss: float
    held_out: Errors


def is_best(now: EpochResult, before: Sequence[EpochResult], *, views: bool = True) -> bool:
    """Whether an epoch is at least as good as the best before it; without held-out rows it always is.

    Args:
        now: the epoch.
        before: all epochs before it.
        views: whether the network learns with views; without them it is judged by the frames as they were taken.
    """
    error, *earlier = [one.held_out.mae if views else one.held_out.plain for one in (now, *before)]
    return error is None or error <= TIE * min((e for e in earlier if e is not None), default=math.inf)


def write_history(path: Path, history: list[EpochResult]) -> None:
    """Write `history.csv`: one row per epoch."""
    with atomic_path(path) as scratch, scratch.open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file, lineterminator="\n")
        table.writerow(COLUMNS)
        table.writerows((p.epoch, p.loss, *astuple(p.held_out)) for p in history)


def read_history(path: Path) -> list[EpochResult]:
    """Read `history.csv`."""
    with path.open(encoding="utf-8", newline="") as file:
        return [
            EpochResult(
                int(row["epoch"]),
                float(row["loss"]),
                Errors(*(float(row[name]) if row.get(name) else None for name in COLUMNS[2:])),
            )
            for row in csv.DictReader(file)
        ]
