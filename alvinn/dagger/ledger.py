"""The rounds of DAgger on paper: what each drives, what it left, and when it is enough.

data/NAME/round-NNN/      a recording of the round's corrections, with `round.json`: what was driven, how, and where
                          help was needed
models/NAME/round-NNN/    the network that learned from everything up to then; round-000 is the clone
models/NAME/rounds.json   all rounds side by side

Pure bookkeeping: nothing here drives or learns.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from alvinn.dagger.corrections import TakeOver
from alvinn.driving.types import Direction
from alvinn.errors import ResultsError
from alvinn.util.files import write_json

SCHEMA = 1
SUMMED = ("seconds", "helped_seconds", "corrections", "discarded", "frames", "switches", "departures", "take_overs")
"""What of a round adds up over its legs."""
SHORTEST_LEG = 5.0  # s: time to come through a bend
WAYS: tuple[Direction, Direction] = ("forward", "reverse")


@dataclass(frozen=True, slots=True)
class Leg:
    """A stretch that is driven in one go."""

    map: str
    direction: Direction
    place: float
    """where it begins, as a share of the lane's bends: see `jobs.legs.beginning`"""
    seconds: float
    """to drive, simulated"""
    aside: float = 0.0
    """how far right of the lane's middle it begins, in [-1, 1] of what the gate `drift` lets pass"""


def legs_of(maps: Sequence[str], number: int, seconds: float, seed: int) -> list[Leg]:
    """What round `number`, counted from 1, drives: legs as short as is useful, going on where the round before stopped.

    With few maps, or much time, that is a leg each way on every map. Where they begin is drawn from seed and round
    alone.
    """
    rng = np.random.default_rng((seed, number))
    lanes = [(name, way) for name in maps for way in WAYS]
    count = max(len(WAYS), min(len(lanes), round(seconds / SHORTEST_LEG)))
    taken = [lanes[i % len(lanes)] for i in range((number - 1) * count, number * count)]
    return [
        Leg(name, way, round(float(rng.random()), 4), seconds / count, round(float(rng.uniform(-1.0, 1.0)), 4))
        for name, way in taken
    ]


@dataclass(frozen=True)
class Driven:
    """`round.json`: what a round has driven so far."""

    number: int
    gate: str
    teacher: str
    legs: tuple[Leg, ...] = ()
    seconds: float = 0.0
    """simulated"""
    helped_seconds: float = 0.0
    """of them with the teacher at the wheel"""
    corrections: int = 0
    """begun; the next one has the number after this"""
    discarded: int = 0
    """of them by the person who drove them, or too short to hold a frame"""
    frames: int = 0
    """that the others have together"""
    switches: int = 0
    """how often the wheel changed hands"""
    departures: int = 0
    take_overs: tuple[TakeOver, ...] = ()
    setting: float | None = None
    """beta of `always`, threshold of `doubt`"""

    def with_leg(self, leg: Leg, more: Driven) -> Driven:
        """This round with one more leg."""
        added = {name: getattr(self, name) + getattr(more, name) for name in SUMMED}
        return replace(self, legs=(*self.legs, leg), **added)


def write_driven(folder: Path, driven: Driven) -> None:
    """Write `round.json` in a round's recording."""
    write_json(folder / "round.json", {"schema": SCHEMA, **asdict(driven)})


def read_driven(folder: Path) -> Driven | None:
    """What `round.json` says; None where the round has not begun.

    Raises:
        ResultsError: it is damaged.
    """
    content = _read(folder / "round.json")
    if content is None:
        return None
    try:
        legs = tuple(Leg(**leg) for leg in content.pop("legs"))
        take_overs = tuple(TakeOver(**one) for one in content.pop("take_overs"))
        return Driven(legs=legs, take_overs=take_overs, **content)
    except (TypeError, KeyError, ValueError) as error:
        raise ResultsError(f"{folder / 'round.json'} is damaged: {error!r}") from error


@dataclass(frozen=True)
class Entry:
    """A round in `rounds.json`."""

    round: int
    seconds: float
    """simulated driving in this round"""
    corrections: int
    frames: int
    switches: int
    setting: float | None
    laps: int
    """judged after it, on circuits that no correction was ever made on"""
    faultless: int
    departures: int
    km: float
    tests: int
    """take-overs so far, each driven again by the network of this round"""
    still_needs_help: int
    """in so many of them"""


@dataclass(frozen=True)
class Ledger:
    """`rounds.json`."""

    settings: Mapping[str, Any]
    """a run is only gone on with if they are the same"""
    entries: tuple[Entry, ...] = ()
    ended: str = ""
    """why no more rounds were driven"""

    def with_entry(self, entry: Entry) -> Ledger:
        """This ledger with one more round."""
        return replace(self, entries=(*self.entries, entry))


def write_ledger(path: Path, ledger: Ledger) -> None:
    """Write `rounds.json`."""
    path.parent.mkdir(parents=True, exist_ok=True)
    rounds = [asdict(entry) for entry in ledger.entries]
    write_json(path, {"schema": SCHEMA, "settings": ledger.settings, "rounds": rounds, "ended": ledger.ended})


def read_ledger(path: Path) -> Ledger | None:
    """What `rounds.json` says; None where there is none.

    Raises:
        ResultsError: it is damaged.
    """
    content = _read(path)
    if content is None:
        return None
    try:
        return Ledger(content["settings"], tuple(Entry(**entry) for entry in content["rounds"]), content["ended"])
    except (TypeError, KeyError) as error:
        raise ResultsError(f"{path} is damaged: {error!r}") from error


def _read(path: Path) -> dict[str, Any] | None:
    if not path.is_file():
        return None
    try:
        content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        schema = content.pop("schema")
    except (ValueError, KeyError) as error:
        raise ResultsError(f"{path} is damaged: {error!r}") from error
    if schema != SCHEMA:
        raise ResultsError(f"{path} has schema {schema}, this program reads {SCHEMA}")
    return content
