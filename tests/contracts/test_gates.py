"""Every gate keeps the contract."""

from __future__ import annotations

import numpy as np
import pytest

from alvinn.drivers.gates import AlwaysGate, DoubtGate, DriftGate, Gate, HumanGate, TeacherGate
from tests.alvinn.fakes import CAR, truth
from tests.contracts.gates import GateContract


class TestDriftGate(GateContract):
    @pytest.fixture
    def gate(self) -> Gate:
        return DriftGate(truth, CAR.width)


class TestDoubtGate(GateContract):
    @pytest.fixture
    def gate(self) -> Gate:
        return DoubtGate(lambda seen: seen.time, threshold=0.5)


class TestAlwaysGate(GateContract):
    @pytest.fixture
    def gate(self) -> Gate:
        return AlwaysGate(0.5, np.random.default_rng(0))


class TestTeacherGate(GateContract):
    @pytest.fixture
    def gate(self) -> Gate:
        return TeacherGate("disturbed")


class TestHumanGate(GateContract):
    @pytest.fixture
    def gate(self) -> Gate:
        return HumanGate(lambda: True)
