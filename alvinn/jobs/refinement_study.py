"""`refine --study`: what reinforcement is good for here, and what not, at equal simulated minutes.

A cell is a way of teaching and a seed. Each begins with a clone of two minutes of the expert's plain driving (but for
the one from scratch), is taught, and is judged on circuits that nothing was taught on, both ways. What a cell found is
a JSON file, written last: a run that was killed resumes where it was. Cells of other settings are never replaced.
Several runs may share a home: each leaves out what another is doing. Table and page are made anew after every cell.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from rich.text import Text

from alvinn.console import CONSOLE
from alvinn.errors import BusyError
from alvinn.evaluation.laps import drive_laps
from alvinn.jobs.correct import Correct, correct
from alvinn.jobs.laps import Laps
from alvinn.jobs.record import Record, record_once
from alvinn.jobs.refinement_table import HEADINGS, change_reward, curves, markdown, tabulate
from alvinn.jobs.train import Train
from alvinn.metrics.comfort import measure_comfort
from alvinn.metrics.referee import Result
from alvinn.metrics.results import LOG, run_folder
from alvinn.metrics.summary import summarize
from alvinn.recording import Recording
from alvinn.reinforcement.checkpoint import CHECKPOINT, read_history
from alvinn.reinforcement.settings import RefineSettings
from alvinn.training.model_folder import is_trained
from alvinn.training.run import train
from alvinn.util.begun import begin, require_ours, require_same
from alvinn.util.files import write_bytes, write_json
from alvinn.util.locks import FOREVER, locked
from alvinn.util.repository import program_commit
from alvinn.visualization.learning_curves import plot_curves
from alvinn.visualization.page import HtmlTable, embed_figure, write_page

CIRCUITS = "random:400,random:405,random:408,random:412"  # 400 and 408 have the tightest bends of 400 to 419
ROUNDS = 5  # of DAgger, however many minutes there are
SECONDS = 120.0  # of plain driving that a clone learns from
SHARED = ("minutes", "warm_up", "exam_every", "maps", "weathers", "weather", "exams", "bound", "speed")
SHARE = "return, as a share of the greatest"
TERMS = ("middle", "smooth", "residual", "departure")


@dataclass(frozen=True, slots=True)
class StudyCell:
    """A way of teaching, and with which seed."""

    way: str
    seed: int

    @property
    def name(self) -> str:
        """Of its model and its file."""
        return f"{self.way}-{self.seed}"


@dataclass(frozen=True)
class Study:
    """The whole study.

    Args:
        settings: of every refinement; its home is where recordings and models go.
        out: folder of the cells' JSON files and the table.
        seeds: of the ways of teaching; of the reward's terms, at most two.
        circuits: a,b: to be judged on.
        km: a judged run ends after this way.
        seconds: of plain driving that a clone learns from.
    """

    settings: RefineSettings
    out: Path
    seeds: int = 5
    circuits: str = CIRCUITS
    km: float = 0.4
    seconds: float = SECONDS

    def cells(self) -> Iterator[StudyCell]:
        """Seed by seed, so that an early table has every way already."""
        for seed in range(self.seeds):
            for way in ("clone", "dagger", "refine", "scratch"):
                yield StudyCell(way, seed)
        for seed in range(min(2, self.seeds)):
            for term in TERMS:
                yield StudyCell(f"no-{term}", seed)

    def run(self) -> None:
        """Do every cell that is not there yet; write the table.

        Raises:
            MixedError: the models in its home, or the cells in its folder, are of other settings.
            TakenError: the folder has a table that is not one of a study.
        """
        with locked(self.settings.home / "study", "begun", patience=FOREVER):
            begin(self.settings.home / "study" / "settings.json", self._settings(), "choose another --home")
        self._require_ours()
        self.out.mkdir(parents=True, exist_ok=True)
        for cell in self.cells():
            with suppress(BusyError), locked(self._held(cell.name), "done"):
                if not self._is_done(cell):
                    self._do(cell)
        self._write_page()
        CONSOLE.print((self.out / "table.md").read_text(encoding="utf-8"))

    def _require_ours(self) -> None:
        cells = list(self.cells())
        for cell in cells:
            if found := self._read(cell):
                path, mend = self.out / f"{cell.name}.json", "choose another --out"
                require_same(path, found.get("settings", {}), self._settings(), mend)
        if not any(map(self._read, cells)):
            require_ours(self.out, f"{cells[0].name}.json", ("table.md", "refine.html"))

    def _held(self, name: str) -> Path:
        """The folder that is locked by the run that is busy with a cell or a clone."""
        return self.settings.home / "study" / name

    def _is_done(self, cell: StudyCell) -> bool:
        return bool(self._read(cell)) and self._read(cell)["settings"] == self._settings()

    def _read(self, cell: StudyCell) -> dict[str, Any]:
        path = self.out / f"{cell.name}.json"
        return msgspec.json.decode(path.read_bytes()) if path.exists() else {}

    def _settings(self) -> dict[str, Any]:
        """What the figures of all cells depend on."""
        own = {"circuits": self.circuits, "km": self.km, "seconds": self.seconds}
        return {
            **{name: getattr(self.settings, name) for name in SHARED},
            "reward": asdict(self.settings.reward),
            **own,
        }

    def _conditions(self) -> dict[str, Any]:
        """The settings that all driving shares: the expert's, DAgger's and that of the laps."""
        return {"speed": self.settings.speed, "weather": self.settings.weather}

    def _do(self, cell: StudyCell) -> None:
        CONSOLE.print(Text.assemble((cell.way, "bold"), f", seed {cell.seed}"))
        model = self._teach(cell)
        head = {"schema": 1, "commit": program_commit(), "settings": self._settings()}
        write_json(self.out / f"{cell.name}.json", {**head, **asdict(cell), **self._judge(cell, model)})
        self._write_page()

    def _teach(self, cell: StudyCell) -> Path:
        """The folder of the model that a cell's way of teaching gives."""
        with locked(self._held(f"plain-{cell.seed}"), "trained", patience=FOREVER):
            clone = self._clone(cell.seed)
        if cell.way == "clone":
            return clone
        if cell.way == "dagger":
            return self._dagger(cell)
        return self._refine(cell, clone)

    def _clone(self, seed: int) -> Path:
        home = self.settings.home
        job = Train(home=home, name=f"clone-{seed}", data=(f"plain-{seed}",), views="off", seed=seed, overwrite=True)
        folder = job.model_folder(job.name)
        if not is_trained(folder):
            record_once(Record(home=home, name=job.data[0], seconds=self.seconds, seed=seed, **self._conditions()))
            recordings = [Recording(job.recording_folder(job.data[0])).require_frames()]
            train(job, recordings, advice="the same command trains it anew")
        return folder

    def _dagger(self, cell: StudyCell) -> Path:
        """Rounds of corrections, as long together as a refinement, from the same recording and on the same circuits."""
        job = Correct(
            home=self.settings.home,
            name=cell.name,
            data=(f"plain-{cell.seed}",),
            rounds=ROUNDS,
            round_seconds=60.0 * self.settings.minutes / ROUNDS,
            maps=self.settings.maps,
            judge="",
            views="off",
            retest=False,
            seed=cell.seed,
            **self._conditions(),
        )
        return job.model(correct(job).entries[-1].round)

    def _refine(self, cell: StudyCell, clone: Path) -> Path:
        from alvinn.reinforcement.run import refine  # TensorFlow

        folder = self.settings.model_folder(cell.name)
        unfinished = folder / CHECKPOINT
        if is_trained(folder) and not unfinished.exists():
            return folder
        scratch = cell.way == "scratch"
        job = replace(
            self.settings,
            name=cell.name,
            model=None if scratch else str(clone.absolute()),
            from_scratch=scratch,
            seed=cell.seed,
            reward=replace(self.settings.reward, **change_reward(cell.way)),
            resume=unfinished.exists(),
        )
        refine(job, "the same command continues")
        return folder

    def _judge(self, cell: StudyCell, model: Path) -> dict[str, Any]:
        job = Laps(
            home=self.settings.home,
            model=str(model.absolute()),
            maps=self.circuits,
            both_directions=True,
            km=self.km,
            jobs=2,
            films=False,
            resume=True,
            **self._conditions(),
        )
        results = drive_laps(job, job.open_network(), is_part=True)
        felt = [measure_comfort(run_folder(job.results_folder(), result.run) / LOG) for result in results]
        return {
            "minutes": 0 if cell.way == "clone" else self.settings.minutes,
            "laps": len(results),
            "faultless": sum(result.faultless for result in results),
            "summary": _short(results),
            "jerk_rms_mps3": float(np.sqrt(np.mean([one.jerk_rms**2 for one in felt]))),
            "steering_rate_ps": float(np.mean([one.steering_rate for one in felt])),
            "history": read_history(model),
        }

    def _write_page(self) -> None:
        found = [self._read(cell) for cell in self.cells() if self._is_done(cell)]
        rows = tabulate(found)
        write_bytes(self.out / "table.md", markdown([HEADINGS, ["---"] * len(HEADINGS), *rows]).encode())
        exams, driven = (plot_curves(curves(found, kind), SHARE) for kind in ("exam", "learning"))
        values = {
            **{name: getattr(self, name) for name in ("seconds", "km")},
            "circuits": ", ".join(self.circuits.split(",")),
            "minutes": self.settings.minutes,
            "maps": ", ".join(self.settings.circuits()),
            "scratch": " and ".join(f"{term} {weight:g}" for term, weight in change_reward("scratch").items()),
            "ways": HtmlTable(HEADINGS, rows),
            "exams": embed_figure(
                exams, f"Exams, by the most likely actions: {SHARE}; bands from the worst to the best seed."
            ),
            "minutes_driven": embed_figure(driven, f"The driving that was learned from, minute by minute: {SHARE}."),
        }
        write_page(self.out / "refine.html", "refine.html", "Clone first, then refine", values)


def _short(results: Sequence[Result]) -> dict[str, Any]:
    kept = ("km", "departures", "departures_per_km", "offset_sd_m", "offset_max_m", "ci")
    return {key: value for key, value in summarize(results, np.random.default_rng(0)).items() if key in kept}
