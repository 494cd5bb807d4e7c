"""What the card says to others is worked out from what this program does."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from ai_edge_litert.interpreter import Interpreter

from alvinn.driving.types import Camera
from alvinn.networks.encodings import Hill, Hill1989, Scalar
from alvinn.networks.inference import read_card, write_card
from alvinn.networks.interface import describe, describe_decoding, describe_input
from alvinn.networks.memory import FORGOTTEN
from alvinn.networks.preprocessing import Preprocessing
from alvinn.settings import SHIPPED, Home
from tests.alvinn.fixtures import card_for, toy_dataset


def test_crop_and_sizes_are_those_of_the_preprocessing() -> None:
    told = describe_input(Preprocessing.for_camera(Camera(), 128, 40, "yuv"))
    assert told["crop"] == {"top": 60, "bottom": 160}
    assert told["resize"] == [
        {"width": 160, "height": 50, "interpolation": "area"},
        {"width": 128, "height": 40, "interpolation": "linear"},
    ]
    assert (told["shape"], told["type"], told["range"]) == ([1, 40, 128, 3], "float32", [0.0, 255.0])
    assert told["channels"].startswith("Y, U, V")
    assert "ranges" not in told


def test_a_network_that_sees_ranges_says_how_they_are_written() -> None:
    told = describe_input(Preprocessing.for_camera(Camera(), 30, 32, "blue", range_rows=29))
    assert "29 rows of depth" in told["ranges"]
    assert told["shape"] == [1, 62, 30, 1]


@pytest.mark.parametrize("output", [Hill(), Hill1989()])
def test_a_position_is_a_curvature(output: Hill | Hill1989) -> None:
    told = describe_decoding(output)
    units = output.encode(np.array([0.06]))
    position = int(units[0, :45].argmax())
    assert position * told["spacing"] - told["span"] == pytest.approx(0.06, abs=told["spacing"])


def test_one_unit_is_divided_by_its_scale() -> None:
    assert describe_decoding(Scalar(scale=5.0))["scale"] == 5.0


def test_the_card_on_disk_holds_it_and_is_read_without_it(tmp_path: Path) -> None:
    card = card_for(toy_dataset(4), Hill())
    write_card(tmp_path, card)
    told = json.loads((tmp_path / "card.json").read_bytes())["interface"]
    assert told == describe(card.preprocessing, card.output, refined=False)
    assert read_card(tmp_path) == card


def test_the_interface_of_a_refined_model_names_its_second_input_and_what_is_added_to_the_decoded_curvature() -> None:
    shipped = Home().find_model(SHIPPED)
    card, network = read_card(shipped), Interpreter(str(shipped / "network.tflite"))
    told = describe(card.preprocessing, card.output, refined=card.refined is not None)
    assert json.loads((shipped / "card.json").read_bytes())["interface"] == told
    second = told["input"]["told"]
    assert second["shape"] in [one["shape"].tolist() for one in network.get_input_details()]
    memory = FORGOTTEN.after(0.01, 0.02).after(0.03, 0.04).as_input(8.0)
    assert dict(zip(second["order"], memory.tolist(), strict=True)) == pytest.approx(
        {
            "speed": 8.0,
            "last residual": 0.03,
            "residual before it": 0.01,
            "last mean curvature": 0.04,
            "mean curvature before it": 0.02,
        }
    )
    assert second["units"] == ["m/s", "1/m", "1/m", "1/m", "1/m"]
    assert second["start"] == "0 but for the speed"
    assert told["output"]["decoding"].endswith("0 where no product is positive; then the residual is added")
    assert told["output"]["residual"].startswith("the last number but one of the answer")


def test_the_interface_of_a_network_that_was_not_refined_has_one_input_and_no_residual() -> None:
    told = describe(Preprocessing.for_camera(Camera(), 128, 40, "rgb"), Hill(), refined=False)
    assert "told" not in told["input"]
    assert "residual" not in told["output"]["decoding"]
    assert "residual" not in told["output"]
