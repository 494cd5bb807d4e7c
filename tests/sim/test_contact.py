"""The contact sheet shows every preset, each unlike the others."""

from __future__ import annotations

from itertools import combinations
from pathlib import Path

import carla
import cv2
import numpy as np
import pytest

from sim import contact
from sim.contact import PRESETS, ContactOptions, get_preset, make_sheet

NOTICED = 2.3  # distance in CIE Lab that is just noticed (G. Sharma, Digital Color Imaging Handbook, 2003)


def test_every_preset_of_carla_is_there() -> None:
    fixed = {name for name in dir(carla.WeatherParameters) if name[0].isupper()} - {"Default"}
    assert set(PRESETS) == fixed
    assert get_preset("ClearNoon").sun_altitude_angle == pytest.approx(45.0)


def test_any_two_presets_differ_visibly_in_a_tenth_of_the_picture() -> None:
    made = make_sheet(ContactOptions(Path("unused.png"), maps="oval", views=1))
    rows = made.reshape(len(PRESETS), 160, 320, 3)[:, 30:]  # without captions
    seen = [cv2.cvtColor(row.astype(np.float32) / 255, cv2.COLOR_BGR2LAB) for row in rows]
    shares = {
        (a, b): float((np.linalg.norm(one - other, axis=-1) > NOTICED).mean())
        for (a, one), (b, other) in combinations(zip(PRESETS, seen, strict=True), 2)
    }
    alike = {pair: share for pair, share in shares.items() if share < 0.1}
    assert alike == {}


def test_a_sheet_is_written_with_a_row_for_each_weather(tmp_path: Path) -> None:
    out = tmp_path / "sheet.png"
    words = ["--out", str(out), "--maps", "oval", "--weathers", "ClearNoon,WetNoon", "--views", "1"]
    assert contact.main(words) == 0
    written = cv2.imread(str(out))
    assert written is not None
    assert written.shape == (320, 320, 3)


def test_a_file_that_is_there_is_replaced_only_if_that_is_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "sheet.png"
    out.write_bytes(b"of a holiday")
    words = ["--out", str(out), "--maps", "oval", "--weathers", "ClearNoon", "--views", "1"]
    assert contact.main(words) == 1
    assert "is there already: choose another --out, or add --overwrite" in capsys.readouterr().err
    assert out.read_bytes() == b"of a holiday"
    assert contact.main([*words, "--overwrite"]) == 0
    assert cv2.imread(str(out)) is not None


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--views", "0"], "--views is 0, expected 1 or more"),
        (["--views", "-2"], "--views is -2, expected 1 or more"),
        (["--seed", "-1"], "--seed is -1, expected 0 or more"),
        (["--size", "0", "160"], "--size is 0 160, expected 1 to 4096 each"),
        (["--size", "320", "-5"], "--size is 320 -5, expected 1 to 4096 each"),
        (["--size", "320", "100000"], "--size is 320 100000, expected 1 to 4096 each"),
        (["--out", "sheet"], "--out is sheet, expected an image file such as sheet.png"),
        (["--out", "sheet.doc"], "--out is sheet.doc, expected an image file such as sheet.png"),
        (["--weathers", "ClearNoon,ClearNon"], "did you mean ClearNoon?"),
        (["--weathers", "Snow"], "there is no weather called 'Snow'"),
    ],
)
def test_wrong_usage_is_one_sentence_and_status_2(
    words: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as stopped:
        contact.main(words if "--out" in words else ["--out", "never.png", *words])
    assert stopped.value.code == 2
    out, err = capsys.readouterr()
    assert said in " ".join((out + err).replace("│", " ").split())


def test_a_map_that_does_not_exist_is_one_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    assert contact.main(["--out", "never.png", "--maps", "atlantis"]) == 1
    said = capsys.readouterr().err
    assert said.startswith("contact: there is no")
    assert said.count("\n") == 1
