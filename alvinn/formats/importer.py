"""Rows of any format, written as a recording of ours."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import chain, islice
from pathlib import Path

from alvinn.driving.steering import VehicleGeometry
from alvinn.driving.types import Camera
from alvinn.errors import AlvinnError, RecordingError
from alvinn.formats.conversion_log import ConversionLog
from alvinn.formats.sample import Clock, Sample
from alvinn.recording import RecordingWriter, Row, make_session, read_session
from alvinn.util.images import read_image_size

ROWS_TO_SIZE = 2000  # rows whose commonest picture size becomes the recording's: they are held in memory


@dataclass(frozen=True, slots=True)
class Source:
    """What a person, or a recording of ours that was exported, says of what comes in."""

    format: str
    vehicle: VehicleGeometry
    """makes curvature of steering"""
    camera: Camera | None
    """its size is that of the pictures; None: only the size is known"""


def read_session_beside(folder: Path, log: ConversionLog) -> tuple[VehicleGeometry, Camera | None] | None:
    """Car and camera as the `session.json` says that our exports leave beside a foreign recording, if it is there."""
    path = folder / "session.json"
    if not path.is_file():
        return None
    try:
        session = read_session(path, "restore it from a copy, or export the recording again")
        vehicle = VehicleGeometry.from_dict(session.vehicle)
    except (RecordingError, ValueError, LookupError, TypeError) as error:
        log.note(f"session.json is left out: {error}")
        return None
    log.note("car and camera are those of session.json, which alvinn left at the export")
    return vehicle, session.camera if session.camera_known else None


def write(samples: Iterator[Sample], source: Source, folder: Path, log: ConversionLog) -> None:
    """Write rows as a recording.

    Raises:
        AlvinnError: there are none.
    """
    first = list(islice(samples, ROWS_TO_SIZE))
    if not first:
        raise AlvinnError(f"nothing could be imported: {log.summarize_reasons() or 'there are no rows'}")
    ((height, width), _), *_ = Counter(read_image_size(sample.jpeg) for sample in first).most_common()
    camera = replace(source.camera or Camera(), width=width, height=height)
    session = make_session(
        camera,
        source.vehicle,
        "imported",
        driver=f"imported from {source.format}",
        camera_known=source.camera is not None,
    )
    clock, steers, odd = Clock(log), set(), 0
    with RecordingWriter(folder, session, kept="nothing is imported: make room, and import again") as writer:
        for sample in chain(first, samples):
            if read_image_size(sample.jpeg) != (height, width):
                log.leave_out(f"its picture is not {width}x{height} as most", f"row {sample.number}")
                continue
            time, cut = clock.read(sample)
            if cut:
                writer.start_segment()
            others = {side: jpeg for side, jpeg in sample.others.items() if read_image_size(jpeg) == (height, width)}
            odd += len(sample.others) - len(others)
            writer.add_row(_make_row(sample, time, source.vehicle), {**others, "center": sample.jpeg})
            steers.add(sample.steer)
        log.rows = writer.rows
    if odd:
        log.note(f"{odd} left or right pictures are not {width}x{height}: their rows came without them")
    _warn_if_constant(log, steers)


def _warn_if_constant(log: ConversionLog, steers: set[float]) -> None:
    if len(steers) == 1 and log.rows > 1:
        (steer,) = steers
        log.note(f"WARNING: the steering is {steer:g} in every row: a network would learn to hold it for ever")


def _make_row(sample: Sample, time: float, vehicle: VehicleGeometry) -> Row:
    unknown = math.nan
    speed = sample.speed
    return Row(
        frame=sample.number,
        time=time,
        segment=0,
        center="",
        steer=sample.steer,
        steer_meant=sample.steer,
        curvature=vehicle.curvature(sample.steer, 0.0 if math.isnan(speed) else speed),
        disturbance=0.0,
        throttle=sample.throttle,
        brake=sample.brake,
        speed=speed,
        x=unknown,
        y=unknown,
        z=unknown,
        yaw=unknown,
        lane="",
        lane_s=unknown,
        lane_width=unknown,
        offset=unknown,
        heading_error=unknown,
        weather="",
        who=sample.who,
        correction=int(sample.intervention),
        why="intervention" if sample.intervention else "",
    )
