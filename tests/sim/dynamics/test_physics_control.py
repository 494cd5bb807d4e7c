from __future__ import annotations

import pytest

from sim.dynamics.physics_control import MODEL3, MODEL3_BOX, Gear, Wheel, interpolate


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


def test_clients_are_told_the_wheels_of_a_model_3() -> None:
    """Recordings carry these numbers, and networks drive by them: a change makes another car of it."""
    places = [(wheel.position.x, wheel.position.y, wheel.position.z) for wheel in MODEL3.wheels]
    assert places == [(1.4375, -0.79, 0.335), (1.4375, 0.79, 0.335), (-1.4375, -0.79, 0.335), (-1.4375, 0.79, 0.335)]
    front, rear = MODEL3.wheels[0], MODEL3.wheels[2]
    for wheel, stiffness, hand_brake in ((front, 17.0, 0.0), (rear, 20.0, 3000.0)):
        assert isinstance(wheel, Wheel)
        assert (wheel.lat_stiff_value, wheel.max_handbrake_torque) == (stiffness, hand_brake)
        assert (wheel.tire_friction, wheel.damping_rate, wheel.radius) == (1.0, 0.25, 33.5)
        assert (wheel.max_brake_torque, wheel.lat_stiff_max_load, wheel.long_stiff_value) == (1500.0, 2.0, 1000.0)


def test_clients_are_told_the_motor_and_the_body_of_a_model_3() -> None:
    assert MODEL3.torque_curve == ((0.0, 375.0), (5000.0, 375.0), (9000.0, 224.0), (18000.0, 100.0))
    assert MODEL3.steering_curve == ((0.0, 1.0), (20.0, 0.9), (60.0, 0.8), (120.0, 0.7))
    assert (MODEL3.max_rpm, MODEL3.moi, MODEL3.final_ratio, MODEL3.forward_gears) == (18000.0, 1.0, 9.0, (Gear(),))
    rates = (
        MODEL3.damping_rate_full_throttle,
        MODEL3.damping_rate_zero_throttle_clutch_engaged,
        MODEL3.damping_rate_zero_throttle_clutch_disengaged,
    )
    assert rates == (0.15, 0.1, 0.1)
    assert (MODEL3.use_gear_autobox, MODEL3.gear_switch_time, MODEL3.clutch_strength) == (True, 0.0, 10.0)
    assert (MODEL3.mass, MODEL3.drag_coefficient, MODEL3.use_sweep_wheel_collision) == (1845.0, 0.23, False)
    centre, (middle, extent) = MODEL3.center_of_mass, MODEL3_BOX
    assert (centre.x, centre.y, centre.z) == (0.0, 0.0, 0.45)
    assert (middle.x, middle.y, middle.z) == (0.0, 0.0, 0.72)
    assert (extent.x, extent.y, extent.z) == (2.396, 1.082, 0.72)
