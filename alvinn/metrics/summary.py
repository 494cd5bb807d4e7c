"""The figures of `laps.json`: counts and measurements over the pooled ticks of runs."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

INTERVENTION_SECONDS = 6.0  # what one costs in autonomy: M. Bojarski et al., arXiv:1604.07316, section 5
RESAMPLES, CONFIDENCE = 1000, 0.95  # of the bootstrap over circuits

Floats = npt.NDArray[np.float64]


@dataclass
class Trace:
    """A run tick by tick; every list but the last two has one entry per tick."""

    time: list[float] = field(default_factory=list)
    """s since the start of the run"""
    x: list[float] = field(default_factory=list)
    y: list[float] = field(default_factory=list)
    progress: list[float] = field(default_factory=list)
    """m along the lane since the start"""
    offset: list[float] = field(default_factory=list)
    limit: list[float] = field(default_factory=list)
    """offset at which the car departs [m]"""
    heading: list[float] = field(default_factory=list)
    steer: list[float] = field(default_factory=list)
    speed: list[float] = field(default_factory=list)
    departures: list[int] = field(default_factory=list)
    """ticks at which the car left its lane"""
    breaks: list[int] = field(default_factory=list)
    """ticks that do not continue the one before: a recording's segments, and where the referee put the car back"""

    def add_tick(
        self,
        *,
        time: float,
        x: float,
        y: float,
        progress: float,
        offset: float,
        limit: float,
        heading: float,
        steer: float,
        speed: float,
    ) -> None:
        """Append a tick to every list that has one entry per tick."""
        self.time.append(round(time, 6))
        self.x.append(x)
        self.y.append(y)
        self.progress.append(progress)
        self.offset.append(offset)
        self.limit.append(limit)
        self.heading.append(heading)
        self.steer.append(steer)
        self.speed.append(speed)


class DrivenRun(Protocol):
    """A run, driven or not, as the figures need it."""

    @property
    def circuit(self) -> str:
        """Where it was driven: runs of one circuit are no independent samples."""

    @property
    def trace(self) -> Trace:
        """Tick by tick; empty if nothing was driven."""

    @property
    def completed(self) -> bool:
        """Whether it was completed."""

    @property
    def interventions(self) -> int:
        """How often the car was put back."""

    @property
    def wide(self) -> int:
        """Interventions by NVIDIA's rule; see `alvinn.metrics.referee`."""

    @property
    def collisions(self) -> int | None:
        """Counted by CARLA's sensor; None without one."""

    @property
    def lane_invasions(self) -> int | None:
        """Counted by CARLA's sensor; None without one."""

    @property
    def latencies(self) -> tuple[float, ...]:
        """Decision times of the driver [s]."""

    @property
    def wall_seconds(self) -> float:
        """How long the run took."""


def pool_metrics(runs: Sequence[DrivenRun]) -> dict[str, Any]:
    """Pool the figures of `laps.json` over all ticks of runs; None where nothing was measured."""
    offset, heading, speed = (
        _concatenate(vars(run.trace)[key] for run in runs) for key in ("offset", "heading", "speed")
    )
    latency = _concatenate(run.latencies for run in runs) * 1000.0
    seconds, metres = sum(map(_duration_of, runs)), sum(map(measure_distance, runs))
    wall = sum(run.wall_seconds for run in runs)
    turned = sum(map(_steer_changes, runs))
    interventions = sum(run.interventions for run in runs)
    return {
        "distance_m": metres,
        "duration_s": seconds,
        "departures": sum(len(run.trace.departures) for run in runs),
        "interventions": interventions,
        "collisions": _sum_known([run.collisions for run in runs]),
        "lane_invasions": _sum_known([run.lane_invasions for run in runs]),
        "autonomy_pct": _autonomy_pct(interventions, seconds),
        "autonomy_1m_pct": _autonomy_pct(sum(run.wide for run in runs), seconds),
        "offset_mean_m": _apply(np.mean, offset),
        "offset_sd_m": _apply(np.std, offset),
        "offset_p95_m": _apply(lambda values: np.percentile(np.abs(values), 95), offset),
        "offset_max_m": _apply(lambda values: np.abs(values).max(), offset),
        "heading_sd_rad": _apply(np.std, heading),
        "steer_suddenness_per_km": turned / metres * 1000.0 if metres > 0 else None,
        "speed_mean_mps": _apply(np.mean, speed),
        "realtime_factor": seconds / wall if wall > 0 else None,
        "latency_ms_p50": _apply(lambda values: np.percentile(values, 50), latency),
        "latency_ms_p99": _apply(lambda values: np.percentile(values, 99), latency),
    }


