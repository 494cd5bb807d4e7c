"""Checks of the lessons' exercises: what is there, what is missing, and what to type next.

A check reads files and drives nothing. Each finding is a sentence; an exercise is done when none of them is a fault.
"""

from __future__ import annotations

import csv
import json
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from alvinn.dagger.ledger import read_ledger
from alvinn.errors import AlvinnError
from alvinn.metrics.results import read_laps
from alvinn.networks.inference import Card, read_card
from alvinn.recording import Recording
from alvinn.settings import Home

TOLERANCE = 0.001  # m
JUDGED = {"random:3", "random:5"}
LEARNED = 0.045  # 1/m: always straight on has about 0.09 on country


@dataclass(frozen=True)
class Finding:
    """One sentence of a check."""

    good: bool
    text: str


def check_exercise(number: int, home: Home) -> list[Finding]:
    """Check the exercise of a lesson.

    Raises:
        AlvinnError: the lesson has none.
    """
    check = CHECKS.get(number)
    if check is None:
        raise AlvinnError(f"lesson {number} has no exercise to check; lessons {min(CHECKS)} to {max(CHECKS)} have one")
    try:
        return list(check(home))
    except AlvinnError as error:
        return [Finding(good=False, text=str(error))]


def _check_1989(home: Home) -> Iterator[Finding]:
    card = read_card(home.model_folder("lesson1"))
    yield Finding(
        card.network == "alvinn1991", f"models/lesson1 is the network {card.network}; alvinn1991 was asked for"
    )
    yield from _check_learned(card)


def _check_learned(card: Card) -> Iterator[Finding]:
    error = card.metrics.get("held_out_mae")
    if error is None:
        yield Finding(good=False, text="nothing was held out, so nobody knows what it learned: record a minute or more")
    else:
        text = f"its mean error on held-out frames is {error:.4f} 1/m; below {LEARNED:g} it has learned"
        yield Finding(error < LEARNED, text)


def _check_cloning(home: Home) -> Iterator[Finding]:
    rows = Recording(home.recording_folder("lesson2")).require_frames().rows
    undisturbed = all(row.disturbance == 0.0 for row in rows)
    yield Finding(
        undisturbed, "data/lesson2 is plain driving" if undisturbed else "data/lesson2 has noise: leave it out"
    )
    views = read_card(home.model_folder("lesson2")).settings.get("views")
    yield Finding(not views, "models/lesson2 learned without views" if not views else "train it with --views off")
    rate, km = _departures(home, "lesson2")
    lucky = "" if rate else ": it was lucky, or yours is better than ours; push it off on the page (alvinn classroom)"
    yield Finding(good=True, text=f"it departs {rate:.1f} times a km, in {km:.1f} km{lucky}")


def _check_views(home: Home) -> Iterator[Finding]:
    rows = Recording(home.recording_folder("lesson3")).require_frames().rows
    disturbed = any(row.disturbance != 0.0 for row in rows)
    yield Finding(disturbed, "data/lesson3 has disturbances" if disturbed else "record data/lesson3 with --noise")
    (before, _), (after, km) = _departures(home, "lesson2"), _departures(home, "lesson3")
    yield Finding(after <= before, f"departures a km: {before:.1f} in lesson 2, {after:.1f} now, in {km:.1f} km")


def _check_dagger(home: Home) -> Iterator[Finding]:
    ledger = read_ledger(home.model_folder("lesson4") / "rounds.json")
    if ledger is None or len(ledger.entries) < 2:
        yield Finding(good=False, text="models/lesson4 has no finished round yet: run alvinn correct lesson4 again")
        return
    first, last = ledger.entries[0], ledger.entries[-1]
    corrections = sum(entry.corrections for entry in ledger.entries)
    yield Finding(corrections > 0, f"{corrections} corrections in {len(ledger.entries) - 1} rounds")
    before, after = (entry.departures / entry.km if entry.km else math.inf for entry in (first, last))
    yield Finding(after <= before, f"departures a km: {before:.1f} before the first round, {after:.1f} after the last")


def _check_looking(home: Home) -> Iterator[Finding]:
    film = Path("lesson5.mp4")
    size = film.stat().st_size if film.is_file() else 0
    yield Finding(size > 10_000, f"{film} has {size / 1e6:.1f} MB" if size else f"{film} is not in this folder yet")
    yield from _check_learned(read_card(home.model_folder("lesson3")))


def _check_measuring(_: Home) -> Iterator[Finding]:
    answer, logs = Path("lesson6.json"), sorted(Path("lesson6-expert/runs").glob("*/log.csv"))
    if not answer.is_file() or not logs:
        yield Finding(good=False, text=f"{answer if logs else 'lesson6-expert/runs'} is not in this folder yet")
        return
    try:
        given = json.loads(answer.read_text(encoding="utf-8"))
        stated = {key: float(given[key]) for key in ("offset_sd_m", "offset_max_m")}
    except (ValueError, KeyError, TypeError) as error:
        yield Finding(good=False, text=f"{answer} is not as the lesson shows it: {error!r}")
        return
    texts = [log.read_text(encoding="utf-8").splitlines() for log in logs]
    offsets = [float(row["offset"]) for text in texts for row in csv.DictReader(text)]
    mean = math.fsum(offsets) / len(offsets)
    right = {
        "offset_sd_m": math.sqrt(math.fsum((offset - mean) ** 2 for offset in offsets) / len(offsets)),
        "offset_max_m": max(map(abs, offsets)),
    }
    for key, value in right.items():
        close = abs(stated[key] - value) <= TOLERANCE
        yield Finding(close, f"{key}: you say {stated[key]:.3f}" + ("" if close else f"; the log says {value:.3f}"))


def _check_refined(home: Home) -> Iterator[Finding]:
    refined = read_card(home.model_folder("lesson7")).refined
    yield Finding(refined is not None, "models/lesson7 was refined" if refined else "models/lesson7 was not refined")


def _departures(home: Home, name: str) -> tuple[float, float]:
    """(departures a km, km) on the circuits of lessons 2 and 3."""
    folder = home.model_folder(name) / "laps"
    if not (folder / "laps.json").is_file():
        raise AlvinnError(f"models/{name} was not judged yet: alvinn laps {name} --maps {','.join(sorted(JUDGED))}")
    runs = [run for run in read_laps(folder / "laps.json")["runs"] if run["map"] in JUDGED and run["distance_m"]]
    km = sum(run["distance_m"] for run in runs) / 1000.0
    if not km:
        raise AlvinnError(f"models/{name} was judged on other circuits: use --maps {','.join(sorted(JUDGED))}")
    return sum(run["departures"] or 0 for run in runs) / km, km


CHECKS: dict[int, Callable[[Home], Iterator[Finding]]] = {
    1: _check_1989,
    2: _check_cloning,
    3: _check_views,
    4: _check_dagger,
    5: _check_looking,
    6: _check_measuring,
    7: _check_refined,
}
