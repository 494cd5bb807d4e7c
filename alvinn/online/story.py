"""`learn.json`: how a network learned on the fly."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal

from alvinn.util.files import write_json

SCHEMA = 1
FILE = "learn.json"

Outcome = Literal["drove a lap", "ended by the driver", "did not converge", "failed"]


@dataclass
class Attempt:
    """A hand-over to the network, and how far it came."""

    watched_s: float
    """of watching before it"""
    error: float | None
    """the network's error then [1/m]"""
    driven_s: float = 0.0
    driven_m: float = 0.0
    departures: int = 0
    completed: bool = False
    """a lap, from where it began back to there, without a departure"""


@dataclass
class Story:
    """What happened while a network learned."""

    network: str
    driver: str
    """who was watched"""
    map: str
    direction: str
    weather: str
    seed: int
    watched_s: float = 0.0
    passes: int = 0
    skipped: int = 0
    """turns that the learner was too late for"""
    late: int = 0
    """ticks that came late, of a drive in real time"""
    error_by_second: list[float | None] = field(default_factory=list)
    """mean difference between the network's curvature and the driver's [1/m], before it learned from the frames"""
    attempts: list[Attempt] = field(default_factory=list)
    first_unaided_lap_after_s: float | None = None
    """of watching"""
    fallback: str | None = None
    """the prepared model that drove in its place"""
    outcome: Outcome = "ended by the driver"
    failure: str = ""

    @property
    def passes_per_second(self) -> float | None:
        """Passes over the buffer in a second of watching."""
        return self.passes / self.watched_s if self.watched_s else None

    def as_json(self) -> dict[str, Any]:
        """The content of `learn.json`."""
        departures = sum(attempt.departures for attempt in self.attempts)
        return (
            {"schema": SCHEMA} | asdict(self) | {"passes_per_second": self.passes_per_second, "departures": departures}
        )

    def write(self, folder: Path) -> None:
        """Write it beside the network."""
        write_json(folder / FILE, self.as_json())
