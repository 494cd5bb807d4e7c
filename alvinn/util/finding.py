"""What a check found, and what to do about it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Finding:
    """Result of a check."""

    what: str
    found: str
    remedy: str = ""
    """what to do about it; empty if nothing is wrong"""
