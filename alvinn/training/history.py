"""The metrics of every epoch, in `history.csv`, and which epoch is the best."""

from __future__ import annotations

import csv
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from alvinn.training.held_out import Errors
from alvinn.util.files import atomic_path

TIE = 1.1  # within this factor of the lowest, errors count as equal: few frames are held out, later steps are smaller
COLUMNS = ("epoch", "loss", "held_out_mae", "held_out_relative_error", "held_out_steer_mae")


@dataclass(frozen=True, slots=True)
class EpochResult:
    """Metrics at the end of an epoch."""

    epoch: int
    loss: float
    held_out: Errors


def is_best(now: EpochResult, before: Sequence[EpochResult]) -> bool:
    """Whether an epoch is at least as good as the best before it; without held-out rows it always is."""
    known = [progress.held_out.mae for progress in before if progress.held_out.mae is not None]
    return now.held_out.mae is None or now.held_out.mae <= TIE * min(known, default=math.inf)


def write_history(path: Path, history: list[EpochResult]) -> None:
    """Write `history.csv`: one row per epoch."""
    with atomic_path(path) as scratch, scratch.open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file, lineterminator="\n")
        table.writerow(COLUMNS)
        table.writerows((p.epoch, p.loss, p.held_out.mae, p.held_out.relative, p.held_out.steer) for p in history)


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
