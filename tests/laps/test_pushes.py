from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from alvinn.drivers.expert import ExpertDriver
from alvinn.driving.protocols import Driver
from alvinn.driving.types import Decision, Observation
from tests.alvinn.fixtures import car_on
from tests.conftest import Address
from tests.laps import pushes
from tests.laps.cells import Figures
from tests.laps.pushes import Pushes, come_back, tabulate


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


def test_of_pushes_so_many_cells_are_done_in_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    models = tuple(tmp_path / "models" / name for name in "abc")
    for model in models:
        model.mkdir(parents=True)
        (model / "network.tflite").write_bytes(model.name.encode())
    pushed: list[str] = []

    def push(_: Pushes, model: Path) -> Figures:
        pushed.append(model.name)
        return {"trials": 1, "back": dict.fromkeys(pushes.PUSHES, 1)}

    monkeypatch.setattr(Pushes, "_push", push)
    monkeypatch.setattr(pushes, "measure_reference", lambda: "program")
    monkeypatch.setattr(pushes, "read_card", lambda _: None)
    for _ in range(2):
        Pushes(models=models, cells=1, out=tmp_path / "out").run()
    assert pushed == ["a", "b"]


def test_two_models_of_a_name_are_refused_as_their_cells_would_be() -> None:
    with pytest.raises(ValueError, match="conv-1: a cell is named after its model, so name no two of a name"):
        Pushes(models=(Path("one/conv-1"), Path("one/conv-2"), Path("other/conv-1")))
