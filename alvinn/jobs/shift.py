"""`shift`: measures the covariate shift and the benefit of each teaching method, on one page.

From the same clone, each method gets the same simulated time on the same circuits, seed by seed: more of the expert's
plain driving, the same with disturbances, and DAgger with each gate. Finished work is saved, so that an interrupted
study resumes where it stopped; figures and page are updated after every step. Several processes can share the seeds of
a folder.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TypeAlias

from alvinn.console import CONSOLE
from alvinn.dagger.rounds import recordings_until
from alvinn.dagger.settings import RoundGateName
from alvinn.errors import ResultsError
from alvinn.evaluation.laps import drive_laps
from alvinn.jobs.correct import Correct, correct
from alvinn.jobs.laps import Laps
from alvinn.jobs.record import record_plain_driving
from alvinn.jobs.shift_figures import (
    SeedStates,
    collect_states,
    count_labels,
    measure_offset_sds,
    measure_rates,
    show_states,
)
from alvinn.metrics.referee import Result
from alvinn.metrics.results import read_laps
from alvinn.settings import check_names, refuse_idle, require_above_zero, require_names, require_seed, split_names
from alvinn.training.model_folder import is_trained
from alvinn.util.begun import begin, remove, require_ours
from alvinn.util.files import atomic_folder, write_json
from alvinn.util.locks import FOREVER, locked
from alvinn.util.opening import OpenFlag, open_file
from alvinn.visualization.covariate_shift import describe_rates, plot_rates
from alvinn.visualization.page import HtmlTable, embed_figure, write_page
from alvinn.visualization.shift_tables import read_corrections, tabulate_rates, tabulate_seeds

TAUGHT: dict[RoundGateName, str] = {
    "plain": "more plain driving",
    "noise": "more driving with disturbances",
    "always": "DAgger, always",
    "doubt": "DAgger, doubt",
    "drift": "DAgger, drift",
}
"""Teaching methods and their names in the figures."""
PLACES: tuple[RoundGateName, ...] = ("plain", "drift")
"""Methods whose states are plotted."""

SAME = ("seconds", "epochs", "round_seconds", "maps", "judge", "km")
"""The settings that everything in the folder depends on, ..."""
BEGUN = "begun.json"
"""... as it was begun with them."""
SEEDS = "seeds"
"""The folder with the locks of the seeds."""

Found: TypeAlias = dict[RoundGateName, list[list[list[Result]]]]
"""The judged runs of each teaching method, seed and round."""


@dataclass(frozen=True)
class Shift:
    """Measure the covariate shift, and what each teaching method does for it.

    Resumes where it was interrupted.
    """

    out: Path = Path("shift")
    """folder for recordings, models, laps, shift.json and shift.html"""
    seeds: int = 5
    """number of repetitions, each with its own recording and clone"""
    seed: int = 0
    """the first of them"""
    rounds: int = 3
    """rounds of teaching"""
    round_seconds: float = 60.0
    """simulated seconds of driving per round"""
    seconds: float = 120.0
    """simulated seconds of the expert's plain driving that the clone is trained on"""
    maps: str = Correct.maps
    """a,b: circuits to teach on"""
    judge: str = "random:450,random:473"
    """a,b: circuits to be judged on, both ways, after each round (default: the two judging circuits with lanes under
    3.1 m and bends below 16 m)"""
    km: float = 1.0
    """maximum length of a judged run [km]"""
    epochs: int = 30
    """epochs for the clone"""
    jobs: int = 2
    """number of laps driven in parallel"""
    proof: Path = Path("models/corrections/corrections.json")
    """results of `alvinn accept`; shown if the file exists"""

    page_only: bool = False
    """make the page from the seeds that are finished, and drive nothing"""
    open_it: OpenFlag = False
    """open the page when it is written"""
    overwrite: bool = False
    """begin anew, and remove what is there"""

    def __post_init__(self) -> None:
        check_names(self)
        for flag in ("seeds", "rounds", "round_seconds", "seconds", "km", "epochs", "jobs"):
            require_above_zero(f"--{flag.replace('_', '-')}", getattr(self, flag))
        require_seed(self.seed)
        for flag in ("maps", "judge"):
            require_names(f"--{flag}", getattr(self, flag))
        if self.page_only and self.overwrite:
            raise ValueError("--page-only shows what was driven and --overwrite removes it: leave one out")
        if self.page_only:
            refuse_idle(self, ("jobs",), "with --page-only, as nothing is driven")
        if both := set(split_names(self.maps, "")) & set(split_names(self.judge, "")):
            raise ValueError(f"{', '.join(sorted(both))}: --judge must name other circuits than --maps")

    def run(self) -> None:
        """Do the job.

        Raises:
            AlvinnError: it cannot be done.
        """
        read_corrections(
            self.proof, named=self.proof != Shift.proof
        )  # a file that does not hold corrections is found now, not after hours
        if self.page_only and not (self.out / BEGUN).is_file():
            raise ResultsError(f"no study was begun in {self.out}: leave --page-only out to drive")
        with locked(self.out, "written", patience=FOREVER):
            require_ours(self.out, BEGUN, ("shift.json", "shift.html"))
            if self.overwrite and (self.out / BEGUN).is_file():
                self._remove()
            settings = {name: getattr(self, name) for name in SAME}
            begin(self.out / BEGUN, settings, "choose another --out, or add --overwrite to begin anew")
        if self.page_only:
            self._write(self._read_finished())
        else:
            self._measure()
        self._show_page()

    def _remove(self) -> None:
        with ExitStack() as held:
            for seed in (self.out / SEEDS).glob("*"):
                held.enter_context(locked(seed, "measured"))
            for room in ("data", "models"):
                remove(self.out / room, [f"{name}-[0-9]*" for name in ("clone", *TAUGHT)])
            remove(self.out, ("shift.*", BEGUN))  # last, as it says whose the others are

    def _measure(self) -> None:
        found: Found = {gate: [] for gate in TAUGHT}
        for seed in self._seeds():
            is_news = not all(self._is_finished(gate, seed) for gate in TAUGHT)
            with locked(self.out / SEEDS / str(seed), "measured"):
                for gate, name in TAUGHT.items():
                    CONSOLE.print(f"seed {seed}, {name}", style="bold")
                    found[gate].append(self._teach(gate, seed))
                    if is_news:
                        self._write(found)
        self._write(found)

    def _show_page(self) -> None:
        CONSOLE.print(f"the page: {self.out / 'shift.html'}")
        if self.open_it:
            open_file(self.out / "shift.html")

    def _read_finished(self) -> Found:
        """The results of the seeds that every teaching method has finished; nothing is driven.

        Raises:
            ResultsError: there is no such seed.
        """
        done = [seed for seed in self._seeds() if all(self._is_finished(gate, seed) for gate in TAUGHT)]
        done = done[: next((n for n, seed in enumerate(done) if seed != self.seed + n), len(done))]
        if not done:
            raise ResultsError(f"no seed is finished in {self.out}: leave --page-only out to drive")
        return {gate: [self._teach_again(gate, seed) for seed in done] for gate in TAUGHT}

    def _is_finished(self, gate: RoundGateName, seed: int) -> bool:
        """Whether all rounds of a teaching method were judged to the end."""
        for number in range(self.rounds + 1):
            laps = self._judged_model(gate, seed, number) / "laps"
            if not (laps / "laps.json").is_file():
                return False
            if any(run["status"] != "done" for run in read_laps(laps)["runs"]):
                return False
        return True

    def _judged_model(self, gate: RoundGateName, seed: int, number: int) -> Path:
        """The model that is judged for a round: of round 0 the clone that all methods share."""
        if not number:
            return self.out / "models" / f"clone-{seed}"
        return self.make_correction(gate, seed).model(number)

    def _teach_again(self, gate: RoundGateName, seed: int) -> list[list[Result]]:
        return [self._judge(self._judged_model(gate, seed, number), seed) for number in range(self.rounds + 1)]

    def _seeds(self) -> range:
        return range(self.seed, self.seed + self.seeds)

    def make_correction(self, gate: RoundGateName, seed: int) -> Correct:
        """The correction job of a teaching method and a seed."""
        return Correct(
            home=self.out,
            name=f"{gate}-{seed}",
            data=(f"plain-{seed}",),
            rounds=self.rounds,
            round_seconds=self.round_seconds,
            gate=gate,
            maps=self.maps,
            judge="",
            views="off",
            epochs=self.epochs,
            retest=False,
            seed=seed,
        )

    def _teach(self, gate: RoundGateName, seed: int) -> list[list[Result]]:
        """The judged runs after each round."""
        job = self.make_correction(gate, seed)
        record_plain_driving(self.out, job.data[0], self.seconds, seed)
        self._share_clone(job, seed)
        correct(job)
        self._share_clone(job, seed)
        return [self._judge(job.model(number), seed) for number in range(self.rounds + 1)]

    def _share_clone(self, job: Correct, seed: int) -> None:
        """Let all teaching methods begin with the same clone."""
        clone, first = self.out / "models" / f"clone-{seed}", job.model(0)
        for old, new in ((clone, first), (first, clone)):
            if is_trained(old) and not is_trained(new):
                shutil.rmtree(new, ignore_errors=True)
                with atomic_folder(new) as scratch:
                    shutil.copytree(old, scratch, ignore=shutil.ignore_patterns("laps"), dirs_exist_ok=True)

    def _judge(self, model: Path, seed: int) -> list[Result]:
        if model.name == "round-000":
            model = self.out / "models" / f"clone-{seed}"
        job = Laps(
            home=self.out,
            model=str(model.absolute()),
            maps=self.judge,
            both_directions=True,
            km=self.km,
            jobs=self.jobs,
            films=False,
            resume=True,
        )
        return drive_laps(job, job.open_network(), is_part=True)

    def _write(self, found: Found) -> None:
        """Write the page of the seeds that every method has; of the first one, of the methods that have it."""
        seeds = min(len(line) for line in found.values()) or 1
        found = {gate: line[:seeds] for gate, line in found.items() if line}
        with locked(self.out, "written", patience=FOREVER):
            self._write_page(found, seeds)

    def _write_page(self, found: Found, seeds: int) -> None:
        rates = {TAUGHT[gate]: measure_rates(line) for gate, line in found.items()}
        offsets = {TAUGHT[gate]: measure_offset_sds(line) for gate, line in found.items()}
        taught = {gate: [self.make_correction(gate, seed) for seed in self._seeds()[:seeds]] for gate in found}
        labels = {TAUGHT[gate]: count_labels(jobs, self.rounds) for gate, jobs in taught.items()}
        content = {
            "departures_per_km": {name: [asdict(one) for one in line] for name, line in rates.items()},
            "offset_sd_m": offsets,
            "labels": labels,
        }
        settings = asdict(self) | {"out": str(self.out), "proof": str(self.proof), "seeds": seeds}
        write_json(self.out / "shift.json", {"schema": 1, "settings": settings, **content})
        headings = ("method", *(f"round {n}" for n in range(self.rounds + 1)))
        values = {
            **{name: getattr(self, name) for name in ("rounds", "round_seconds", "seconds", "km")},
            "verdict": describe_rates(rates, TAUGHT["plain"]),
            "seeds": seeds,
            "maps": ", ".join(split_names(self.maps, "")),
            "judge": ", ".join(split_names(self.judge, "")),
            "rates": embed_figure(
                plot_rates(rates), "Departures per km on unseen circuits; bands: 95% of a bootstrap over seeds."
            ),
            "departures": HtmlTable(headings, tabulate_rates(rates)),
            "offsets": HtmlTable(headings, tabulate_seeds(offsets, "{:.3f}")),
            "labels": HtmlTable(headings, tabulate_seeds(labels, "{:.0f}")),
            "places": [
                show_states(TAUGHT[gate], list(self._collect_states(gate, found[gate])))
                for gate in PLACES
                if gate in found
            ],
            "corrections": read_corrections(self.proof, named=self.proof != Shift.proof),
        }
        write_page(self.out / "shift.html", "shift.html", "The covariate shift", values)

    def _collect_states(self, gate: RoundGateName, seeds: Sequence[Sequence[Sequence[Result]]]) -> Iterator[SeedStates]:
        for seed, rounds in zip(self._seeds(), seeds, strict=False):
            job = self.make_correction(gate, seed)
            yield [collect_states(recordings_until(job, number), runs) for number, runs in enumerate(rounds)]
