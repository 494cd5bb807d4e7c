from __future__ import annotations

from typing import Any

import pytest

from alvinn.drivers.expert import ExpertDriver
from alvinn.driving.protocols import Driver
from alvinn.driving.types import Decision, Observation
from tests.alvinn.fixtures import car_on
from tests.conftest import Address
from tests.laps import pushes
from tests.laps.pushes import come_back, tabulate


class Stubborn:
    """Drives straight on, wherever it is."""

    def reset(self) -> None:
        """Nothing to forget."""

    def decide(self, _: Observation) -> Decision:
        """Straight on."""
        return Decision(curvature=0.0, who="network")


@pytest.mark.parametrize("push", pushes.PUSHES)
@pytest.mark.parametrize("side", [1, -1])
def test_who_sees_the_lane_is_back_and_who_steers_straight_on_is_not(
    server: Address, monkeypatch: pytest.MonkeyPatch, push: str, side: int
) -> None:
    """Drivers in place of the network: the expert, who knows the lane, and one who ignores it."""
    nobody: Any = None
    with car_on(server) as world:
        for driver, is_back in ((ExpertDriver.in_world(world), True), (Stubborn(), False)):
            drives: Driver = driver
            monkeypatch.setattr(pushes, "NetworkDriver", lambda _, drives=drives: drives)
            assert come_back(nobody, world, 20.0, push, side=side) == is_back


def test_the_table_has_a_row_for_each_model() -> None:
    back = dict(zip(pushes.PUSHES, (24, 20, 24, 3), strict=True))
    assert tabulate({"conv-1": {"trials": 36, "back": back}}).splitlines()[-1] == "| conv-1 | 36 | 24 | 20 | 24 | 3 |"
