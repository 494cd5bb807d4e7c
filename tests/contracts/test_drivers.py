"""Every driver keeps the contract."""

from __future__ import annotations

from itertools import count
from pathlib import Path

import numpy as np
import pytest

from alvinn.controls.devices import ManualInput
from alvinn.drivers.disturbed import DisturbedDriver
from alvinn.drivers.expert import ExpertDriver
from alvinn.drivers.gates import DoubtGate
from alvinn.drivers.human import HumanDriver
from alvinn.drivers.network import NetworkDriver
from alvinn.drivers.shared import SharedDriver
from alvinn.drivers.timed import TimedDriver
from alvinn.driving.protocols import Driver
from alvinn.networks.inference import Network
from tests.alvinn.fakes import CAR, PaperWorld, SteadyDriver, circle
from tests.contracts.drivers import DriverContract


class TestSteadyDriver(DriverContract):
    @pytest.fixture
    def driver(self) -> Driver:
        return SteadyDriver(0.01)


class TestExpertDriver(DriverContract):
    @pytest.fixture
    def driver(self) -> Driver:
        world = PaperWorld(circle(50.0), offset=0.4)
        return ExpertDriver(world.lane, world.truth, rear_axle=0.0)


class TestNetworkDriver(DriverContract):
    @pytest.fixture
    def driver(self, model: Path) -> Driver:
        return NetworkDriver(Network(model))


class TestDisturbedDriver(DriverContract):
    @pytest.fixture
    def driver(self) -> Driver:
        return DisturbedDriver(SteadyDriver(0.01), np.random.default_rng(0))


class TestHumanDriver(DriverContract):
    @pytest.fixture
    def driver(self) -> Driver:
        return HumanDriver(lambda speed: ManualInput(0.3 / max(1.0, speed), axis=0.3), lambda: False, CAR)


class TestTimedDriver(DriverContract):
    @pytest.fixture
    def driver(self) -> Driver:
        ticks = count()
        return TimedDriver(SteadyDriver(0.01), lambda: float(next(ticks)))


class TestSharedDriver(DriverContract):
    @pytest.fixture
    def driver(self) -> Driver:
        return SharedDriver(SteadyDriver(0.01), SteadyDriver(-0.02), DoubtGate(lambda seen: seen.time, threshold=0.2))
