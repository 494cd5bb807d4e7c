"""The lines of docs/models.md drive with a model's files alone, and say what this program says."""

from __future__ import annotations

import re
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from alvinn.driving.steering import VehicleGeometry
from alvinn.driving.types import Camera, Observation
from alvinn.networks.encodings import Encoding, Floats, Hill, Scalar
from alvinn.networks.inference import Card, Network, StatefulNetwork, read_card, write_card
from alvinn.networks.preprocessing import Colours, Preprocessing
from alvinn.settings import Home

PAGE = Path(__file__).resolve().parent.parent / "docs" / "models.md"
(LINES,) = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
CLOSE = 1e-4  # 1/m


def run_lines(folder: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What the lines define, run in a model's folder."""
    monkeypatch.chdir(folder)
    names: dict[str, Any] = {}
    exec(compile(LINES, str(PAGE), "exec"), names)  # noqa: S102 - our own page
    return names


def make_frames(card: Card, n: int = 20) -> npt.NDArray[np.uint8]:
    """Pictures with a bright road somewhere, and noise."""
    rng = np.random.default_rng(7)
    frames = rng.integers(0, 80, size=(n, card.camera.height, card.camera.width, 3), dtype=np.uint8)
    for at, frame in enumerate(frames):
        begin = int(at / n * 0.8 * card.camera.width)
        frame[:, begin : begin + card.camera.width // 5] = (200, 190, 120)
    return frames


def test_the_lines_need_nothing_of_this_program() -> None:
    assert "alvinn" not in LINES
    assert "sim" not in re.findall(r"^(?:from|import) (\w+)", LINES, re.MULTILINE)


def test_the_shipped_model_drives_by_them(monkeypatch: pytest.MonkeyPatch) -> None:
    folder = Home().find_model("shipped")
    network, names = Network(folder), run_lines(folder, monkeypatch)
    assert network.remembers, "what it was told before decides its answers, too"
    driving, speeds = StatefulNetwork(network), np.linspace(2.0, 10.0, 20).tolist()
    answers = [
        (names["curvature"](frame, speed), driving.answer(Observation(0, 0.0, frame, speed)).curvature)
        for frame, speed in zip(make_frames(network.card), speeds, strict=True)
    ]
    assert all(abs(theirs - ours) < CLOSE for theirs, ours in answers)
    assert len({round(ours, 4) for _, ours in answers}) > 10, "answers that differ"


def test_they_make_the_same_steer_of_a_curvature(monkeypatch: pytest.MonkeyPatch) -> None:
    folder = Home().find_model("shipped")
    names, card = run_lines(folder, monkeypatch), read_card(folder)
    assert card.vehicle is not None
    car = VehicleGeometry.from_dict(card.vehicle)
    for bend in (-0.2, -0.02, 0.0, 0.005, 0.1):
        for speed in (0.0, 8.0, 30.0):
            assert names["steer"](bend, speed) == pytest.approx(car.steer(bend, speed), abs=1e-9)


class Echo:
    """An interpreter that keeps its input and answers with units that it was given."""

    def __init__(self, units: Floats) -> None:
        self.units = units
        self.seen: npt.NDArray[np.float32] = np.empty(0, dtype=np.float32)

    def get_input_details(self) -> list[dict[str, Any]]:
        return [{"index": 0, "shape": (1, 1, 1, 1)}]

    get_output_details = get_input_details

    def set_tensor(self, index: int, value: npt.NDArray[np.float32]) -> None:
        self.seen = value

    def invoke(self) -> None:
        """Answers are given."""

    def get_tensor(self, index: int) -> Floats:
        return self.units[None]


@pytest.mark.parametrize("colours", ["rgb", "yuv", "blue"])
@pytest.mark.parametrize("size", [(320, 160), (200, 66), (641, 479)])
@pytest.mark.parametrize("output", [Hill(), Hill(30, 0.1), Scalar()])
def test_every_way_to_see_and_to_answer_is_covered(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, colours: Colours, size: tuple[int, int], output: Encoding
) -> None:
    shipped = Home().find_model("shipped")
    shutil.copyfile(shipped / "network.tflite", tmp_path / "network.tflite")
    camera = Camera(width=size[0], height=size[1])
    prepare = Preprocessing.for_camera(camera, 96, 32, colours)
    clone = replace(read_card(shipped), refined=None)
    write_card(tmp_path, replace(clone, camera=camera, output=output, preprocessing=prepare))
    names = run_lines(tmp_path, monkeypatch)
    card = read_card(tmp_path)
    for frame in make_frames(card, 6):
        units = np.random.default_rng(int(frame[0, 0, 0])).normal(0.3, 0.4, output.units).astype(np.float32)
        names["network"], names["told"] = echo, _ = Echo(units), []
        assert names["curvature"](frame, 8.0) == pytest.approx(float(output.decode(units[None])[0]), abs=CLOSE)
        assert np.array_equal(echo.seen[0], prepare(frame).astype(np.float32))
