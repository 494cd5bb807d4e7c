"""Be ALVINN: steer thirty frames by what the retina alone shows; your error beside the network's.

All guests get the same frames, drawn once on the private server: places all around the lane, the car a little beside
its line and a little turned, as a network meets them. The expert's answers stay here until somebody hands theirs in.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from alvinn.classroom.activities.contenders import Contender
from alvinn.classroom.activities.task_queue import TaskQueue
from alvinn.classroom.audience import Guest
from alvinn.classroom.classroom import Classroom
from alvinn.classroom.messages import FRAMES, AskExam, HandIn, pack
from alvinn.classroom.moments import draw_retina
from alvinn.drivers.expert import ExpertDriver
from alvinn.networks.undriven import answer_view
from alvinn.util.images import encode_png
from alvinn.world.carla_world import CarlaWorld

ASIDE, TURNED = 0.6, 0.07  # m, rad: the car is put at most so far beside its line and turned
SEED = 1989
BEST = 5  # shown to all


@dataclass(frozen=True)
class Sheet:
    """The frames, and what is right."""

    retinas: tuple[bytes, ...]
    expert: tuple[float, ...]
    network: tuple[float, ...]


def draw_sheet(world: CarlaWorld, contender: Contender, speed: float) -> Sheet:
    """Draw the frames of the exam, the same at every start."""
    rng = np.random.default_rng(SEED)
    expert = ExpertDriver.in_world(world)
    retinas, right, network = [], [], []
    for share in rng.permutation(FRAMES) / FRAMES:
        world.place(share * world.lane.length, 0.0, rng.uniform(-ASIDE, ASIDE), rng.uniform(-TURNED, TURNED))
        seen = replace(world.observe(), speed=speed)
        retinas.append(encode_png(draw_retina(contender.network, seen)))
        right.append(expert.decide(seen).curvature)
        network.append(answer_view(contender.network, seen).curvature)
    return Sheet(tuple(retinas), tuple(right), tuple(network))


def mean_error(answers: tuple[float, ...], right: tuple[float, ...]) -> float:
    """Mean absolute error [1/m]."""
    return float(np.mean(np.abs(np.subtract(answers, right))))


class Exam:
    """Hands out the frames and marks the answers.

    Args:
        classroom: who sits it.
        queue: of the thread that has the world.
        world: the private car.
        contender: the network that sits it, too.
        speed: at which the car is thought to drive [m/s].
    """

    def __init__(
        self, classroom: Classroom, queue: TaskQueue, world: CarlaWorld, contender: Contender, speed: float
    ) -> None:
        self._classroom, self._queue, self._world, self._contender = classroom, queue, world, contender
        self._speed = speed
        self._sheet: Sheet | None = None
        self._marks: list[tuple[float, str]] = []

    def open(self) -> None:
        """Take candidates from now on."""
        self._classroom.handlers[AskExam] = self._ask
        self._classroom.handlers[HandIn] = self._mark

    def _ask(self, guest: Guest, _: AskExam) -> None:
        self._queue.put(guest.number, "exam", lambda: self.hand_out(guest.number))

    def hand_out(self, guest: int) -> None:
        """Give a guest the frames, drawn at the first call."""
        if self._sheet is None:
            self._sheet = draw_sheet(self._world, self._contender, self._speed)
        self._classroom.post_to(guest, pack("exam", {"frames": FRAMES}, *self._sheet.retinas))

    def _mark(self, guest: Guest, paper: HandIn) -> None:
        sheet = self._sheet
        if sheet is None:
            guest.tell(pack("refused", {"why": "ask for the frames first"}))
            return
        own = mean_error(paper.answers, sheet.expert)
        self._marks = sorted([*self._marks, (own, guest.name)])[:BEST]
        values = {
            "error": own,
            "network": mean_error(sheet.network, sheet.expert),
            "straight": mean_error((0.0,) * FRAMES, sheet.expert),
            "expert": list(sheet.expert),
            "answers": list(paper.answers),
            "network_answers": list(sheet.network),
            "name": self._contender.title,
        }
        guest.tell(pack("marks", values))
        self._classroom.audience.tell_all(pack("best", {"best": [[name, error] for error, name in self._marks]}))
