"""The referee: laps, departures, offset. It knows the map and judges any driver by the same rule.

A departure: a side of the car crosses the lane's edge, abs(offset) > (lane width - car width) / 2, but not below 0.3 m.
It counts once, and the car is put back on the lane: one intervention, as is a car that stands still.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from alvinn.driving import Direction, Step
from alvinn.lane import Lane
from alvinn.roles import Verdict

INTERVENTION_SECONDS = 6.0  # what one costs in autonomy: M. Bojarski et al., arXiv:1604.07316, section 5
LEAST_MARGIN = 0.3  # m
NVIDIA_MARGIN = 1.0  # m: the same paper's rule, given beside ours
STUCK_SPEED, STUCK_SECONDS = 0.3, 5.0  # m/s, s
PATIENCE = 3.0  # a run is given up after this many times the time it should take ...
PATIENCE_SECONDS = 30.0  # ... and this much more
RESAMPLES, CONFIDENCE = 1000, 0.95  # of the bootstrap over runs

Status = Literal["done", "failed", "interrupted"]


def margin(lane_width: float, car_width: float) -> float:
    """How far [m] the car's middle may be from the lane's before that is a departure."""
    return max((lane_width - car_width) / 2.0, LEAST_MARGIN)


@dataclass
class Trace:
    """What happened tick by tick; every list has one entry a tick."""

    time: list[float] = field(default_factory=list)
    progress: list[float] = field(default_factory=list)
    """m along the lane since the start"""
    offset: list[float] = field(default_factory=list)
    limit: list[float] = field(default_factory=list)
    """how large the offset may be there [m]"""
    heading: list[float] = field(default_factory=list)
    steer: list[float] = field(default_factory=list)
    speed: list[float] = field(default_factory=list)
    departures: list[int] = field(default_factory=list)
    """the ticks at which the car left its lane"""


class Referee:
    """Judges one run and stops it when its laps are done.

    Args:
        lane: the lane that must be kept.
        car_width: m.
        laps: how many times around a closed lane; an open one is driven once, to its end.
        cruise: the speed that is meant [m/s]; a run far slower than that is given up.
        start: where along the lane the run begins [m].
    """

    def __init__(self, lane: Lane, car_width: float, laps: int, cruise: float, start: float = 0.0) -> None:
        self.trace = Trace()
        self.interventions = 0
        self.wide = 0
        self._lane = lane
        self._car_width = car_width
        self.goal = lane.length * laps if lane.closed else lane.length - start - 2.0 * cruise
        self._patience = PATIENCE * self.goal / cruise + PATIENCE_SECONDS
        self._last_s = start
        self.progress = 0.0
        self._out = False
        self._moving_at: float | None = None

    @property
    def completed(self) -> bool:
        """Whether the laps were driven to the end, with or without help."""
        return self.progress >= self.goal

    def see(self, step: Step) -> Verdict:
        """Note a tick; ask for the car to be put back when it left its lane or stands still."""
        truth, time = step.truth, step.observation.time
        self.progress += self._lane.between(self._last_s, truth.lane_s)
        self._last_s = truth.lane_s
        self._note(step)
        if self.completed or time - self.trace.time[0] > self._patience:
            return Verdict.STOP
        if self._departed(truth.offset) or self._stuck(time, step.observation.speed):
            self.interventions += 1
            return Verdict.RECOVER
        return Verdict.GO_ON

    def recovered(self) -> None:
        """The car is back on its lane."""
        self._out = False
        self._moving_at = None

    def _note(self, step: Step) -> None:
        trace = self.trace
        trace.time.append(step.observation.time)
        trace.progress.append(self.progress)
        trace.offset.append(step.truth.offset)
        trace.limit.append(margin(step.truth.lane_width, self._car_width))
        trace.heading.append(step.truth.heading_error)
        trace.steer.append(step.control.steer)
        trace.speed.append(step.observation.speed)

    def _departed(self, offset: float) -> bool:
        out = abs(offset) > self.trace.limit[-1]
        new = out and not self._out
        self._out = out
        if new:
            self.trace.departures.append(len(self.trace.time) - 1)
            self.wide += abs(offset) > NVIDIA_MARGIN
        return new

    def _stuck(self, time: float, speed: float) -> bool:
        if self._moving_at is None or speed > STUCK_SPEED:
            self._moving_at = time
        return time - self._moving_at > STUCK_SECONDS


@dataclass(frozen=True, slots=True)
class Run:
    """What one run is: enough to repeat it alone."""

    map: str
    direction: Direction
    weather: str
    seed: int
    start: int


@dataclass(frozen=True)
class Result:
    """A judged run: an entry of `laps.json`."""

    run: Run
    status: Status
    completed: bool
    completion_pct: float
    interventions: int
    wide: int
    trace: Trace
    latencies: tuple[float, ...] = ()
    wall_seconds: float = 0.0

    @property
    def faultless(self) -> bool:
        """Whether it was driven to the end with nobody's help."""
        return self.status == "done" and self.completed and not self.interventions

    def as_json(self) -> dict[str, Any]:
        """The entry, with the keys that `laps.json` promises."""
        return asdict(self.run) | {
            "status": self.status,
            "completed": self.completed,
            "completion_pct": self.completion_pct,
            **measures([self]),
        }


