"""Every world keeps the contract."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from alvinn.driving.protocols import World
from alvinn.driving.realtime import LiveWorld
from tests.alvinn.fakes import DT, PaperWorld, straight
from tests.alvinn.fixtures import car_on
from tests.contracts.worlds import WorldContract


class TestPaperWorld(WorldContract):
    @pytest.fixture
    def world(self) -> World:
        return PaperWorld(straight(500.0), speed=2.0)


class TestLiveWorld(WorldContract):
    @pytest.fixture
    def world(self) -> World:
        paper = PaperWorld(straight(500.0), speed=2.0)
        return LiveWorld(paper, lambda late, lost: True, DT, lambda: 0.0, lambda seconds: None)


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
