"""`learn.json`: how a network learned on the fly."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal

from alvinn.training.held_out import Errors
from alvinn.training.history import EpochResult
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
    """mean difference between the network's curvature and the driver's [1/m], before it learned from the frames; None
    without weights, and while another model answers in its place"""
    loss_by_second: list[float | None] = field(default_factory=list)
    """of the latest pass; None before the first"""
    speeds: tuple[float, float] | None = None
    """lowest and highest speed [m/s] while it watched"""
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

    def as_history(self) -> list[EpochResult]:
        """Each second from the first pass on, for `history.csv`; errors are on frames that were new to the network."""
        seconds = zip(self.loss_by_second, self.error_by_second, strict=True)
        return [
            EpochResult(second, loss, Errors(mae=error, plain=error))
            for second, (loss, error) in enumerate(seconds, start=1)
            if loss is not None
        ]

    def as_json(self) -> dict[str, Any]:
        """The content of `learn.json`."""
        departures = sum(attempt.departures for attempt in self.attempts)
        return (
            {"schema": SCHEMA} | asdict(self) | {"passes_per_second": self.passes_per_second, "departures": departures}
        )

    def write(self, folder: Path) -> None:
        """Write it beside the network."""
        write_json(folder / FILE, self.as_json())
