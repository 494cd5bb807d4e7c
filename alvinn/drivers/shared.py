"""Two drivers and a gate between them: the student drives, and the teacher takes over where the gate says so.

Whoever has the wheel gives the label. When it changes hands, what the car is given moves from one driver's answer to
the other's within a fifth of a second, so the steering makes no jump; the label is the labeller's own answer from the
first tick on. A teacher who is a person must be there: while the gate asks and nobody answers, time runs out and the
car is braked.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from alvinn.drivers.gates import Gate
from alvinn.driving.protocols import Driver
from alvinn.driving.types import Decision, Observation

HAND_OVER_SECONDS = 0.2
ANSWER_SECONDS = 3.0  # that a person has to answer an alarm
BRAKE = 0.5  # of the pedal, when nobody did


@dataclass(frozen=True, slots=True)
class Wheel:
    """Who has the wheel, as a cockpit shows it."""

    who: str = ""
    correction: int = 0
    """the number of the correction that goes on; 0: none"""
    alarm: str = ""
    """why the gate asks for a person who has not answered yet"""
    seconds_left: float = ANSWER_SECONDS
    """to answer the alarm"""
    braking: bool = False
    """nobody answered: the car is braked until somebody takes the wheel"""
    switches: int = 0
    """how often the wheel has changed hands"""


class SharedDriver:
    """A student, a teacher, and a gate that says whose turn it is.

    Args:
        student: drives.
        teacher: corrects; asked at every tick.
        gate: says when the teacher should have the wheel.
        hands: says when the teacher does have it, where that is a person's own will; None: whenever `gate` asks.
        every_frame: the teacher labels every frame, whoever drives (`always`).
        note: what every correction's `why` begins with, such as the round.
        first: the number of the first correction.
    """

    def __init__(
        self,
        student: Driver,
        teacher: Driver,
        gate: Gate,
        *,
        hands: Gate | None = None,
        every_frame: bool = False,
        note: str = "",
        first: int = 1,
    ) -> None:
        self._student, self._teacher, self._gate, self._hands = student, teacher, gate, hands
        self._every_frame, self._note = every_frame, note
        self.corrections = first - 1
        self.switches = 0
        self._forget()

    def _forget(self) -> None:
        self._now: float | None = None
        self._share = 0.0  # of the wheel that is the teacher's
        self._taken = False
        self._why = ""  # of the correction that goes on
        self._unheard = ""  # why the gate asked when the car left the lane and nobody had answered
        self._seconds_left = ANSWER_SECONDS
        self.wheel = Wheel(switches=self.switches)

    def reset(self) -> None:
        """The student has the wheel; a person who was asked for and has not answered goes on being waited for.

        Else a student that leaves the lane sooner than the wait is over would be put back on it again and again, with
        nobody there to correct it.
        """
        for part in (self._student, self._teacher, self._gate, self._hands):
            if part is not None:
                part.reset()
        unheard, seconds_left = self.wheel.alarm, self._seconds_left
        self._forget()
        if unheard:
            self._unheard, self._seconds_left = unheard, seconds_left

    def decide(self, observation: Observation) -> Decision:
        """Whoever has the wheel answers, and what the car is given moves towards that."""
        student, teacher = self._student.decide(observation), self._teacher.decide(observation)
        asked = self._gate.asks(observation)
        reason = self._hands.asks(observation) if self._hands is not None else asked
        seconds = 0.0 if self._now is None else observation.time - self._now
        self._now = observation.time
        self._hand_over(reason, seconds)
        self._unheard = "" if reason else self._unheard
        alarm = "" if reason else asked or self._unheard
        self._wait_for(alarm, seconds, answered=bool(reason))
        driver, label = (teacher if reason else student), (teacher if self._labels() else student)
        braking = self._seconds_left <= 0.0
        number = self.corrections if label is teacher else 0
        self.wheel = Wheel(driver.who, number, alarm, max(0.0, self._seconds_left), braking, self.switches)
        wish = _applied(student) + self._share * (_applied(teacher) - _applied(student))
        return replace(
            label,
            disturbance=wish - label.curvature,
            correction=number,
            why=self._why if number else "",
            pedals=(0.0, BRAKE) if braking else driver.pedals,
        )

    def _hand_over(self, reason: str, seconds: float) -> None:
        """Note whose turn it is, and turn the wheel over as far as the time since the last tick allows."""
        taken = bool(reason)
        self.switches += taken != self._taken
        self._taken = taken
        step = seconds / HAND_OVER_SECONDS * (1.0 if taken else -1.0)
        self._share = min(1.0, max(0.0, self._share + step))
        going = taken or self._every_frame
        if going and not self._why:
            self.corrections += 1
            self._why = ", ".join(part for part in (self._note, reason or self._gate.name) if part)
        elif not going:
            self._why = ""

    def _labels(self) -> bool:
        """Whether the teacher's answer is the label: a person's only when nobody else has a share of the wheel."""
        return self._every_frame or (self._taken and (self._hands is None or self._share >= 1.0))

    def _wait_for(self, alarm: str, seconds: float, *, answered: bool) -> None:
        """Count down while a person is asked for; once it is over, only their hands on the wheel help."""
        waiting = not answered and (bool(alarm) or self._seconds_left <= 0.0)
        self._seconds_left = self._seconds_left - seconds if waiting else ANSWER_SECONDS


def _applied(decision: Decision) -> float:
    return decision.curvature + decision.disturbance
