"""Cells of long experiments: each is a JSON file as soon as it is done, and is committed as it comes.

A file holds its command, the commit, and the digest of a reference: the pictures and the table of a short recording of
the expert in three weathers. The same command resumes, on any machine. Where the program draws or drives differently,
the digest differs, and the cell is done anew: figures of different programs are never pooled. A cell of another model
or of other settings is never replaced.
"""

from __future__ import annotations

import hashlib
import json
import os
import shlex
import sys
import tempfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Protocol

import msgspec
import numpy as np
import tyro

from alvinn.console import CONSOLE
from alvinn.errors import AlvinnError, MixedError, UsageError, explain
from alvinn.evaluation.laps import drive_laps
from alvinn.jobs.laps import Laps
from alvinn.metrics.comfort import measure_comfort
from alvinn.metrics.referee import Result
from alvinn.metrics.results import LOG, run_folder
from alvinn.metrics.summary import bound_rate, summarize
from alvinn.settings import split_names
from alvinn.util.begun import require_same
from alvinn.util.files import write_json
from alvinn.util.nearest import suggest
from alvinn.util.repository import program_commit

FIGURES = ("km", "departures", "departures_per_km", "offset_mean_m", "offset_sd_m", "offset_max_m")
RUN_FIGURES = (
    *("map", "direction", "weather"),
    *("completed", "interventions", "departures", "distance_m", "offset_mean_m"),
    *FIGURES[-2:],
)

MEND = "choose another --out"

Figures = dict[str, Any]
Makers = Mapping[str, Callable[[], Figures]]


@dataclass(frozen=True)
class Cells:
    """The cells of an experiment."""

    folder: Path
    reference: str
    """digest of what the program draws and how it drives, see `alvinn.jobs.reference`"""
    settings: Mapping[str, Any] = field(default_factory=dict)
    """everything else that their figures follow from, ..."""
    model: Path | None = None
    """... and the model that is there already"""

    @cached_property
    def digest(self) -> str:
        """Of all these."""
        return combine(self.reference, self.settings, self.model)

    def read(self, name: str) -> Figures | None:
        """The figures of a cell; None where it has to be done."""
        found = self._load(name)
        return found if found.get("digest") == self.digest else None

    def require_own(self, names: Iterable[str]) -> None:
        """See that no cell is replaced but one that differs by what the program draws and how it drives alone.

        Raises:
            MixedError: one is of another model or of other settings; or it does not say of which.
        """
        for name in names:
            path, found = self._path(name), self._load(name)
            if not found or found.get("digest") == self.digest:
                continue
            if "reference" not in found:  # an early one
                raise MixedError(f"{path} is of another program, model or settings, and does not say of which: {MEND}")
            before = {**found["settings"], "network_sha256": found["network_sha256"]}
            require_same(path, before, {**self.settings, "network_sha256": _digest_network(self.model)}, MEND)

    def _path(self, name: str) -> Path:
        return self.folder / f"{name}.json"

    def _load(self, name: str) -> Figures:
        path = self._path(name)
        found: Figures = msgspec.json.decode(path.read_bytes()) if path.is_file() else {}
        return found

    def write(self, name: str, figures: Mapping[str, Any]) -> None:
        """Write what a cell found."""
        head = {"schema": 1, "command": repeat_command(), "commit": program_commit(), "digest": self.digest}
        made = {"reference": self.reference, "network_sha256": _digest_network(self.model), "settings": self.settings}
        self.folder.mkdir(parents=True, exist_ok=True)
        write_json(self._path(name), {**head, **made, "cell": name, **figures})

    def fill(self, makers: Makers, most: int | None = None) -> dict[str, Figures]:
        """Do the cells that are missing, `most` of them at most; returns all that there are.

        Raises:
            MixedError: one that is missing would replace another, see `require_own`; none is done.
            AlvinnError: some failed; the others are done.
        """
        self.require_own(makers)
        failed = []
        for name in [name for name in makers if self.read(name) is None][:most]:
            CONSOLE.print(f"cell {name}", highlight=False)
            try:
                self.write(name, makers[name]())
            except AlvinnError as error:
                CONSOLE.print(str(error), highlight=False)
                failed.append(name)
        if failed:
            raise AlvinnError(f"{', '.join(failed)} failed: the same command tries again")
        return {name: found for name in makers if (found := self.read(name)) is not None}


def fill_in_turn(groups: Sequence[tuple[Cells, Makers]], most: int | None = None) -> list[dict[str, Figures]]:
    """`Cells.fill` for groups of cells with digests of their own; `most` counts all of them."""
    for cells, makers in groups:
        cells.require_own(makers)
    found = []
    for cells, makers in groups:
        missing = sum(cells.read(name) is None for name in makers)
        found.append(cells.fill(makers, most))
        most = None if most is None else max(0, most - missing)
    return found


