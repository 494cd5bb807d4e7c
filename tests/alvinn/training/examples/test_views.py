"""The views against the truth: the simulator can put its camera where a view is imagined."""

from __future__ import annotations

import math
from functools import cache
from typing import cast

import carla
import cv2
import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from alvinn.driving.types import Camera, Image
from alvinn.networks.preprocessing import Preprocessing
from alvinn.training.examples.views import (
    ACROSS,
    SQUEEZE,
    STRETCH,
    TURN,
    View,
    Views,
    find_path_goals,
    predict_arc_goals,
    pursuit_curvature,
)
from alvinn.world.lane_map import build_lane
from sim.camera.renderer import Renderer
from sim.geometry.poses import Pose, compose
from sim.roads.track import Track
from sim.server import maps
from tests.alvinn.world.test_lane_map import ServedMap

CAMERA = Camera()
PREPARE = Preprocessing.for_camera(CAMERA)
VIEWS = Views(CAMERA, PREPARE)
DRAWN = st.builds(
    View,
    across=st.floats(-1.0, 1.0),
    turn=st.floats(-0.14, 0.14),
    stretch=st.floats(0.8, 1.25),
    squeeze=st.floats(0.75, 1.2),
)


@cache
def track() -> Track:
    return maps.open_map("oval", 0)


@pytest.fixture(scope="module")
def renderer() -> Renderer:
    renderer = Renderer("tiny")
    renderer.load(track(), seed=0)
    return renderer


def seen(renderer: Renderer, car: Pose, view: View) -> Image:
    """What the network would really see from a view."""
    camera = renderer.create_camera(CAMERA.width, CAMERA.height, math.radians(CAMERA.fov))
    moved = compose(car, Pose(0.0, view.across, 0.0, 0.0, view.turn, 0.0))
    mount = Pose(CAMERA.x, CAMERA.y, CAMERA.z, math.radians(CAMERA.pitch), 0.0, 0.0)
    bgra = np.frombuffer(camera.render(compose(moved, mount)), dtype=np.uint8)
    camera.close()
    frame = cv2.cvtColor(bgra.reshape(CAMERA.height, CAMERA.width, 4), cv2.COLOR_BGRA2RGB)
    return PREPARE(np.asarray(frame, dtype=np.uint8))


@pytest.mark.parametrize("across", [-1.0, -0.5, 0.5, 1.0])
@pytest.mark.parametrize("turn", [-8.0, 0.0, 8.0])
def test_a_view_looks_like_what_the_camera_sees_there(renderer: Renderer, across: float, turn: float) -> None:
    view = View(across, math.radians(turn))
    for car in track().spawn_points[:6:2]:
        here, there = seen(renderer, car, View(0.0, 0.0)), seen(renderer, car, view)
        middle = slice(24, 104)  # what lies outside was not seen by the camera at all
        error = np.abs(VIEWS.warp(here, view)[:, middle].astype(int) - there[:, middle]).mean()
        unmoved = np.abs(here[:, middle].astype(int) - there[:, middle]).mean()
        assert error < 6.0
        assert error < 0.5 * unmoved


def test_the_view_from_where_the_camera_was_is_the_picture_itself(renderer: Renderer) -> None:
    here = seen(renderer, track().spawn_points[0], View(0.0, 0.0))
    assert np.array_equal(VIEWS.warp(here, View(0.0, 0.0)), here)


def test_training_draws_roads_that_the_manual_names() -> None:
    """Up to 1 m aside and 8 degrees, lanes of 3.5 m from 3.0 to 4.2 m wide, and a bend of 22 m radius becomes 11 m."""
    assert (ACROSS, math.degrees(TURN)) == pytest.approx((1.0, 8.0))
    assert [3.5 * factor for factor in STRETCH] == pytest.approx([2.975, 4.2])
    assert [22.0 * factor**2 for factor in SQUEEZE] == pytest.approx([10.8, 26.6], abs=0.05)


@given(view=DRAWN, ahead=st.floats(5.0, 30.0), right=st.floats(-4.0, 4.0))
def test_a_point_of_the_ground_lands_on_the_pixel_that_the_pinhole_says(view: View, ahead: float, right: float) -> None:
    """Projected by hand for both cars, the homography must lead from one pixel to the other."""
    sine, cosine = math.sin(view.turn), math.cos(view.turn)
    there = np.array([ahead * view.squeeze, right * view.stretch, 0.0])
    here = np.array([cosine * ahead - sine * right, view.across + sine * ahead + cosine * right, 0.0])
    led = VIEWS.matrices([view])[0] @ np.array([*pinhole(there), 1.0])
    assert led[:2] / led[2] == pytest.approx(pinhole(here), abs=1e-6)


