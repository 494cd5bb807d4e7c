from __future__ import annotations

import math
from pathlib import Path
from types import SimpleNamespace

import pytest

from alvinn.driving.types import Camera
from alvinn.errors import AlvinnError
from alvinn.settings import CameraFlags, Driving, Home, require_above_zero
from alvinn.world.connection import server_kind
from alvinn.world.opening import KINDS, open_world, parse_address, warn_of_other_server
from tests.alvinn.fakes import SMALL
from tests.conftest import Address


def test_a_bare_name_lies_in_the_home_and_a_path_where_it_says(tmp_path: Path) -> None:
    home = Home(home=tmp_path)
    assert home.recording_folder("random:7") == tmp_path / "data" / "random-7"
    assert home.model_folder("mine") == tmp_path / "models" / "mine"
    assert home.model_folder(tmp_path / "elsewhere") == tmp_path / "elsewhere"
    assert home.recording_folder("some/where") == Path("some/where")


def test_an_address_is_host_and_port() -> None:
    assert parse_address("127.0.0.1:2000") == ("127.0.0.1", 2000)
    assert parse_address("carla.lab:65535") == ("carla.lab", 65535)


@pytest.mark.parametrize("wrong", ["", "localhost", ":2000", "localhost:", "localhost:x", "h:0", "h:65536", "h:-1"])
def test_what_is_no_address_is_refused(wrong: str) -> None:
    with pytest.raises(AlvinnError, match="--carla must be HOST:PORT"):
        parse_address(wrong)


@pytest.mark.parametrize(("learned_on", "here"), [("embedded", "full"), ("full", "embedded")])
def test_a_network_on_the_other_kind_of_server_is_told_once(
    capsys: pytest.CaptureFixture[str], learned_on: str, here: str
) -> None:
    warn_of_other_server.cache_clear()
    for _ in range(3):
        warn_of_other_server(learned_on, here)
    said = " ".join(capsys.readouterr().out.split())
    assert said.count(f"trained on {KINDS[learned_on]} and drives on {KINDS[here]}") == 1


@pytest.mark.parametrize("learned_on", ["full", "given", ""])
def test_on_its_own_kind_of_server_or_where_that_is_not_known_nothing_is_said(
    capsys: pytest.CaptureFixture[str], learned_on: str
) -> None:
    warn_of_other_server(learned_on, "full")
    assert capsys.readouterr().out == ""


def test_a_world_says_which_kind_of_server_it_is_on_and_a_network_of_the_other_is_told(
    server: Address, capsys: pytest.CaptureFixture[str]
) -> None:
    warn_of_other_server.cache_clear()
    settings = Driving(carla=f"{server[0]}:{server[1]}", map="oval")
    with open_world(
        settings,
        camera=SMALL,
        map_name="oval",
        direction="forward",
        weather="ClearNoon",
        seed=0,
        learned_on="full",
    ) as world:
        assert world.server == "embedded"
    assert "trained on a full CARLA server" in " ".join(capsys.readouterr().out.split())


def test_a_server_with_carlas_own_maps_is_a_full_one() -> None:
    maps = ["/Game/Carla/Maps/Town01", "/Game/Carla/Maps/Town10HD_Opt"]
    assert server_kind(SimpleNamespace(get_available_maps=lambda: maps)) == "full"


def test_camera_flags_change_what_was_named_and_nothing_else() -> None:
    assert CameraFlags().on(Camera(width=100)) == Camera(width=100)
    assert CameraFlags(fov=70.0, y=0.0).on(Camera(y=0.5)) == Camera(fov=70.0, y=0.0)
    with pytest.raises(ValueError, match="field of view"):
        CameraFlags(fov=500.0)


@pytest.mark.parametrize("wrong", [0, -1, math.nan, math.inf])
def test_a_flag_that_says_how_much_is_above_zero(wrong: float) -> None:
    require_above_zero("--laps", 1)
    require_above_zero("--laps", None)
    with pytest.raises(ValueError, match="--laps must be a number above 0"):
        require_above_zero("--laps", wrong)
