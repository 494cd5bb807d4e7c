from __future__ import annotations

import math
from dataclasses import asdict

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from alvinn.driving.types import Camera, Image, Observation
from alvinn.errors import CameraMismatchError
from alvinn.networks.preprocessing import Colours, Preprocessing
from tests.alvinn.fakes import picture

CAMERAS = st.builds(
    Camera,
    width=st.integers(32, 800),
    height=st.integers(32, 600),
    fov=st.floats(50.0, 100.0),
    pitch=st.floats(-12.0, 2.0),
)


@given(CAMERAS)
def test_what_is_kept_begins_below_the_horizon_but_not_far_below(camera: Camera) -> None:
    try:
        kept = Preprocessing.for_camera(camera)
    except ValueError:
        assert camera.horizon_row + 0.01 * camera.height >= camera.height - 0.5
        return
    assert kept.top >= min(camera.horizon_row, 0.0)
    assert kept.top <= max(0.0, camera.horizon_row + 0.02 * camera.height) + 2.0
    assert (camera.height - kept.top) % 2 == 0, "an even number of rows is halved much faster"


def test_the_sky_changes_nothing_and_the_road_does() -> None:
    camera = Camera()
    prepare = Preprocessing.for_camera(camera)
    frame = picture(1, camera)
    sky, road = frame.copy(), frame.copy()
    sky[: math.floor(camera.horizon_row)] = 0
    road[-40:] = 0
    assert np.array_equal(prepare(sky), prepare(frame))
    assert not np.array_equal(prepare(road), prepare(frame))


def test_the_same_frame_becomes_the_same_input_and_is_left_as_it_was() -> None:
    camera = Camera()
    prepare, frame = Preprocessing.for_camera(camera), picture(3, camera)
    before = frame.copy()
    first = prepare(frame)
    assert np.array_equal(first, prepare(frame))
    assert np.array_equal(frame, before)
    assert first.shape == (prepare.height, prepare.width, 3)
    assert first.dtype == np.uint8


def test_left_stays_left_and_colours_stay_themselves() -> None:
    camera = Camera()
    frame = np.zeros((camera.height, camera.width, 3), dtype=np.uint8)
    frame[:, : camera.width // 2] = (200, 100, 50)
    seen = Preprocessing.for_camera(camera)(frame)
    assert seen[20, 10].tolist() == [200, 100, 50]
    assert seen[20, -10].tolist() == [0, 0, 0]


@pytest.mark.parametrize("size", [(160, 321), (159, 320), (320, 160)])
def test_a_frame_of_another_size_is_refused_and_both_sizes_are_said(size: tuple[int, int]) -> None:
    prepare = Preprocessing.for_camera(Camera())
    with pytest.raises(CameraMismatchError, match=rf"{size[1]}x{size[0]} pixels arrived.*320x160"):
        prepare(np.zeros((*size, 3), dtype=np.uint8))


@pytest.mark.parametrize(
    ("frame", "first"), [((320, 160, 60), (160, 50)), ((800, 600, 200), (133, 66)), ((1280, 200, 80), (426, 40))]
)
def test_a_large_frame_is_first_made_smaller_by_a_whole_number(
    frame: tuple[int, int, int], first: tuple[int, int]
) -> None:
    assert Preprocessing(*frame).resizes == ((*first, "area"), (128, 40, "linear"))


@pytest.mark.parametrize("frame", [(128, 60, 20), (200, 90, 20), (320, 60, 20)])
def test_a_small_frame_is_resized_once(frame: tuple[int, int, int]) -> None:
    assert Preprocessing(*frame).resizes == ((128, 40, "linear"),)


@pytest.mark.parametrize(("colours", "channels"), [("rgb", 3), ("yuv", 3), ("blue", 1)])
def test_the_input_has_the_shape_that_is_said(colours: Colours, channels: int) -> None:
    prepare = Preprocessing.for_camera(Camera(), colours=colours)
    assert prepare(picture(1, Camera())).shape == prepare.shape == (40, 128, channels)
    assert prepare.range_rows == Preprocessing(320, 160, 60).range_rows == 0


def test_a_camera_that_looks_into_the_sky_is_refused() -> None:
    for pitch in (30.0, 45.0, 89.0):
        with pytest.raises(CameraMismatchError, match="sees no road"):
            Preprocessing.for_camera(Camera(pitch=pitch))


def test_its_parameters_travel_and_do_the_same_again() -> None:
    prepare = Preprocessing.for_camera(Camera())
    again = Preprocessing(**asdict(prepare))
    frame = picture(5, Camera())
    assert np.array_equal(again(frame), prepare(frame))


RANGES = Preprocessing.for_camera(Camera(), 32, 30, "blue", range_rows=8)


def depth_of(metres: float) -> Image:
    """What CARLA's depth camera shows of a wall."""
    code = round(metres / 1000.0 * (256**3 - 1))
    pixel = [code & 255, code >> 8 & 255, code >> 16 & 255]
    return np.full((160, 320, 3), pixel, dtype=np.uint8)


@pytest.mark.parametrize(("metres", "level"), [(1.0, 255), (4.0, 255), (8.0, 128), (40.0, 26), (1000.0, 1)])
def test_ranges_stand_below_the_retina_the_nearer_the_lighter(metres: float, level: int) -> None:
    seen = RANGES.prepare(Observation(0, 0.0, picture(0, Camera()), 8.0, {"depth": depth_of(metres)}), intensity=1.0)
    assert seen.shape == (39, 32, 1) == RANGES.shape
    assert np.abs(seen[30:38].astype(int) - level).max() <= 1
    assert (seen[38] == 255).all()
    plain = Preprocessing.for_camera(Camera(), 32, 30, "blue")
    assert np.array_equal(seen[:30], plain(picture(0, Camera())))


@pytest.mark.parametrize(("intensity", "level"), [(0.0, 0), (0.25, 64), (0.6, 153)])
def test_the_road_s_intensity_stands_below_the_ranges(intensity: float, level: int) -> None:
    seen = Observation(0, 0.0, picture(0, Camera()), 8.0, {"depth": depth_of(8.0)})
    assert (RANGES.prepare(seen, intensity=intensity)[38] == level).all()


def test_every_range_is_four_metres_over_it_to_the_last_level() -> None:
    """A picture of 256 blocks, one for each pixel of the range retina, each at its own distance [m]."""
    metres = np.linspace(4.0, 60.0, 256).reshape(8, 32)
    depth = np.zeros((160, 320, 3), dtype=np.uint8)
    for (row, column), one in np.ndenumerate(metres):
        depth[20 * row : 20 * row + 20, 10 * column : 10 * column + 10] = depth_of(float(one))[0, 0]
    seen = RANGES.prepare(Observation(0, 0.0, picture(0, Camera()), 8.0, {"depth": depth}))[30:38, :, 0]
    exact = 255.0 * 4.0 / metres
    clear = np.abs(exact % 1.0 - 0.5) > 0.01  # nearer to the middle, the last bit of a float decides
    assert clear.mean() > 0.9
    assert np.array_equal(seen[clear], np.rint(exact)[clear])


def test_a_network_that_sees_ranges_wants_the_depth_camera() -> None:
    assert RANGES.cameras == ("center", "depth")
    with pytest.raises(CameraMismatchError, match="must have the depth camera"):
        RANGES.prepare(Observation(0, 0.0, picture(0, Camera()), 8.0))
    with pytest.raises(CameraMismatchError, match="sees ranges too"):
        RANGES(picture(0, Camera()))
