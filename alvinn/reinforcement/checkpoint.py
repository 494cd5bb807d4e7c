"""The state of a refinement, in memory and on disk; a resumed run ends exactly as an uninterrupted one. No pickles."""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np

from alvinn.errors import ModelError
from alvinn.networks.encodings import Floats
from alvinn.training.model_folder import REFINEMENT
from alvinn.util.files import atomic_path

CHECKPOINT, HISTORY = REFINEMENT


@dataclass
class State:
    """The state after a number of minutes."""

    settings: Mapping[str, Any]
    """that the run was started with"""
    rng: np.random.Generator
    minute: int = 0
    """minutes of driving done"""
    rows: Floats = field(default_factory=lambda: np.zeros((0, 0), np.float32))
    """all transitions, shape (n, numbers of a transition)"""
    learned: list[Floats] = field(default_factory=list)
    """the agent's variables; empty until the warm-up is over"""
    best: list[Floats] = field(default_factory=list)
    """the actor's weights at the best exam; empty if that was the clone's"""
    history: list[dict[str, Any]] = field(default_factory=list)
    """the figures of each minute and exam"""

    def add_transitions(self, rows: Floats) -> None:
        """Append transitions, shape (n, numbers of a transition)."""
        self.rows = np.concatenate([self.rows, rows]) if len(self.rows) else rows

    def add_figures(self, kind: str, minute: int, figures: Mapping[str, float]) -> None:
        """Append the figures of a minute or an exam."""
        self.history.append({"kind": kind, "minute": minute, **figures})

    def exams(self) -> list[dict[str, Any]]:
        """The exams so far; the first is the clone's."""
        return [entry for entry in self.history if entry["kind"] == "exam"]

    def best_exam(self) -> dict[str, Any]:
        """The exam with the highest return."""
        return max(self.exams(), key=lambda entry: float(entry["return"]))

    def add_exam(self, minute: int, figures: Mapping[str, float], weights: list[Floats]) -> None:
        """Append an exam; keep the actor's weights if it is the best."""
        self.add_figures("exam", minute, figures)
        if self.best_exam() is self.history[-1]:
            self.best = weights


def write_state(folder: Path, state: State) -> None:
    """Write the state, and its history as a CSV file."""
    folder.mkdir(parents=True, exist_ok=True)
    head = {
        "settings": dict(state.settings),
        "rng": state.rng.bit_generator.state,
        "minute": state.minute,
        "history": state.history,
    }
    arrays = {f"learned-{n}": array for n, array in enumerate(state.learned)}
    arrays |= {f"best-{n}": array for n, array in enumerate(state.best)}
    with atomic_path(folder / CHECKPOINT) as path, path.open("wb") as file:
        np.savez(file, head=np.array(json.dumps(head)), rows=state.rows, **arrays)  # type: ignore[arg-type] # numpy's stub: one could be its flag
    with atomic_path(folder / HISTORY) as path, path.open("w", encoding="utf-8", newline="") as file:
        table = csv.DictWriter(file, list(state.history[0]), lineterminator="\n")
        table.writeheader()
        table.writerows(state.history)


def read_history(folder: Path) -> list[dict[str, Any]]:
    """The figures of every minute of a refinement; none for a model that was not refined."""
    path = folder / HISTORY
    if not path.is_file():
        return []
    with path.open(encoding="utf-8", newline="") as file:
        return [
            {key: value if key == "kind" else float(value) for key, value in row.items()}
            for row in csv.DictReader(file)
        ]


def read_state(folder: Path, settings: Mapping[str, Any]) -> State:
    """The state of an interrupted refinement.

    Raises:
        ModelError: there is none, it is damaged, or it was started with other settings.
    """
    path = folder / CHECKPOINT
    if not path.is_file():
        raise ModelError(f"{folder} holds no interrupted refinement to resume: leave out --resume")
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as stored:
            head = json.loads(str(stored["head"]))
            lists = {
                kind: [stored[f"{kind}-{n}"] for n in range(sum(name.startswith(kind) for name in stored.files))]
                for kind in ("learned", "best")
            }
            rows = stored["rows"]
        rng = np.random.default_rng()
        rng.bit_generator.state = head["rng"]
    except (OSError, ValueError, LookupError, TypeError, EOFError, BadZipFile) as error:
        mend = "add --overwrite in place of --resume to refine anew"
        raise ModelError(f"{path} is damaged: {error}; {mend}") from error
    now = json.loads(json.dumps(dict(settings)))
    differing = sorted(key for key in {*now, *head["settings"]} if now.get(key) != head["settings"].get(key))
    if differing:
        changes = ", ".join(f"{key} {head['settings'].get(key)}, not {now.get(key)}" for key in differing)
        raise ModelError(f"{path} was begun with {changes}: resume it with the same settings, or choose another name")
    return State(head["settings"], rng, head["minute"], rows, lists["learned"], lists["best"], head["history"])
