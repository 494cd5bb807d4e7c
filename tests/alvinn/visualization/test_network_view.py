from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np

from alvinn.driving.types import Camera, Observation, Step
from alvinn.networks.inference import Network
from alvinn.visualization.alvinn_panel import BLUE, SIZE
from alvinn.visualization.insight import Insight, NetworkInspector
from alvinn.visualization.network_view import WIDTH, NetworkView
from alvinn.visualization.overlay import draw_overlay
from alvinn.visualization.track_map import NIGHT, ORANGE, TrackMap, sample_lane
from tests.alvinn.fakes import CAMERA, circle, step, truth

STEP = step(3, truth(lane_s=30.0), camera=CAMERA)
TRACK = TrackMap(sample_lane(circle(30.0)))


def look_into(model: Path) -> Callable[[Observation], Insight]:
    network = Network(model)
    return NetworkInspector(network, "mine").follow(network.answer)


def test_without_a_network_it_is_the_cameras_picture_alone() -> None:
    assert np.array_equal(NetworkView("oval")(STEP), draw_overlay(STEP, "oval"))


def test_the_alvinn_panel_stands_beside_the_picture_and_the_map_below_it(model: Path) -> None:
    picture = NetworkView("oval", look_into(model), TRACK)(STEP)
    assert picture.shape == (SIZE[1], WIDTH + SIZE[0], 3)
    assert picture.shape[0] % 2 == picture.shape[1] % 2 == 0
    overlay = draw_overlay(STEP, "oval")
    assert overlay.shape[1] == WIDTH
    assert np.array_equal(picture[: overlay.shape[0], :WIDTH], overlay)
    below = picture[overlay.shape[0] :, :WIDTH]
    assert (below == ORANGE).all(axis=2).any(), "the car on the map"
    assert (picture[:, WIDTH:] != NIGHT).any(axis=2).mean() > 0.2, "the panel"


def test_a_tall_picture_leaves_no_room_for_the_map_and_a_small_one_is_enlarged(model: Path) -> None:
    for camera in (Camera(width=160, height=160), Camera(width=72, height=36)):
        view = NetworkView("oval", None, TRACK)
        assert view(step(1, camera=camera)).shape[0] == 2 * camera.height
    assert NetworkView("oval", look_into(model), None)(STEP)[-1, 0].tolist() == list(NIGHT)


def test_the_experts_answer_is_the_second_mark(model: Path) -> None:
    def count_blue(view: NetworkView) -> int:
        return int((view(STEP)[SIZE[1] // 2 :, WIDTH:] == BLUE).all(axis=2).sum())

    look = look_into(model)
    assert count_blue(NetworkView("oval", look, TRACK, lambda _: 0.1)) > count_blue(NetworkView("oval", look, TRACK))


def test_the_panel_is_drawn_only_as_often_as_is_asked_for(model: Path) -> None:
    asked: list[int] = []

    def expert(one: Step) -> float:
        asked.append(one.observation.frame)
        return 0.0

    view = NetworkView("oval", look_into(model), TRACK, expert, every=2)
    for number in range(5):
        view(step(number, truth(lane_s=30.0), camera=CAMERA))
    assert asked == [0, 2, 4]
