"""Push it off: a car of its own on a private server, put beside its lane as guests wish, seen, and let go.

This is the covariate shift in the hand. A clone knows the states that its teacher drove through; the page shows them in
the plane of offset and heading error, puts the car anywhere in it, and asks network and expert about the very view.
"""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from typing import Any, Protocol

import numpy as np

from alvinn.classroom.activities.contenders import CELLS, REACH, Contender
from alvinn.classroom.activities.task_queue import TaskQueue
from alvinn.classroom.audience import Guest
from alvinn.classroom.classroom import Classroom
from alvinn.classroom.messages import AskExam, Drop, Pose, Teach, pack
from alvinn.classroom.moments import PICTURE_QUALITY, Moment, follow, think
from alvinn.classroom.stage import SHOWN_EVERY
from alvinn.drivers.expert import ExpertDriver
from alvinn.drivers.network import NetworkDriver
from alvinn.driving.cruise import SpeedController
from alvinn.driving.departure import departure_margin
from alvinn.driving.lane import Lane
from alvinn.driving.loop import run
from alvinn.driving.protocols import Observer, Verdict
from alvinn.driving.realtime import LiveWorld
from alvinn.driving.types import Step
from alvinn.errors import AlvinnError
from alvinn.networks.inference import Card
from alvinn.networks.undriven import answer_view
from alvinn.settings import Driving
from alvinn.util.images import encode_jpeg
from alvinn.world.carla_world import DT, CarlaWorld
from alvinn.world.opening import open_world

SPACING = 1.0  # m between the lane's points on the page
SECONDS = 10.0  # that a dropped car drives
BACK = (0.25, math.radians(3.0))  # m, rad: a car nearer than that to its line ...
BACK_SECONDS = 1.5  # ... for so long is back on it
GONE = 1.1  # lane widths beside the lane: it does not come back
RUN_UP = 12.0  # m from the place that is offered first to its bend
APART = 40.0  # m from one bend to the next, at least


def describe_lane(lane: Lane) -> list[list[float]]:
    """x, y [m], direction [rad] and width [m] of the lane, a metre apart."""
    points = []
    for s in np.arange(0.0, lane.length, SPACING).tolist():
        x, y, _, direction = lane.at(s)
        points.append([round(x, 2), round(y, 2), round(direction, 4), round(lane.project(x, y, near=s).width, 2)])
    return points


def find_bend(lane: Lane) -> float:
    """Where the page puts the car first [m]: a little before the tightest bend, where a clone fails, if anywhere."""
    return find_bends(lane, 1)[0]


def find_bends(lane: Lane, number: int) -> list[float]:
    """Places a little before the tightest bends [m], the tightest first; fewer where the lane is short."""
    s = np.arange(0.0, lane.length, SPACING)
    bend = np.array([abs(lane.curvature(at)) for at in s.tolist()])
    places: list[float] = []
    while len(places) < number and bend.max() >= 0.0:
        tightest = float(s[int(bend.argmax())])
        away = np.abs(s - tightest)
        bend[np.minimum(away, lane.length - away if lane.closed else away) < APART] = -1.0
        place = tightest - RUN_UP
        places.append(place % lane.length if lane.closed and not lane.lead_in else max(0.0, place))
    return places


@dataclass
class Trial:
    """Observer of a dropped car: it ends when the car is back, gone, or out of time."""

    margin: float
    """offset that a departure begins at [m]"""
    outcome: str = "it is still beside its line"
    ticks: int = 0
    calm: int = 0

    def see(self, step: Step) -> Verdict:
        """Look at a tick."""
        self.ticks += 1
        truth = step.truth
        near = abs(truth.offset) < BACK[0] and abs(truth.heading_error) < BACK[1]
        self.calm = self.calm + 1 if near else 0
        if abs(truth.offset) > GONE * truth.lane_width:
            self.outcome = "it left the road"
        elif self.calm * DT >= BACK_SECONDS:
            self.outcome = f"it came back, {(self.ticks - self.calm) * DT:.1f} s after the drop"
        elif self.ticks * DT < SECONDS:
            return Verdict.CONTINUE
        return Verdict.STOP

    def on_recovery(self) -> None:
        """Nobody puts this car back."""


