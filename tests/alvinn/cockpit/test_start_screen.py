from __future__ import annotations

from pathlib import Path

import pytest

from alvinn.cockpit.form import Field, Form
from alvinn.cockpit.start_screen import StartScreen, free_bytes
from alvinn.controls.inputs import Inputs, JoystickState


def press(*keys: str) -> Inputs:
    """Keys by their names; a letter writes itself."""
    return Inputs(pressed=tuple(map(str.lower, keys)), texts=tuple(key if len(key) == 1 else "" for key in keys))


def screen(folder: Path) -> StartScreen:
    return StartScreen(("ClearNoon", "HardRainNoon"), ("mine",), "anna", folder)


def test_enter_at_once_is_slow_practice_on_the_oval_with_the_keyboard(tmp_path: Path) -> None:
    start = screen(tmp_path)
    assert start.take(press()) == "fill in"
    assert start.take(press("return")) == "done"
    choices = start.choices()
    assert (choices.map, choices.weather, choices.alias, choices.device) == ("oval", "ClearNoon", "anna", "keyboard")
    assert (choices.recording, choices.model, choices.speed) == (None, None, 5.0)
    assert "the mouse is the easiest" in " ".join(start.page().foot)


def test_everything_is_chosen_and_written_by_the_keyboard_alone(tmp_path: Path) -> None:
    start = screen(tmp_path)
    start.take(press("left", "right", "down", "left", "down", *["backspace"] * 4))
    start.take(press("E", "v", "a", "down", "right", "down", "right", "down", "backspace", "7"))
    assert start.take(press("return")) == "done"
    choices = start.choices()
    assert (choices.map, choices.weather, choices.alias, choices.device) == ("oval", "HardRainNoon", "Eva", "mouse")
    assert (choices.recording, choices.model) == ("drive-7", None)


def test_a_model_of_ones_own_can_be_watched(tmp_path: Path) -> None:
    start = screen(tmp_path)
    start.take(press("up", "up", "left", "return"))
    assert (start.choices().model, start.choices().recording) == ("mine", None)


def test_a_wheel_that_is_plugged_in_is_chosen_and_one_pulled_out_is_not_offered(tmp_path: Path) -> None:
    start = screen(tmp_path)
    start.take(press())
    start.take(Inputs(sticks={"03": JoystickState("03", "G29")}))
    assert start.choices().device == "G29"
    start.take(press())
    assert start.choices().device == "keyboard"


@pytest.mark.parametrize("way_out", [press("escape"), Inputs(closed=True)])
def test_it_can_be_left(tmp_path: Path, way_out: Inputs) -> None:
    assert screen(tmp_path).take(way_out) == "left"


def test_a_recordings_first_name_is_one_that_is_free_and_the_room_is_told(tmp_path: Path) -> None:
    (tmp_path / "drive-1").mkdir()
    page = screen(tmp_path).page()
    assert ("recording", "drive-2") in page.lines
    assert "GB free on the disk: about" in page.foot[0]
    assert free_bytes(tmp_path / "not" / "yet") > 0


def test_a_text_takes_letters_only_and_no_more_than_fit() -> None:
    form = Form("x", (Field("name", ""),))
    form.take(press("a", "\t", "b", *"c" * 100))
    assert form.value("name") == "ab" + "c" * 38
