"""Teach: a round of DAgger on stage. The clone drives, the expert takes over where it drifts, the clone learns that.

The class sees each take-over and the label beside the network's own answer, then the training, epoch by epoch; then the
car drives from the same places again. The recording is `data/class-taught`, the model `models/class-taught`: both are
replaced by the next round.
"""

from __future__ import annotations

import csv
import math
import multiprocessing
import os
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection
from multiprocessing.context import SpawnProcess
from pathlib import Path

from alvinn.classroom.activities.contenders import Contender
from alvinn.classroom.activities.proving_ground import ProvingGround, find_bends
from alvinn.classroom.audience import Guest
from alvinn.classroom.classroom import Classroom
from alvinn.classroom.messages import Teach, pack
from alvinn.classroom.stage import SHOWN_EVERY
from alvinn.dagger.corrections import Corrections
from alvinn.drivers.expert import ExpertDriver
from alvinn.drivers.gates import DriftGate
from alvinn.drivers.network import NetworkDriver
from alvinn.drivers.shared import SharedDriver
from alvinn.driving.cruise import SpeedController
from alvinn.driving.loop import run
from alvinn.driving.observers import Deadline
from alvinn.driving.protocols import Observer, Verdict
from alvinn.driving.types import Step
from alvinn.errors import AlvinnError, ModelError, explain
from alvinn.networks.inference import Network
from alvinn.recording import Recording, RecordingWriter, make_session
from alvinn.settings import Driving
from alvinn.training.model_folder import HISTORY
from alvinn.training.run import TrainSettings, train
from alvinn.world.carla_world import DT

TAUGHT = "class-taught"
BENDS, SECONDS = 6, 7.0  # starts before the tightest bends, before and after; driven from each
ASIDE = 0.6  # m to the right of its line, where the car starts: from the middle, a clone may drive on without a fault
# The expert takes over just before a departure: nearer to the line, it would before a taught network has come back.
GATE_SHARE, GATE_HEADING = 0.95, math.radians(15.0)
EPOCHS = 10
POLL = 0.3  # s between two looks at the training
EVERYBODY = 0  # whose turn a round is: no guest has that number, and whoever asked for it may go


@dataclass(frozen=True)
class AssistedDrive:
    """How a network drove with the expert beside it."""

    take_overs: int
    helped: float
    """share of the time that the expert drove"""
    frames: int
    """labelled by the expert"""


