"""A person as a driver: steering input becomes a curvature, which converts back to exactly that steer."""

from __future__ import annotations

from collections.abc import Callable

from alvinn.controls.devices import ManualInput
from alvinn.driving.steering import VehicleGeometry
from alvinn.driving.types import Decision, Observation

FULL_BRAKE = (0.0, 1.0)
RESTING = 0.05  # of a pedal's travel: a resting foot, or a worn spring


class HumanDriver:
    """Steers by a person's input; the speed is controlled for them unless they use the pedals.

    Args:
        hands: their input, given the speed [m/s]; None while the device is unplugged: the car brakes to a stop.
        own_pedals: whether they control throttle and brake now.
        vehicle: converts their steer to the curvature of the label.
    """

    def __init__(
        self, hands: Callable[[float], ManualInput | None], own_pedals: Callable[[], bool], vehicle: VehicleGeometry
    ) -> None:
        self._hands = hands
        self._own_pedals = own_pedals
        self._vehicle = vehicle
        self.reset()

    def reset(self) -> None:
        """Centre the steering."""
        self._steer = 0.0

    def decide(self, observation: Observation) -> Decision:
        """The curvature of their steer."""
        held = self._hands(observation.speed)
        if held is None:
            return Decision(self._curvature(observation), who="human", pedals=FULL_BRAKE)
        self._steer = held.steer
        return Decision(self._curvature(observation), who="human", axis=held.axis, pedals=self._pedals(held))

    def _curvature(self, observation: Observation) -> float:
        return self._vehicle.curvature(self._steer, observation.speed)

    def _pedals(self, held: ManualInput) -> tuple[float, float] | None:
        """Their pedals; with speed control, the brake only."""
        if self._own_pedals():
            return held.throttle, held.brake
        return (0.0, held.brake) if held.brake > RESTING else None
