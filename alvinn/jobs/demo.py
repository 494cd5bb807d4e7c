"""`demo`: record, train from random weights, drive; with nobody at the wheel."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

from rich.text import Text

from alvinn.console import CONSOLE, print_next
from alvinn.errors import AlvinnError, ModelError, RecordingError
from alvinn.evaluation.laps import drive_laps
from alvinn.evaluation.outcome import describe_verdict, tabulate
from alvinn.jobs.laps import Laps
from alvinn.jobs.record import Record, record
from alvinn.jobs.train import Train
from alvinn.metrics.referee import Result
from alvinn.networks.inference import read_card
from alvinn.recording import Recording
from alvinn.settings import Home, require_above_zero, require_seed
from alvinn.training.run import train
from alvinn.util.opening import OpenFlag, open_file

SEEN, UNSEEN = "country", "oval"
NAME = "demo"


@dataclass(frozen=True)
class Demo(Home):
    """Record, train and drive by itself, in about five minutes."""

    seed: int = 0
    """seed of everything random"""
    seconds: float = 120.0
    """simulated seconds of the expert's driving to train on"""
    epochs: int = 30
    """epochs"""
    open_it: OpenFlag = False
    """open the report when it is written"""

    def __post_init__(self) -> None:
        require_above_zero("--seconds", self.seconds)
        require_above_zero("--epochs", self.epochs)
        require_seed(self.seed)

    def run(self) -> None:
        """Do the job.

        Raises:
            AlvinnError: it cannot be done, or a lap had a departure.
        """
        self._replace_earlier()
        self._record()
        self._train()
        results = self._drive()
        CONSOLE.print(tabulate(results))
        for result in results:
            CONSOLE.print(describe_lap(result))
        CONSOLE.print(f"{describe_verdict(results)}.")
        print_next("drive", NAME, "--map", UNSEEN, home=self.home)
        if self.open_it:
            open_file(self.model_folder(NAME) / "laps" / "report.html")
        failed = [result for result in results if not result.faultless]
        if failed:
            raise AlvinnError(f"{len(failed)} of {len(results)} laps failed")

    def _record(self) -> None:
        _print_step(
            "1. Watch.",
            f"The scripted expert drives {SEEN} for {self.seconds:g} s, both ways, while disturbances push the car off "
            "its line: what is learned is the way back.",
        )
        folder = self.recording_folder(NAME)
        job = Record(
            home=self.home, name=NAME, map=SEEN, seconds=self.seconds, noise=True, both_directions=True, seed=self.seed
        )
        CONSOLE.print(f"   {record(job)} frames are in {folder}")

    def _replace_earlier(self) -> None:
        """Make room where an earlier demo was, and say so; what somebody else made is never removed.

        Raises:
            AlvinnError: a folder is something else.
        """
        recording, model = self.recording_folder(NAME), self.model_folder(NAME)
        if recording.exists() and not _is_ours(recording):
            raise RecordingError(f"{recording} was not recorded by the demo: move it elsewhere, or give another --home")
        if (model / "card.json").exists() and [one["name"] for one in read_card(model).recordings] != [NAME]:
            raise ModelError(f"{model} was not trained by the demo: move it elsewhere, or give another --home")
        earlier = [folder for folder in (recording, model) if folder.exists()]
        if earlier:
            CONSOLE.print(f"The earlier demo in {' and '.join(map(str, earlier))} is replaced.")
        if recording.exists():
            shutil.rmtree(recording)  # the model's folder is cleared by the training

    def _train(self) -> None:
        _print_step("2. Learn.", "A convolutional network learns curvature from pixels, from random weights.")
        job = Train(home=self.home, name=NAME, data=(NAME,), epochs=self.epochs, seed=self.seed, overwrite=True)
        folder = train(job, [Recording(self.recording_folder(NAME)).require_frames()])
        CONSOLE.print(f"   the model is in {folder}")

    def _drive(self) -> list[Result]:
        _print_step("3. Drive.", f"It steers by itself: {SEEN}, where it learned, and {UNSEEN}, never seen.")
        job = Laps(
            home=self.home, model=NAME, maps=f"{SEEN},{UNSEEN}", both_directions=True, seed=self.seed, overwrite=True
        )
        results = drive_laps(job, job.open_network())
        folder = job.results_folder()
        CONSOLE.print(f"   the report: {folder / 'report.html'}\n   the film: {folder / 'lap.mp4'}")
        return results


def _print_step(heading: str, what: str) -> None:
    CONSOLE.print(Text.assemble((heading, "bold"), f" {what}"))


def _is_ours(folder: Path) -> bool:
    """Whether the demo recorded this; corrections of a person or of `correct` are in folders of their own below it."""
    session = Recording(folder).session
    return (session.driver, session.maps) == ("expert", (SEEN,)) and not any(folder.glob("round-*"))


def describe_lap(result: Result) -> str:
    """Describe a lap in a sentence."""
    where = f"{result.run.map} {result.run.direction}" + ("" if result.run.map == SEEN else ", never seen before")
    if result.faultless:
        return f"{where}: it drove the whole lap by itself and stayed in its lane."
    departures = len(result.trace.departures)
    end = "finished the lap" if result.completed else f"gave up after {result.completion_pct:.0f}% of the lap"
    return f"{where}: FAILED: it left its lane {departures} times, was put back each time, and {end}."
