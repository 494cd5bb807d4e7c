from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from alvinn.errors import MapError, ServerError
from alvinn.world.connection import TIMEOUT, connect, find_weather, load_map, map_name, require_map
from alvinn.world.spawning import spawn_car
from tests.alvinn.fakes import SMALL
from tests.conftest import Address, running_server


class SlowLoader:
    """A client that tells how long it was willing to wait for each answer."""

    def __init__(self) -> None:
        self.timeout = TIMEOUT
        self.waited: dict[str, float] = {}

    def set_timeout(self, seconds: float) -> None:
        self.timeout = seconds

    def get_world(self) -> SimpleNamespace:
        return SimpleNamespace(get_map=lambda: SimpleNamespace(name="Carla/Maps/oval"))

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


def test_a_weather_that_carla_has_not_is_refused_with_the_nearest_or_with_those_it_has() -> None:
    assert find_weather("HardRainNoon").precipitation > 50.0
    with pytest.raises(MapError, match="no weather 'ClearNon': did you mean ClearNoon"):
        find_weather("ClearNon")
    for name in ("__doc__", "xyz"):
        with pytest.raises(MapError, match=rf"no weather '{name}': there are .*ClearNoon"):
            find_weather(name)


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


def test_a_server_of_another_version_is_refused_and_both_are_said() -> None:
    code = (
        "import sys, sim.cli; from sim.rpc import episode_methods; episode_methods.VERSION = '0.9.15'; "
        "sys.exit(sim.cli.main(sys.argv[1:]))"
    )
    with (
        running_server("--map", "oval", program=("-c", code)) as place,
        pytest.raises(ServerError, match=r"is CARLA 0\.9\.15, this program's client is 0\.9\.16"),
        connect(*place),
    ):
        pass


def test_a_server_that_was_built_from_the_sources_of_the_same_version_is_accepted() -> None:
    code = (
        "import sys, sim.cli; from sim.rpc import episode_methods; episode_methods.VERSION = '0.9.16-12-gabc-dirty'; "
        "sys.exit(sim.cli.main(sys.argv[1:]))"
    )
    with running_server("--map", "oval", program=("-c", code)) as place, connect(*place) as client:
        assert client.get_server_version() == "0.9.16-12-gabc-dirty"


@pytest.mark.parametrize("host", ["127.0.0.1", "no-such-host.invalid"])
def test_where_nobody_answers_it_says_so(host: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("alvinn.world.connection.CONNECT_TIMEOUT", 0.5)
    with pytest.raises(ServerError, match=rf"no CARLA server answers at {host}:1"), connect(host, 1):
        pass


def test_an_embedded_server_that_does_not_answer_is_not_blamed_on_a_flag_that_nobody_gave(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("alvinn.world.connection.EMBEDDED_TIMEOUT", 0.5)
    with pytest.raises(ServerError) as raised, connect("127.0.0.1", 1, embedded=True):
        pass
    assert str(raised.value).startswith("the embedded server started, but did not answer within 0.5 s: try again")
    assert "--carla" not in str(raised.value)


@pytest.mark.parametrize("name", ["random:42", "mirror:wild:5", "mirror:oval"])
def test_a_generated_map_is_there_though_the_server_lists_only_one_of_its_family(server: Address, name: str) -> None:
    with connect(*server) as client:
        require_map(client, name)
        with pytest.raises(MapError, match="the server has no map"):
            require_map(client, name.replace("o", "0"))


def test_a_full_server_has_no_generated_map() -> None:
    client: Any = SimpleNamespace(
        get_available_maps=lambda: ["/Game/Carla/Maps/Town01"],
        get_world=lambda: SimpleNamespace(get_map=lambda: SimpleNamespace(name="Carla/Maps/Town01")),
    )
    require_map(client, "Town01")
    require_map(client, "/Game/Carla/Maps/Town01")
    with pytest.raises(MapError, match="the server has no map 'random:42'"):
        require_map(client, "random:42")
