from __future__ import annotations

import io
import re
import shlex
import sys
from pathlib import Path

import pytest
from rich.console import Console

from alvinn.cli import parse
from alvinn.console import invocation, print_next, progress
from alvinn.jobs.laps import Laps


@pytest.mark.parametrize("typed", [".venv/bin/python", "python3", "/opt/somewhere/bin/python"])
def test_a_next_command_begins_as_this_one_was_typed(typed: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["/somewhere/alvinn/__main__.py", "demo"])
    monkeypatch.setattr(sys, "orig_argv", [typed, "-m", "alvinn", "demo"])
    assert invocation() == f"{typed} -m alvinn"


def test_an_interpreter_below_the_current_folder_is_called_from_there(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", ["/somewhere/alvinn/__main__.py", "demo"])
    monkeypatch.setattr(sys, "orig_argv", [str(tmp_path / ".venv" / "bin" / "python"), "-m", "alvinn", "demo"])
    assert invocation() == f"{Path('.venv/bin/python')} -m alvinn"


def test_the_installed_command_is_called_by_its_name_if_the_shell_finds_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    program = tmp_path / "alvinn"
    program.write_text("#!/bin/sh\n", encoding="utf-8")
    program.chmod(0o755)
    monkeypatch.setattr(sys, "argv", [str(program), "demo"])
    monkeypatch.setenv("PATH", str(tmp_path))
    assert invocation() == "alvinn"
    monkeypatch.setenv("PATH", "")
    assert invocation() == str(program)


def test_a_next_command_is_one_line_that_the_command_line_takes(capsys: pytest.CaptureFixture[str]) -> None:
    print_next("laps", "a model", "--maps", "country,oval", "--both-directions", home=Path("another home"))
    line = capsys.readouterr().out.removesuffix("\n")
    assert line == ("next: python -m alvinn laps 'a model' --maps country,oval --both-directions --home 'another home'")
    assert parse(shlex.split(line)[4:]) == Laps(
        home=Path("another home"), model="a model", maps="country,oval", both_directions=True
    )


def test_a_bar_shows_share_and_time_left_first_and_cuts_the_rest_at_80_columns(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    screen = io.StringIO()
    monkeypatch.setattr("alvinn.console.CONSOLE", Console(file=screen, width=80, force_terminal=True))
    with progress() as bars:
        task = bars.add_task("drive", total=8, note=f"runs, {'random:400 reverse ' * 5}")
        bars.advance(task, 4)
    plain = [re.sub(r"\x1b\[[\d;?]*[A-Za-z]", "", line) for line in screen.getvalue().splitlines()]
    last = [line for line in plain if line.strip()][-1]
    assert re.match(r"[━╸╺]+ +50% (\d\d|--):(\d\d|--) left drive +runs, random:400", last)
    assert len(last.rstrip()) <= 80
