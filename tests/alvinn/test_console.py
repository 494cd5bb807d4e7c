from __future__ import annotations

import io
import re
import shlex
import sys
from pathlib import Path

import pytest
from rich.console import Console

from alvinn.cli import parse
from alvinn.console import CONSOLE, invocation, print_next, progress
from alvinn.jobs.laps import Laps
from tests.alvinn.fakes import write_recording
from tests.alvinn.jobs.cli import Shell
from tests.alvinn.jobs.test_compare import laps


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


ODD = Path("a [/i] [b]")
"""Rich would take [b] for a style and [/i] for an error."""


def test_paths_are_printed_as_they_are_whatever_their_name(
    shell: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    write_recording(ODD / "data" / "mine", 12)
    for name, offset in (("[m]", 0.1), ("[n]", 0.3)):
        laps(ODD / "models" / name / "laps", offset)
    for arguments, told in (
        (("record", "r", "--map", "oval", "--seconds", "1"), f"frames are in {ODD / 'data' / 'r'}:"),
        (("train", "m", "--data", "mine", "--epochs", "1"), f"the model is in {ODD / 'models' / 'm'}:"),
        (("card", "m"), f"drawn: {ODD / 'models' / 'm' / 'features.png'}"),
        (("compare", "[m]", "[n]", "--out", f"{ODD}.html"), f"the page is {ODD}.html"),
    ):
        said = shell.run(*arguments, "--home", str(ODD))
        assert said.status == 0, said
        assert told in " ".join(said.out.split())


def test_a_bars_task_is_shown_as_it_is_whatever_its_name(capsys: pytest.CaptureFixture[str]) -> None:
    with progress() as bars:
        bars.add_task("drive a [/i] [b] :car:.xodr", total=8, note="of [b]")
        CONSOLE.print(bars)
    assert "left drive a [/i] [b] :car:.xodr of [b]" in " ".join(capsys.readouterr().out.split())
