"""The program that docs/gymnasium.md shows runs as it stands there."""

from __future__ import annotations

import re

import pytest

from tests.alvinn.fixtures import ROOT

PAGE = (ROOT / "docs" / "gymnasium.md").read_text(encoding="utf-8")


@pytest.mark.long
@pytest.mark.parametrize("program", re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL))
def test_a_program_runs_as_it_is_shown(program: str) -> None:
    exec(program, {})  # noqa: S102 - our own page
