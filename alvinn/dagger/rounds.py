"""The stages of a round: drive, learn, judge. Each leaves on disk what it did, and does nothing where that lies."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

import tyro

from alvinn import __version__
from alvinn.cockpit.live_drive import device_of
from alvinn.cockpit.window import Window
from alvinn.console import progress
from alvinn.dagger.corrections import TakeOver
from alvinn.dagger.ledger import Driven, Entry, legs_of, read_driven, write_driven
from alvinn.dagger.rollouts import drive_leg, needing_help
from alvinn.dagger.teachers import ExpertSeat, HumanSeat, Seat, Student
from alvinn.drivers.gates import beta_of, threshold_from, threshold_within
from alvinn.errors import AlvinnError, ModelError
from alvinn.evaluation.laps import LapSettings, drive_laps
from alvinn.metrics.referee import Result
from alvinn.networks.architectures import NetworkName, OutputName
from alvinn.networks.doubt import Doubt, DoubtName, of_answer, of_ensemble
from alvinn.networks.inference import CHECKPOINT, Network
from alvinn.recording import Recording, RecordingWriter, Session
from alvinn.settings import Driving, listed, require_above_zero
from alvinn.training.run import TrainSettings, train
from alvinn.world.carla_world import CarlaWorld
from alvinn.world.embedded_server import KeptServer
from alvinn.world.opening import server_kind

GateName = Literal["drift", "doubt", "human", "always", "plain", "noise"]
PERSONAL = ("drift", "doubt", "human")
"""Gates that go with a person."""
BUDGET = 0.2  # of the ticks: what a doubt gate may ask for before there is any take-over to learn a threshold from


@dataclass(frozen=True)
class Rounds(Driving):
    """What rounds of corrections are made of."""

    name: tyro.conf.Positional[str] = ""
    """of the model: its rounds become models/NAME/round-NNN"""
    data: tuple[str, ...] = ()
    """recordings that the first network learns from"""
    rounds: int = 3
    """rounds at most"""
    round_seconds: float = 60.0
    """simulated driving in a round"""
    gate: GateName = "drift"
    """what gives the teacher the wheel: drift by the map, the network's doubt, a person's own will, a mix whatever
    happens; to compare with these, plain and noise: the teacher alone drives"""
    expert: Literal["scripted", "human"] = "scripted"
    """the teacher; a person sits in the cockpit, and whatever the gate asks, takes the wheel when they want"""
    alias: str = "human"
    """who the person is, for the recording"""
    device: str = "auto"
    """the person steers with: auto, keyboard, mouse, wheel, or a part of a device's name"""
    maps: str = "random:213,random:237,random:239,random:268,random:280,random:290"
    """a,b: circuits to be corrected on (default: of random:200 to random:299, six with narrow lanes and tight bends)"""
    judge: str = "random:7,random:8,random:9"
    """a,b: other circuits, lapped both ways after each round; once all laps pass it is enough"""
    views: Literal["on", "off"] = "on"
    """show frames as seen from beside the lane too"""
    correction_weight: int = 6
    """times that a correction is shown for every time that another frame is: corrections are few"""
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
    doubt_by: DoubtName = "hill"
    """what the gate doubt goes by: the hill's shape, or irre, how well the network rebuilds what it sees"""
    members: int = 1
    """networks trained in each round; with two or more the gate `doubt` asks where they disagree"""
    retest: bool = True
    """after each round drive every take-over so far again: who still needs help?"""
    jobs: int = 1
    """laps driven at a time"""

    def __post_init__(self) -> None:
        super().__post_init__()
        for flag in ("rounds", "round_seconds", "epochs", "more_epochs", "members", "jobs", "correction_weight"):
            require_above_zero(f"--{flag.replace('_', '-')}", getattr(self, flag))
        if self.expert == "scripted" and self.gate == "human":
            raise ValueError("--gate human wants a person: --expert human")
        if self.expert == "human" and self.gate not in PERSONAL:
            raise ValueError(f"--gate {self.gate} is for the scripted expert; a person's are {', '.join(PERSONAL)}")
        if self.members > 1 and self.doubt_by == "irre":
            raise ValueError("--members ask where they disagree: leave --doubt-by irre out")
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

    def member(self, number: int, which: int) -> Path:
        """The folder of a member of a round's ensemble; the first one is the round's model."""
        return self.model(number) / f"member-{which}" if which else self.model(number)

    def recording(self, number: int) -> Path:
        """The folder of a round's corrections."""
        return self.recording_folder(self.name) / f"round-{number:03d}"


def drive(job: Rounds, number: int) -> Driven:
    """Drive the legs of a round that were not driven yet, each with the newest network that there is.

    Raises:
        AlvinnError: server, map or window is not to be had, or the person left.
    """
    if not number:
        return Driven(0, job.gate, job.expert)
    folder, legs = job.recording(number), legs_of(job.circuits(), number, job.round_seconds, job.seed)
    newest = _newest(job, number)
    student = _student(job, newest)
    driven = read_driven(folder) or Driven(number, job.gate, job.expert, setting=_setting(job, number, student))
    with KeptServer() as server, _seat(job) as seat, progress() as bars:
        task = bars.add_task(f"round {number}", total=len(legs), completed=len(driven.legs), note="")
        for leg in legs[len(driven.legs) :]:
            if _newest(job, number) != newest:
                newest = _newest(job, number)
                student = _student(job, newest)
            write = _opening(job, folder, student.network)
            before, driven = driven, drive_leg(job, leg, driven, student, seat, server, write)
            write_driven(folder, driven)
            if (
                job.expert == "human"
                and len(driven.legs) < len(legs)
                and driven.seconds < before.seconds + leg.seconds - 1.0
            ):
                legs_driven = f"{len(driven.legs)} of {len(legs)} legs"
                raise AlvinnError(f"round {number} was left after {legs_driven}: the same command drives the rest")
            bars.update(task, completed=len(driven.legs), note=f"{driven.corrections} corrections")
    return driven


