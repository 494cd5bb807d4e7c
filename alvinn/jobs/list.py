"""`list`: the recordings and models that there are, and how good they are."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.table import Table
from rich.text import Text

from alvinn.console import CONSOLE
from alvinn.errors import AlvinnError
from alvinn.evaluation.inventory import StoredModel, StoredRecording, find_models, find_recordings
from alvinn.settings import SHIPPED, Home, require_distinct
from alvinn.util.locks import locked
from alvinn.util.nearest import suggest


@dataclass(frozen=True)
class ShowList(Home):
    """List recordings and models: length, driver, quality, last verdict, size."""

    delete: tuple[str, ...] = ()
    """recordings or models to delete; it asks before each"""

    def __post_init__(self) -> None:
        require_distinct("--delete", self.delete)

    def run(self) -> None:
        """Do the job.

        Raises:
            AlvinnError: what is to be deleted does not exist, or is both a recording and a model.
        """
        recordings, models = list(find_recordings(self)), list(find_models(self))
        if self.delete:
            own = [model for model in models if self.home in model.folder.parents]
            for folder in [find_folder(name, [*recordings, *own]) for name in self.delete]:
                _delete(folder)
            return
        if recordings:
            CONSOLE.print(tabulate_recordings(recordings))
        else:
            CONSOLE.print("There is no recording yet: record and drive make them.")
        CONSOLE.print(tabulate_models(models))


def tabulate_recordings(recordings: Sequence[StoredRecording]) -> Table:
    """Tabulate recordings."""
    table = Table("--data", "length", "driver", "size", "quality", title="recordings", title_justify="left")
    for one in recordings:
        length = "unknown" if one.seconds is None else f"{int(one.seconds // 60)}:{int(one.seconds % 60):02d} min"
        table.add_row(*map(Text, (one.name, length, one.driver, format_size(one.size), one.quality)))
    return table


def tabulate_models(models: Sequence[StoredModel]) -> Table:
    """Tabulate models."""
    table = Table("--model", "network", "learned from", "size", "last laps", title="models", title_justify="left")
    for one in models:
        table.add_row(*map(Text, (one.name, one.network, one.learned_from, format_size(one.size), one.verdict)))
    return table


def format_size(size: int) -> str:
    """Bytes in a unit that is easy to compare."""
    return f"{size / 1e9:.1f} GB" if size >= 1e9 else f"{size / 1e6:.1f} MB"


def find_folder(name: str, stored: Sequence[StoredRecording | StoredModel]) -> Path:
    """The folder of a recording or model.

    Raises:
        AlvinnError: there is none of that name, or one of each.
    """
    if name == SHIPPED and not any(one.name == name for one in stored):
        raise AlvinnError(f"{SHIPPED} is installed with the program and cannot be deleted")
    found = [one.folder for one in stored if name in {one.name, str(one.folder)}]
    if not found:
        hint = suggest(name, [one.name for one in stored]) or "there is nothing to delete"
        raise AlvinnError(f"there is no recording or model {name}: {hint}")
    if len(found) > 1:
        raise AlvinnError(f"{name} is a recording and a model: name {' or '.join(map(str, found))}")
    return found[0]


def _delete(folder: Path) -> None:
    """Ask, and delete; without an answer nothing is deleted.

    Raises:
        BusyError: something is being written there.
    """
    try:
        answer = input(f"Delete {folder} for good? [y/N] ")
    except EOFError:
        answer = ""
    if answer.strip().lower() not in {"y", "yes"}:
        CONSOLE.print(f"{folder} stays.")
        return
    with locked(folder, "written"):
        pass  # nobody is writing there
    shutil.rmtree(folder)
    CONSOLE.print(f"{folder} is deleted.")
