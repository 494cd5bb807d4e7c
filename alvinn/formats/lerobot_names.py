"""How LeRobot datasets of drives name their columns: LeRobot's own names, and those of `yaak-ai/L2D-v3`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

OURS = "alvinn"
"""The `robot_type` of our exports."""
INTERVENTION = "intervention"
RIGHT_POSITIVE = "right positive"
"""What the steering feature of our exports says under `sign`."""


@dataclass(frozen=True, slots=True)
class Names:
    """The names and units of one way to write a drive."""

    state_key: str
    action_key: str
    center: str
    """feature of the centre camera"""
    state: tuple[str, str]
    state_units: tuple[str, str]
    action: tuple[str, str, str]
    action_order: tuple[int, int, int]
    """where steering, throttle and brake stand in the action"""
    speed_scale: float
    """what 1 m/s is in the unit of the state's speed"""

    def camera(self, name: str) -> str:
        """The feature of a camera of ours."""
        return self.center if name == "center" else f"observation.images.{name}"

    def action_of(self, steering: float, throttle: float, brake: float) -> list[float]:
        """The action of a row, in this order of columns."""
        numbers = (steering, throttle, brake)
        return [numbers[at] for at in self.action_order]

    def features(self) -> dict[str, dict[str, Any]]:
        """What `info.json` says of state and action: units stand beside the names."""
        action_units = ["share of full lock or of full pedal"] * 3
        return {
            self.state_key: {"dtype": "float32", "shape": [2], "names": list(self.state)}
            | {"units": list(self.state_units)},
            self.action_key: {"dtype": "float32", "shape": [3], "names": list(self.action)}
            | {"units": action_units, "sign": RIGHT_POSITIVE},
        }


LEROBOT = Names(
    state_key="observation.state",
    action_key="action",
    center="observation.images.center",
    state=("speed", "yaw_rate"),
    state_units=("m/s", "rad/s"),
    action=("steering", "throttle", "brake"),
    action_order=(0, 1, 2),
    speed_scale=1.0,
)
L2D = Names(
    state_key="observation.state.vehicle",
    action_key="action.continuous",
    center="observation.images.front_forward",
    state=("speed", "yaw_rate"),
    state_units=("km/h", "rad/s"),
    action=("gas_pedal_normalized", "brake_pedal_normalized", "steering_angle_normalized"),
    action_order=(1, 2, 0),
    speed_scale=3.6,
)
