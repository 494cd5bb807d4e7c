from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import carla
import psutil
import pytest

from alvinn.driving.types import Control
from alvinn.errors import ServerError
from alvinn.world import connection, spawning
from alvinn.world.carla_world import CarlaWorld
from alvinn.world.connection import connect
from alvinn.world.embedded_server import embedded_server
from alvinn.world.sensors import is_ours
from tests.alvinn.cockpit.desktop import until
from tests.alvinn.fixtures import car_on
from tests.conftest import Address

GO = Control(steer=0.0, throttle=0.5, brake=0.0)


def ours(world: carla.World) -> list[str]:
    return [actor.type_id for actor in world.get_actors() if actor.type_id.startswith(("vehicle.", "sensor."))]


def left_behind(server: Address) -> tuple[list[str], bool, float | None]:
    """Which actors are on the server, and how its clock runs."""
    with connect(*server) as client:
        world = client.get_world()
        world.wait_for_tick(10.0)
        settings = world.get_settings()
        return ours(world), settings.synchronous_mode, settings.fixed_delta_seconds


def test_whatever_was_opened_is_undone(server: Address) -> None:
    before = left_behind(server)
    with car_on(server) as world:
        world.observe()
        with connect(*server) as client:
            until(lambda: sorted(ours(client.get_world())) == ["sensor.camera.rgb", "vehicle.tesla.model3"], "both")
            settings = client.get_world().get_settings()
            assert (settings.synchronous_mode, settings.fixed_delta_seconds) == (True, pytest.approx(0.05))
    assert left_behind(server) == before


def test_whatever_was_opened_is_undone_after_an_error(server: Address) -> None:
    before = left_behind(server)

    def fail() -> None:
        with car_on(server) as world:
            world.apply(GO)
            raise KeyError("in the middle of a drive")

    with pytest.raises(KeyError, match="middle"):
        fail()
    assert left_behind(server) == before


@contextmanager
def mortal_server(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Address, psutil.Process]]:
    """A server and its process; with this usual time-out, two requests that nobody answers outlast the hang guard."""
    before = set(psutil.Process().children())
    with embedded_server("oval", 0) as address:
        (server,) = set(psutil.Process().children()) - before
        monkeypatch.setattr(connection, "TIMEOUT", 200.0)
        monkeypatch.setattr(spawning, "UNDO_TIMEOUT", 0.2)
        yield address, server


@pytest.mark.parametrize("step", ["attach_cameras", "settle"], ids=["being opened", "driving"])
def test_a_server_that_stopped_answering_is_not_waited_for_as_long_again(
    monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    def fail() -> None:
        with mortal_server(monkeypatch) as (address, server):

            def stop_answering(*_: object) -> None:
                server.suspend()
                raise ServerError("it stopped answering")

            monkeypatch.setattr(CarlaWorld, step, stop_answering)
            with car_on(address):
                pass

    with pytest.raises(ServerError, match="it stopped answering"):
        fail()


def test_a_server_that_died_unnoticed_is_not_waited_for_at_every_sensor(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "CONNECT_TIMEOUT", 0.2)
    with mortal_server(monkeypatch) as (address, server), car_on(address):
        server.suspend()


def test_where_a_car_stands_in_the_way_it_says_so_and_leaves_the_server_alone(server: Address) -> None:
    with (
        car_on(server),
        pytest.raises(ServerError, match=r"the car's starting point .* is occupied"),
        car_on(server),
    ):
        pass
    assert left_behind(server)[:2] == ([], False)


def test_what_another_client_left_switched_is_as_alvinn_needs_it_and_is_put_back(server: Address) -> None:
    with connect(*server) as client:
        world = client.get_world()
        usual = world.get_settings()
        theirs = world.get_settings()
        theirs.no_rendering_mode, theirs.substepping = True, False
        world.apply_settings(theirs)
        with car_on(server) as driving:
            driving.observe()
            during = world.get_settings()
            assert (during.no_rendering_mode, during.substepping, during.max_substeps) == (False, True, 10)
        after = world.get_settings()
        world.apply_settings(usual)
    assert (after.no_rendering_mode, after.substepping) == (True, False)


def test_a_large_map_is_kept_loaded_around_the_car_by_the_name_of_its_role(server: Address) -> None:
    with car_on(server) as world:
        assert "hero" in world.vehicle.attributes["role_name"]
        assert is_ours(world.vehicle)
