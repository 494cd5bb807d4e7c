"""Rows of any format, written as a recording of ours."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from itertools import chain, islice
from pathlib import Path

from alvinn import __version__
from alvinn.driving.steering import VehicleGeometry
from alvinn.driving.types import Camera
from alvinn.errors import AlvinnError, RecordingError
from alvinn.formats.conversion_log import Account
from alvinn.formats.sample import Clock, Moment
from alvinn.recording import RecordingWriter, Row, Session, read_session
from alvinn.util.images import size_of

ROWS_TO_SIZE = 2000  # rows whose commonest picture size becomes the recording's: they are held in memory


@dataclass(frozen=True, slots=True)
class Source:
    """What a person, or a recording of ours that was exported, says of what comes in."""

    format: str
    vehicle: VehicleGeometry
    """makes curvature of steering"""
    camera: Camera | None
    """its size is that of the pictures; None: only the size is known"""


def told_beside(folder: Path, account: Account) -> tuple[VehicleGeometry, Camera | None] | None:
    """Car and camera as the `session.json` says that our exports leave beside a foreign recording, if it is there."""
    path = folder / "session.json"
    if not path.is_file():
        return None
    try:
        session = read_session(path)
        vehicle = VehicleGeometry.told(session.vehicle)
    except (RecordingError, ValueError, LookupError, TypeError) as error:
        account.note(f"session.json is left out: {error}")
        return None
    account.note("car and camera are those of session.json, which alvinn left at the export")
    return vehicle, session.camera if session.camera_known else None


def write(moments: Iterator[Moment], source: Source, folder: Path, account: Account) -> None:
    """Write rows as a recording.

    Raises:
        AlvinnError: there are none.
    """
    first = list(islice(moments, ROWS_TO_SIZE))
    if not first:
        raise AlvinnError(f"nothing could be imported: {account.reasons() or 'there are no rows'}")
    ((height, width), _), *_ = Counter(size_of(moment.jpeg) for moment in first).most_common()
    camera = replace(source.camera or Camera(), width=width, height=height)
    session = Session(
        camera=camera,
        vehicle=asdict(source.vehicle),
        maps=(),
        weathers=(),
        seed=0,
        driver=f"imported from {source.format}",
        server="imported",
        version=__version__,
        camera_known=source.camera is not None,
    )
    clock, steers, odd = Clock(account), set(), 0
    with RecordingWriter(folder, session) as writer:
        for moment in chain(first, moments):
            if size_of(moment.jpeg) != (height, width):
                account.leave_out(f"its picture is not {width}x{height} as most", f"row {moment.number}")
                continue
            time, cut = clock.read(moment)
            if cut:
                writer.new_segment()
            others = {side: jpeg for side, jpeg in moment.others.items() if size_of(jpeg) == (height, width)}
            odd += len(moment.others) - len(others)
            writer.add_row(_row(moment, time, source.vehicle), {**others, "center": moment.jpeg})
            steers.add(moment.steer)
        account.rows = writer.rows
    if odd:
        account.note(f"{odd} left or right pictures are not {width}x{height}: their rows came without them")
    _doubts(account, steers)


def _doubts(account: Account, steers: set[float]) -> None:
    if len(steers) == 1 and account.rows > 1:
        (steer,) = steers
        account.note(f"WARNING: the steering is {steer:g} in every row: a network would learn to hold it for ever")


def _row(moment: Moment, time: float, vehicle: VehicleGeometry) -> Row:
    unknown = math.nan
    speed = moment.speed
    return Row(
        frame=moment.number,
        time=time,
        segment=0,
        center="",
        steer=moment.steer,
        steer_meant=moment.steer,
        curvature=vehicle.curvature(moment.steer, 0.0 if math.isnan(speed) else speed),
        disturbance=0.0,
        throttle=moment.throttle,
        brake=moment.brake,
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
        who=moment.who,
        correction=int(moment.intervention),
        why="intervention" if moment.intervention else "",
    )
