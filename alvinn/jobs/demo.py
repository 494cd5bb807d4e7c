"""`demo`: record, train from random weights, drive; with nobody at the wheel."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from rich.text import Text

from alvinn.console import CONSOLE, print_next
from alvinn.errors import AlvinnError, RecordingError
from alvinn.evaluation.laps import drive_laps
from alvinn.evaluation.outcome import describe_verdict, tabulate
from alvinn.jobs.laps import Laps
from alvinn.jobs.record import Record, record
from alvinn.jobs.train import Train
from alvinn.metrics.referee import Result
from alvinn.networks.inference import CHECKPOINT
from alvinn.recording import Recording
from alvinn.settings import Home, require_above_zero, require_seed
from alvinn.training.model_folder import BEGUN, DERIVED, OWN
from alvinn.training.run import train
from alvinn.util.begun import begin, require_ours
from alvinn.util.locks import LOCK
from alvinn.util.opening import OpenFlag, open_file

SEEN, UNSEEN = "country", "oval"
NAME = "demo"
MARK = "demo.json"  # in what the demo made; it holds the digests of these:
MADE = ("drive.csv", "left_out.json", "network.keras", CHECKPOINT, BEGUN)
MEND = "move it elsewhere, or remove it if an earlier version's demo made it, or give another --home"


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
        with leave_mark(self.recording_folder(NAME)):
            self._record()
        with leave_mark(self.model_folder(NAME)):
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
        """Make room where an earlier demo was, and say so; what it did not mark, or somebody changed, is never removed.

        Raises:
            AlvinnError: a folder holds such a thing.
        """
        recording, model = self.recording_folder(NAME), self.model_folder(NAME)
        if recording.exists():
            _require_unchanged(recording, sorted(path.name for path in recording.iterdir() if path.name != LOCK))
        _require_unchanged(model, (*OWN, *DERIVED))
        if any(recording.glob("round-*")):
            raise RecordingError(f"{recording} holds corrections, too: move it elsewhere, or give another --home")
        earlier = [folder for folder in (recording, model) if (folder / MARK).is_file()]
        if earlier:
            CONSOLE.print(f"The earlier demo in {' and '.join(map(str, earlier))} is replaced.")
        if recording in earlier:
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


@contextmanager
def leave_mark(folder: Path) -> Iterator[None]:
    """Mark what the block makes in a folder as the demo's, also if it is interrupted."""
    before = _fingerprint(folder)
    try:
        yield
    finally:
        if (made := _fingerprint(folder)) != before:  # else it is still what it was, and whose it was
            (folder / MARK).unlink(missing_ok=True)
            begin(folder / MARK, made, MEND)


def _require_unchanged(folder: Path, names: Iterable[str]) -> None:
    """See that what is in a folder under these names was made by the demo, and by nobody after it.

    Raises:
        TakenError: there is something and no mark.
        MixedError: it is not what was marked.
    """
    require_ours(folder, MARK, names, MEND)
    if (folder / MARK).is_file():
        begin(folder / MARK, _fingerprint(folder), MEND)


def _fingerprint(folder: Path) -> dict[str, str]:
    paths = [folder / name for name in MADE if (folder / name).is_file()]
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in paths}


def describe_lap(result: Result) -> str:
    """Describe a lap in a sentence."""
    where = f"{result.run.map} {result.run.direction}" + ("" if result.run.map == SEEN else ", never seen before")
    if result.faultless:
        return f"{where}: it drove the whole lap by itself and stayed in its lane."
    departures = len(result.trace.departures)
    end = "finished the lap" if result.completed else f"gave up after {result.completion_pct:.0f}% of the lap"
    return f"{where}: FAILED: it left its lane {departures} times, was put back each time, and {end}."
