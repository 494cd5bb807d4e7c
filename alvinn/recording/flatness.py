"""Whether the ground is flat enough for shifted views.

A homography maps one view of a plane to another; for a hill there is none. A constant grade does no harm, since the car
pitches with it: what matters is how far the road ahead is above or below the plane under the car.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

import numpy as np
import numpy.typing as npt

from alvinn.recording import Recording, Row

AHEAD = 10.0  # m: nearly everything that a shifted view moves is nearer
AROUND = 2.0  # m before and behind, over which the plane's grade is measured
# of the camera's height: the relative error of distances 10 m ahead. `hills` has 0.042; random:1 to random:20, where
# shifted views help, have at most 0.012
FLAT = 0.025

Doubles = npt.NDArray[np.float64]


def measure_bumpiness(recording: Recording) -> float:
    """Relative error of distances 10 m ahead in a shifted view, caused by the ground; 0 if no heights are known."""
    return (measure_unevenness(recording.kept_rows()) or 0.0) / max(recording.session.camera.z, 0.1)


def measure_unevenness(rows: Sequence[Row]) -> float | None:
    """Height of the road 10 m ahead above the plane under the car [m], root mean square over rows.

    Args:
        rows: of a recording.

    Returns:
        None if no row has a known position and 10 m of path ahead.
    """
    found = [_heights_above_plane(list(group)) for _, group in groupby(rows, key=lambda row: row.segment)]
    off = np.concatenate([np.empty(0), *found])
    return float(np.sqrt(np.mean(off**2))) if len(off) else None


def _heights_above_plane(segment: Sequence[Row]) -> Doubles:
    """Heights [m] of the path ahead above the plane under the car, for the rows of a segment where both are known."""
    places = np.array([(row.x, row.y, row.z) for row in segment])
    places = places[np.isfinite(places).all(axis=1)]
    if len(places) < 2:
        return np.empty(0)
    distance = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(places[:, :2], axis=0).T))])
    height = [
        np.interp(distance + by, distance, places[:, 2], left=np.nan, right=np.nan)
        for by in (-AROUND, 0.0, AROUND, AHEAD)
    ]
    grade = (height[2] - height[0]) / (2.0 * AROUND)
    off = height[3] - height[1] - grade * AHEAD
    return np.asarray(off[np.isfinite(off)])
