from __future__ import annotations

import math
from pathlib import Path

import pytest

from alvinn.driving.types import Camera
from alvinn.errors import AlvinnError
from alvinn.settings import CameraFlags, Home, require_above_zero
from alvinn.world.opening import address


def test_a_bare_name_lies_in_the_home_and_a_path_where_it_says(tmp_path: Path) -> None:
    home = Home(home=tmp_path)
    assert home.recording_folder("random:7") == tmp_path / "data" / "random-7"
    assert home.model_folder("mine") == tmp_path / "models" / "mine"
    assert home.model_folder(tmp_path / "elsewhere") == tmp_path / "elsewhere"
    assert home.recording_folder("some/where") == Path("some/where")


def test_an_address_is_host_and_port() -> None:
    assert address("127.0.0.1:2000") == ("127.0.0.1", 2000)
    assert address("carla.lab:65535") == ("carla.lab", 65535)


@pytest.mark.parametrize("wrong", ["", "localhost", ":2000", "localhost:", "localhost:x", "h:0", "h:65536", "h:-1"])
def test_what_is_no_address_is_refused(wrong: str) -> None:
    with pytest.raises(AlvinnError, match="--carla wants HOST:PORT"):
        address(wrong)


def test_camera_flags_change_what_was_named_and_nothing_else() -> None:
    assert CameraFlags().on(Camera(width=100)) == Camera(width=100)
    assert CameraFlags(fov=70.0, y=0.0).on(Camera(y=0.5)) == Camera(fov=70.0, y=0.0)
    with pytest.raises(AlvinnError, match="field of view"):
        CameraFlags(fov=500.0).on(Camera())


@pytest.mark.parametrize("wrong", [0, -1, math.nan, math.inf])
def test_a_flag_that_says_how_much_is_above_zero(wrong: float) -> None:
    require_above_zero("--laps", 1)
    require_above_zero("--laps", None)
    with pytest.raises(ValueError, match="--laps wants a number above 0"):
        require_above_zero("--laps", wrong)