class ProvingGround:
    """Poses and drops of a class, one after another on a world of its own.

    Args:
        classroom: who asks and watches.
        contenders: the networks that are asked.
        world: the private car.
        speed: at which it is dropped [m/s].
        clock: returns the time now [s].
        sleep: waits for some seconds.
    """

    def __init__(
        self,
        classroom: Classroom,
        contenders: Sequence[Contender],
        world: CarlaWorld,
        speed: float,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.queue = TaskQueue()
        self.classroom, self.world, self._speed = classroom, world, speed
        self._contenders = {one.name: one for one in contenders}
        self._clock, self._sleep = clock, sleep
        self._expert = ExpertDriver.in_world(world)
        self._number = 0
        self._greeting = self._greet()

    def open(self) -> None:
        """Take the class's poses and drops from now on."""
        self.classroom.handlers[Pose] = self._ask_pose
        self.classroom.handlers[Drop] = self._ask_drop
        self.classroom.on_welcome.append(lambda guest: guest.tell(self._greeting))
        self.classroom.on_leave.append(lambda guest: self.queue.forget(guest.number))
        self.classroom.post(self._greeting)

    def _greet(self) -> bytes:
        lane = self.world.lane
        return pack(
            "push",
            {
                "lane": describe_lane(lane),
                "closed": lane.closed,
                "place": find_bend(lane) / lane.length,
                "car": self.world.geometry.width,
                "reach": list(REACH),
                "cells": list(CELLS),
                "contenders": [one.as_json() for one in self._contenders.values()],
            },
        )

    def _ask_pose(self, guest: Guest, pose: Pose) -> None:
        self.queue.put(guest.number, "pose", lambda: self.look(guest.number, pose))

    def _ask_drop(self, guest: Guest, drop: Drop) -> None:
        if not guest.may_drive:
            guest.tell(pack("refused", {"why": "letting it drive needs the code that the lecturer shows"}))
        elif drop.model not in self._contenders:
            guest.tell(pack("refused", {"why": "there is no such network here"}))
        else:
            before = self.queue.put(guest.number, "drop", lambda: self.drop(guest.name, drop))
            guest.tell(pack("queued", {"before": before}))

    def look(self, guest: int, pose: Pose) -> None:
        """Put the car somewhere and tell a guest what it sees, and what networks and expert want."""
        world = self.world
        world.place(pose.place * world.lane.length, 0.0, pose.offset, pose.heading)
        seen = replace(world.observe(), speed=self._speed)
        answers: list[dict[str, Any]] = []
        for one in self._contenders.values():
            thought = think(one.network, seen, answer_view(one.network, seen))
            answers.append({"name": one.name, **thought.as_json()})
        values = {
            "place": pose.place,
            "offset": pose.offset,
            "heading": pose.heading,
            "expert": self._expert.decide(seen).curvature,
            "answers": answers,
        }
        self.classroom.post_to(guest, pack("view", values, encode_jpeg(seen.image, PICTURE_QUALITY)))

    def drop(self, who: str, drop: Drop) -> None:
        """Put the car somewhere, moving, and let a network drive it, before everybody's eyes."""
        world, contender = self.world, self._contenders[drop.model]
        world.place(drop.place * world.lane.length, self._speed, drop.offset, drop.heading)
        self.classroom.post(pack("dropped", {"model": drop.model, "by": who, "offset": drop.offset}))
        trial = Trial(departure_margin(world.truth().lane_width, world.geometry.width))
        live = LiveWorld(world, lambda *_: True, DT, self._clock, self._sleep)
        driver = NetworkDriver(contender.network)
        observers: list[Observer] = [trial, _Show(self, driver, contender.title)]
        run(live, driver, observers, world.geometry, SpeedController(self._speed, DT))
        self.classroom.post(pack("landed", {"model": drop.model, "outcome": trial.outcome}))

    def show(self, step: Step, driver: NetworkDriver, note: str, kind: str = "pushed") -> None:
        """Show a tick of the private car to everybody, and what the network makes of it that drives or is taught."""
        self._number += 1
        expert, thought = self._expert.decide(step.observation).curvature, follow(driver, step.observation)
        car = self.world.geometry.width
        self.classroom.show(Moment.of_step(self._number, step, expert, thought, car, note, kind))


class Activity(Protocol):
    """What guests can do."""

    def open(self) -> None:
        """Take their messages from now on."""


@contextmanager
def private_ground(
    classroom: Classroom,
    contenders: Sequence[Contender],
    settings: Driving,
    map_name: str,
    furnish: Callable[[ProvingGround, Sequence[Contender]], Sequence[Activity]] = lambda *_: (),
) -> Iterator[None]:
    """A private car on an embedded server of its own, in a thread that ends with the block: push, exam, teaching.

    The page is served meanwhile: who opens the push before the server is there waits for it, and who asks for another
    activity is told. Networks of another camera than the first one's are left out, since all look at the same view.

    Args:
        classroom: who asks.
        contenders: the networks that are compared.
        settings: how to drive.
        map_name: of the private car.
        furnish: makes further activities for the car, once it is there.
    """
    card = contenders[0].network.card
    alike = [one for one in contenders if one.cameras == contenders[0].cameras]
    over = threading.Event()
    grounds: list[ProvingGround] = []

    _refuse(classroom, (AskExam, Teach), "the private car is on its way: ask again in a moment")

    def work() -> None:
        try:
            with _open_private_world(settings, card, map_name, over.is_set) as world:
                grounds.append(ProvingGround(classroom, alike, world, settings.speed))
                for activity in furnish(grounds[0], alike):
                    activity.open()
                grounds[0].open()
                if not over.is_set():
                    grounds[0].queue.work()
        except AlvinnError as error:
            if not over.is_set():
                why = f"the private car is gone: {error}"
                classroom.post(pack("refused", {"why": why}))
                _refuse(classroom, (AskExam, Teach, Drop), why)

    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield
    finally:
        over.set()
        for ground in grounds:
            ground.queue.close()
        thread.join()


def _refuse(classroom: Classroom, kinds: Sequence[type], why: str) -> None:
    """Answer messages of these kinds with the reason why nothing comes of them."""

    def refuse(guest: Guest, _: object) -> None:
        guest.tell(pack("refused", {"why": why}))

    for kind in kinds:
        classroom.handlers[kind] = refuse


def _open_private_world(
    settings: Driving, card: Card, map_name: str, is_cancelled: Callable[[], bool]
) -> AbstractContextManager[CarlaWorld]:
    return open_world(
        replace(settings, carla=None, map=map_name),
        camera=card.camera,
        map_name=map_name,
        direction="forward",
        weather=settings.weather,
        seed=settings.seed,
        cameras=card.cameras,
        is_cancelled=is_cancelled,
    )


class _Show:
    def __init__(self, ground: ProvingGround, driver: NetworkDriver, note: str) -> None:
        self._ground, self._driver, self._note, self._ticks = ground, driver, note, 0

    def see(self, step: Step) -> Verdict:
        self._ticks += 1
        if self._ticks % SHOWN_EVERY == 1:
            self._ground.show(step, self._driver, self._note)
        return Verdict.STOP if self._ground.queue.is_closed else Verdict.CONTINUE

    def on_recovery(self) -> None:
        pass
