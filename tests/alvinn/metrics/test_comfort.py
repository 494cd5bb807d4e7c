from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from alvinn.metrics.comfort import Comfort, measure_comfort

DT = 0.05
Line = npt.NDArray[np.floating[Any]]


def log(path: Path, yaw: Line, steer: Line, speed: float = 8.0, jump_at: int | None = None, far: float = 30.0) -> Path:
    """The log of a car that points where it goes."""
    middle = (yaw[1:] + yaw[:-1]) / 2.0
    x = np.concatenate([[0.0], np.cumsum(speed * DT * np.cos(middle))])
    y = np.concatenate([[0.0], np.cumsum(speed * DT * np.sin(middle))])
    if jump_at is not None:
        x[jump_at:] += far / 2.0
        y[jump_at:] += far
        yaw = yaw + np.where(np.arange(len(yaw)) < jump_at, 0.0, 0.2)
    rows = [f"{n * DT:.9f},{x[n]:.9f},{y[n]:.9f},{yaw[n]:.12f},{steer[n]:.9f}" for n in range(len(yaw))]
    path.write_text("time,x,y,yaw,steer\n" + "\n".join(rows) + "\n", encoding="utf-8")
    return path


def test_a_steady_circle_is_without_jerk_also_past_half_a_turn(tmp_path: Path) -> None:
    yaw = (np.arange(400) * DT * 8.0 / 20.0 + np.pi) % (2.0 * np.pi) - np.pi
    speed = measure_comfort(log(tmp_path / "log.csv", np.unwrap(yaw), np.full(400, 0.1)))
    assert speed.jerk_rms == pytest.approx(0.0, abs=1e-3)
    assert speed.steering_rate == 0.0


def test_a_slalom_has_the_jerk_that_its_closed_form_says(tmp_path: Path) -> None:
    """Curvature k sin(w t) at a speed v: jerk v^2 k w cos(w t), whose root mean square is v^2 k w / sqrt(2)."""
    v, k, w = 8.0, 0.01, 1.5
    t = np.arange(4000) * DT
    yaw = -v * k / w * np.cos(w * t)
    found = measure_comfort(log(tmp_path / "log.csv", yaw, np.sin(t)))
    assert found.jerk_rms == pytest.approx(v**2 * k * w / np.sqrt(2.0), rel=0.01)
    assert found.steering_rate == pytest.approx(2.0 / np.pi, rel=0.01)


@pytest.mark.parametrize("far", [0.5, 0.9, 30.0])
def test_being_put_back_on_the_lane_is_no_jerk(tmp_path: Path, far: float) -> None:
    calm = log(tmp_path / "log.csv", np.zeros(50), np.zeros(50), jump_at=20, far=far)
    assert measure_comfort(calm).jerk_rms == pytest.approx(0.0, abs=1e-6)


def test_a_run_of_no_length_has_no_comfort_to_speak_of(tmp_path: Path) -> None:
    assert measure_comfort(log(tmp_path / "log.csv", np.zeros(2), np.zeros(2))) == Comfort(0.0, 0.0)
