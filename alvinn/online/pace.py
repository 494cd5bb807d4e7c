"""How fast each network learns on the fly."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

LearnedOnline = Literal["conv", "alvinn1991"]


@dataclass(frozen=True, slots=True)
class Pace:
    """How a network learns on the fly."""

    passes: float
    """over the buffer in a second of driving"""
    batch: int
    """patterns in a step"""
    learning_rate: float
    newest: float
    """share of the latest pass in the averaged weights"""
    low: float
    """mean error [1/m] under which the network may try to drive"""


PACES: dict[LearnedOnline, Pace] = {
    "conv": Pace(passes=5.0, batch=25, learning_rate=1e-3, newest=0.08, low=0.008),
    "alvinn1991": Pace(passes=0.5, batch=1, learning_rate=1e-3, newest=0.3, low=0.012),
}
"""`alvinn1991` at the published pace, one pass in two seconds, pattern by pattern; `conv` as fast as one core goes."""
