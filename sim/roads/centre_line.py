"""A circuit from a centre line with widths, as racing-line research publishes real tracks: x, y, w_right, w_left [m].

The points are joined by a closed cubic spline, whose places, headings and curvatures every few metres are in turn
joined by clothoids (E. Bertolazzi, M. Frego, On the G2 Hermite interpolation problem with clothoids, 2018), as all
circuits are. Two lanes are laid inside the track, one for either direction; what is left of it is shoulder.

The file's y points to the left, ours to the right.
"""

from __future__ import annotations

import csv
import math
from collections.abc import Iterator
from itertools import pairwise

import numpy as np
import numpy.typing as npt
from pyclothoids import SolveG2

from sim.roads.curves import Circuit, CrossSection, Segment
from sim.roads.profiles import Knot, Profile
from sim.roads.xml_document import MapError

Floats = npt.NDArray[np.float64]

COLUMNS = ("x", "y", "w_right", "w_left")
FEWEST_POINTS = 10
APART = 8.0  # m between the spline's points: nearer ones say more of a survey's noise than of the track
LARGEST_GAP = 4.0  # times the usual distance of points, between the ends of a closed line
LANE, NARROWEST_LANE = 3.5, 2.5  # m
INSIDE = 0.85  # of a bend's radius that the road may take
SMALLEST_SHOULDER = 0.1  # m
WIDTHS_APART = 20.0  # m between the knots of the shoulder's width


def read_centre_line(text: str) -> Circuit:
    """Read a circuit from the text of a CSV file: x, y, width to the right and to the left [m], point by point.

    Lines that begin with # are comments.

    Raises:
        MapError: a row is bad, the line is open, crosses itself, is too narrow or bends too tightly; the message names
            the line of the file.
    """
    lines, rows = _read_rows(text)
    points = np.column_stack((rows[:, 0], -rows[:, 1]))
    _require_closed(points, lines)
    _require_no_crossing(points, lines)
    chosen = _thin_out(points)
    if len(chosen) < FEWEST_POINTS:
        raise MapError(f"the circuit is too short: it must be at least {FEWEST_POINTS * APART:.0f} m round")
    points, sides, lines = points[chosen], rows[chosen, 2:].min(axis=1), lines[chosen]
    segments = _join(*_differentiate(points))
    sides = np.minimum(sides, _inside_of_bends(segments))
    lane = min(LANE, float(sides.min()) - SMALLEST_SHOULDER)
    if lane < NARROWEST_LANE:
        raise MapError(
            f"line {lines[sides.argmin()]}: there are {sides.min():.2f} m beside the centre line, or inside a bend "
            f"that tight; a lane with its edge needs {NARROWEST_LANE + SMALLEST_SHOULDER:.2f} m"
        )
    circuit = Circuit(segments, CrossSection(lane_width=lane))
    shoulder = _profile(circuit.length, _way_to_points(segments), sides - lane)
    return Circuit(segments, circuit.cross_section, shoulder=shoulder)


def _read_rows(text: str) -> tuple[npt.NDArray[np.intp], Floats]:
    """The numbers of the lines that hold points, and the points."""
    lines: list[int] = []
    rows: list[list[float]] = []
    for number, cells in _read_cells(text):
        if not cells or cells[0].lstrip().startswith("#"):
            continue
        try:
            row = [float(cell) for cell in cells]
        except ValueError:
            raise MapError(f"line {number}: {','.join(cells)[:80]!r} is not {', '.join(COLUMNS)} in numbers") from None
        if len(row) != len(COLUMNS) or not all(map(math.isfinite, row)) or min(row[2:]) <= 0.0:
            raise MapError(f"line {number}: {', '.join(COLUMNS)} expected, finite and both widths above 0, not {row}")
        if rows and math.dist(row[:2], rows[-1][:2]) < 1e-3:
            raise MapError(f"line {number}: the point is that of line {lines[-1]}: leave one out")
        lines.append(number)
        rows.append(row)
    if len(rows) > 1 and math.dist(rows[0][:2], rows[-1][:2]) < 1e-3:
        lines, rows = lines[:-1], rows[:-1]
    if len(rows) < FEWEST_POINTS:
        raise MapError(f"a centre line needs at least {FEWEST_POINTS} points, and there are {len(rows)}")
    return np.array(lines), np.array(rows)


def _read_cells(text: str) -> Iterator[tuple[int, list[str]]]:
    """The rows of a CSV file, each with the line on which it begins."""
    reader, begins = csv.reader(text.splitlines()), 1
    try:
        for cells in reader:
            yield begins, cells
            begins = reader.line_num + 1
    except csv.Error as error:
        raise MapError(f"line {begins}: it begins a row that is no CSV ({error}); is a quote open?") from error


