"""Every world keeps the contract."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from alvinn.roles import World
from tests.alvinn.fakes import PaperWorld, straight
from tests.alvinn.fixtures import car_on
from tests.contracts.worlds import WorldContract


class TestPaperWorld(WorldContract):
    @pytest.fixture
    def world(self) -> World:
        return PaperWorld(straight(500.0), speed=2.0)


class TestCarlaWorld(WorldContract):
    @pytest.fixture
    def world(self, server: tuple[str, int]) -> Iterator[World]:
        with car_on(server) as world:
            yield world


class TestCarlaWorldInTheOppositeLane(WorldContract):
    @pytest.fixture
    def world(self, server: tuple[str, int]) -> Iterator[World]:
        with car_on(server, direction="reverse") as world:
            yield world
