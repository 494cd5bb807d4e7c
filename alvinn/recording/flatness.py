"""Whether the ground that was driven on is flat enough to be seen from beside the lane.

Between two views of a plane lies a homography, of a hill there is none. A constant grade does no harm, since the car
tilts with it: what counts is how far the road ahead lies above or below the plane that the car stands on.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

import numpy as np
import numpy.typing as npt

from alvinn.recording import Recording, Row

AHEAD = 10.0  # m: nearly all of what a view moves lies nearer
AROUND = 2.0  # m to either side, from which the plane's grade is taken
FLAT = 0.025  # of the camera's height: distances 10 m ahead are wrong by that share; on `hills` 0.042, at most 0.012 on
# random:1 to random:20, which views are good for

Doubles = npt.NDArray[np.float64]


def bumpiness(recording: Recording) -> float:
    """By which share of distances 10 m ahead the ground misleads a view; 0 where no heights are known."""
    return (unevenness(recording.kept()) or 0.0) / max(recording.session.camera.z, 0.1)


def unevenness(rows: Sequence[Row]) -> float | None:
    """How far the road 10 m ahead lies off the plane that the car stands on [m], the root mean square over some rows.

    Args:
        rows: of a recording.

    Returns:
        None where no row knows its place and the way ahead.
    """
    found = [_off_the_plane(list(group)) for _, group in groupby(rows, key=lambda row: row.segment)]
    off = np.concatenate([np.empty(0), *found])
    return float(np.sqrt(np.mean(off**2))) if len(off) else None


def _off_the_plane(segment: Sequence[Row]) -> Doubles:
    """Heights [m] of the way ahead above the plane under a segment's rows, of those rows that have both."""
    places = np.array([(row.x, row.y, row.z) for row in segment])
    places = places[np.isfinite(places).all(axis=1)]
    if len(places) < 2:
        return np.empty(0)
    way = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(places[:, :2], axis=0).T))])
    height = [np.interp(way + by, way, places[:, 2], left=np.nan, right=np.nan) for by in (-AROUND, 0.0, AROUND, AHEAD)]
    grade = (height[2] - height[0]) / (2.0 * AROUND)
    off = height[3] - height[1] - grade * AHEAD
    return np.asarray(off[np.isfinite(off)])
