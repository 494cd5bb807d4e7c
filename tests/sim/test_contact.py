"""The contact sheet shows every preset, each unlike the others."""

from __future__ import annotations

from itertools import combinations
from pathlib import Path

import carla
import cv2
import numpy as np
import pytest

from sim import contact
from sim.contact import PRESETS, ContactOptions, preset, sheet


def test_every_preset_of_carla_is_there() -> None:
    fixed = {name for name in dir(carla.WeatherParameters) if name[0].isupper()} - {"Default"}
    assert set(PRESETS) == fixed
    assert preset("ClearNoon").sun_altitude_angle == pytest.approx(45.0)


def test_any_two_presets_give_pictures_that_differ() -> None:
    made = sheet(ContactOptions(Path("unused"), maps="oval", views=1, size=(160, 80)))
    rows = made.reshape(len(PRESETS), 80, 160, 3)[:, 20:].astype(int)  # without captions
    same = {
        (a, b)
        for (a, one), (b, other) in combinations(zip(PRESETS, rows, strict=True), 2)
        if np.abs(one - other).mean() < 0.5
    }
    assert same == set()


def test_a_sheet_is_written_with_a_row_for_each_weather(tmp_path: Path) -> None:
    out = tmp_path / "sheet.png"
    words = ["--out", str(out), "--maps", "oval", "--weathers", "ClearNoon,WetNoon", "--views", "1"]
    assert contact.main(words) == 0
    written = cv2.imread(str(out))
    assert written is not None
    assert written.shape == (320, 320, 3)


@pytest.mark.parametrize("words", [["--weathers", "Snow"], ["--maps", "atlantis"]])
def test_what_does_not_exist_is_one_sentence(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert contact.main(["--out", "never.png", *words]) == 1
    said = capsys.readouterr().err
    assert said.startswith("contact: there is no")
    assert said.count("\n") == 1
