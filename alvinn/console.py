"""The terminal: where jobs print, how to call the program from it, and the progress bar of long work."""

from __future__ import annotations

import os
import shlex
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console

if TYPE_CHECKING:
    from rich.progress import Progress

CONSOLE = Console(markup=False, emoji=False)
"""Paths and names are printed as they are: what is to be bold or coloured is a `rich.text.Text`."""


def invocation() -> str:
    """How the program is called here, as a person must type it again: `alvinn`, or `.venv/bin/python -m alvinn`."""
    program = Path(sys.argv[0])
    if program.stem == "alvinn":
        found = shutil.which("alvinn")
        return "alvinn" if found and Path(found).resolve() == program.resolve() else _shorten(program)
    if program.name == "__main__.py" and program.parent.name == "alvinn":
        typed = Path(sys.orig_argv[0])
        return f"{_shorten(typed) if len(typed.parts) > 1 else typed} -m alvinn"
    return "python -m alvinn"  # called from another program


def print_next(*words: str, home: Path = Path()) -> None:
    """Print the command that comes next, whole, to be copied.

    Args:
        words: what to type after the program's name.
        home: the job's --home, if it is not the current folder.
    """
    elsewhere = () if home == Path() else ("--home", str(home))
    CONSOLE.print(f"next: {invocation()} {shlex.join((*words, *elsewhere))}", soft_wrap=True)


def _shorten(path: Path) -> str:
    """A path from the current folder if it is below it; symbolic links, as in .venv/bin, stay."""
    absolute = Path(os.path.abspath(path))  # noqa: PTH100 - Path.resolve would follow links
    return str(absolute.relative_to(Path.cwd()) if absolute.is_relative_to(Path.cwd()) else path)


def progress() -> Progress:
    """A progress bar in the house's style: bar, share and time left, and what is cut first at its right end."""
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn
    from rich.table import Column

    return Progress(
        BarColumn(bar_width=20),
        TaskProgressColumn(),
        TimeRemainingColumn(compact=True),
        TextColumn("left", table_column=Column(no_wrap=True)),
        TextColumn("{task.description}", style="bold", markup=False, table_column=Column(no_wrap=True)),
        TextColumn(
            "{task.fields[note]}", markup=False, table_column=Column(no_wrap=True, overflow="ellipsis", ratio=1)
        ),
        console=CONSOLE,
        expand=True,
    )
