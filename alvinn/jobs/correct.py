"""`correct`: DAgger. The network drives, the teacher takes over where the gate says, and what it did is learned too.

Stage by stage what is done lies on disk, so an interrupted round goes on where it stood; in lockstep nothing depends
on the clock, so the same seed gives the same rounds.
"""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Literal

import tyro

from alvinn import __version__
from alvinn.architectures import NetworkName, OutputName
from alvinn.carla_world import CarlaWorld
from alvinn.corrections import TakeOver
from alvinn.driving import Observation
from alvinn.embedded import KeptServer
from alvinn.errors import AlvinnError, ModelError
from alvinn.gates import beta_of, threshold_from, threshold_within
from alvinn.jobs.common import CONSOLE, Driving, listed, progress, require_above_zero, server_kind
from alvinn.jobs.laps import Laps, drive_laps
from alvinn.jobs.legs import doubt_of, drive_leg, needing_help
from alvinn.jobs.train import Train, train
from alvinn.model import CHECKPOINT, Network
from alvinn.recording import Recording, RecordingWriter, Session
from alvinn.referee import Result
from alvinn.rounds import (
    Driven,
    Entry,
    Ledger,
    legs_of,
    read_driven,
    read_ledger,
    write_driven,
    write_ledger,
)

GateName = Literal["drift", "doubt", "always", "plain", "noise"]
BUDGET = 0.2  # of the ticks: what a doubt gate may ask for before there is any take-over to learn a threshold from


@dataclass(frozen=True)
class Correct(Driving):
    """Let the network drive, correct it where it drifts, learn from that; round after round (DAgger)."""

    name: tyro.conf.Positional[str] = ""
    """of the model: its rounds become models/NAME/round-NNN"""
    data: tuple[str, ...] = ()
    """recordings that the first network learns from"""
    rounds: int = 3
    """rounds at most"""
    round_seconds: float = 60.0
    """simulated driving in a round"""
    gate: GateName = "drift"
    """what gives the teacher the wheel: drift by the map, the network's doubt, a mix whatever happens; to compare with
    these, plain and noise: the teacher alone drives"""
    expert: Literal["scripted"] = "scripted"
    """the teacher"""
    maps: str = "random:1,random:2,random:3,random:4,random:5,random:6"
    """a,b: circuits to be corrected on"""
    judge: str = "random:7,random:8,random:9"
    """a,b: other circuits, lapped both ways after each round; once all laps pass it is enough"""
    views: Literal["on", "off"] = "on"
    """show frames as seen from beside the lane too"""
    fresh: bool = False
    """train from random weights in every round, not from the last round's"""
    epochs: int = 30
    """times through the data for training from random weights"""
    more_epochs: int = 10
    """times through the data for going on from the last round's weights"""
    network: NetworkName = "conv"
    """which network"""
    output: OutputName = "hill"
    """how curvature is coded at the output"""
    jobs: int = 1
    """laps driven at a time"""

    def __post_init__(self) -> None:
        super().__post_init__()
        for flag in ("rounds", "round_seconds", "epochs", "more_epochs", "jobs"):
            require_above_zero(f"--{flag.replace('_', '-')}", getattr(self, flag))
        if both := set(self.circuits()) & set(self.judges()):
            raise ValueError(f"{', '.join(sorted(both))}: laps are judged on circuits that no correction was made on")

    def circuits(self) -> list[str]:
        """To be corrected on."""
        return listed(self.maps, self.map)

    def judges(self) -> list[str]:
        """To be judged on."""
        return [name.strip() for name in self.judge.split(",") if name.strip()]

    def model(self, number: int) -> Path:
        """The folder of a round's model."""
        return self.model_folder(self.name) / f"round-{number:03d}"

    def recording(self, number: int) -> Path:
        """The folder of a round's corrections."""
        return self.recording_folder(self.name) / f"round-{number:03d}"

    def run(self) -> None:
        """Do the job.

        Raises:
            AlvinnError: it cannot be done.
        """
        if not self.name or not self.data:
            raise AlvinnError("correct wants a name and recordings: alvinn correct NAME --data RECORDING ...")
        ledger = correct(self)
        CONSOLE.print(f"{ledger.ended}; the network is in {self.model(ledger.entries[-1].round)}")


