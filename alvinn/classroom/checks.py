"""Checks of the lessons' exercises: what is there, what is missing, and what to type next.

A check reads files and drives nothing. Each result is a sentence; an exercise is done when none of them is a fault.
Departures have chance in them, so no check asks for a number of them: only that there are fewer than before, or none.
"""

from __future__ import annotations

import csv
import json
import math
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from alvinn.classroom.check_result import CheckResult
from alvinn.classroom.lessons import find_lesson
from alvinn.dagger.ledger import read_ledger
from alvinn.errors import AlvinnError, UsageError
from alvinn.metrics.results import read_laps
from alvinn.networks.inference import Card, read_card
from alvinn.recording import Recording
from alvinn.settings import Home

TOLERANCE = 0.001  # m
JUDGED = {"random:3", "random:5"}
LEARNED = 0.045  # 1/m: always straight on has about 0.09 on country


def check_exercise(number: int, home: Home) -> list[CheckResult]:
    """Check the exercise of a lesson.

    Raises:
        AlvinnError: the lesson has none.
    """
    check = CHECKS.get(number)
    if check is None:
        raise UsageError(f"lesson {number} has no exercise to check; lessons {min(CHECKS)} to {max(CHECKS)} have one")
    if missing := list(_find_missing(number, home)):
        return missing[:1]
    try:
        return list(check(home))
    except AlvinnError as error:
        return [CheckResult(good=False, text=str(error))]


def _find_missing(number: int, home: Home) -> Iterator[CheckResult]:
    """What the lesson's commands have not made yet, each with its command."""
    for words in find_lesson(number).commands():
        product = _find_product(words, home)
        if product is not None and not product.exists():
            yield CheckResult(good=False, text=f"{product} is not there yet: {' '.join(words)}")


def _find_product(words: Sequence[str], home: Home) -> Path | None:
    """What a command leaves; None for one that only shows something."""
    job, *rest = words[1:]
    if "--out" in rest:
        out = Path(rest[rest.index("--out") + 1])
        return out / "laps.json" if job == "laps" else out
    if not rest or rest[0].startswith("--"):
        return None
    if job == "record":
        return home.recording_folder(rest[0])
    if job == "laps":
        return home.model_folder(rest[0]) / "laps" / "laps.json"
    return home.model_folder(rest[0]) if job in {"train", "correct", "refine"} else None


def _check_1989(home: Home) -> Iterator[CheckResult]:
    card = read_card(home.model_folder("lesson1"))
    yield CheckResult(
        card.network == "alvinn1991", f"models/lesson1 is the network {card.network}; alvinn1991 was asked for"
    )
    yield from _check_learned(card)


def _check_learned(card: Card) -> Iterator[CheckResult]:
    error = card.metrics.get("held_out_mae")
    if error is None:
        yield CheckResult(
            good=False, text="nothing was held out, so nobody knows what it learned: record a minute or more"
        )
    else:
        text = f"its mean error on held-out frames is {error:.4f} 1/m; below {LEARNED:g} it has learned"
        yield CheckResult(error < LEARNED, text)


def _check_cloning(home: Home) -> Iterator[CheckResult]:
    rows = Recording(home.recording_folder("lesson2")).require_frames().rows
    undisturbed = all(row.disturbance == 0.0 for row in rows)
    yield CheckResult(
        undisturbed, "data/lesson2 is plain driving" if undisturbed else "data/lesson2 has noise: leave it out"
    )
    views = read_card(home.model_folder("lesson2")).settings.get("views")
    yield CheckResult(not views, "models/lesson2 learned without views" if not views else "train it with --views off")
    rate, km = _count_departures(home.model_folder("lesson2"))
    lucky = "" if rate else ": it was lucky, or yours is better than ours; push it off on the page (alvinn classroom)"
    yield CheckResult(good=True, text=f"it departs {rate:.1f} times a km, in {km:.1f} km{lucky}")


def _check_views(home: Home) -> Iterator[CheckResult]:
    rows = Recording(home.recording_folder("lesson3")).require_frames().rows
    disturbed = any(row.disturbance != 0.0 for row in rows)
    yield CheckResult(disturbed, "data/lesson3 has disturbances" if disturbed else "record data/lesson3 with --noise")
    yield _compare(home.model_folder("lesson2"), home.model_folder("lesson3"))


