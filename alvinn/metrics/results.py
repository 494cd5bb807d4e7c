"""Judged runs on disk: `laps.json`, a spreadsheet, and every run tick by tick so that a sweep can resume.

OUT/laps.json          figures of all requested runs, and their summary
OUT/laps.csv           a row per run
OUT/lap.mp4            the first run, filmed for its first half minute
OUT/runs/RUN/log.csv   every tick, to recompute the figures independently
OUT/runs/RUN/run.json.gz   the judged run in full precision, for --resume and for the report
"""

from __future__ import annotations

import csv
import gzip
import json
import zlib
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import msgspec

from alvinn.errors import ResultsError
from alvinn.metrics.referee import Result, Run, Status
from alvinn.util.files import atomic_path, to_file_name, write_json
from alvinn.util.json_file import read_json

SCHEMA = 1
MEND = "restore it from a copy, or drive the laps again with --overwrite"
LOG = "log.csv"  # every tick, in the folder of its run
FILM, FILM_SECONDS = "lap.mp4", 30.0


def run_folder(folder: Path, run: Run) -> Path:
    """Folder of a run's own files."""
    return folder / "runs" / to_file_name(f"{run.map}-{run.direction}-{run.weather}-{run.seed}-{run.start}")


def save_run(folder: Path, result: Result) -> None:
    """Save a judged run atomically."""
    path = run_folder(folder, result.run) / "run.json.gz"
    path.parent.mkdir(parents=True, exist_ok=True)
    with atomic_path(path) as scratch, gzip.open(scratch, "wt", encoding="utf-8") as file:
        json.dump(asdict(result), file, allow_nan=False)


def load_run(folder: Path, run: Run) -> Result | None:
    """Load a saved run; None if it is missing or damaged."""
    try:
        data = gzip.decompress((run_folder(folder, run) / "run.json.gz").read_bytes())
        return msgspec.json.decode(data, type=Result)
    except (OSError, EOFError, zlib.error, msgspec.DecodeError, UnicodeDecodeError):
        return None


def write_laps(folder: Path, head: dict[str, Any], entries: Sequence[dict[str, Any]], summed: dict[str, Any]) -> None:
    """Write `laps.json`, and `laps.csv` beside it.

    Args:
        folder: created if missing.
        head: who was judged, and how.
        entries: one per run, all with the same keys.
        summed: over all runs.
    """
    folder.mkdir(parents=True, exist_ok=True)
    write_json(folder / "laps.json", {"schema": SCHEMA, **head, "runs": list(entries), "summary": summed})
    with atomic_path(folder / "laps.csv") as scratch, scratch.open("w", encoding="utf-8", newline="") as file:
        table = csv.DictWriter(file, fieldnames=list(entries[0]), lineterminator="\n")
        table.writeheader()
        table.writerows(entries)


def read_laps(path: Path) -> dict[str, Any]:
    """Read a `laps.json`; `path` may be its folder.

    Raises:
        ResultsError: it is missing, damaged or of another schema.
    """
    file = path / "laps.json" if path.is_dir() else path
    if not file.is_file():
        raise ResultsError(f"there is no {file}: alvinn laps writes it")
    read_json(file, _LapsFile, SCHEMA, ResultsError, MEND)  # whatever is used later is there
    return read_json(file, dict[str, Any], SCHEMA, ResultsError, MEND)


@dataclass(frozen=True, slots=True)
class _LapsEntry(Run):
    status: Status
    completed: bool
    departures: int
    interventions: int
    distance_m: float
    duration_s: float
    offset_mean_m: float | None
    offset_sd_m: float | None
    log: str | None = None


@dataclass(frozen=True, slots=True)
class _LapsSummary:
    """The figures that `compare` shows; None: nothing was driven."""

    km: float
    completed_pct: float
    departures_per_km: float | None
    autonomy_pct: float | None
    offset_mean_m: float | None
    offset_sd_m: float | None
    offset_p95_m: float | None
    offset_max_m: float | None
    steer_suddenness_per_km: float | None
    latency_ms_p99: float | None
    ci: dict[str, tuple[float, float]]


@dataclass(frozen=True, slots=True)
class _LapsSettings:
    maps: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _LapsFile:
    model: str
    settings: _LapsSettings
    runs: tuple[_LapsEntry, ...]
    summary: _LapsSummary


def parse_run(entry: dict[str, Any]) -> Run:
    """Parse the run of an entry of `laps.json`."""
    return Run(**{key: entry[key] for key in ("map", "direction", "weather", "seed", "start")})
