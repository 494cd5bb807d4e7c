"""Checks of flags, before any work begins: a ValueError is shown as wrong usage."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable
from dataclasses import fields
from typing import Any

from alvinn.help import find_default
from alvinn.settings.home import Home
from alvinn.settings.names import split_names

SEEDS = 2**32


def require_above_zero(flag: str, number: float | None) -> None:
    """Check the value of a numeric flag, if it was given.

    Raises:
        ValueError: it is not a number above 0; the command line reports that as wrong usage.
    """
    if number is not None and not 0 < number < math.inf:
        raise ValueError(f"{flag} must be a number above 0, not {number}")


def require_start(start: int) -> None:
    """Check --start, which counts the starting points of a map.

    Raises:
        ValueError: it is below 0; the command line reports that as wrong usage.
    """
    if start < 0:
        raise ValueError(f"--start must be 0 or more, not {start}")


def is_address(text: str) -> bool:
    """Whether a text is HOST:PORT."""
    host, _, port = text.rpartition(":")
    return bool(host) and port.isdecimal() and 0 < int(port) < 65536


def require_address(carla: str | None) -> None:
    """Check the form of --carla, if it was given.

    Raises:
        ValueError: it is not HOST:PORT; the command line reports that as wrong usage.
    """
    if carla is not None and not is_address(carla):
        raise ValueError(f"--carla must be HOST:PORT such as 127.0.0.1:2000, not {carla!r}")


def require_seed(seed: int) -> None:
    """Check --seed, which NumPy, TensorFlow and the server all take.

    Raises:
        ValueError: it is out of range; the command line reports that as wrong usage.
    """
    if not 0 <= seed < SEEDS:
        raise ValueError(f"--seed must be from 0 to {SEEDS - 1}, not {seed}")


def require_distinct(flag: str, names: Iterable[str]) -> None:
    """Check a flag that takes a list of names.

    Raises:
        ValueError: a name is given twice; the command line reports that as wrong usage.
    """
    twice = [name for name, times in Counter(names).items() if times > 1]
    if twice:
        raise ValueError(f"{flag} names {', '.join(twice)} twice: name it once")


def require_names(flag: str, names: str) -> None:
    """Check a flag that takes a list of names, such as `a,b`, and has none to take in its place.

    Raises:
        ValueError: it has no name, or one twice; the command line reports that as wrong usage.
    """
    found = split_names(names, "")
    if not any(found):
        raise ValueError(f"{flag} names nothing: name at least one, or leave it out")
    require_distinct(flag, found)


def list_given(settings: Any, names: Iterable[str]) -> list[str]:
    """Those of a job's flags that were given another value than their default, as one types them."""
    usual = {one.name: find_default(one) for one in fields(settings)}
    return [f"--{name.replace('_', '-')}" for name in names if getattr(settings, name) != usual[name]]


def refuse_idle(settings: Any, names: Iterable[str], why: str) -> None:
    """See that none of a job's flags is given that has nothing to do; `why` it has not ends the sentence.

    Raises:
        ValueError: one is; the command line reports that as wrong usage.
    """
    if given := list_given(settings, names):
        raise ValueError(f"{' and '.join(given)} would do nothing {why}")


def is_unchanged(settings: Home, usual: Home) -> bool:
    """Whether a job's flags, but --home and --carla, are those of another one.

    They are compared one by one: a copy without --carla would look the names of a full server's maps up here.
    """
    names = [one.name for one in fields(settings) if one.name not in {"home", "carla"}]
    return all(getattr(settings, name) == getattr(usual, name) for name in names)
