"""Bookkeeping of the DAgger rounds: what each round drives and what it produced.

data/NAME/round-NNN/      the round's corrections as a recording, with `round.json`: rollouts, gate and
                          take-overs
models/NAME/round-NNN/    the network trained on all data so far; round-000 is the clone
models/NAME/rounds.json   all rounds side by side

Nothing here drives or trains.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from alvinn.dagger.corrections import TakeOver
from alvinn.driving.types import Direction
from alvinn.errors import ResultsError
from alvinn.util.files import write_json
from alvinn.util.json_file import read_json

SCHEMA = 1
MEND = "restore it from a copy, or begin anew with correct --overwrite"
SUMMED = ("seconds", "helped_seconds", "corrections", "discarded", "frames", "switches", "departures", "take_overs")
"""Fields of a round that are summed over its rollouts."""
SHORTEST_ROLLOUT = 5.0  # s: long enough to drive through a bend
KEYS = {"legs": "rollouts"}
"""Key in `round.json` -> field of a round, where they differ."""
WAYS: tuple[Direction, Direction] = ("forward", "reverse")


@dataclass(frozen=True, slots=True)
class Rollout:
    """A stretch driven without interruption."""

    map: str
    direction: Direction
    place: float
    """where it begins, as a share of the lane's squared curvature: see `rollouts.choose_start`"""
    seconds: float
    """simulated duration"""
    aside: float = 0.0
    """initial offset to the right, in [-1, 1] of the threshold of the gate `drift`"""
    start: int = 0
    """index of the map's starting point, through which the lane goes"""


def plan_rollouts(
    maps: Sequence[str], number: int, seconds: float, seed: int, starts: Sequence[int] = (0,)
) -> list[Rollout]:
    """The rollouts of round `number`, counted from 1, continuing with the lane where the round before stopped.

    Rollouts are as short as is useful; with few lanes or much time there is one in each direction on every lane. Where
    they begin depends on seed and round only.

    Args:
        maps: names of the maps.
        number: of the round.
        seconds: simulated duration of the round.
        seed: of the places.
        starts: indices of each map's starting points; a lane goes through each.
    """
    rng = np.random.default_rng((seed, number))
    lanes = [(name, way, start) for name in maps for start in starts for way in WAYS]
    count = max(len(WAYS), min(len(lanes), round(seconds / SHORTEST_ROLLOUT)))
    taken = [lanes[i % len(lanes)] for i in range((number - 1) * count, number * count)]
    return [
        Rollout(
            map=name,
            direction=way,
            place=round(float(rng.random()), 4),
            seconds=seconds / count,
            aside=round(float(rng.uniform(-1.0, 1.0)), 4),
            start=start,
        )
        for name, way, start in taken
    ]


@dataclass(frozen=True)
class RoundRecord:
    """`round.json`: a round as driven so far."""

    number: int
    gate: str
    teacher: str
    rollouts: tuple[Rollout, ...] = ()
    """driven so far; its key on disk is in `KEYS`"""
    seconds: float = 0.0
    """simulated"""
    helped_seconds: float = 0.0
    """of these, with the teacher driving"""
    corrections: int = 0
    """corrections begun; the next one gets the next number"""
    discarded: int = 0
    """of these, discarded by the person who drove them, or without a single frame"""
    frames: int = 0
    """frames in the kept corrections"""
    switches: int = 0
    """how often control switched between network and teacher"""
    departures: int = 0
    take_overs: tuple[TakeOver, ...] = ()
    setting: float | None = None
    """beta of `always`, threshold of `doubt`"""
    setting_from: str = ""
    """what that was taken from"""
    rows: int | None = None
    """of its recording, with all rollouts so far; files of earlier versions do not say"""

    def add_rollout(self, rollout: Rollout, more: RoundRecord) -> RoundRecord:
        """This round with one more rollout added."""
        added = {name: getattr(self, name) + getattr(more, name) for name in SUMMED}
        return replace(self, rollouts=(*self.rollouts, rollout), **added)


def write_round(folder: Path, driven: RoundRecord) -> None:
    """Write `round.json` into the folder of a round's recording."""
    keys = {name: key for key, name in KEYS.items()}
    values = {keys.get(name, name): value for name, value in asdict(driven).items()}
    write_json(folder / "round.json", {"schema": SCHEMA, **values})


def read_round(folder: Path) -> RoundRecord | None:
    """Read `round.json`; None if the round has not begun.

    Raises:
        ResultsError: the file is damaged.
    """
    path = folder / "round.json"
    return read_json(path, RoundRecord, SCHEMA, ResultsError, MEND, KEYS) if path.is_file() else None


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
    """evaluation laps after the round, on circuits without any corrections"""
    faultless: int
    departures: int
    km: float
    tests: int
    """take-overs so far, each driven again by this round's network"""
    still_needs_help: int
    """tests that this round's network failed"""
    setting_from: str = ""
    """what the gate's setting was taken from"""


@dataclass(frozen=True)
class Ledger:
    """`rounds.json`."""

    settings: Mapping[str, Any]
    """a run resumes only with the same settings"""
    entries: tuple[Entry, ...] = ()
    ended: str = ""
    """why the run ended"""


def write_ledger(path: Path, ledger: Ledger) -> None:
    """Write `rounds.json`."""
    path.parent.mkdir(parents=True, exist_ok=True)
    rounds = [asdict(entry) for entry in ledger.entries]
    write_json(path, {"schema": SCHEMA, "settings": ledger.settings, "rounds": rounds, "ended": ledger.ended})


def read_ledger(path: Path) -> Ledger | None:
    """Read `rounds.json`; None if it does not exist.

    Raises:
        ResultsError: the file is damaged.
    """
    if not path.is_file():
        return None
    file = read_json(path, _LedgerFile, SCHEMA, ResultsError, MEND)
    return Ledger(file.settings, file.rounds, file.ended)


@dataclass(frozen=True)
class _LedgerFile:
    settings: dict[str, Any]
    rounds: tuple[Entry, ...]
    ended: str