def summarize(runs: Sequence[DrivenRun], rng: np.random.Generator) -> dict[str, Any]:
    """The summary of `laps.json`: the measures pooled, rates per km, and confidence intervals over circuits."""
    pooled = pool_metrics(runs)
    km, departures = pooled["distance_m"] / 1000.0, pooled["departures"]
    # resampling would call a rate of nothing seen certain
    bounded = {} if departures or km <= 0.0 else {"departures_per_km": (0.0, bound_rate(0, km))}
    for name in ("autonomy_pct", "autonomy_1m_pct"):
        if pooled[name] == 100.0:  # nobody intervened: the bound is that of their rate
            lost = INTERVENTION_SECONDS * bound_rate(0, pooled["duration_s"])
            bounded[name] = (100.0 * max(0.0, 1.0 - lost), 100.0)
    return pooled | {
        "km": km,
        "completed_pct": 100.0 * float(np.mean([run.completed for run in runs])),
        "departures_per_km": departures / km if km > 0 else None,
        "km_per_departure": km / departures if departures else None,
        **{f"{key}_per_km": _per_km(pooled[key], km) for key in ("collisions", "lane_invasions")},
        "ci": _bootstrap_intervals(runs, rng) | bounded,
    }


def bound_rate(count: int, km: float) -> float:
    """Upper 95% confidence limit of a Poisson rate per km, after `count` events in `km`; 3.0 / km after none."""
    low, high = float(count), count + 10.0 * math.sqrt(count + 1.0)
    for _ in range(60):
        mean = (low + high) / 2.0
        low, high = (mean, high) if _chance_of_at_most(count, mean) > 1.0 - CONFIDENCE else (low, mean)
    return high / km


def _chance_of_at_most(count: int, mean: float) -> float:
    return math.fsum(math.exp(n * math.log(mean) - mean - math.lgamma(n + 1.0)) for n in range(count + 1))


def _per_km(count: int | None, km: float) -> float | None:
    return count / km if count is not None and km > 0.0 else None


def pool_sd(n: Floats, mean: Floats, sd: Floats) -> Floats:
    """Standard deviation over all ticks of some runs, from each run's ticks, mean and standard deviation.

    Args:
        n: ticks, shape (..., runs).
        mean: of each run, the same shape.
        sd: of each run, the same shape.

    Returns:
        Shape (...).
    """
    ticks = n.sum(axis=-1)
    middle = (n * mean).sum(axis=-1) / ticks
    spread = (n * (sd**2 + (mean - middle[..., None]) ** 2)).sum(axis=-1) / ticks
    return np.asarray(np.sqrt(spread))


def percentile_interval(samples: Floats) -> tuple[float, float]:
    """The percentile interval of a bootstrap's samples."""
    tail = 50.0 * (1.0 - CONFIDENCE)
    return float(np.percentile(samples, tail)), float(np.percentile(samples, 100.0 - tail))


def rank_correlation(one: Sequence[float], other: Sequence[float]) -> float | None:
    """Spearman's rank correlation (1904), ties sharing a rank; None where a side's values are all the same."""
    first, second = _rank(one), _rank(other)
    if np.ptp(first) == 0.0 or np.ptp(second) == 0.0:
        return None
    return float(np.corrcoef(first, second)[0, 1])


def _rank(values: Sequence[float]) -> Floats:
    given = np.asarray(values, dtype=np.float64)
    below, upto = ((compare(given[:, None], given)).sum(axis=1) for compare in (np.greater, np.greater_equal))
    return np.asarray((below + upto + 1.0) / 2.0)


