from __future__ import annotations

from alvinn.cockpit.form import LONGEST, Field, Form
from alvinn.controls.inputs import Inputs


def form() -> Form:
    return Form("title", [Field("map", "oval", ("oval", "country")), Field("name", "me")])


def test_left_and_right_change_a_choice_and_wrap_around() -> None:
    one = form()
    assert one.take(Inputs(pressed=("left",))) == "fill in"
    assert one.value("map") == "country"
    one.take(Inputs(pressed=("right",)))
    assert one.value("map") == "oval"


def test_letters_are_added_to_a_text_up_to_a_length_and_backspace_erases() -> None:
    one = form()
    one.take(Inputs(pressed=("down", "x"), texts=("", "x")))
    assert one.value("name") == "mex"
    one.take(Inputs(pressed=("backspace",)))
    assert one.value("name") == "me"
    one.take(Inputs(pressed=("y",), texts=("y" * 100,)))
    assert len(one.value("name")) == LONGEST


def test_enter_ends_it_and_escape_or_a_closed_window_leaves_it() -> None:
    assert form().take(Inputs(pressed=("return",))) == "done"
    assert form().take(Inputs(pressed=("escape",))) == "left"
    assert form().take(Inputs(closed=True)) == "left"