def correct(job: Correct) -> Ledger:
    """Drive and learn until it is enough; goes on where an earlier call was interrupted.

    Raises:
        AlvinnError: it cannot be done, or was begun with other settings.
    """
    path = job.model_folder(job.name) / "rounds.json"
    ledger = read_ledger(path) or Ledger(_settings(job))
    if ledger.settings != _settings(job):
        raise AlvinnError(f"{path} was begun with {_differing(ledger.settings, job)}: choose another name")
    for number in range(len(ledger.entries), job.rounds + 1):
        if ledger.ended:
            break
        driven = _drive(job, number) if number else Driven(0, job.gate, job.expert)
        _learn(job, number)
        entry = _judged(job, number, driven)
        CONSOLE.print(told(entry))
        ledger = ledger.with_entry(entry)
        ledger = replace(ledger, ended=_ended(job, entry))
        write_ledger(path, ledger)
    return ledger


def _settings(job: Correct) -> dict[str, Any]:
    """What must be the same for rounds to follow one another."""
    left_out = {"home", "headless", "carla", "jobs", "rounds", "name", "map"}
    return {key: value for key, value in _jsonable(asdict(job)).items() if key not in left_out}


def _jsonable(values: dict[str, Any]) -> dict[str, Any]:
    return {key: list(value) if isinstance(value, tuple) else value for key, value in values.items()}


def _differing(before: Any, job: Correct) -> str:
    now = _settings(job)
    return ", ".join(f"{key} {before.get(key)} (now {now[key]})" for key in now if before.get(key) != now[key])


def _ended(job: Correct, entry: Entry) -> str:
    if entry.laps and entry.faultless == entry.laps:
        return f"after round {entry.round} all {entry.laps} laps passed without a departure"
    return f"all {job.rounds} rounds are driven" if entry.round == job.rounds else ""


def told(entry: Entry) -> str:
    """A round in a sentence."""
    drove = f"{entry.corrections} corrections in {entry.seconds:g} s, " if entry.round else ""
    laps = f"{entry.faultless} of {entry.laps} laps without a departure" if entry.laps else "no laps judged"
    tests = f", still needs help: {entry.still_needs_help} of {entry.tests}" if entry.tests else ""
    return f"[bold]round {entry.round}[/]: {drove}{laps}{tests}"


def _drive(job: Correct, number: int) -> Driven:
    """Drive the legs of a round that were not driven yet."""
    folder, network = job.recording(number), Network(job.model(number - 1))
    legs = legs_of(job.circuits(), number, job.round_seconds, job.seed)
    driven = read_driven(folder) or Driven(number, job.gate, job.expert, setting=_setting(job, number, network))
    with KeptServer() as server, progress() as bars:
        task = bars.add_task(f"round {number}", total=len(legs), completed=len(driven.legs), note="")
        for leg in legs[len(driven.legs) :]:
            driven = drive_leg(job, leg, driven, network, server, lambda world: _writer(job, folder, world, network))
            write_driven(folder, driven)
            bars.update(task, completed=len(driven.legs), note=f"{driven.corrections} corrections")
    return driven


def _writer(job: Correct, folder: Path, world: CarlaWorld, network: Network) -> RecordingWriter:
    session = Session(
        camera=network.card.camera,
        vehicle=_jsonable(asdict(world.geometry)),
        maps=tuple(job.circuits()),
        weathers=(job.weather,),
        seed=job.seed,
        driver="expert",
        server=server_kind(job),
        version=__version__,
    )
    return RecordingWriter(folder, session, append=True)


