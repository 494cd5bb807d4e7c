"""What is on the disk: recordings and models, how good they are, and what they take."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from alvinn.errors import AlvinnError
from alvinn.metrics.results import read_laps
from alvinn.networks.inference import read_card
from alvinn.recording import read_session
from alvinn.recording.reader import TABLE
from alvinn.recording.summary import judge_quality
from alvinn.settings import SHIPPED, Home


@dataclass(frozen=True, slots=True)
class StoredRecording:
    """A recording as the list shows it."""

    name: str
    """what --data accepts"""
    folder: Path
    seconds: float | None
    driver: str
    quality: str
    size: int
    """bytes"""


@dataclass(frozen=True, slots=True)
class StoredModel:
    """A model as the list shows it."""

    name: str
    """what --model accepts"""
    folder: Path
    network: str
    learned_from: str
    verdict: str
    """of its last laps"""
    size: int
    """bytes"""


def find_recordings(home: Home) -> Iterator[StoredRecording]:
    """Every recording in data/, those of correction rounds among them, exports not; a damaged one says so."""
    for name, folder in _find(home.home / "data", "session.json"):
        try:
            session = read_session(folder / "session.json")
            if not (folder / TABLE).is_file():
                continue  # an export, which has the session for those who import it again
            seconds = None if session.quality is None else session.quality["seconds"]
            quality = judge_quality(session.quality) if session.closed else "not closed: killed, or being recorded"
            yield StoredRecording(name, folder, seconds, session.driver, quality, measure_size(folder))
        except AlvinnError as error:
            yield StoredRecording(name, folder, None, "", str(error), measure_size(folder))


def find_models(home: Home) -> Iterator[StoredModel]:
    """Every model in models/, those of correction rounds among them, and the shipped one; a damaged one says so."""
    found = list(_find(home.home / "models", "card.json"))
    if SHIPPED not in dict(found):
        found.append((SHIPPED, home.find_model(SHIPPED)))
    for name, folder in found:
        laps = (home.model_folder(name) if name == SHIPPED else folder) / "laps"
        try:
            card = read_card(folder)
            yield StoredModel(
                name, folder, card.network, card.describe_sources(), judge_laps(laps), measure_size(folder)
            )
        except AlvinnError as error:
            yield StoredModel(name, folder, "", "", str(error), measure_size(folder))


def judge_laps(folder: Path) -> str:
    """The verdict on judged laps, in a few words; "not judged" where there are none."""
    if not (folder / "laps.json").is_file():
        return "not judged"
    runs = read_laps(folder)["runs"]
    passed = sum(bool(run["completed"]) and not run["interventions"] for run in runs)
    return f"{'PASSED' if passed == len(runs) else 'FAILED'}: {passed} of {len(runs)} runs"


def measure_size(folder: Path) -> int:
    """Bytes of all files in a folder."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def _find(room: Path, file: str) -> Iterator[tuple[str, Path]]:
    """Folders with a file of this name and how a command names them: those of rounds by their path."""
    for path in sorted([*room.glob(f"*/{file}"), *room.glob(f"*/*/{file}")]):
        folder = path.parent
        yield (folder.name if folder.parent == room else str(folder)), folder
