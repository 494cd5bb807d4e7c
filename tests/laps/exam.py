"""The exam: laps of circuits on which nothing was chosen, in all of CARLA's weathers, in pieces of minutes.

    python -m tests.laps.exam --model shipped --turns 2
    python -m tests.laps.exam --model expert --turns 1

A turn is random:400 to random:499, both ways, each circuit in one weather; the weathers are dealt like cards, and the
next turn deals them on. A piece is a weather's circuits. Its figures are a JSON file in OUT as soon as it is driven,
with the commit and with the digest of a short reference lap: of its log, and of the pictures of a short recording. The
same command resumes after an interruption, on any machine, and prints the figures of all pieces together. Where the
program answers differently, the digest differs, and the piece is driven anew.
"""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import tyro

from alvinn.console import CONSOLE
from alvinn.evaluation.laps import drive_laps
from alvinn.jobs.laps import Laps
from alvinn.jobs.record import Record, record_once
from alvinn.metrics.comfort import measure_comfort
from alvinn.metrics.referee import Result
from alvinn.metrics.results import LOG, run_folder
from alvinn.metrics.summary import RULE_OF_THREE, pool_sd
from alvinn.recording import Recording
from alvinn.settings import WEATHERS, Home
from alvinn.util.files import write_json
from alvinn.util.repository import program_commit

FIRST, CIRCUITS = 400, 100
FIGURES = ("status", "departures", "distance_m", "offset_mean_m", "offset_sd_m", "offset_p95_m", "offset_max_m")


@dataclass(frozen=True)
class Exam:
    """Judge a model, or the expert, on all judging circuits."""

    model: str = "shipped"
    """a model, or expert"""
    turns: int = 1
    """of all circuits"""
    pieces: int | None = None
    """to drive before the table (default: all)"""
    circuits: int = CIRCUITS
    """counted up from random:400"""
    km: float | None = None
    """maximum length of a run (default: a lap)"""
    jobs: int = 2
    """laps at a time"""
    home: Path = Path()
    """folder that holds the models"""
    out: Path = Path("docs/experiments/exam")
    """folder of the pieces' files"""

    def deal(self) -> Iterator[Piece]:
        """All pieces of all turns."""
        for turn in range(self.turns):
            for place, weather in enumerate(WEATHERS):
                numbers = range((place + turn) % len(WEATHERS), self.circuits, len(WEATHERS))
                if numbers:
                    yield Piece(turn, weather, tuple(f"random:{FIRST + number}" for number in numbers))

    def run(self) -> None:
        """Drive the pieces that are missing, and print the figures of all."""
        with tempfile.TemporaryDirectory() as scratch:
            digest, driven = self._reference_digest(Path(scratch)), 0
            for piece in self.deal():
                path = self._path(piece)
                if not self._holds(_read(path), digest) and (self.pieces is None or driven < self.pieces):
                    driven += 1
                    CONSOLE.print(f"turn {piece.turn}, {piece.weather}, {len(piece.maps)} circuits")
                    runs = self._drive(piece.maps, piece.weather, Path(scratch) / path.stem, self.km)
                    path.parent.mkdir(parents=True, exist_ok=True)
                    write_json(path, self._describe(piece, digest) | {"runs": runs})
        found = [_read(self._path(piece)) for piece in self.deal()]
        CONSOLE.print(describe([one for one in found if self._holds(one, digest)]), highlight=False)

    def _holds(self, found: dict[str, Any], digest: str) -> bool:
        """Whether a piece is there, as this program would drive it."""
        return (found.get("digest"), found.get("km")) == (digest, self.km)

    def _path(self, piece: Piece) -> Path:
        return self.out / Path(self.model).name / f"{piece.turn}-{piece.weather}.json"

    def _describe(self, piece: Piece, digest: str) -> dict[str, Any]:
        command = f"python -m tests.laps.exam --model {self.model} --turns {self.turns}"
        return {
            "schema": 1,
            "command": command,
            "commit": program_commit(),
            "digest": digest,
            "km": self.km,
            **asdict(piece),
        }

    def _drive(self, maps: Sequence[str], weather: str, out: Path, km: float | None) -> list[dict[str, Any]]:
        expert = self.model == "expert"
        job = Laps(
            home=self.home,
            model=None if expert else str(Home(self.home).find_model(self.model).absolute()),
            driver="expert" if expert else "network",
            maps=",".join(maps),
            weathers=weather,
            both_directions=True,
            km=km,
            jobs=self.jobs,
            films=False,
            out=out,
        )
        return [_describe_run(out, result) for result in drive_laps(job, job.open_network())]

    def _reference_digest(self, scratch: Path) -> str:
        """Of some pictures, and of how the driver answers on a short way; all that is judged follows from both."""
        seen = Record(home=scratch, name="reference", seconds=3.0, weathers="ClearNoon,HardRainSunset,CloudyNight")
        folder = record_once(replace(seen, headless=True))
        digest = hashlib.sha256()
        recording = Recording(folder)
        for row in recording.rows:
            digest.update(recording.read_picture(row).tobytes())
        self._drive(("random:100",), "WetCloudySunset", scratch / "reference-laps", 0.05)
        for path in sorted((scratch / "reference-laps").rglob(LOG)):
            digest.update(path.read_bytes())
        return digest.hexdigest()


@dataclass(frozen=True, slots=True)
class Piece:
    """The circuits of a turn that get a weather."""

    turn: int
    weather: str
    maps: tuple[str, ...]


def _read(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = msgspec.json.decode(path.read_bytes()) if path.is_file() else {}
    return found


def _describe_run(folder: Path, result: Result) -> dict[str, Any]:
    figures = result.as_json()
    felt = measure_comfort(run_folder(folder, result.run) / LOG)
    return {
        **{name: figures[name] for name in ("map", "direction", *FIGURES)},
        "ticks": len(result.trace.time),
        "jerk_rms_mps3": felt.jerk_rms,
    }


def describe(found: Sequence[dict[str, Any]]) -> str:
    """The figures of all pieces together, in a sentence."""
    runs = [run for piece in found for run in piece["runs"]]
    if not runs:
        return "nothing has been driven yet"
    ticks, mean, sd, jerk = (
        np.array([run[name] for run in runs]) for name in ("ticks", "offset_mean_m", "offset_sd_m", "jerk_rms_mps3")
    )
    km, departures = sum(run["distance_m"] for run in runs) / 1000.0, sum(run["departures"] for run in runs)
    bound = f" (95%: fewer than {100.0 * RULE_OF_THREE / km:.2g} per 100 km)" if not departures else ""
    where = [
        f"{run['map']} {run['direction']} {piece['weather']}"
        for piece in found
        for run in piece["runs"]
        if run["departures"]
    ]
    return (
        f"{len(runs)} laps of {len({run['map'] for run in runs})} circuits in {len({p['weather'] for p in found})} "
        f"weathers, {km:.1f} km: {departures} departures{bound}{': ' if where else ''}{', '.join(where)}; offset sd "
        f"{pool_sd(ticks, mean, sd):.4f} m, mean {(ticks * mean).sum() / ticks.sum():+.4f} m, largest "
        f"{max(run['offset_max_m'] for run in runs):.2f} m; lateral jerk "
        f"{np.sqrt((ticks * jerk**2).sum() / ticks.sum()):.3f} m/s3 rms"
    )


if __name__ == "__main__":
    tyro.cli(Exam).run()
