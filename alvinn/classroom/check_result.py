"""What a check of the classroom says: of an exercise, or of the machine that a lecture is held with."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class CheckResult:
    """One sentence of a check."""

    good: bool
    text: str
