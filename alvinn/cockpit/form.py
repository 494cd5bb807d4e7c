"""A form that the keyboard fills in: Up and Down choose a line, Left and Right its value, letters write."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import zip_longest
from typing import Literal

from alvinn.cockpit.panel import Page
from alvinn.controls.inputs import Inputs

Outcome = Literal["fill in", "done", "left"]
LONGEST = 40  # letters of a name
FOOT = "Up, Down: line    Left, Right: change    Enter: go    Escape: leave"


@dataclass(frozen=True, slots=True)
class Field:
    """A line: a value out of some, or a text where there are none to choose from."""

    name: str
    value: str
    options: tuple[str, ...] = ()

    def turned(self, step: int) -> Field:
        """The next value, or the one before."""
        if not self.options:
            return self
        place = self.options.index(self.value) if self.value in self.options else 0
        return replace(self, value=self.options[(place + step) % len(self.options)])

    def typed(self, text: str, *, erase: bool) -> Field:
        """The text with letters added, or the last one taken away."""
        if self.options:
            return self
        kept = self.value[:-1] if erase else self.value
        added = "".join(letter for letter in text if letter.isprintable())
        return replace(self, value=(kept + added)[:LONGEST])


class Form:
    """Some lines to fill in.

    Args:
        title: of the page.
        fields: the lines, top to bottom.
    """

    def __init__(self, title: str, fields: Sequence[Field]) -> None:
        self._title = title
        self._fields = {field.name: field for field in fields}
        self._chosen = 0

    def value(self, name: str) -> str:
        """What stands in a line."""
        return self._fields[name].value

    def offer(self, name: str, options: tuple[str, ...]) -> None:
        """Change what can be chosen in a line; what was chosen stays if it still is there."""
        field = self._fields[name]
        value = field.value if field.value in options else options[0]
        self._fields[name] = replace(field, options=options, value=value)

    def choose(self, name: str, value: str) -> None:
        """Write a value into a line."""
        self._change(replace(self._fields[name], value=value))

    def take(self, inputs: Inputs) -> Outcome:
        """Fill in what keys said since the last tick."""
        for key, text in zip_longest(inputs.pressed, inputs.texts, fillvalue=""):
            if key in {"return", "enter"}:
                return "done"
            if key == "escape":
                return "left"
            self._key(key)
            self._change(self._current().typed(text, erase=False))
        return "left" if inputs.closed else "fill in"

    def _key(self, key: str) -> None:
        step = {"up": -1, "down": 1, "tab": 1}.get(key)
        if step is not None:
            self._chosen = (self._chosen + step) % len(self._fields)
        elif key in {"left", "right"}:
            self._change(self._current().turned(1 if key == "right" else -1))
        elif key == "backspace":
            self._change(self._current().typed("", erase=True))

    def _current(self) -> Field:
        return list(self._fields.values())[self._chosen]

    def _change(self, field: Field) -> None:
        self._fields[field.name] = field

    def page(self, *foot: str) -> Page:
        """How it looks, with some lines below."""
        lines = tuple((field.name, field.value) for field in self._fields.values())
        return Page(self._title, lines, chosen=self._chosen, foot=(*foot, FOOT))