def measure_distance(run: DrivenRun) -> float:
    """Distance of a run along its lane [m]."""
    return run.trace.progress[-1] if run.trace.progress else 0.0


def _bootstrap_intervals(runs: Sequence[DrivenRun], rng: np.random.Generator) -> dict[str, tuple[float, float]]:
    """Bootstrap over whole circuits (B. Efron, 1979): runs that share one are no independent samples, nor are ticks.

    Every figure here is made of sums over ticks, so a resample is how often each circuit was drawn, times its sums.
    Nothing where fewer than two circuits were driven.
    """
    columns = _sum_circuits([run for run in runs if run.trace.time])
    circuits = len(next(iter(columns.values()), ()))
    if circuits < 2:
        return {}
    drawn = rng.multinomial(circuits, np.full(circuits, 1.0 / circuits), size=RESAMPLES).astype(np.float64)
    sums = {key: drawn @ values for key, values in columns.items()}
    n, km = sums["n"], np.maximum(sums["metres"] / 1000.0, 1e-9)
    samples = {
        "offset_mean_m": sums["offset"] / n,
        "offset_sd_m": _sd_from_sums(n, sums["offset"], sums["offset2"]),
        "heading_sd_rad": _sd_from_sums(n, sums["heading"], sums["heading2"]),
        "departures_per_km": sums["departures"] / km,
        "autonomy_pct": 100.0 * np.maximum(1.0 - INTERVENTION_SECONDS * sums["interventions"] / sums["seconds"], 0.0),
        "steer_suddenness_per_km": sums["turned"] / km,
        "speed_mean_mps": sums["speed"] / n,
    }
    return {key: percentile_interval(values) for key, values in samples.items()}


def _sum_circuits(runs: Sequence[DrivenRun]) -> dict[str, Floats]:
    """What is added up, summed over the runs of each circuit: shape (circuits,)."""
    circuits = {circuit: number for number, circuit in enumerate(dict.fromkeys(run.circuit for run in runs))}
    sums: dict[str, Floats] = {}
    for run in runs:
        for key, value in _sum_ticks(run).items():
            sums.setdefault(key, np.zeros(len(circuits)))[circuits[run.circuit]] += value
    return sums


def _sum_ticks(run: DrivenRun) -> dict[str, float]:
    """Sums over the ticks of a run."""
    trace = run.trace
    offset, heading = np.asarray(trace.offset), np.asarray(trace.heading)
    return {
        "n": float(offset.size),
        "offset": float(offset.sum()),
        "offset2": float(offset @ offset),
        "heading": float(heading.sum()),
        "heading2": float(heading @ heading),
        "speed": sum(trace.speed),
        "turned": _steer_changes(run),
        "metres": measure_distance(run),
        "seconds": max(_duration_of(run), 1e-9),
        "departures": float(len(trace.departures)),
        "interventions": float(run.interventions),
    }


def _sd_from_sums(n: Floats, total: Floats, squares: Floats) -> Floats:
    return np.asarray(np.sqrt(np.maximum(squares / n - (total / n) ** 2, 0.0)))


def _steer_changes(run: DrivenRun) -> float:
    """Sum of absolute steer changes, except across breaks."""
    changes = np.abs(np.diff(run.trace.steer))
    breaks = [tick - 1 for tick in run.trace.breaks if 0 < tick < len(run.trace.steer)]
    return float(np.delete(changes, breaks).sum())


def _concatenate(parts: Any) -> Floats:
    return np.concatenate([np.asarray(part, dtype=np.float64) for part in parts])


def _duration_of(run: DrivenRun) -> float:
    return run.trace.time[-1] - run.trace.time[0] if run.trace.time else 0.0


def _sum_known(counts: Sequence[int | None]) -> int | None:
    """Sum of sensor counts; None if no run had the sensor."""
    known = [count for count in counts if count is not None]
    return sum(known) if known else None


def _autonomy_pct(interventions: int, seconds: float) -> float | None:
    return max(0.0, 1.0 - INTERVENTION_SECONDS * interventions / seconds) * 100.0 if seconds > 0 else None


def _apply(measure: Callable[[Floats], Any], values: Floats) -> float | None:
    return float(measure(values)) if values.size else None
