"""What passengers feel of steering: lateral jerk and the steering rate, from a run's `log.csv`."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

import numpy as np

JUMP, ASIDE = 2.0, 0.2  # m from one tick to the next, along and across: no car drives so, it was put back on its lane


@dataclass(frozen=True, slots=True)
class Comfort:
    """How smoothly a car was driven."""

    jerk_rms: float
    """lateral [m/s3]"""
    steering_rate: float
    """mean of its size [CARLA's steer a second]"""


def measure_comfort(log: Path) -> Comfort:
    """The comfort of a logged run: what the car did, not what was asked of it.

    Lateral acceleration is speed x yaw rate; ticks around a jump are left out. A run of under four ticks has neither.
    """
    with log.open(encoding="utf-8", newline="") as file:
        columns = ("time", "x", "y", "yaw", "steer")
        rows = np.array([[float(row[name]) for name in columns] for row in csv.DictReader(file)]).reshape(-1, 5)
    time, x, y, yaw, steer = rows.T
    if len(time) < 4:
        return Comfort(0.0, 0.0)
    dt, way = np.diff(time), np.hypot(np.diff(x), np.diff(y))
    turned = (np.diff(yaw) + np.pi) % (2.0 * np.pi) - np.pi
    middle = yaw[:-1] + turned / 2.0
    aside = np.abs(np.diff(y) * np.cos(middle) - np.diff(x) * np.sin(middle))
    driven = (way < JUMP) & (aside < ASIDE)
    acceleration = way / dt * turned / dt
    both = driven[1:] & driven[:-1]
    jerk = (np.diff(acceleration) / dt[1:])[both]
    rate = (np.abs(np.diff(steer)) / dt)[driven]
    return Comfort(float(np.sqrt(np.mean(jerk**2))) if len(jerk) else 0.0, float(rate.mean()) if len(rate) else 0.0)