def _setting(job: Correct, number: int, network: Network) -> float | None:
    """What the gate of a round is set to."""
    if job.gate == "always":
        return beta_of(number)
    if job.gate != "doubt":
        return None
    doubts = [one.doubt for one in _take_overs(job, number - 1) if one.doubt is not None]
    if doubts:
        return threshold_from(doubts)
    return threshold_within(_doubts_at_home(job, network), BUDGET)


def _doubts_at_home(job: Correct, network: Network) -> list[float]:
    """The network's doubts on the pictures that it learned from: all there is before the first take-over.

    Raises:
        ModelError: its output cannot tell.
    """
    pictures = (
        Observation(frame=row.frame, time=row.time, image=recording.picture(row), speed=row.speed)
        for recording in learned(job, 0)
        for row in recording.rows[::10]
    )
    doubts = [doubt for seen in pictures if (doubt := doubt_of(network, seen)) is not None]
    if not doubts:
        raise ModelError(f"a network with --output {job.output} cannot tell its doubts: --gate doubt wants a hill")
    return doubts


def _take_overs(job: Correct, until: int) -> list[TakeOver]:
    """Of all rounds up to one."""
    rounds = (read_driven(job.recording(number)) for number in range(1, until + 1))
    return [one for driven in rounds if driven is not None for one in driven.take_overs]


def learned(job: Correct, until: int) -> list[Recording]:
    """Everything there is to learn from after a round; rounds without a correction left nothing."""
    first = [Recording(job.recording_folder(name)).require_frames() for name in job.data]
    rounds = [Recording(job.recording(number)) for number in range(1, until + 1)]
    return first + [recording for recording in rounds if recording.rows]


def _learn(job: Correct, number: int) -> None:
    """Train the round's network, unless that is done already.

    Raises:
        KeyboardInterrupt: it was interrupted; what it has so far is kept.
    """
    folder, before = job.model(number), job.model(number - 1)
    if finished(folder):
        return
    if number and not Recording(job.recording(number)).rows:
        shutil.copytree(before, folder, ignore=shutil.ignore_patterns("laps"))
        return
    warm = before if number and not job.fresh else None
    training = Train(
        home=job.home,
        name=str(folder.absolute()),
        network=job.network,
        output=job.output,
        views=job.views,
        epochs=job.epochs if warm is None else job.more_epochs,
        resume=(folder / CHECKPOINT).exists(),
        seed=job.seed,
    )
    train(training, learned(job, number), warm)
    if not finished(folder):
        raise KeyboardInterrupt


def finished(model: Path) -> bool:
    """Whether a model was trained to the end."""
    return (model / "card.json").exists() and not (model / CHECKPOINT).exists()


def _judged(job: Correct, number: int, driven: Driven) -> Entry:
    """Laps on circuits that were never corrected on, and every take-over so far once more."""
    results = _laps(job, number)
    take_overs = _take_overs(job, number)
    failed = _tested(job, number, take_overs)
    return Entry(
        round=number,
        seconds=driven.seconds,
        corrections=driven.corrections,
        frames=driven.frames,
        switches=driven.switches,
        setting=driven.setting,
        laps=len(results),
        faultless=sum(result.faultless for result in results),
        departures=sum(len(result.trace.departures) for result in results),
        km=round(sum(result.trace.progress[-1] for result in results) / 1000.0, 3),
        tests=len(take_overs),
        still_needs_help=len(failed),
    )


def _laps(job: Correct, number: int) -> list[Result]:
    if not job.judges():
        return []
    laps = Laps(
        home=job.home,
        carla=job.carla,
        seed=job.seed,
        weather=job.weather,
        speed=job.speed,
        model=str(job.model(number).absolute()),
        maps=",".join(job.judges()),
        both_directions=True,
        jobs=job.jobs,
        resume=True,
    )
    return drive_laps(laps, laps.open_network())


def _tested(job: Correct, number: int, take_overs: Sequence[TakeOver]) -> list[TakeOver]:
    with progress() as bars:
        task = bars.add_task("take-overs again", total=len(take_overs), note="")
        return needing_help(job, take_overs, Network(job.model(number)), lambda: bars.advance(task))
