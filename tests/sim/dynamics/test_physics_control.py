from __future__ import annotations

import pytest

from sim.dynamics.physics_control import MODEL3, MODEL3_BOX, interpolate


@pytest.mark.parametrize(("x", "y"), [(-5.0, 1.0), (0.0, 1.0), (5.0, 1.5), (10.0, 2.0), (15.0, 0.0), (99.0, -2.0)])
def test_a_curve_is_straight_between_its_points_and_level_beyond_them(x: float, y: float) -> None:
    assert interpolate(((0.0, 1.0), (10.0, 2.0), (20.0, -2.0)), x) == pytest.approx(y)


def test_an_empty_curve_changes_nothing() -> None:
    assert interpolate((), 7.0) == 1.0


def test_the_car_has_a_model_3_s_size_and_weight() -> None:
    left, _, rear, _ = MODEL3.wheels
    assert left.position.x - rear.position.x == pytest.approx(2.875)
    assert 1600.0 < MODEL3.mass < 1900.0
    assert 2 * MODEL3_BOX[1].x == pytest.approx(4.79, abs=0.1)
    assert [wheel.max_steer_angle for wheel in MODEL3.wheels] == [70.0, 70.0, 0.0, 0.0]
    assert [wheel.max_handbrake_torque > 0.0 for wheel in MODEL3.wheels] == [False, False, True, True]