def pick(names: str, known: Mapping[str, Any] | Sequence[str], flag: str) -> list[str]:
    """The names in a flag such as `a,b`.

    Raises:
        UsageError: one is unknown, or there is none.
    """
    chosen = split_names(names, "")
    if not any(chosen):
        raise UsageError(f"{flag} names nothing: name at least one, or leave it out")
    for name in chosen:
        if name not in known:
            raise UsageError(f"{flag} has no {name}: {suggest(name, list(known))}")
    return chosen


class Tool(Protocol):
    """The settings of an experiment, made of the command line."""

    def run(self) -> None:
        """Do what is missing, and print what there is."""


def main(kind: type[Tool]) -> int:
    """Run an experiment; returns its exit status."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")  # as the command line does
    try:
        tyro.cli(kind).run()
    except (AlvinnError, OSError) as error:
        CONSOLE.print(explain(error), highlight=False)
        return 2 if isinstance(error, UsageError) else 1
    return 0


def repeat_command() -> str:
    """The command line of this process, as one would type it."""
    module = getattr(getattr(sys.modules["__main__"], "__spec__", None), "name", None)
    return shlex.join(["python", *(["-m", module] if module else sys.argv[:1]), *sys.argv[1:]])


def combine(reference: str, settings: Mapping[str, Any], model: Path | None = None) -> str:
    """The digest of cells with these settings, and of a model that is there already."""
    made = _read_network(model) if model is not None else b""
    return hashlib.sha256(reference.encode() + json.dumps(settings).encode() + made).hexdigest()


def _read_network(model: Path) -> bytes:
    return (model / "network.tflite").read_bytes()


def _digest_network(model: Path | None) -> str | None:
    return None if model is None else hashlib.sha256(_read_network(model)).hexdigest()


def judge(model: Path | None, maps: Sequence[str], jobs: int, **settings: Any) -> Figures:
    """What a cell keeps of a model's runs on circuits, both ways; of the expert's without a model."""
    with tempfile.TemporaryDirectory() as scratch:
        job = Laps(
            model=None if model is None else str(model.absolute()),
            driver="expert" if model is None else "network",
            maps=",".join(maps),
            both_directions=True,
            jobs=jobs,
            films=False,
            out=Path(scratch),
            **settings,
        )
        return describe_results(drive_laps(job, job.open_network()), job.results_folder())


def describe_results(results: Sequence[Result], folder: Path) -> Figures:
    """What a cell keeps of its runs, whose logs are in a folder: the figures of all together, and of each."""
    pooled = summarize(results, np.random.default_rng(0))
    return {
        "laps": len(results),
        "faultless": sum(result.faultless for result in results),
        **{name: pooled[name] for name in FIGURES},
        "ci": {name: pooled["ci"][name] for name in FIGURES if name in pooled["ci"]},
        "runs": [_describe_run(result, folder) for result in results],
    }


def _describe_run(result: Result, folder: Path) -> Figures:
    figures = result.as_json()
    felt = measure_comfort(run_folder(folder, result.run) / LOG)
    trace = result.trace
    return {name: figures[name] for name in RUN_FIGURES} | {
        "ticks": len(trace.time),
        "jerk_rms_mps3": felt.jerk_rms,
        "departed_at_m": [round(trace.progress[tick], 1) for tick in trace.departures],  # along the lane
    }


def format_figures(found: Figures) -> str:
    """A cell's departures, its distance, and its spread."""
    return f"{found['departures']} in {found['km']:.1f} km, sd {found['offset_sd_m']:.3f} m"


def tabulate_by_seed(cells: Mapping[str, Figures], rows: Sequence[str], seeds: Sequence[int]) -> str:
    """A table in Markdown, from cells that are named ROW-SEED: each row's seeds together, and one by one."""
    headings = ["", "seeds", "frames", "km", "departures by seed", "per km", "offset sd by seed [m]"]
    lines = [headings, ["---"] * len(headings)]
    for row in rows:
        found = [cells[f"{row}-{seed}"] for seed in seeds if f"{row}-{seed}" in cells]
        if found:
            lines.append([row, str(len(found)), *_format_row(found)])
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _format_row(found: Sequence[Figures]) -> list[str]:
    km, departures = (sum(one[name] for one in found) for name in ("km", "departures"))
    bound = f"{departures / km:.3f}"
    if not departures:  # where there are some, seeds differ by more than chance would have it
        bound += f" (95%: below {bound_rate(departures, km):.3f})"
    by_seed = ", ".join(str(one["departures"]) for one in found)
    spreads = ", ".join(f"{one['offset_sd_m']:.3f}" for one in found)
    frames = ", ".join(str(one["frames"]) for one in found)
    return [frames, f"{km:.1f}", by_seed, bound, spreads]
