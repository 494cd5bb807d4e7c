"""`classroom`: a page for everybody in the room, served from the lecturer's machine."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import asdict, dataclass, fields, replace
from functools import partial

from alvinn.classroom.activities.bets import Bets
from alvinn.classroom.activities.contenders import PLAIN, Contender, find_contenders, select_asked
from alvinn.classroom.activities.exam import Exam
from alvinn.classroom.activities.learning import LEARNED, learn_on_stage
from alvinn.classroom.activities.painting import Easel
from alvinn.classroom.activities.proving_ground import Activity, ProvingGround, private_ground
from alvinn.classroom.activities.teaching import Teaching
from alvinn.classroom.address import EVERYWHERE, find_address
from alvinn.classroom.audience import Keys
from alvinn.classroom.classroom import Classroom
from alvinn.classroom.lessons import read_lessons
from alvinn.classroom.moments import follow
from alvinn.classroom.rehearsal import rehearse
from alvinn.classroom.stage import AtTheWheel, Broadcast, ReplayBroadcast, make_driver, outline
from alvinn.classroom.web import serve
from alvinn.console import CONSOLE
from alvinn.drivers.network import NetworkDriver
from alvinn.driving.cruise import SpeedController
from alvinn.driving.loop import run
from alvinn.driving.observers import Deadline
from alvinn.driving.protocols import Observer
from alvinn.driving.realtime import LiveWorld
from alvinn.driving.types import Camera, Direction
from alvinn.errors import AlvinnError
from alvinn.jobs.preparation import prepare
from alvinn.networks.inference import Network, warn_before_driving
from alvinn.online.run import begin_lesson, open_lesson_world, report
from alvinn.online.settings import LearnSettings
from alvinn.recording import Recording, RecordingWriter, make_session, name_lane
from alvinn.recording.observers import OnRoadFilter, RecordingObserver
from alvinn.recording.summary import open_recording
from alvinn.recording.writer import require_free
from alvinn.settings import SHIPPED, Driving, find_map, refuse_idle, require_above_zero
from alvinn.world.carla_world import DT, CarlaWorld
from alvinn.world.opening import open_world, require_loop

GROUND = "random:7"  # has bends that a clone of `country` does not manage from aside
ACTIVITIES = ("watch", "bet", "push", "paint", "teach", "exam", "lessons")
OF_A_LECTURE = ("model", "drive", "learn", "replay", "record", "overwrite", "direction", "share", "seconds")


@dataclass(frozen=True)
class ShowClassroom(Driving):
    """Serve a page on which a class watches, bets, pushes and drives."""

    model: str | None = None
    """the network on stage (default: shipped; with --drive or --replay none)"""
    drive: bool = False
    """put a car on stage that guests drive: those who have the code take the wheel, from a network too"""
    learn: bool = False
    """put a network on stage that watches the expert until it drives by itself, as in 1991 (models/class-learned)"""
    replay: str | None = None
    """put a recording on stage: a name in data/, or a folder"""
    record: str | None = None
    """name of a recording of all that is driven on stage"""
    overwrite: bool = False
    """replace a recording that exists"""
    direction: Direction = "forward"
    """forward, or reverse: the opposite lane"""
    ground: str = GROUND
    """circuit of the private car: for pushes, the exam and teaching"""
    port: int = 8000
    """port of the page; 0: any free one"""
    share: bool = False
    """let other machines of the network open the page, too (default: only this machine)"""
    prepare: bool = False
    """train the networks that the lessons compare, a few minutes, and end"""
    rehearse: bool = False
    """check this machine before the lecture, and end"""
    seconds: float | None = None
    """end after so many seconds (default: Ctrl-C)"""

    def __post_init__(self) -> None:
        super().__post_init__()
        object.__setattr__(self, "ground", find_map(self.ground))  # on an embedded server, whatever the stage is on
        require_above_zero("--seconds", self.seconds)
        if self.prepare:
            how = "with --prepare, which records on the embedded server, at 8 m/s in ClearNoon, what is not there yet"
            refuse_idle(self, ("carla", "speed", "weather"), how)
        if self.prepare or self.rehearse:
            refuse_idle(self, OF_A_LECTURE, "with --prepare or --rehearse, which are before the lecture")
        if self.record is None:
            refuse_idle(self, ("overwrite",), "without a recording: add --record NAME")
        if self.replay is not None:
            refuse_idle(self, ("map", "direction"), "with --replay, which shows what was driven")
        if not 0 <= self.port < 65536:
            raise ValueError(f"--port must be 0 to 65535, not {self.port}")
        if (self.replay is not None or self.learn) and (self.drive or self.record is not None):
            raise ValueError("--drive and --record need a car to drive: leave out --replay and --learn")
        if self.learn and (self.replay is not None or self.model is not None):
            raise ValueError("--learn puts a network of its own on stage: leave out --replay and --model")

    def run(self) -> None:
        """Do the job.

        Raises:
            AlvinnError: it cannot be done, or something went away meanwhile.
        """
        if self.prepare:
            prepare(self, self.map, self.ground, self.seed)
        if self.rehearse:
            self._rehearse()
        if self.prepare or self.rehearse:
            return
        if self.record is not None:
            require_free(self.recording_folder(self.record), append=None, overwrite=self.overwrite)
        find_address(self.port, shared=self.share)  # in no network, that is said before a stage is set up
        network = self._open_network()
        contenders = find_contenders(self, self.model)
        asked = select_asked(self, contenders, self.name_on_stage())
        furnish = partial(self._furnish, asked)
        classroom = Classroom(Keys.draw())
        classroom.facts["activities"] = list(ACTIVITIES)
        classroom.facts["lessons"] = [[lesson.number, lesson.title] for lesson in read_lessons()]
        with ExitStack() as stack, suppress(KeyboardInterrupt):
            stack.enter_context(private_ground(classroom, contenders, self._select_driving(), self.ground, furnish))
            Bets(classroom).open()
            stack.enter_context(_run_easel(classroom, asked))
            if self.learn:
                self._learn(classroom, stack)
            elif self.replay is not None:
                self._play(classroom, open_recording(self.recording_folder(self.replay)), network, stack)
            else:
                self._drive(classroom, network, stack)

    def _rehearse(self) -> None:
        missing = 0
        for result in rehearse(self, self.port):
            CONSOLE.print(f"{'good' if result.good else 'MEND'}: {result.text}", highlight=False)
            missing += not result.good
        if missing:
            raise AlvinnError(f"this machine is not ready: {missing} of the points above say what to mend")

    def _furnish(self, asked: Contender, ground: ProvingGround, contenders: Sequence[Contender]) -> list[Activity]:
        """What else the private car is for; a network of another camera than its own cannot sit the exam."""
        candidate = asked if asked.cameras == contenders[0].cameras else contenders[-1]
        exam = Exam(ground.classroom, ground.queue, ground.world, candidate, self.speed)
        plain = [one for one in contenders if one.name == PLAIN]
        there = replace(self._select_driving(), map=self.ground)
        return [exam, *(Teaching(ground.classroom, ground, one, there) for one in plain)]

    def _select_driving(self) -> Driving:
        """Where and how to drive, without what is on stage."""
        return Driving(**{one.name: getattr(self, one.name) for one in fields(Driving)})

    def name_on_stage(self) -> str | None:
        """Name of the model that drives or answers on stage; None where there is none, or one that only learns."""
        return self.model or (None if self.drive or self.learn or self.replay is not None else SHIPPED)

    def _open_network(self) -> Network | None:
        name = self.name_on_stage()
        if name is None:
            return None
        network = Network(self.find_model(name))
        warn_before_driving(network.card, self.speed)
        return network

    def _serve(self, classroom: Classroom, stack: ExitStack) -> None:
        address = find_address(self.port, shared=self.share)
        port = stack.enter_context(
            serve(classroom, EVERYWHERE if self.share else address.host, self.port, address.hosts)
        )
        address = find_address(port, shared=self.share)
        keys = classroom.audience.keys
        classroom.invite(address.url, address.draw_qr())
        address.announce(CONSOLE, keys.code, keys.lecturer, shared=self.share)

    def _play(self, classroom: Classroom, recording: Recording, network: Network | None, stack: ExitStack) -> None:
        if not recording.kept_rows():
            raise AlvinnError(f"{recording.folder} has no frames in use: choose another recording")
        if network is not None:
            network.require_camera(recording.session.camera, "choose a model that was trained with that one")
        where = [[row.x, row.y] for row in recording.kept_rows()[::10] if row.x == row.x]
        classroom.facts |= {"title": f"replay of {self.replay}", "lane": where}
        classroom.facts["camera"] = asdict(recording.session.camera)
        self._serve(classroom, stack)
        ReplayBroadcast(classroom, recording, network).play(self.seconds)

    def _learn(self, classroom: Classroom, stack: ExitStack) -> None:
        shared = vars(self._select_driving()) | {"headless": False}
        job = LearnSettings(**shared, name=LEARNED, driver="expert", direction=self.direction, overwrite=True)
        setup, world = stack.enter_context(begin_lesson(job)), stack.enter_context(open_lesson_world(job))
        classroom.facts |= {"title": f"learning on {self.map}", "lane": outline(world.lane)}
        classroom.facts["camera"] = asdict(world.camera)
        self._serve(classroom, stack)
        learn_on_stage(classroom, setup, world, self.seconds)
        report(setup.folder, setup.story)

    def _drive(self, classroom: Classroom, network: Network | None, stack: ExitStack) -> None:
        world = stack.enter_context(
            open_world(
                self,
                camera=network.card.camera if network is not None else Camera(),
                map_name=self.map,
                direction=self.direction,
                weather=self.weather,
                seed=self.seed,
                cameras=network.card.cameras if network is not None else ("center",),
                learned_on=network.card.server if network is not None else "",
            )
        )
        require_loop(world.lane, f"{self.map} {self.direction}", "a class drives on and on")
        who = "you" if network is None else self.model or SHIPPED
        classroom.facts |= {"title": f"{who} on {self.map}", "lane": outline(world.lane), "drivable": True}
        classroom.facts["camera"] = asdict(world.camera)
        self._serve(classroom, stack)
        live = LiveWorld(world, lambda *_: True, DT, time.monotonic, time.sleep)
        driver = None if network is None else NetworkDriver(network)
        thinker = (lambda _: None) if driver is None else partial(follow, driver)
        observers: list[Observer] = [Broadcast(classroom, world, thinker)]
        if self.record is not None:
            observers.append(self._record(world, stack))
        if self.seconds is not None:
            observers.append(Deadline(self.seconds))
        try:
            run(live, make_driver(classroom, world, driver), observers, world.geometry, SpeedController(self.speed, DT))
        finally:
            CONSOLE.print(f"the class is over; late ticks: {live.late}")

    def _record(self, world: CarlaWorld, stack: ExitStack) -> Observer:
        session = make_session(
            world.camera,
            world.geometry,
            world.server,
            driver="class",
            maps=(self.map,),
            weathers=(self.weather,),
            seed=self.seed,
            device="browser",
        )
        folder = self.recording_folder(self.record or "")
        kept = "what was recorded before is kept"
        writer = stack.enter_context(RecordingWriter(folder, session, overwrite=self.overwrite, kept=kept))
        observer = RecordingObserver(writer, name_lane(self.map, self.direction), self.weather)
        return AtTheWheel(OnRoadFilter(observer, CONSOLE.print))


@contextmanager
def _run_easel(classroom: Classroom, contender: Contender) -> Iterator[None]:
    """Run the easel in a thread of its own until the block ends."""
    easel = Easel(classroom, contender)
    easel.open()
    worker = threading.Thread(target=easel.queue.work)
    worker.start()
    try:
        yield
    finally:
        easel.queue.close()
        worker.join()
