"""Shared control: a student drives, and a teacher takes over when the gate requests it.

Who is in control gives the label. At a hand-over the control is blended from one driver's answer to the other's within
a fifth of a second, so the steering does not jump; the label is the labeller's own answer from the first tick. A human
teacher must respond: if the gate requests a take-over and nobody responds in time, the car brakes.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from alvinn.drivers.gates import Gate
from alvinn.driving.protocols import Driver
from alvinn.driving.types import Decision, Observation

HAND_OVER_SECONDS = 0.2
ANSWER_SECONDS = 3.0  # that a person has to respond to an alarm
BRAKE = 0.5  # of the pedal, when nobody did


@dataclass(frozen=True, slots=True)
class Wheel:
    """Who is in control, as a cockpit shows it."""

    who: str = ""
    correction: int = 0
    """number of the correction in progress; 0 for none"""
    alarm: str = ""
    """why the gate requests a person who has not responded yet"""
    seconds_left: float = ANSWER_SECONDS
    """to respond to the alarm"""
    braking: bool = False
    """nobody responded: the car brakes until somebody takes over"""
    switches: int = 0
    """number of hand-overs so far"""


class SharedDriver:
    """A student, a teacher, and a gate that decides who is in control.

    Args:
        student: drives.
        teacher: corrects; consulted at every tick.
        gate: requests the teacher.
        hands: says when a human teacher is in control; None: whenever `gate` requests it.
        every_frame: the teacher labels every frame, no matter who drives (`always`).
        note: prefix of every correction's `why`, such as the round.
        first: number of the first correction.
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
        self._share = 0.0  # of the control that is the teacher's
        self._taken = False
        self._why = ""  # of the correction in progress
        self._pending_reason = ""  # reason of the alarm that was pending when the car left the lane
        self._seconds_left = ANSWER_SECONDS
        self.wheel = Wheel(switches=self.switches)

    def reset(self) -> None:
        """Give the student control; the pending alarm survives a reset.

        Otherwise a student that leaves the lane before the time to respond is over would be put back on it again and
        again, with nobody there to correct it.
        """
        for part in (self._student, self._teacher, self._gate, self._hands):
            if part is not None:
                part.reset()
        pending, seconds_left = self.wheel.alarm, self._seconds_left
        self._forget()
        if pending:
            self._pending_reason, self._seconds_left = pending, seconds_left

    def dismiss_alarm(self) -> None:
        """The person put the car back on its lane: they responded, and the gate may ask anew."""
        self._pending_reason, self._seconds_left = "", ANSWER_SECONDS
        self.wheel = replace(self.wheel, alarm="", seconds_left=ANSWER_SECONDS, braking=False)

    def decide(self, observation: Observation) -> Decision:
        """Decide who is in control and blend the control towards their answer."""
        student, teacher = self._student.decide(observation), self._teacher.decide(observation)
        asked = self._gate.request(observation)
        reason = self._hands.request(observation) if self._hands is not None else asked
        seconds = 0.0 if self._now is None else observation.time - self._now
        self._now = observation.time
        self._hand_over(reason, seconds)
        self._pending_reason = "" if reason else self._pending_reason
        alarm = "" if reason else asked or self._pending_reason
        self._wait_for(alarm, seconds, answered=bool(reason))
        driver, label = (teacher if reason else student), (teacher if self._labels() else student)
        braking = self._seconds_left <= 0.0
        number = self.corrections if label is teacher else 0
        self.wheel = Wheel(driver.who, number, alarm, max(0.0, self._seconds_left), braking, self.switches)
        target = _total_curvature(student) + self._share * (_total_curvature(teacher) - _total_curvature(student))
        return replace(
            label,
            disturbance=target - label.curvature,
            correction=number,
            why=self._why if number else "",
            pedals=(0.0, BRAKE) if braking else driver.pedals,
        )

    def _hand_over(self, reason: str, seconds: float) -> None:
        """Update who is in control, and blend as far as the time since the last tick allows."""
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
        """Whether the teacher's answer is the label: a person's only once they have full control."""
        return self._every_frame or (self._taken and (self._hands is None or self._share >= 1.0))

    def _wait_for(self, alarm: str, seconds: float, *, answered: bool) -> None:
        """Count down while an alarm is pending; after that only a take-over resets it."""
        waiting = not answered and (bool(alarm) or self._seconds_left <= 0.0)
        self._seconds_left = self._seconds_left - seconds if waiting else ANSWER_SECONDS


def _total_curvature(decision: Decision) -> float:
    return decision.curvature + decision.disturbance
