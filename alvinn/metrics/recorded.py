"""Judge a recording as laps are judged: its driver, a person or the expert, is a baseline for a network.

The rows of one lane in one weather are a run. Nothing is measured across segments, and a departure ends with its
segment. Excluded rows are not judged. A recorded car is not put back, so every departure counts as the intervention
that it would have been.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from contextlib import suppress

from alvinn.driving.departure import CrossingCounter, departure_margin
from alvinn.driving.types import Control, Decision, GroundTruth, Observation, Step
from alvinn.errors import RecordingError
from alvinn.metrics.referee import NVIDIA_MARGIN, Result, Run
from alvinn.metrics.summary import Trace
from alvinn.metrics.worst import EVERY, find_worst_stretch
from alvinn.recording import Recording, Row, parse_lane
from alvinn.recording.quality import is_off_road

SEAM = 1.0  # m more than the car drove in a tick: the seam of a closed lane
NEEDED = ("x", "y", "lane_s", "lane_width", "offset", "heading_error", "speed")

Pair = tuple[Row | None, Row]
"""The previous row, None at the beginning of a segment, and a row."""


def judge_recording(recording: Recording) -> list[Result]:
    """Judge a recording: a result per lane and weather, in the order in which they were driven.

    Raises:
        RecordingError: it is empty, all of it is left out, or the car's position in its lane is unknown.
    """
    rows = recording.require_frames().kept_rows()
    if not rows:
        raise RecordingError(f"all of {recording.folder} is left out: there is nothing to judge")
    width = recording.session.vehicle.get("width")
    if width is None or any(not row.lane or _has_unknown_place(row) for row in rows):
        raise RecordingError(
            f"{recording.folder} does not know the car's position in its lane, as is usual for imports: "
            "it cannot be judged"
        )
    return [_judge_run(pairs, float(width), run) for run, pairs in _group_rows(rows, recording.session.seed).items()]


def read_worst_steps(recording: Recording, result: Result) -> Iterator[Step]:
    """Read the worst stretch of a judged run, as `alvinn.metrics.worst` finds it, skipping lost pictures.

    Args:
        recording: the judged recording.
        result: of one of its runs.
    """
    pairs = _group_rows(recording.kept_rows(), recording.session.seed)[result.run]
    first, last = find_worst_stretch(result.trace.offset)
    for _, row in pairs[first : last + 1 : EVERY]:
        with suppress(RecordingError):
            yield _make_step(recording, row)


def _make_step(recording: Recording, row: Row) -> Step:
    return Step(
        observation=Observation(frame=row.frame, time=row.time, image=recording.read_picture(row), speed=row.speed),
        truth=GroundTruth(row.x, row.y, row.z, row.yaw, row.lane_s, row.lane_width, row.offset, row.heading_error),
        decision=Decision(row.curvature, row.who),
        control=Control(row.steer, row.throttle, row.brake),
        steer_meant=row.steer_meant,
    )


def _group_rows(rows: Sequence[Row], seed: int) -> dict[Run, list[Pair]]:
    """Group rows by run."""
    found: dict[Run, list[Pair]] = {}
    last: Row | None = None
    for row in rows:
        goes_on = last is not None and _continuity_key(last) == _continuity_key(row)
        found.setdefault(_run_of(row, seed), []).append((last if goes_on else None, row))
        last = row
    return found


def _continuity_key(row: Row) -> tuple[int, str, str]:
    return row.segment, row.lane, row.weather


def _has_unknown_place(row: Row) -> bool:
    return any(math.isnan(getattr(row, name)) for name in NEEDED)


def _run_of(row: Row, seed: int) -> Run:
    name, direction, start = parse_lane(row.lane)
    return Run(map=name, direction=direction, weather=row.weather, seed=seed, start=start)


def _judge_run(pairs: Sequence[Pair], car_width: float, run: Run) -> Result:
    trace, edge, metre = Trace(), CrossingCounter(), CrossingCounter()
    wide, way, time = 0, 0.0, 0.0
    last: Row | None = None
    for before, row in pairs:
        if before is None:
            if last is None or not is_off_road(last):  # else the pause began and ends on the same excursion
                edge.reset()
                metre.reset()
            trace.breaks.append(len(trace.time))
        else:
            time += row.time - before.time
            way += _distance_between(before, row)
        limit = departure_margin(row.lane_width, car_width)
        if edge.update(beyond=abs(row.offset) > limit):
            trace.departures.append(len(trace.time))
        wide += metre.update(beyond=abs(row.offset) > min(limit, NVIDIA_MARGIN))
        trace.add_tick(
            time=time,
            x=row.x,
            y=row.y,
            progress=way,
            offset=row.offset,
            limit=limit,
            heading=row.heading_error,
            steer=row.steer,
            speed=row.speed,
        )
        last = row
    return Result(
        run=run,
        status="done",
        completed=True,
        completion_pct=100.0,
        interventions=len(trace.departures),
        wide=wide,
        trace=trace,
    )


def _distance_between(before: Row, row: Row) -> float:
    """Distance [m] along the lane from one row to the next; by speed across the seam of a closed lane."""
    by_speed, by_lane = before.speed * (row.time - before.time), row.lane_s - before.lane_s
    return by_lane if abs(by_lane) <= by_speed + SEAM else by_speed