@contextmanager
def _seat(job: Rounds) -> Iterator[Seat]:
    """The teacher's, for a round.

    Raises:
        AlvinnError: a person has no screen to look at.
    """
    if job.expert == "scripted":
        yield ExpertSeat()
        return
    if job.headless:
        raise AlvinnError("--expert human wants a window: leave --headless out")
    with Window("alvinn") as window:
        yield HumanSeat(window, device_of(job.device, window))


def _newest(job: Rounds, number: int) -> int:
    """The last round before this one that was learned: an earlier one where the one before is being learned yet."""
    return next(before for before in reversed(range(number)) if not before or finished(job.model(before)))


def _student(job: Rounds, number: int) -> Student:
    networks = [Network(job.member(number, which)) for which in range(job.members)]
    return Student(networks[0], of_ensemble(networks) if job.members > 1 else of_answer(networks[0], job.doubt_by))


def _opening(job: Rounds, folder: Path, network: Network) -> Callable[[CarlaWorld], RecordingWriter]:
    return lambda world: _writer(job, folder, world, network)


def _writer(job: Rounds, folder: Path, world: CarlaWorld, network: Network) -> RecordingWriter:
    session = Session(
        camera=network.card.camera,
        vehicle=asdict(world.geometry),
        maps=tuple(job.circuits()),
        weathers=(job.weather,),
        seed=job.seed,
        driver="expert" if job.expert == "scripted" else job.alias,
        server=server_kind(job),
        version=__version__,
        cameras=network.card.preprocessing.lessons,
    )
    return RecordingWriter(folder, session, append=True)


def _setting(job: Rounds, number: int, student: Student) -> float | None:
    """What the gate of a round is set to."""
    if job.gate == "always":
        return beta_of(number)
    if job.gate != "doubt":
        return None
    doubts = [one.doubt for one in _take_overs(job, number - 1) if one.doubt is not None]
    if doubts:
        return threshold_from(doubts)
    return threshold_within(_doubts_at_home(job, student.doubt), BUDGET)


def _doubts_at_home(job: Rounds, doubt: Doubt) -> list[float]:
    """The network's doubts on the pictures that it learned from: all there is before the first take-over.

    Raises:
        ModelError: its output cannot tell.
    """
    pictures = (recording.observation(row) for recording in learned(job, 0) for row in recording.rows[::10])
    doubts = [found for seen in pictures if (found := doubt(seen)) is not None]
    if not doubts:
        raise ModelError(f"one network with --output {job.output} cannot tell its doubts: take hill, or --members 3")
    return doubts


def _take_overs(job: Rounds, until: int) -> list[TakeOver]:
    """Of all rounds up to one."""
    rounds = (read_driven(job.recording(number)) for number in range(1, until + 1))
    return [one for driven in rounds if driven is not None for one in driven.take_overs]


def learned(job: Rounds, until: int) -> list[Recording]:
    """Everything there is to learn from after a round; rounds without a correction left nothing."""
    first = [Recording(job.recording_folder(name)).require_frames() for name in job.data]
    rounds = [Recording(job.recording(number)) for number in range(1, until + 1)]
    return first + [recording for recording in rounds if recording.rows]


def learn(job: Rounds, number: int) -> None:
    """Train the round's networks, unless that is done already; the round's model last, so that it stands for all.

    Raises:
        KeyboardInterrupt: it was interrupted; what it has so far is kept.
    """
    for which in reversed(range(job.members)):
        folder, before = job.member(number, which), job.member(number - 1, which)
        if finished(folder):
            continue
        if number and not Recording(job.recording(number)).rows:
            shutil.copytree(before, folder, ignore=shutil.ignore_patterns("laps", "member-*"), dirs_exist_ok=True)
        else:
            _train(job, number, folder, before if number and not job.fresh else None, seed=job.seed + 1000 * which)
        if not finished(folder):
            raise KeyboardInterrupt


def _train(job: Rounds, number: int, folder: Path, warm: Path | None, seed: int) -> None:
    training = TrainSettings(
        home=job.home,
        name=str(folder.absolute()),
        network=job.network,
        output=job.output,
        views=job.views,
        correction_weight=job.correction_weight,
        irre=job.doubt_by == "irre",
        epochs=job.epochs if warm is None else job.more_epochs,
        resume=(folder / CHECKPOINT).exists(),
        seed=seed,
    )
    train(training, learned(job, number), warm)


def finished(model: Path) -> bool:
    """Whether a model was trained to the end."""
    return (model / "card.json").exists() and not (model / CHECKPOINT).exists()


def judged(job: Rounds, number: int, driven: Driven) -> Entry:
    """Laps on circuits that were never corrected on, and every take-over so far once more."""
    results = _laps(job, number)
    take_overs = _take_overs(job, number) if job.retest else []
    failed = _tested(job, number, take_overs)
    return Entry(
        round=number,
        seconds=driven.seconds,
        corrections=driven.corrections - driven.discarded,
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


def _laps(job: Rounds, number: int) -> list[Result]:
    if not job.judges():
        return []
    laps = LapSettings(
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


def _tested(job: Rounds, number: int, take_overs: Sequence[TakeOver]) -> list[TakeOver]:
    if not take_overs:
        return []
    with progress() as bars:
        task = bars.add_task("take-overs again", total=len(take_overs), note="")
        return needing_help(job, take_overs, Network(job.model(number)), lambda: bars.advance(task))