class Teaching:
    """A round of DAgger before everybody's eyes.

    Args:
        classroom: who watches.
        ground: has the private car and the thread that the round runs in.
        student: the network that is taught.
        settings: where models and recordings are stored, and how to drive.
        pace: waits for a number of seconds after each tick.
    """

    def __init__(
        self,
        classroom: Classroom,
        ground: ProvingGround,
        student: Contender,
        settings: Driving,
        pace: Callable[[float], None] = time.sleep,
    ) -> None:
        self._classroom, self._ground, self._student, self._settings = classroom, ground, student, settings
        self._pace = pace
        self.seconds, self.epochs = SECONDS, EPOCHS
        self._is_asked = False  # a round waits for its turn, or is on
        self._told: bytes | None = None  # the last news of a round

    def open(self) -> None:
        """Teach when the lecturer or a driver asks."""
        self._classroom.handlers[Teach] = self._ask
        self._classroom.on_welcome.append(self._greet)

    def _greet(self, guest: Guest) -> None:
        if self._told is not None:
            guest.tell(self._told)

    def _ask(self, guest: Guest, _: Teach) -> None:
        if not guest.may_drive:
            guest.tell(pack("refused", {"why": "teaching needs the code that the lecturer shows"}))
        elif self._is_asked:
            guest.tell(pack("refused", {"why": "a round is on: the next one can begin when it is over"}))
        else:
            self._is_asked = True
            guest.tell(pack("queued", {"before": self._ground.queue.put(EVERYBODY, "teach", self.teach)}))

    def teach(self) -> None:
        """Drive, train, drive again; a failure is told to everybody and ends nothing else."""
        try:
            note = f"the {self._student.title} drives, from a little beside its line before each of the tightest bends"
            self._tell("drive", note=f"{note}; the expert takes over where it drifts")
            before = self._drive(self._student, record=True)
            if self._ground.queue.is_closed:
                return
            if not before.frames:
                self._tell("done", note="it never drifted: there was nothing to teach")
                return
            self._tell("train", note=f"{before.frames} frames are labelled by the expert; the clone learns them")
            folder = self._train()
            taught = Contender(TAUGHT, Network(folder), folder, ())
            self._tell("again", note="from the same places once more, with what it learned")
            after = self._drive(taught, record=False)
            self._tell(
                "done",
                note=f"take-overs before: {before.take_overs}, after: {after.take_overs}; the expert drove "
                f"{before.helped:.0%} of the time before, {after.helped:.0%} after",
            )
        except (AlvinnError, OSError) as error:
            self._tell("done", note=f"the round failed: {explain(error)}")
        finally:
            self._is_asked = False

    def _tell(self, phase: str, **values: object) -> None:
        self._told = pack("teach", {"phase": phase, **values})
        self._classroom.post(self._told)

    def _drive(self, student: Contender, *, record: bool) -> AssistedDrive:
        world = self._ground.world
        gate = DriftGate(world.truth, world.geometry.width, GATE_SHARE, GATE_HEADING)
        driver = NetworkDriver(student.network)
        shared = SharedDriver(driver, ExpertDriver.in_world(world), gate, note="class")
        watch = _Watch(self._ground, driver, lambda: self._pace(DT))
        kept: list[Corrections] = []
        for place in find_bends(world.lane, BENDS):
            world.place(place, self._settings.speed, ASIDE)
            kept.append(Corrections(self._settings.map, "forward", self._settings.weather))
            observers: list[Observer] = [kept[-1], watch, Deadline(self.seconds)]
            run(world, shared, observers, world.geometry, SpeedController(self._settings.speed, DT))
            if self._ground.queue.is_closed:
                break
        frames = sum(one.frames for one in kept)
        if record and frames:
            self._write(kept)
        return AssistedDrive(shared.corrections, watch.helped / max(1, watch.ticks), frames)

    def _write(self, kept: Sequence[Corrections]) -> None:
        """Record what the expert taught."""
        world, settings = self._ground.world, self._settings
        session = make_session(
            world.camera,
            world.geometry,
            world.server,
            driver="expert",
            maps=(settings.map,),
            weathers=(settings.weather,),
            seed=settings.seed,
        )
        with RecordingWriter(settings.recording_folder(TAUGHT), session, overwrite=True) as writer:
            for one in kept:
                one.write(writer)

    def _train(self) -> Path:
        """Train in a process of its own, telling every epoch; returns the model's folder."""
        settings = self._settings
        folder = settings.model_folder(TAUGHT)
        paths = [*self._student.recordings, settings.recording_folder(TAUGHT)]
        job = TrainSettings(
            home=settings.home, name=TAUGHT, views="off", epochs=self.epochs, overwrite=True, seed=settings.seed
        )
        context = multiprocessing.get_context("spawn")
        ours, theirs = context.Pipe(duplex=False)
        arguments = (job, paths, self._student.folder, theirs)
        process = context.Process(target=train_quietly, args=arguments, daemon=True)
        history = folder / HISTORY
        history.unlink(missing_ok=True)  # that of the round before is no news
        process.start()
        theirs.close()
        with ours:
            self._follow(process, history)
            if process.exitcode:
                raise ModelError(ours.recv() if ours.poll() else f"the training ended with status {process.exitcode}")
        return folder

    def _follow(self, process: SpawnProcess, history: Path) -> None:
        told = 0
        while process.is_alive():
            process.join(POLL)
            if self._ground.queue.is_closed:
                process.terminate()
                process.join()
                raise ModelError("the class is over")
            losses = read_losses(history)
            if len(losses) != told:
                told = len(losses)
                self._tell("epoch", losses=losses, epochs=self.epochs)


def read_losses(history: Path) -> list[float]:
    """The loss of each epoch so far."""
    if not history.is_file():
        return []
    with history.open(encoding="utf-8", newline="") as file:
        return [float(row["loss"]) for row in csv.DictReader(file) if row.get("loss")]


def train_quietly(job: TrainSettings, recordings: Sequence[Path], warm: Path | None, failure: Connection) -> None:
    """The child process: train without a word, since the terminal is the parent's; why it fails goes into the pipe."""
    sys.stdout = sys.stderr = Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115 - open as long as the process
    try:
        train(job, [Recording(path) for path in recordings], warm)
    except (AlvinnError, OSError) as error:
        failure.send(explain(error))
        sys.exit(1)


class _Watch:
    """Observer that shows the round and counts who drove."""

    def __init__(self, ground: ProvingGround, student: NetworkDriver, pace: Callable[[], None]) -> None:
        self._ground, self._student, self._pace = ground, student, pace
        self.ticks = self.helped = 0

    def see(self, step: Step) -> Verdict:
        self.ticks += 1
        helps = step.decision.who == "expert"
        self.helped += helps
        if self.ticks % SHOWN_EVERY == 1:
            note = "the expert took over: each frame is a label" if helps else "the clone drives"
            self._ground.show(step, self._student, note, "taught")
        self._pace()
        return Verdict.STOP if self._ground.queue.is_closed else Verdict.CONTINUE

    def on_recovery(self) -> None:
        pass
