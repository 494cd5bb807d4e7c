from __future__ import annotations

import pytest

from alvinn.driving.types import Camera
from alvinn.networks.architectures import ARCHITECTURES, NetworkName
from alvinn.networks.encodings import Hill, Hill1989, Scalar


@pytest.mark.parametrize(
    ("name", "shape"),
    [("conv", (40, 128, 3)), ("pilotnet", (66, 200, 3)), ("alvinn1991", (30, 32, 1)), ("alvinn1989", (39, 32, 1))],
)
def test_each_network_has_the_input_of_its_paper(name: NetworkName, shape: tuple[int, int, int]) -> None:
    assert ARCHITECTURES[name].preprocessing(Camera()).shape == shape


def test_the_output_is_the_one_asked_for_but_that_of_1989_is_its_own() -> None:
    assert ARCHITECTURES["conv"].output("hill") == Hill(45)
    assert ARCHITECTURES["alvinn1991"].output("hill") == Hill(30)
    assert ARCHITECTURES["pilotnet"].output("scalar") == Scalar()
    assert ARCHITECTURES["alvinn1989"].output("scalar") == Hill1989(45)