def pinhole(point: npt.NDArray[np.float64]) -> tuple[float, float]:
    """The network input's pixel (column, row) that a point in the car's axes [m] falls on."""
    pitch = math.radians(CAMERA.pitch)
    x, y, z = point - np.array([CAMERA.x, CAMERA.y, CAMERA.z])
    depth, up = x * math.cos(pitch) + z * math.sin(pitch), z * math.cos(pitch) - x * math.sin(pitch)
    column = CAMERA.width / 2.0 + CAMERA.focal * y / depth
    row = CAMERA.height / 2.0 - CAMERA.focal * up / depth
    across, down = PREPARE.width / CAMERA.width, PREPARE.height / (CAMERA.height - PREPARE.top)
    return column * across - 0.5, (row - PREPARE.top) * down - 0.5


@given(radius=st.floats(15.0, 500.0), right=st.booleans(), speed=st.floats(5.0, 12.0))
def test_both_ways_to_a_goal_agree_on_an_arc(radius: float, right: bool, speed: float) -> None:
    curvature = (1.0 if right else -1.0) / radius
    way = np.arange(0.0, 40.0, 0.4)
    angle = way * curvature
    places = np.stack([np.sin(angle) / curvature, (1.0 - np.cos(angle)) / curvature], axis=1)
    reach = np.full(len(way), speed)
    driven = find_path_goals(places, np.asarray(angle, dtype=np.float64), reach)
    assert np.isnan(driven[-1]).all(), "the last row has no path ahead"
    there = ~np.isnan(driven[:, 0])
    arcs = predict_arc_goals(np.full(len(way), curvature), np.minimum(reach, 0.8 * radius))
    assert np.abs(driven[there] - arcs[there]).max() < 0.02


@given(curvature=st.floats(-0.1, 0.1), reach=st.floats(5.0, 8.0))
def test_the_arc_to_a_goal_on_an_arc_is_that_arc(curvature: float, reach: float) -> None:
    ahead, right = predict_arc_goals(np.array([curvature]), np.array([reach]))[0].tolist()
    assert pursuit_curvature(ahead, right, across=0.0, turn=0.0) == pytest.approx(curvature, abs=1e-6)


def test_from_the_right_one_steers_left_and_turned_right_one_steers_left() -> None:
    assert pursuit_curvature(8.0, 0.0, across=0.5, turn=0.0) < 0.0
    assert pursuit_curvature(8.0, 0.0, across=0.0, turn=0.1) < 0.0


@pytest.mark.parametrize("across", [-0.8, 0.4])
@pytest.mark.parametrize("turn", [-6.0, 0.0, 6.0])
def test_the_corrected_label_is_what_the_expert_would_answer_there(across: float, turn: float) -> None:
    """Two independent roads: the label of a view, and the expert put there by the map."""
    from alvinn.drivers.expert import ExpertDriver
    from alvinn.driving.types import GroundTruth, Observation
    from alvinn.training.examples.batches import correct_label

    lane = build_lane(cast("carla.Map", ServedMap("oval", track().opendrive)), "forward")
    observation = Observation(frame=0, time=0.0, image=np.zeros((1, 1, 3), dtype=np.uint8), speed=8.0)

    def answer(s: float, view: View) -> float:
        x, y, z, direction = lane.at(s)
        place = compose(Pose(x, y, z, 0.0, direction, 0.0), Pose(0.0, view.across, 0.0, 0.0, view.turn, 0.0))
        truth = GroundTruth(place.x, place.y, z, place.yaw, s, 3.5, view.across, view.turn)
        return ExpertDriver(lane, lambda: truth, rear_axle=1.44).decide(observation).curvature

    view = View(across, math.radians(turn))
    for s in np.linspace(0.0, lane.length, 12):
        path = np.array([lane.at(s + d)[:2] for d in np.arange(0.0, 12.0, 0.4)])
        yaw = np.array([lane.at(s + d)[3] for d in np.arange(0.0, 12.0, 0.4)])
        goal = find_path_goals(path, yaw, np.full(len(path), 8.0))[0].tolist()
        label = correct_label(answer(s, View(0.0, 0.0)), goal, view)
        assert label == pytest.approx(answer(s, view), abs=0.004)