def unfinished(run: Run, status: Status) -> Result:
    """The entry of a run that was asked for and not driven to a verdict."""
    return Result(run, status, completed=False, completion_pct=0.0, interventions=0, wide=0, trace=Trace())


def judge(referee: Referee, run: Run, latencies: list[float], wall_seconds: float) -> Result:
    """The result of a run that has ended."""
    share = min(1.0, max(0.0, referee.progress / referee.goal))
    return Result(
        run=run,
        status="done",
        completed=referee.completed,
        completion_pct=100.0 * share,
        interventions=referee.interventions,
        wide=referee.wide,
        trace=referee.trace,
        latencies=tuple(latencies),
        wall_seconds=wall_seconds,
    )


def measures(results: list[Result]) -> dict[str, Any]:
    """The figures of `laps.json` over all ticks of some runs, pooled; None where nothing was measured."""
    pooled = {
        key: np.concatenate([np.asarray(getattr(r.trace, key), dtype=np.float64) for r in results])
        for key in ("offset", "heading", "speed")
    }
    latency = np.concatenate([np.asarray(r.latencies, dtype=np.float64) for r in results]) * 1000.0
    offset = pooled["offset"]
    seconds, metres, wall = (
        sum(map(_seconds, results)),
        sum(map(_metres, results)),
        sum(r.wall_seconds for r in results),
    )
    turned = sum(float(np.abs(np.diff(r.trace.steer)).sum()) for r in results)
    interventions = sum(r.interventions for r in results)
    return {
        "distance_m": metres,
        "duration_s": seconds,
        "departures": sum(len(r.trace.departures) for r in results),
        "interventions": interventions,
        "collisions": None,
        "lane_invasions": None,
        "autonomy_pct": _autonomy(interventions, seconds),
        "autonomy_1m_pct": _autonomy(sum(r.wide for r in results), seconds),
        "offset_mean_m": _of(np.mean, offset),
        "offset_sd_m": _of(np.std, offset),
        "offset_p95_m": _of(lambda values: np.percentile(np.abs(values), 95), offset),
        "offset_max_m": _of(lambda values: np.abs(values).max(), offset),
        "heading_sd_rad": _of(np.std, pooled["heading"]),
        "steer_suddenness_per_km": turned / metres * 1000.0 if metres > 0 else None,
        "speed_mean_mps": _of(np.mean, pooled["speed"]),
        "realtime_factor": seconds / wall if wall > 0 else None,
        "latency_ms_p50": _of(lambda values: np.percentile(values, 50), latency),
        "latency_ms_p99": _of(lambda values: np.percentile(values, 99), latency),
    }


def summary(results: list[Result], rng: np.random.Generator) -> dict[str, Any]:
    """The summary of `laps.json`: the measures pooled, rates per km, and confidence intervals over the runs."""
    pooled = measures(results)
    km = pooled["distance_m"] / 1000.0
    departures = pooled["departures"]
    return pooled | {
        "km": km,
        "completed_pct": 100.0 * float(np.mean([r.completed for r in results])),
        "departures_per_km": departures / km if km > 0 else None,
        "km_per_departure": km / departures if departures else None,
        "ci": _intervals(results, rng),
    }


def _intervals(results: list[Result], rng: np.random.Generator) -> dict[str, tuple[float, float]]:
    """Bootstrap over whole runs (B. Efron, 1979): ticks of one run are no independent samples."""
    driven = [r for r in results if r.trace.time]
    if len(driven) < 2:
        return {}
    drawn = rng.integers(len(driven), size=(RESAMPLES, len(driven)))
    n = np.array([len(r.trace.offset) for r in driven], dtype=np.float64)[drawn].sum(axis=1)
    total = np.array([np.sum(r.trace.offset) for r in driven])[drawn].sum(axis=1)
    squares = np.array([np.sum(np.square(r.trace.offset)) for r in driven])[drawn].sum(axis=1)
    km = np.array([_metres(r) for r in driven])[drawn].sum(axis=1) / 1000.0
    departures = np.array([len(r.trace.departures) for r in driven])[drawn].sum(axis=1)
    samples = {
        "offset_mean_m": total / n,
        "offset_sd_m": np.sqrt(np.maximum(0.0, squares / n - (total / n) ** 2)),
        "departures_per_km": departures / np.maximum(km, 1e-9),
    }
    tail = 50.0 * (1.0 - CONFIDENCE)
    return {key: (float(np.percentile(v, tail)), float(np.percentile(v, 100.0 - tail))) for key, v in samples.items()}


def _seconds(result: Result) -> float:
    return result.trace.time[-1] - result.trace.time[0] if result.trace.time else 0.0


def _metres(result: Result) -> float:
    return result.trace.progress[-1] if result.trace.progress else 0.0


def _autonomy(interventions: int, seconds: float) -> float | None:
    return max(0.0, 1.0 - INTERVENTION_SECONDS * interventions / seconds) * 100.0 if seconds > 0 else None


def _of(measure: Any, values: npt.NDArray[np.float64]) -> float | None:
    return float(measure(values)) if values.size else None
