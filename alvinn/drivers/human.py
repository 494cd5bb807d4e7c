"""A person at the wheel: what hands want becomes a curvature, and back to the very steer they gave."""

from __future__ import annotations

from collections.abc import Callable

from alvinn.controls.devices import Held
from alvinn.driving.steering import VehicleGeometry
from alvinn.driving.types import Decision, Observation

FULL_BRAKE = (0.0, 1.0)
RESTING = 0.05  # of a pedal's way: a foot that only rests on it, or a worn spring


class HumanDriver:
    """Steers as a person's hands say; the speed is held for them unless they want pedals of their own.

    Args:
        hands: what they want, given the speed [m/s]; None while the device is not there: the car is braked to a stop.
        own_pedals: whether throttle and brake are theirs now.
        vehicle: turns their steer into the curvature that a recording holds.
    """

    def __init__(
        self, hands: Callable[[float], Held | None], own_pedals: Callable[[], bool], vehicle: VehicleGeometry
    ) -> None:
        self._hands = hands
        self._own_pedals = own_pedals
        self._vehicle = vehicle
        self.reset()

    def reset(self) -> None:
        """The wheels are straight."""
        self._steer = 0.0

    def decide(self, observation: Observation) -> Decision:
        """The curvature of the steer that they hold."""
        held = self._hands(observation.speed)
        if held is None:
            return Decision(self._curvature(observation), who="human", pedals=FULL_BRAKE)
        self._steer = held.steer
        return Decision(self._curvature(observation), who="human", axis=held.axis, pedals=self._pedals(held))

    def _curvature(self, observation: Observation) -> float:
        return self._vehicle.curvature(self._steer, observation.speed)

    def _pedals(self, held: Held) -> tuple[float, float] | None:
        """Their own pedals; with the speed held, the brake alone is theirs."""
        if self._own_pedals():
            return held.throttle, held.brake
        return (0.0, held.brake) if held.brake > RESTING else None
