"""LeRobot datasets that say something else than our exports do."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from alvinn.formats.reading import Reading

DATA = "data/chunk-000/file-000.parquet"
EPISODES = "meta/episodes/chunk-000/file-000.parquet"
FILM = "videos/observation.images.center/chunk-000/file-000.mp4"
RIGHT = Reading(right_positive=True)


def info_of(folder: Path) -> dict[str, Any]:
    told: dict[str, Any] = json.loads((folder / "meta" / "info.json").read_text(encoding="utf-8"))
    return told


def rewrite(folder: Path, **other: Any) -> None:
    (folder / "meta" / "info.json").write_text(json.dumps(info_of(folder) | other), encoding="utf-8")


def feature(folder: Path, key: str, **other: Any) -> None:
    """Say something else of a feature; the dataset is not one of our exports then."""
    features = info_of(folder)["features"]
    features[key] |= other
    rewrite(folder, robot_type="somebody's car", features=features)
