"""A form filled in by keyboard: Up and Down select a field, Left and Right change its value, letters are typed in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import zip_longest
from typing import Literal

from alvinn.cockpit.display.panel import Page
from alvinn.controls.inputs import Inputs

Outcome = Literal["fill in", "done", "left"]
LONGEST = 40  # characters of a text
FOOT = "Up, Down: select    Left, Right: change    Enter: start    Escape: cancel"


@dataclass(frozen=True, slots=True)
class Field:
    """A choice from several options, or a text if there are none."""

    name: str
    value: str
    options: tuple[str, ...] = ()

    def select(self, step: int) -> Field:
        """The field with its next option (step 1) or the one before (step -1)."""
        if not self.options:
            return self
        place = self.options.index(self.value) if self.value in self.options else 0
        return replace(self, value=self.options[(place + step) % len(self.options)])

    def append(self, text: str) -> Field:
        """The field with a text typed in at its end."""
        if self.options:
            return self
        printable = "".join(letter for letter in text if letter.isprintable())
        return replace(self, value=(self.value + printable)[:LONGEST])

    def erase(self) -> Field:
        """The field without its text's last character."""
        return self if self.options else replace(self, value=self.value[:-1])


class Form:
    """Several fields to fill in.

    Args:
        title: of the page.
        fields: top to bottom.
    """

    def __init__(self, title: str, fields: Sequence[Field]) -> None:
        self._title = title
        self._fields = {field.name: field for field in fields}
        self._selected = 0

    def value(self, name: str) -> str:
        """The value of a field."""
        return self._fields[name].value

    def select(self, name: str) -> None:
        """Go to a field."""
        self._selected = list(self._fields).index(name)

    def set_options(self, name: str, options: tuple[str, ...]) -> None:
        """Change the options of a field; its value stays if it is still among them."""
        field = self._fields[name]
        value = field.value if field.value in options else options[0]
        self._fields[name] = replace(field, options=options, value=value)

    def fill_in(self, name: str, value: str) -> None:
        """Give a field a value."""
        self._change(replace(self._fields[name], value=value))

    def take(self, inputs: Inputs) -> Outcome:
        """Apply the key presses since the last tick."""
        for key, text in zip_longest(inputs.pressed, inputs.texts, fillvalue=""):
            if key in {"return", "enter"}:
                return "done"
            if key == "escape":
                return "left"
            self._key(key)
            self._change(self._current().append(text))
        return "left" if inputs.closed else "fill in"

    def _key(self, key: str) -> None:
        step = {"up": -1, "down": 1, "tab": 1}.get(key)
        if step is not None:
            self._selected = (self._selected + step) % len(self._fields)
        elif key in {"left", "right"}:
            self._change(self._current().select(1 if key == "right" else -1))
        elif key == "backspace":
            self._change(self._current().erase())

    def _current(self) -> Field:
        return list(self._fields.values())[self._selected]

    def _change(self, field: Field) -> None:
        self._fields[field.name] = field

    def page(self, *foot: str) -> Page:
        """The form as a page, with further lines at the foot."""
        lines = tuple((field.name, field.value) for field in self._fields.values())
        now = self._current()
        return Page(
            self._title, lines, chosen=self._selected, foot=(*foot, FOOT), options=now.options, option=now.value
        )
