"""`correct`: DAgger. The network drives, the teacher takes over when the gate requests it; its corrections are learned.

Each stage is saved, so an interrupted round resumes where it stopped. In lockstep nothing depends on the clock, and the
same seed gives the same rounds; with --live the next round is driven while training on the last one.
"""

from __future__ import annotations

from collections.abc import Generator
from contextlib import closing
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from rich.text import Text

from alvinn.console import CONSOLE, print_next
from alvinn.dagger.background import BackgroundTrainer
from alvinn.dagger.ledger import Entry, Ledger, read_ledger, write_ledger
from alvinn.dagger.rounds import drive_round, judge_round, recordings_until, require_teacher, train_round
from alvinn.dagger.settings import RoundSettings
from alvinn.errors import TakenError, UsageError
from alvinn.recording import Recording
from alvinn.training.examples.dataset import common_camera
from alvinn.util.begun import remove, require_same
from alvinn.util.locks import locked
from alvinn.world.opening import require_server, require_starts

FREE = {"home", "headless", "carla", "jobs", "rounds", "name", "map", "live", "retest", "overwrite"}
"""Settings that may change between rounds."""


@dataclass(frozen=True)
class Correct(RoundSettings):
    """Let the network drive, and teach it where it drifts (DAgger)."""

    overwrite: bool = False
    """begin anew, and remove the rounds of the same name with the corrections that were driven in them"""
    live: bool = False
    """train while the next round is driven; the new network takes over between two rollouts"""

    def run(self) -> None:
        """Do the job.

        Raises:
            AlvinnError: it cannot be done.
        """
        if not self.name or not self.data:
            raise UsageError("correct requires a name and recordings: alvinn correct NAME --data RECORDING ...")
        ledger = correct(self)
        best = self.model(ledger.entries[-1].round)
        CONSOLE.print(f"{ledger.ended}; the network is in {best}")
        print_next("laps", str(best), "--maps", "random:400,random:401", "--both-directions")


def correct(job: Correct) -> Ledger:
    """Drive and learn until it is enough; resumes where an earlier call was interrupted.

    Raises:
        AlvinnError: it cannot be done, or was begun with other settings or other recordings.
    """
    require_server(job, [*job.circuits(), *job.judges()])
    require_starts(job, job.circuits(), job.starting_points()[-1])
    path = job.model_folder(job.name) / "rounds.json"
    data = {str(name): Recording(job.recording_folder(name)).digest() for name in job.data}
    common_camera(recordings_until(job, 0))
    require_teacher(job)
    with locked(path.parent, "corrected"):
        if job.overwrite:
            _require_other_data(job)
            remove(path.parent, (path.name, "round-*"))
            remove(job.recording_folder(job.name), ["round-*"])
        return _correct(job, path, _settings(job) | {"recordings": data})


def _correct(job: Correct, path: Path, settings: dict[str, Any]) -> Ledger:
    ledger = read_ledger(path)
    if ledger is None:
        _require_no_rounds(job)
        ledger = Ledger(settings)
        write_ledger(path, ledger)  # before anything is driven: a killed run tells what it was begun with
    later = _settings(Correct()) | {"recordings": settings["recordings"]}  # a flag that came later had its default
    require_same(path, later | dict(ledger.settings), settings, "choose another name, or add --overwrite to begin anew")
    if ledger.entries and _enough(job, ledger.entries[-1]):
        return ledger
    with closing((_live if job.live else _in_turn)(job, len(ledger.entries))) as entries:
        for entry in entries:
            CONSOLE.print(describe_round(entry))
            ledger = replace(ledger, entries=(*ledger.entries, entry), ended=_enough(job, entry))
            write_ledger(path, ledger)
            if ledger.ended:
                break
    return ledger


def _in_turn(job: Correct, first: int) -> Generator[Entry, None, None]:
    """Drive, train and judge, round by round."""
    for number in range(first, job.rounds + 1):
        driven = drive_round(job, number)
        train_round(job, number)
        yield judge_round(job, number, driven)


def _live(job: Correct, first: int) -> Generator[Entry, None, None]:
    """Drive a round while training on the previous one, then judge that while training on this one."""
    if not first:
        driven = drive_round(job, 0)
        train_round(job, 0)
        yield judge_round(job, 0, driven)
    first = max(1, first)
    driven = drive_round(job, first)
    with BackgroundTrainer(job, first) as trainer:
        for number in range(first + 1, job.rounds + 1):
            after = drive_round(job, number)
            trainer.wait()
            trainer.start(number)
            yield judge_round(job, number - 1, driven)
            driven = after
        trainer.wait()
    yield judge_round(job, max(first, job.rounds), driven)


def _require_no_rounds(job: Correct) -> None:
    """See that no rounds are there of which nobody knows with what settings they were driven.

    Raises:
        TakenError: there are.
    """
    there = [path for home in (job.model_folder, job.recording_folder) for path in home(job.name).glob("round-*")]
    if rounds := [path for path in there if path != job.model(0)]:  # shift and others prepare the clone
        raise TakenError(
            f"{rounds[0]} is there, but no {job.model_folder(job.name) / 'rounds.json'} that tells how it was made: "
            "choose another name, or add --overwrite to remove such rounds"
        )


def _require_other_data(job: Correct) -> None:
    """See that --overwrite does not remove what is to be learned from.

    Raises:
        TakenError: it would.
    """
    own = job.recording_folder(job.name).resolve()
    if named := [name for name in job.data if own in job.recording_folder(name).resolve().parents]:
        raise TakenError(
            f"--overwrite removes the rounds of {job.name}, and --data names {', '.join(named)} of them: choose "
            "another name for the model"
        )


def _settings(job: Correct) -> dict[str, Any]:
    """Settings that must not change between rounds, as in JSON."""
    values = {key: list(value) if isinstance(value, tuple) else value for key, value in asdict(job).items()}
    return {key: value for key, value in values.items() if key not in FREE}


def _enough(job: Correct, entry: Entry) -> str:
    """Why no more rounds are needed; empty if they are."""
    if entry.laps and entry.faultless == entry.laps:
        early = "stopped early: " if entry.round < job.rounds else ""
        return (
            f"{early}after round {entry.round} all {entry.laps} laps on {job.judge} passed without a departure. These "
            "laps chose when to stop: judge it on other circuits, as laps --maps random:400,random:401 does"
        )
    return f"all {job.rounds} rounds are driven" if entry.round >= job.rounds else ""


def describe_round(entry: Entry) -> Text:
    """Describe a round in a sentence."""
    drove = f"{entry.corrections} corrections in {entry.seconds:g} s, " if entry.round else ""
    laps = f"{entry.faultless} of {entry.laps} laps without a departure" if entry.laps else "no laps judged"
    tests = f", still needs help: {entry.still_needs_help} of {entry.tests}" if entry.tests else ""
    gate = f", gate at {entry.setting:.2g} from {entry.setting_from}" if entry.setting_from else ""
    return Text.assemble((f"round {entry.round}", "bold"), f": {drove}{laps}{tests}{gate}")