def _require_closed(points: Floats, lines: npt.NDArray[np.intp]) -> None:
    steps = np.hypot(*np.diff(points, axis=0).T)
    gap, usual = math.dist(points[0], points[-1]), max(float(np.median(steps)), APART)
    if gap > LARGEST_GAP * usual:
        raise MapError(
            f"line {lines[-1]}: the line is open: its ends are {gap:.0f} m apart, its points about {usual:.0f} m; "
            "a circuit is closed"
        )


def _require_no_crossing(points: Floats, lines: npt.NDArray[np.intp]) -> None:
    ends = np.roll(points, -1, axis=0)
    along, count = ends - points, len(points)
    for i in range(count - 2):
        others = np.arange(i + 2, count - (i == 0))
        a = _cross(along[i], points[others] - points[i]) * _cross(along[i], ends[others] - points[i])
        b = _cross(along[others], points[i] - points[others]) * _cross(along[others], ends[i] - points[others])
        if (met := np.flatnonzero((a < 0.0) & (b < 0.0))).size:
            raise MapError(
                f"line {lines[i]}: the track crosses itself at line {lines[others[met[0]]]}; bridges are not supported"
            )


def _cross(a: Floats, b: Floats) -> Floats:
    found: Floats = a[..., 0] * b[..., 1] - a[..., 1] * b[..., 0]
    return found


def _thin_out(points: Floats) -> list[int]:
    """The numbers of points at least `APART` metres from each other."""
    chosen = [0]
    for i in range(1, len(points)):
        if math.dist(points[i], points[chosen[-1]]) >= APART and math.dist(points[i], points[0]) >= APART:
            chosen.append(i)
    return chosen


def _differentiate(points: Floats) -> tuple[Floats, Floats, Floats]:
    """Points, headings [rad] and curvatures [1/m] of the closed cubic spline through points, over chord lengths."""
    h = np.hypot(*(np.roll(points, -1, axis=0) - points).T)
    count, before = len(points), np.roll(h, 1)
    matrix = np.zeros((count, count))
    here = np.arange(count)
    matrix[here, here] = 2.0 * (before + h)
    matrix[here, here - 1] += before
    matrix[here, (here + 1) % count] += h
    chords = (np.roll(points, -1, axis=0) - points) / h[:, None]
    second = np.linalg.solve(matrix, 6.0 * (chords - np.roll(chords, 1, axis=0)))
    first = chords - h[:, None] * (2.0 * second + np.roll(second, -1, axis=0)) / 6.0
    return points, np.arctan2(first[:, 1], first[:, 0]), _cross(first, second) / np.hypot(*first.T) ** 3


def _join(points: Floats, headings: Floats, curvatures: Floats) -> tuple[Segment, ...]:
    """Clothoids, three from each place to the next one, of continuous curvature."""
    places = [(*point, heading, k) for point, heading, k in zip(points.tolist(), headings, curvatures, strict=True)]
    return tuple(_segments(places))


def _segments(places: list[tuple[float, ...]]) -> Iterator[Segment]:
    for before, after in pairwise([*places, places[0]]):
        for clothoid in SolveG2(*before, *after):
            yield Segment(*clothoid.Parameters)


def _way_to_points(segments: tuple[Segment, ...]) -> Floats:
    """Distance along the lap [m] of each of the spline's points."""
    lengths = np.array([segment.length for segment in segments]).reshape(-1, 3).sum(axis=1)
    return np.concatenate(([0.0], np.cumsum(lengths)[:-1]))


def _inside_of_bends(segments: tuple[Segment, ...]) -> Floats:
    """How far the road may reach to the inside of the bends at the spline's points [m], so that no edge turns back."""
    ends = [max(abs(g.curvature), abs(g.curvature + g.rate * g.length)) for g in segments]
    tightest = np.array(ends).reshape(-1, 3).max(axis=1)
    found: Floats = INSIDE / np.maximum(np.maximum(tightest, np.roll(tightest, 1)), 1e-9)
    return found


def _profile(length: float, ways: Floats, values: Floats) -> Profile:
    """Values at some places along the lap as a smooth profile."""
    count = max(3, round(length / WIDTHS_APART))
    places = np.linspace(0.0, length, count + 1)
    found = np.interp(places[:-1], ways, values, period=length).tolist()
    return Profile(tuple(Knot(s, z, 0.0) for s, z in zip(places.tolist(), [*found, found[0]], strict=True)))
