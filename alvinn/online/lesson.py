"""A lesson: the network watches, says when it is ready, drives, and watches again where it failed.

An observer of the loop. Whoever has the wheel is asked of `teacher_drives`; without a person the lesson itself hands
over when the network is ready, and takes the wheel back at a departure.
"""

from __future__ import annotations

import math
from collections.abc import Callable

from alvinn.driving.protocols import Driver, Verdict
from alvinn.driving.types import GroundTruth, Step
from alvinn.metrics.referee import Referee
from alvinn.online.process import Learned, LearnerProcess, Watched
from alvinn.online.readiness import Readiness
from alvinn.online.story import Attempt, Story
from alvinn.online.student import NAME, StudentDriver

FollowLap = Callable[[GroundTruth], Referee]
"""Makes the referee of a lap that begins here."""


class OnlineLesson:
    """Teaches a network, tick by tick.

    Args:
        student: the network.
        learner: learns from the frames.
        readiness: says when the network may try.
        follow_lap: makes the referee of an attempt.
        story: is written on.
        every: ticks from one request to the learner to the next.
        dt: duration of a tick [s].
        patience: s of watching after which the network will not converge any more.
        hands: whether the teacher has the wheel, where a person decides that; None: the lesson decides.
        fallback: name of a prepared model, and its driver, which drives in the network's place once patience is lost.
    """

    def __init__(
        self,
        student: StudentDriver,
        learner: LearnerProcess,
        readiness: Readiness,
        follow_lap: FollowLap,
        story: Story,
        *,
        every: int,
        dt: float,
        patience: float,
        hands: Callable[[], bool] | None = None,
        fallback: tuple[str, Driver] | None = None,
    ) -> None:
        self._student, self._learner, self._readiness = student, learner, readiness
        self._follow_lap, self._story = follow_lap, story
        self._every, self._dt, self._patience, self._hands = every, dt, patience, hands
        self._fallback = fallback
        self._watching = True
        self._ticks = 0  # watched
        self._second: list[float] = []
        self._loss: float | None = None  # of the latest pass
        self._referee: Referee | None = None  # of the attempt in progress

    @property
    def _is_alone(self) -> bool:
        return self._hands is None

    @property
    def is_ready(self) -> bool:
        """Whether the network's error has stayed low."""
        return self._readiness.is_ready

    @property
    def error(self) -> float | None:
        """Mean error of the last seconds [1/m]."""
        return self._readiness.error

    @property
    def has_lost_patience(self) -> bool:
        """Whether the network has watched for so long that it will not converge any more."""
        return self._story.watched_s >= self._patience - 0.5 * self._dt

    @property
    def has_driven_a_lap(self) -> bool:
        """Whether the network has driven a lap without a departure."""
        return self._story.first_unaided_lap_after_s is not None

    def teacher_drives(self) -> bool:
        """Whether the teacher has the wheel."""
        return self._watching if self._hands is None else self._hands()

    def see(self, step: Step) -> Verdict:
        """Learn from a tick of the teacher's, or judge one of the network's."""
        if step.decision.who != NAME:
            return self._watch(step)
        if self.teacher_drives():  # the teacher is just taking the wheel: not yet to be learned from
            return Verdict.CONTINUE
        return self._judge(step)

    def on_recovery(self) -> None:
        """The car is back on its lane; a lap on which a person put it back is none."""
        if not self._is_alone:
            self._referee = None
        elif self._referee is not None:
            self._referee.on_recovery()

    def _watch(self, step: Step) -> Verdict:
        if self._referee is not None and self._referee.interventions:
            self._readiness.restart()
        self._referee = None
        self._measure(step)
        if self._ticks % self._every == 0:
            seen = step.observation
            self._take(self._learner.request(Watched(seen.image, step.decision.curvature, seen.speed)))
        self._ticks += 1
        self._story.watched_s = round(self._ticks * self._dt, 3)
        if self._story.failure:
            return Verdict.STOP
        has_failed = self.has_lost_patience and not (self.is_ready or self.has_driven_a_lap)
        if has_failed and self._story.outcome != "did not converge":
            self._story.outcome = "did not converge"
            if not self._fall_back() and self._is_alone:
                return Verdict.STOP
        if self._is_alone and self.is_ready:
            self._watching = False
        return Verdict.CONTINUE

    def _fall_back(self) -> bool:
        """Have the prepared model drive, if there is one."""
        if self._fallback is None:
            return False
        self._story.fallback, driver = self._fallback
        self._student.substitute(driver)
        self._watching = False
        return True

    def _measure(self, step: Step) -> None:
        answer = None if self._student.is_replaced else self._student.answer
        error = None if answer is None else abs(answer - step.decision.curvature)
        self._readiness.watch(error)
        speed, (low, high) = step.observation.speed, self._story.speeds or (math.inf, 0.0)
        self._story.speeds = (min(low, speed), max(high, speed))
        if error is not None:
            self._second.append(error)
        if (self._ticks + 1) % round(1.0 / self._dt) == 0:
            mean = round(sum(self._second) / len(self._second), 6) if self._second else None
            self._story.error_by_second.append(mean)
            self._story.loss_by_second.append(None if self._loss is None else round(self._loss, 6))
            self._second.clear()

    def _take(self, learned: Learned | None) -> None:
        """Drive on with new weights."""
        if learned is None:
            return
        self._student.update(learned.layers)
        self._story.passes, self._story.skipped = learned.passes, self._learner.skipped
        self._loss = learned.loss
        if learned.failure:
            self._story.failure, self._story.outcome = learned.failure, "failed"

    def _judge(self, step: Step) -> Verdict:
        if self._referee is None:
            self._referee = self._follow_lap(step.truth)
            self._story.attempts.append(Attempt(self._story.watched_s, self._readiness.error))
        verdict = self._referee.see(step)
        attempt, trace = self._story.attempts[-1], self._referee.trace
        attempt.driven_s, attempt.driven_m = round(trace.time[-1], 2), round(self._referee.progress, 1)
        attempt.departures = self._referee.interventions
        if self._referee.completed:
            return self._end_lap(attempt)
        if not self._is_alone or verdict is Verdict.CONTINUE:
            return Verdict.CONTINUE
        if self._story.fallback is None:
            self._watching, verdict = True, Verdict.RECOVER
            self._readiness.restart()
        return verdict

    def _end_lap(self, attempt: Attempt) -> Verdict:
        """A lap is complete: the first without a departure is what the lesson was for."""
        attempt.completed = not attempt.departures
        self._referee = None
        if attempt.completed and self._story.fallback is None and not self.has_driven_a_lap:
            self._story.first_unaided_lap_after_s = attempt.watched_s
            self._story.outcome = "drove a lap"
        return Verdict.STOP if self._is_alone else Verdict.CONTINUE
