"""The referee: laps, departures, offset. It knows the map and judges any driver by the same rule.

A departure: a side of the car crosses the lane's edge, abs(offset) > (lane width - car width) / 2, but not below 0.3 m.
It counts once, and the car is put back on the lane: one intervention. A car that stands still is another.

NVIDIA's rule (M. Bojarski et al., arXiv:1604.07316, section 5: an intervention is when the car is more than 1 m off
the centre) is applied strictly: a car that is put back at the edge of its lane, nearer than 1 m, counts too, since it
might have gone further. The two rules differ where a lane is so wide that 1 m is still within it.
"""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

from alvinn.driving.departure import CrossingCounter, departure_margin
from alvinn.driving.lane import Lane
from alvinn.driving.protocols import Verdict
from alvinn.driving.types import Direction, Step
from alvinn.errors import MapError
from alvinn.metrics.summary import Trace, pool_metrics

NVIDIA_MARGIN = 1.0  # m


STUCK_SPEED, STUCK_SECONDS = 0.3, 5.0  # m/s, s
PATIENCE = 3.0  # a run is aborted after this many times its expected duration ...
PATIENCE_SECONDS = 30.0  # ... plus this much
LEAST_WAY = 10.0  # m: least length of a run on an open lane

Status = Literal["done", "failed", "interrupted"]


class Referee:
    """Judges one run and stops it when its laps are complete.

    Args:
        lane: the lane to keep.
        car_width: m.
        laps: number of laps around a closed lane, after its lead-in; an open lane is driven once, to its end.
        cruise: the set speed [m/s]; a run far slower than that is aborted.
        start: position along the lane where the run begins [m].
        longest: maximum length of the run [m].

    Raises:
        MapError: an open lane is too short.
    """

    def __init__(
        self, lane: Lane, car_width: float, laps: int, cruise: float, start: float = 0.0, longest: float = math.inf
    ) -> None:
        self.trace = Trace()
        self.interventions = 0
        self.wide = 0
        self._lane = lane
        self._car_width = car_width
        self.goal = min(longest, _run_length(lane, laps, cruise, start))
        self._patience = PATIENCE * self.goal / cruise + PATIENCE_SECONDS
        self._last_s = start
        self.progress = 0.0
        self._edge, self._metre = CrossingCounter(), CrossingCounter()
        self._moving_at: float | None = None
        self._began = 0.0

    @property
    def completed(self) -> bool:
        """Whether the laps were completed, with or without interventions."""
        return self.progress >= self.goal

    def see(self, step: Step) -> Verdict:
        """Judge a tick; request a recovery if the car left its lane or stands still."""
        truth, time = step.truth, step.observation.time
        self.progress += self._lane.between(self._last_s, truth.lane_s)
        self._last_s = truth.lane_s
        if not self.trace.time:
            self._began = time
        self._append_tick(step)
        stuck = self._stuck(time, step.observation.speed)
        lost = self._note_departure(truth.offset) or stuck
        self.interventions += lost
        self.wide += self._metre.update(beyond=abs(truth.offset) > min(self.trace.limit[-1], NVIDIA_MARGIN)) or stuck
        if self.completed or self.trace.time[-1] > self._patience:
            return Verdict.STOP
        return Verdict.RECOVER if lost else Verdict.CONTINUE

    def on_recovery(self) -> None:
        """The car is back on its lane."""
        self.trace.breaks.append(len(self.trace.time))
        self._edge.reset()
        self._metre.reset()
        self._moving_at = None

    def _append_tick(self, step: Step) -> None:
        truth = step.truth
        self.trace.add_tick(
            time=step.observation.time - self._began,
            x=truth.x,
            y=truth.y,
            progress=self.progress,
            offset=truth.offset,
            limit=departure_margin(truth.lane_width, self._car_width),
            heading=truth.heading_error,
            steer=step.control.steer,
            speed=step.observation.speed,
        )

    def _note_departure(self, offset: float) -> bool:
        new = self._edge.update(beyond=abs(offset) > self.trace.limit[-1])
        if new:
            self.trace.departures.append(len(self.trace.time) - 1)
        return new

    def _stuck(self, time: float, speed: float) -> bool:
        if self._moving_at is None or speed > STUCK_SPEED:
            self._moving_at = time
        return time - self._moving_at > STUCK_SECONDS


def _run_length(lane: Lane, laps: int, cruise: float, start: float) -> float:
    """Length of a run [m]; on an open lane it ends a little early, see `Lane.end_at`."""
    if lane.closed:
        return lane.distance_around(start, laps)
    way = lane.end_at(cruise) - start
    if way < LEAST_WAY:
        raise MapError(
            f"the lane ends {lane.length - start:.0f} m after the start: a run at {cruise:g} m/s needs "
            f"{LEAST_WAY + lane.length - start - way:.0f} m of it; choose another --start, or a lower --speed"
        )
    return way


@dataclass(frozen=True, slots=True)
class Run:
    """Identity of a run: enough to repeat it."""

    map: str
    direction: Direction
    weather: str
    seed: int
    start: int

    @property
    def circuit(self) -> str:
        """The map's name to show; of a map file, the file's name without its folder."""
        return name_map(self.map)

    def __str__(self) -> str:
        """Return circuit, direction and weather."""
        return f"{self.circuit} {self.direction}, {self.weather}"


def name_map(name_or_path: str) -> str:
    """The name of a map to show; of a map file, the file's name without its folder."""
    path = Path(name_or_path)
    return path.stem if path.suffix.lower() in {".xodr", ".csv"} else name_or_path


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
    collisions: int | None = None
    lane_invasions: int | None = None
    latencies: tuple[float, ...] = ()
    wall_seconds: float = 0.0
    reason: str | None = None
    """why it failed, in a sentence"""

    @property
    def circuit(self) -> str:
        """Its circuit."""
        return self.run.map

    @property
    def faultless(self) -> bool:
        """Whether it was completed without an intervention."""
        return self.status == "done" and self.completed and not self.interventions

    def as_json(self) -> dict[str, Any]:
        """The run's entry in `laps.json`."""
        return asdict(self.run) | {
            "status": self.status,
            "reason": self.reason,
            "completed": self.completed,
            "completion_pct": self.completion_pct,
            **pool_metrics([self]),
        }


def unfinished_result(run: Run, status: Status, reason: str | None = None) -> Result:
    """The result of a requested run that was not driven to a verdict."""
    return Result(
        run, status, completed=False, completion_pct=0.0, interventions=0, wide=0, trace=Trace(), reason=reason
    )


def judge(referee: Referee, run: Run, latencies: list[float], wall_seconds: float) -> Result:
    """The result of a finished run."""
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
