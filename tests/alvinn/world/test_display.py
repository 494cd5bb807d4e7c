"""Which picture a person gets: the largest that is drawn in time; and what is shown while one is late."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Container
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

from alvinn.driving.types import Camera, Control
from alvinn.errors import FrameError
from alvinn.settings import Driving
from alvinn.world.carla_world import DT
from alvinn.world.display import Display, open_display, scale_camera
from alvinn.world.opening import open_world
from tests.alvinn.fakes import PaperWorld, straight
from tests.conftest import Address

ROOM = (1280, 540)


@dataclass
class PaperImage:
    """As much of a carla.Image as is looked at."""

    frame: int
    width: int
    height: int

    @property
    def raw_data(self) -> bytes:
        bgra = np.full((self.height, self.width, 4), (10, 20, 30 + self.frame, 255), np.uint8)
        return bgra.tobytes()


class PaperStage(PaperWorld):
    """A world that takes a second for so many pixels."""

    def __init__(self, pixels_a_second: float, *, lossy: bool = False, late: Container[int] = ()) -> None:
        super().__init__(straight(200.0), speed=0.0, camera=Camera())
        self.now, self.tried = 0.0, list[Camera]()
        self.attached: list[tuple[Camera, Callable[[Any], None]]] = []
        self._rate, self._lossy, self._late = pixels_a_second, lossy, late

    def clock(self) -> float:
        return self.now

    def attach_extra_camera(self, camera: Camera, take: Callable[[Any], None], undo: ExitStack) -> None:
        entry = (camera, take)
        self.tried.append(camera)
        self.attached.append(entry)
        undo.callback(self.attached.remove, entry)

    def apply(self, control: Control) -> None:
        super().apply(control)
        for camera, take in self.attached:
            self.now += camera.width * camera.height / self._rate
            if self._lossy:
                raise FrameError("no image came")
            if self.frame not in self._late:
                take(PaperImage(self.frame, camera.width, camera.height))


def opened(stage: PaperStage, room: tuple[int, int] = ROOM) -> tuple[int, int] | None:
    world: Any = stage
    with open_display(world, room, stage.clock) as display:
        if display is None:
            assert not stage.attached
            return None
        assert [camera for camera, _ in stage.attached] == [display.camera], "the other sizes are gone"
        found = display.camera.width, display.camera.height
    assert not stage.attached
    return found


def test_a_quick_machine_draws_the_picture_as_large_as_the_window_has_room() -> None:
    assert opened(PaperStage(1e9)) == (1080, 540)
    assert opened(PaperStage(1e9), (800, 800)) == (800, 400)


def test_a_slower_machine_draws_the_largest_that_it_draws_in_time() -> None:
    stage = PaperStage(1e7)
    found = opened(stage)
    assert found is not None
    assert 0.5 < found[0] * found[1] / 1e7 / (0.7 * DT) <= 1.0
    assert len(stage.tried) == 2, "the first time tells which size is worth a second try"


@pytest.mark.parametrize("stage", [PaperStage(1e6), PaperStage(1e9, lossy=True)], ids=["slow", "lossy"])
def test_where_nothing_sharper_comes_in_time_the_networks_frame_is_shown(stage: PaperStage) -> None:
    assert opened(stage) is None


def test_a_picture_that_is_missing_costs_little(monkeypatch: pytest.MonkeyPatch) -> None:
    """A full server may not send the first ones, and may lose one later: then the next smaller size is tried."""
    monkeypatch.setattr("alvinn.world.display.MISSING", 0.01)
    assert opened(PaperStage(1e9, late={1, 2})) == (1080, 540)
    assert opened(PaperStage(1e9, late={6})) == (864, 432)


def test_a_window_no_larger_than_the_networks_frame_needs_no_second_camera() -> None:
    stage = PaperStage(1e9)
    assert opened(stage, (320, 160)) is None
    assert stage.tried == []


def test_the_view_is_the_networks_own() -> None:
    camera = Camera(fov=70.0, pitch=-5.0)
    larger = scale_camera(camera, 3.375)
    assert (larger.width, larger.height) == (1080, 540)
    assert (larger.fov, larger.pitch, larger.x) == (camera.fov, camera.pitch, camera.x)


def test_a_late_picture_leaves_the_last_one_standing_and_a_newer_one_replaces_it() -> None:
    display = Display(Camera(width=4, height=2))
    assert display.picture(1) is None
    reds = []
    for come, wanted in ((1, 1), (None, 2), (3, 3)):
        if come is not None:
            image: Any = PaperImage(come, 4, 2)
            display.take(image)
        picture = display.picture(wanted)
        assert picture is not None
        reds.append(int(picture[0, 0, 0]))
    assert reds == [31, 31, 33]


def test_pictures_that_came_meanwhile_are_skipped() -> None:
    display = Display(Camera(width=4, height=2))
    for frame in itertools.islice(itertools.count(1), 5):
        image: Any = PaperImage(frame, 4, 2)
        display.take(image)
    picture = display.picture(5)
    assert picture is not None
    assert int(picture[0, 0, 0]) == 35


def test_the_drive_after_it_begins_with_a_frame_that_nobody_has_observed_yet(server: Address) -> None:
    """On the genuine client: a frame's picture can be taken once, and waiting for it again would end in an error."""
    settings = Driving(carla=f"{server[0]}:{server[1]}", map="oval")
    opening = open_world(settings, camera=Camera(), map_name="oval", direction="forward", weather="ClearNoon", seed=0)
    with opening as world, open_display(world, ROOM):
        world.frame_timeout = 5.0
        assert world.observe().image.shape == (160, 320, 3)
