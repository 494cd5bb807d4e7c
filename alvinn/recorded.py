"""A recording judged as laps are: whoever drove it, a person or the expert, is the baseline beside a network.

The rows of one lane in one weather are a run. Its segments are respected: nothing is measured from the end of one to
the beginning of the next, and a departure ends with its segment. Nobody puts a recorded car back, so every departure is
counted as the intervention that it would have been.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import cast

from alvinn.driving import Direction
from alvinn.errors import RecordingError
from alvinn.measures import Trace
from alvinn.recording import Recording, Row
from alvinn.referee import NVIDIA_MARGIN, Crossings, Result, Run, margin

SEAM = 1.0  # m more than the car drove in a tick: the lane's count of metres began anew
NEEDED = ("x", "y", "lane_s", "lane_width", "offset", "heading_error", "speed")


def judged_recording(recording: Recording) -> list[Result]:
    """A result for every lane and weather of a recording, in the order in which they were driven.

    Raises:
        RecordingError: it is empty, or does not say where in its lane the car was.
    """
    groups: dict[tuple[str, str], list[Row]] = {}
    for row in recording.require_frames().rows:
        groups.setdefault((row.lane, row.weather), []).append(row)
    width = recording.session.vehicle.get("width")
    if width is None or any(not row.lane or _unknown(row) for row in recording.rows):
        raise RecordingError(
            f"{recording.folder} does not say where in its lane the car was, as recordings made elsewhere do not: "
            "there is nothing to judge it by"
        )
    return [
        _judged(rows, float(width), _run(lane, weather, recording.session.seed))
        for (lane, weather), rows in groups.items()
    ]


def _unknown(row: Row) -> bool:
    return any(math.isnan(getattr(row, name)) for name in NEEDED)


def _run(lane: str, weather: str, seed: int) -> Run:
    name, _, direction = lane.rpartition("/")
    return Run(map=name, direction=cast("Direction", direction), weather=weather, seed=seed, start=0)


def _judged(rows: Sequence[Row], car_width: float, run: Run) -> Result:
    trace, edge, metre = Trace(), Crossings(), Crossings()
    wide, way, time = 0, 0.0, 0.0
    for before, row in _pairs(rows):
        if before is None:
            edge.reset()
            metre.reset()
            trace.breaks.append(len(trace.time))
        else:
            time += row.time - before.time
            way += _driven(before, row)
        limit = margin(row.lane_width, car_width)
        if edge.crossed(beyond=abs(row.offset) > limit):
            trace.departures.append(len(trace.time))
        wide += metre.crossed(beyond=abs(row.offset) > min(limit, NVIDIA_MARGIN))
        _note(trace, row, time, way, limit)
    return Result(
        run=run,
        status="done",
        completed=True,
        completion_pct=100.0,
        interventions=len(trace.departures),
        wide=wide,
        trace=trace,
    )


def _pairs(rows: Sequence[Row]) -> Iterable[tuple[Row | None, Row]]:
    """Each row with the one before it; None where it begins a segment."""
    yield None, rows[0]
    for before, row in pairwise(rows):
        yield (before if row.segment == before.segment else None), row


def _driven(before: Row, row: Row) -> float:
    """How far [m] the car came along its lane from one row to the next, the seam of a ring counted by its speed."""
    by_speed, by_lane = before.speed * (row.time - before.time), row.lane_s - before.lane_s
    return by_lane if abs(by_lane) <= by_speed + SEAM else by_speed


def _note(trace: Trace, row: Row, time: float, way: float, limit: float) -> None:
    trace.time.append(round(time, 6))
    trace.x.append(row.x)
    trace.y.append(row.y)
    trace.progress.append(way)
    trace.offset.append(row.offset)
    trace.limit.append(limit)
    trace.heading.append(row.heading_error)
    trace.steer.append(row.steer)
    trace.speed.append(row.speed)
