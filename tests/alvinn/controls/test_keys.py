from __future__ import annotations

import pygame

from alvinn.controls.keys import COMMANDS, TABLE, Command, find_commands, help_lines, to_markdown
from tests.alvinn.fixtures import ROOT


def test_the_documented_table_is_the_one_that_the_handler_uses() -> None:
    assert to_markdown() in (ROOT / "docs" / "driving.md").read_text(encoding="utf-8")


def test_no_key_does_two_things_and_every_command_has_one() -> None:
    names = [name for key in TABLE for name in key.names]
    assert len(names) == len(set(names))
    assert set(COMMANDS.values()) == set(Command)


def test_every_key_is_one_that_pygame_knows() -> None:
    pygame.display.init()  # names of keys depend on the keyboard's layout
    try:
        assert [pygame.key.name(pygame.key.key_code(name)) for key in TABLE for name in key.names] == [
            name for key in TABLE for name in key.names
        ]
    finally:
        pygame.display.quit()


def test_presses_become_commands_in_their_order_and_other_keys_nothing() -> None:
    assert list(find_commands(("r", "x", "left", "p", "return"))) == [Command.RECORD, Command.PAUSE, Command.PAUSE]


def test_the_help_has_every_line() -> None:
    assert len(help_lines()) == len(TABLE)
    assert ("P or Enter", "pause or resume") in help_lines()
