"""Where recordings and models are stored."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass, field
from importlib import resources
from pathlib import Path

from alvinn.errors import ResultsError
from alvinn.util.files import to_file_name
from alvinn.util.nearest import suggest

SHIPPED = "shipped"
"""Name of the small model that is installed with the program, as package data."""


@dataclass(frozen=True)
class Home:
    """Where recordings and models are stored."""

    home: Path = field(default_factory=Path)
    """folder that holds data/ and models/ (default: the current one)"""

    def select_recordings(self, names: Iterable[str]) -> list[str]:
        """Those of the names that are recordings in data/, each once."""
        return [name for name in dict.fromkeys(names) if (self.recording_folder(name) / "session.json").is_file()]

    def recording_folder(self, name: str | Path) -> Path:
        """The folder of a recording: a path, or a bare name in data/."""
        return _resolve(self.home / "data", name)

    def model_folder(self, name: str | Path) -> Path:
        """The folder that a model and its results are written to: a path, or a bare name in models/."""
        return _resolve(self.home / "models", name)

    def find_model(self, name: str | Path) -> Path:
        """The folder that a model is read from.

        This is its `model_folder`; for `shipped` it is the package's own, unless the user has a model of that name.
        """
        folder = self.model_folder(name)
        if str(name) == SHIPPED and not (folder / "card.json").exists():
            return Path(str(resources.files("alvinn"))) / SHIPPED
        return folder

    def name_model(self, name: str | Path) -> str:
        """The name of a model by which it is found again: a bare one where that does, else the path as it is."""
        bare = Path(name).name
        return bare if self.find_model(bare).resolve() == self.find_model(name).resolve() else str(name)

    def choose_model_name(self, recording: str) -> str:
        """A name for a model that learns from a recording: that of the recording, numbered where one has it."""
        name = model = Path(recording).name
        number = 1
        while self.model_folder(model).exists():
            number += 1
            model = f"{name}-{number}"
        return model

    def find_laps(self, name: str) -> Path:
        """The laps of a model, or a folder of laps: of this home, where `laps` writes those of the expert, or any.

        Raises:
            ResultsError: there are none; the message names the nearest that there are.
        """
        places = (self.model_folder(name) / "laps", self.home / name, Path(name))
        for place in places:
            if place.is_file() or (place / "laps.json").is_file():
                return place
        if (self.find_model(name) / "card.json").is_file():
            raise ResultsError(f"{name} has no laps yet: alvinn laps {name} drives them")
        hint = suggest(Path(name).name, self._judged_names()) or "alvinn laps MODEL drives laps"
        raise ResultsError(f"no model and no folder of laps is called {name}: {hint}")

    def _judged_names(self) -> list[str]:
        """The models of this --home that have laps, and its folders of laps."""
        models = sorted((self.home / "models").glob("*/laps/laps.json"))
        folders = sorted(self.home.glob("*/laps.json"))
        return [*(path.parent.parent.name for path in models), *(path.parent.name for path in folders)]

    def model_names(self) -> list[str]:
        """The models in models/ and the shipped one, sorted: what a bare name can refer to."""
        cards = (self.home / "models").glob("*/card.json")
        return sorted({SHIPPED, *(card.parent.name for card in cards)})


def _resolve(folder: Path, name: str | Path) -> Path:
    is_path = any(separator in str(name) for separator in (os.sep, os.altsep) if separator)
    return Path(name) if is_path else folder / to_file_name(str(name))