def _check_dagger(home: Home) -> Iterator[CheckResult]:
    ledger = read_ledger(home.model_folder("lesson4") / "rounds.json")
    if ledger is None or not ledger.ended:
        yield CheckResult(good=False, text="models/lesson4 has rounds to come: type the same command again, it resumes")
        return
    corrections = sum(entry.corrections for entry in ledger.entries)
    yield CheckResult(corrections > 0, f"{corrections} corrections in {len(ledger.entries) - 1} rounds")
    yield _compare(home.model_folder("lesson2"), home.model_folder("lesson4") / f"round-{ledger.entries[-1].round:03d}")


def _compare(clone: Path, better: Path) -> CheckResult:
    """Whether departures became fewer; where there are none there is nothing to gain."""
    (before, _), (after, km) = _count_departures(clone), _count_departures(better)
    text = f"departures a km: {before:.1f} in lesson 2, {after:.1f} now, in {km:.1f} km"
    good = after < before or after == 0.0
    return CheckResult(
        good, text if good else f"{text}: they should have become fewer; compare your commands with ours"
    )


def _check_looking(home: Home) -> Iterator[CheckResult]:
    film = Path("lesson5.mp4")
    size = film.stat().st_size
    yield CheckResult(size > 10_000, f"{film} has {size / 1e6:.1f} MB")
    yield from _check_learned(read_card(home.model_folder("lesson3")))


def _check_measuring(_: Home) -> Iterator[CheckResult]:
    answer, logs = Path("lesson6.json"), sorted(Path("lesson6-expert/runs").glob("*/log.csv"))
    if not answer.is_file():
        yield CheckResult(good=False, text=f"{answer} is not in this folder yet: write it as the lesson shows")
        return
    try:
        given = json.loads(answer.read_text(encoding="utf-8"))
        stated = {key: float(given[key]) for key in ("offset_sd_m", "offset_max_m")}
    except (ValueError, KeyError, TypeError) as error:
        yield CheckResult(good=False, text=f"{answer} is not as the lesson shows it: {error!r}")
        return
    texts = [log.read_text(encoding="utf-8").splitlines() for log in logs]
    offsets = [float(row["offset"]) for text in texts for row in csv.DictReader(text)]
    if not offsets:
        raise AlvinnError("lesson6-expert has no finished run: drive the expert's lap again, with --overwrite")
    mean = math.fsum(offsets) / len(offsets)
    right = {
        "offset_sd_m": math.sqrt(math.fsum((offset - mean) ** 2 for offset in offsets) / len(offsets)),
        "offset_max_m": max(map(abs, offsets)),
    }
    for key, value in right.items():
        close = abs(stated[key] - value) <= TOLERANCE
        yield CheckResult(close, f"{key}: you say {stated[key]:.3f}" + ("" if close else f"; the log says {value:.3f}"))


def _check_refined(home: Home) -> Iterator[CheckResult]:
    refined = read_card(home.model_folder("lesson7")).refined
    yield CheckResult(
        refined is not None, "models/lesson7 was refined" if refined else "models/lesson7 was not refined"
    )


def _count_departures(model: Path) -> tuple[float, float]:
    """(departures a km, km) of a model's folder, on the circuits of lessons 2 to 4."""
    file = model / "laps" / "laps.json"
    runs = read_laps(file)["runs"] if file.is_file() else []
    judged = [run for run in runs if run["map"] in JUDGED and run["distance_m"]]
    if {run["map"] for run in judged} != JUDGED:
        circuits = ",".join(sorted(JUDGED))
        raise AlvinnError(f"{model} was not judged on both circuits: alvinn laps {model} --maps {circuits}")
    km = sum(run["distance_m"] for run in judged) / 1000.0
    return sum(run["departures"] or 0 for run in judged) / km, km


CHECKS: dict[int, Callable[[Home], Iterator[CheckResult]]] = {
    1: _check_1989,
    2: _check_cloning,
    3: _check_views,
    4: _check_dagger,
    5: _check_looking,
    6: _check_measuring,
    7: _check_refined,
}
