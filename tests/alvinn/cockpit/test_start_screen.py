from __future__ import annotations

from pathlib import Path

import pytest

from alvinn.cockpit.form import Field, Form
from alvinn.cockpit.start_screen import LastDrive, StartChoices, StartScreen, free_bytes
from alvinn.controls.inputs import Inputs, JoystickState
from alvinn.util.locks import LOCK

MODELS = {"mine": "conv, learned from drive-1; last laps PASSED: 4 of 4 runs"}
DRIVEN = StartChoices("hills", "HardRainNoon", "Eva", "keyboard", 5.0, "drive-1", None)


def press(*keys: str) -> Inputs:
    """Keys by their names; a letter writes itself."""
    return Inputs(pressed=tuple(map(str.lower, keys)), texts=tuple(key if len(key) == 1 else "" for key in keys))


def screen(folder: Path, last: LastDrive | None = None) -> StartScreen:
    return StartScreen(("ClearNoon", "HardRainNoon"), MODELS, "anna", folder, last)


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


def test_a_wheel_that_is_there_from_the_start_is_chosen_and_driven_as_fast_as_usual(tmp_path: Path) -> None:
    start = screen(tmp_path)
    start.take(Inputs(sticks={"03": JoystickState("03", "G29")}))
    assert (start.choices().device, start.choices().speed) == ("G29", None)
    after = screen(tmp_path, LastDrive(DRIVEN))
    after.take(Inputs(sticks={"03": JoystickState("03", "G29")}))
    assert after.choices().device == "keyboard", "as the one before chose"


def test_the_maps_of_a_full_server_are_offered_its_present_one_first(tmp_path: Path) -> None:
    start = StartScreen(("ClearNoon",), MODELS, "anna", tmp_path, None, ("Town10HD", "Town01", "Town02"))
    start.take(press())
    assert start.choices().map == "Town10HD"
    start.take(press("right"))
    assert start.choices().map == "Town01"


def test_a_recording_that_came_to_nothing_leaves_its_name_free(tmp_path: Path) -> None:
    (tmp_path / "drive-1").mkdir()
    (tmp_path / "drive-1" / LOCK).touch()
    assert ("recording", "drive-1") in screen(tmp_path).page().lines


@pytest.mark.parametrize("way_out", [press("escape"), Inputs(closed=True)])
def test_it_can_be_left(tmp_path: Path, way_out: Inputs) -> None:
    assert screen(tmp_path).take(way_out) == "left"


def test_a_recordings_first_name_is_one_that_is_free_and_the_room_is_told(tmp_path: Path) -> None:
    (tmp_path / "drive-1" / "frames").mkdir(parents=True)
    page = screen(tmp_path).page()
    assert ("recording", "drive-2") in page.lines
    assert "GB free on the disk: about" in page.foot[0]
    assert free_bytes(tmp_path / "not" / "yet") > 0


def test_a_name_is_checked_as_it_is_typed_and_enter_waits_for_a_good_one(tmp_path: Path) -> None:
    (tmp_path / "mine" / "frames").mkdir(parents=True)
    start = screen(tmp_path)
    start.take(press("up", "up", "right", "down", *["backspace"] * 7))
    assert start.page().warning == "recording: type a name, such as drive-1"
    start.take(press(*"mine"))
    assert start.page().warning.startswith("recording: mine is there already")
    assert start.take(press("return")) == "fill in"
    start.take(press("/"))
    assert start.page().warning == "recording: a name cannot be mine/, but mine-"
    start.take(press("backspace", "2"))
    assert start.page().warning == ""
    assert start.take(press("return")) == "done"
    assert start.choices().recording == "mine2"


def test_a_driver_without_a_name_is_asked_for_one(tmp_path: Path) -> None:
    start = screen(tmp_path)
    start.take(press("down", "down", *["backspace"] * 4))
    assert start.take(press("return")) == "fill in"
    assert start.page().warning.startswith("driver: ")


def test_the_chosen_field_lists_what_it_can_be_and_a_model_says_how_good_it_is(tmp_path: Path) -> None:
    start = screen(tmp_path)
    assert {"country", "oval", "hills"} <= set(start.page().options)
    start.take(press("up", "up", "left"))
    page = start.page()
    assert (page.options, page.option) == (("practise", "record", "watch mine"), "watch mine")
    assert MODELS["mine"] in page.foot


def test_after_a_drive_everything_is_as_it_was_and_the_next_recording_has_a_name_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "drive-1" / "frames").mkdir(parents=True)
    start = screen(tmp_path, LastDrive(DRIVEN, recorded=True, words=("the score",)))
    page = start.page()
    assert page.options == ("drive", "replay this", "train on this", "next driver")
    assert "the score" in page.foot
    assert start.take(press("return")) == "done"
    choices = start.choices()
    assert (choices.map, choices.weather, choices.alias) == ("hills", "HardRainNoon", "Eva")
    assert choices.recording == "drive-2"


@pytest.mark.parametrize(("presses", "act"), [(1, "replay this"), (2, "train on this")])
def test_what_was_recorded_can_be_replayed_and_trained_on(tmp_path: Path, presses: int, act: str) -> None:
    start = screen(tmp_path, LastDrive(DRIVEN, recorded=True))
    assert start.take(press(*["right"] * presses, "return")) == "done"
    assert (start.choices().act, start.choices().recording) == (act, "drive-1")


def test_practice_can_only_be_followed_by_another_drive_or_driver(tmp_path: Path) -> None:
    assert screen(tmp_path, LastDrive(DRIVEN)).page().options == ("drive", "next driver")


def test_the_next_driver_is_asked_for_their_name_and_drives_the_same(tmp_path: Path) -> None:
    start = screen(tmp_path, LastDrive(DRIVEN))
    assert start.take(press("right", "return")) == "fill in"
    assert start.page().lines[start.page().chosen] == ("driver", "")
    assert start.take(press(*"Ada", "return")) == "done"
    assert (start.choices().alias, start.choices().map, start.choices().act) == ("Ada", "hills", "drive")


def test_a_model_that_was_just_trained_is_offered_to_be_watched(tmp_path: Path) -> None:
    start = screen(tmp_path, LastDrive(DRIVEN, recorded=True, model="mine"))
    start.take(press("return"))
    assert start.choices().model == "mine"


def test_a_text_takes_letters_only_and_no_more_than_fit() -> None:
    form = Form("x", (Field("name", ""),))
    form.take(press("a", "\t", "b", *"c" * 100))
    assert form.value("name") == "ab" + "c" * 38
