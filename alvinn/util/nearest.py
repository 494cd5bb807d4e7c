"""The nearest of the names that exist, for one that was mistyped."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

LISTED = 8  # names that a message lists at most


def find_name(name: str, known: Iterable[str]) -> str | None:
    """The known name that is the same but for capitals; None if there is none."""
    return next((one for one in known if one.lower() == name.lower()), None)


def find_nearest(name: str, known: Iterable[str]) -> str | None:
    """The known name that was probably meant; None if none is near."""
    names = {one.lower(): one for one in known}
    near = get_close_matches(name.lower(), names, n=1)
    return names[near[0]] if near else None


def suggest(name: str, known: Iterable[str]) -> str:
    """The end of a message on an unknown name: the nearest one, or what there is; empty if there is nothing."""
    listed = list(dict.fromkeys(known))
    if near := find_nearest(name, listed):
        return f"did you mean {near}?"
    if not listed:
        return ""
    more = ", ..." if len(listed) > LISTED else ""
    return f"there {'is' if len(listed) == 1 else 'are'} {', '.join(listed[:LISTED])}{more}"
