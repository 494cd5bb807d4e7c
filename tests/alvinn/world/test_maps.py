"""Which map a server is asked for, and what is sent to it that it does not have."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import carla
import pytest

from alvinn.errors import AlvinnError, MapError
from alvinn.world.connection import TIMEOUT, connect, map_name
from alvinn.world.maps import load_map, read_opendrive, require_map
from alvinn.world.spawning import spawn_car
from tests.alvinn.fakes import SMALL
from tests.conftest import Address, running_server

FORK = Path(__file__).parents[2] / "sim" / "roads" / "fork.xodr"


class SlowLoader:
    """A client that tells how long it was willing to wait for each answer."""

    def __init__(self) -> None:
        self.timeout = TIMEOUT
        self.waited: dict[str, float] = {}

    def set_timeout(self, seconds: float) -> None:
        self.timeout = seconds

    def get_world(self) -> SimpleNamespace:
        here = SimpleNamespace(name="Carla/Maps/oval", to_opendrive=lambda: "<OpenDRIVE/>")
        return SimpleNamespace(get_map=lambda: here)

    def get_available_maps(self) -> list[str]:
        self.waited["maps"] = self.timeout
        return ["/Game/Carla/Maps/Town01"]

    def load_world(self, name: str) -> None:
        assert name == "Town01"
        self.waited["load"] = self.timeout
        raise RuntimeError("time-out")


@pytest.mark.parametrize("name", ["Town01", "/Game/Carla/Maps/Town01"])
def test_a_map_has_minutes_to_load_and_every_other_answer_the_usual_time(name: str) -> None:
    client: Any = SlowLoader()
    with pytest.raises(RuntimeError, match="time-out"):
        load_map(client, name)
    assert client.waited == {"maps": TIMEOUT, "load": 300.0}
    assert client.timeout == TIMEOUT


def test_another_map_of_the_server_is_loaded_and_one_it_has_not_is_refused() -> None:
    with running_server("--map", "oval") as place, connect(*place) as client:
        for wanted, found in (("country", "country"), (None, "country"), ("country", "country")):
            with spawn_car(client, camera=SMALL, weather="ClearNoon", direction="forward", map_wanted=wanted) as world:
                world.observe()
                assert map_name(client.get_world()) == found
        with (
            pytest.raises(MapError, match=r"no map 'nowhere': there are .*oval"),
            spawn_car(client, camera=SMALL, weather="ClearNoon", direction="forward", map_wanted="nowhere"),
        ):
            pass


@pytest.mark.parametrize("name", ["random:42", "mirror:wild:5", "mirror:oval"])
def test_a_generated_map_is_there_though_the_server_lists_only_one_of_its_family(server: Address, name: str) -> None:
    with connect(*server) as client:
        require_map(client, name)
        with pytest.raises(MapError, match="the server has no map"):
            require_map(client, name.replace("o", "0"))


class FullServer(SlowLoader):
    """A client of a server that has Town01 only, and takes what is sent to it."""

    def __init__(self) -> None:
        super().__init__()
        self.sent: list[str] = []

    def generate_opendrive_world(self, text: str, _: carla.OpendriveGenerationParameters) -> None:
        self.waited["send"] = self.timeout
        self.sent.append(text)


@pytest.mark.parametrize("name", ["town01", "/Game/Carla/Maps/Town01", "random:42"])
def test_a_full_server_has_its_own_maps_and_can_be_sent_ours(name: str) -> None:
    client: Any = FullServer()
    require_map(client, name)
    for mistyped in ("Town1", "/Game/Carla/Maps/Town1"):
        with pytest.raises(MapError, match="the server has no map 'Town1': did you mean Town01"):
            require_map(client, mistyped)
    with pytest.raises(MapError, match=r"there is no map file nowhere\.xodr"):
        require_map(client, "nowhere.xodr")


def test_a_circuit_that_a_full_server_has_not_is_sent_to_it_and_what_it_cannot_draw_is_said(
    capsys: pytest.CaptureFixture[str],
) -> None:
    client: Any = FullServer()
    load_map(client, "Random:42")
    assert client.sent == [read_opendrive("random:42")]
    assert "<road " in client.sent[0]
    assert client.waited["send"] == 300.0
    assert "no lane markings" in capsys.readouterr().out


@pytest.mark.parametrize("name", ["Country", "FORK"])
def test_capitals_and_files_are_for_a_named_server_what_they_are_for_a_private_one(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    wanted = str(FORK) if name == "FORK" else name
    with running_server("--map", "oval") as place, connect(*place) as client:
        worlds = []
        for _ in range(2):
            with spawn_car(client, camera=SMALL, weather="ClearNoon", direction="forward", map_wanted=wanted) as world:
                world.observe()
                worlds.append(client.get_world().id)
        assert client.get_world().get_map().to_opendrive() == read_opendrive(
            wanted.lower() if name == "Country" else wanted
        )
        assert worlds[0] == worlds[1], "what is there already is not loaded again"
    assert "no lane markings" not in capsys.readouterr().out


def test_a_file_that_is_no_road_is_not_sent(server: Address, tmp_path: Path) -> None:
    (bad := tmp_path / "bad.xodr").write_text("<OpenDRIVE></OpenDRIVE>", encoding="utf-8")
    with connect(*server) as client:
        before = client.get_world().id
        with pytest.raises(AlvinnError, match="has no <road>"):
            load_map(client, str(bad))
        assert client.get_world().id == before
