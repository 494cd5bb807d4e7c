"""Guard rails on the outside of bends, as many as the map's appearance says; none on a road.

A rail is a steel beam on posts that begins a little before its bend and ends a little after.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from panda3d import core

from sim.episode.labels import Label
from sim.geometry.boxes import Box
from sim.graphics import mesh
from sim.graphics.mesh import Mesh
from sim.roads.track import GRASS, Floats, Stretch, Track

TIGHT = 1 / 90.0  # curvature from which on a bend may have a rail [1/m]
LEAST, BEFORE = 14.0, 8.0  # length of a bend that is worth a rail, and of rail before and after it [m]
AWAY = 1.4  # from the road's edge [m]
ROOM = 0.6  # from any other road [m]
PIECE, SEEN = 4.0, 120.0  # length of a beam, and from how far rails are seen [m]
TOGETHER = 6  # pieces drawn in one go
PROFILE = ((0.44, 0.00, 0.78), (0.52, 0.05, 1.0), (0.60, 0.00, 0.82), (0.68, 0.05, 1.04), (0.76, 0.0, 0.84))
"""Of the beam, from below: height [m], how far it bulges towards the road [m], shade."""
STEEL = np.array([0.66, 0.68, 0.70])
THICK, HIGH = 0.08, 0.78  # half the thickness that stops a car, and the height [m]
KIND = "static.guardrail"


@dataclass(frozen=True, slots=True)
class Rail:
    """A rail through points (n, 3) on the ground [m], about PIECE apart; `towards` (n, 3) the road."""

    points: Floats
    towards: Floats

    def boxes(self) -> Iterator[Box]:
        """What stops a car."""
        for a, b in zip(self.points[:-1].tolist(), self.points[1:].tolist(), strict=True):
            dx, dy = b[0] - a[0], b[1] - a[1]
            middle, low = ((a[0] + b[0]) / 2, (a[1] + b[1]) / 2), min(a[2], b[2])
            yaw, half = float(np.arctan2(dy, dx)), float(np.hypot(dx, dy)) / 2
            yield Box(*middle, yaw, half, THICK, low, low + HIGH, KIND)


def railed(track: Track, random: np.random.Generator) -> list[Rail]:
    """The rails of a track; every bend draws from the random numbers, whether it gets one or not."""
    found = []
    for stretch in track.stretches:
        if stretch.junction or all(mark.style == "NONE" for mark in stretch.markings):
            continue
        for first, last, side in _bends(stretch):
            if random.random() < track.appearance.rails:
                found += list(_along(track, stretch, first, last, side))
    return found


def rails(found: list[Rail]) -> Iterator[core.PandaNode]:
    """Nodes of rails."""
    for rail in found:
        for i in range(0, len(rail.points) - 1, TOGETHER):
            part = slice(i, i + TOGETHER + 1)
            drawn = mesh.make_geom(_drawn(rail.points[part], rail.towards[part]))
            yield mesh.make_near_node(SEEN, rail.points[part].mean(axis=0), drawn, mesh.make_upright_state(None))


def _bends(stretch: Stretch) -> Iterator[tuple[float, float, int]]:
    """From where to where along s [m] a stretch bends tightly, and the outer side: 0 the left edge, -1 the right."""
    heading = np.unwrap(np.arctan2(-stretch.right[:, 0], stretch.right[:, 1]))
    curvature = np.gradient(heading, stretch.s) if len(stretch.s) > 1 else np.zeros(len(stretch.s))
    for side, tight in ((0, curvature > TIGHT), (-1, curvature < -TIGHT)):
        starts = np.flatnonzero(np.diff(np.concatenate(([0], tight.astype(int), [0]))))
        for a, b in starts.reshape(-1, 2).tolist():
            first, last = float(stretch.s[a]), float(stretch.s[b - 1])
            if last - first >= LEAST:
                yield max(first - BEFORE, float(stretch.s[0])), min(last + BEFORE, float(stretch.s[-1])), side


def _along(track: Track, stretch: Stretch, first: float, last: float, side: int) -> Iterator[Rail]:
    """The rail beside a bend, in parts where another road cuts it."""
    s = np.linspace(first, last, max(2, round((last - first) / PIECE) + 1))
    centre, right = (
        np.stack([np.interp(s, stretch.s, v) for v in table.T], axis=1) for table in (stretch.centre, stretch.right)
    )
    sign = 1.0 if side else -1.0
    edge = np.interp(s, stretch.s, stretch.offsets[:, side])[:, None]
    points = centre + (edge + sign * AWAY) * right
    free = np.array([_is_free(track, point, outward) for point, outward in zip(points, sign * right, strict=True)])
    for point in points:
        point[2] = track.ground(*point.tolist()).z
    cuts = np.flatnonzero(np.diff(np.concatenate(([0], free.astype(int), [0])))).reshape(-1, 2)
    for a, b in cuts.tolist():
        if b - a > 1:
            yield Rail(points[a:b], -sign * right[a:b])


def _is_free(track: Track, point: Floats, outward: Floats) -> bool:
    """Whether no road is here, nor a little farther out."""
    grounds = (track.ground(*(point + out * outward).tolist()) for out in (-ROOM, 0.0, ROOM, 3 * ROOM))
    return all(ground.friction == GRASS.friction for ground in grounds)


def _drawn(points: Floats, towards: Floats) -> Mesh:
    heights, bulges, shades = (np.array(column) for column in zip(*PROFILE, strict=True))
    beam = points + bulges[:, None, None] * towards + heights[:, None, None] * np.array([0.0, 0.0, 1.0])
    parts = [_sheet(beam, shades[:, None, None] * STEEL)]
    along = np.stack((-towards[:, 1], towards[:, 0], 0 * towards[:, 0]), axis=1)
    for foot, aside, out in zip(points, 0.06 * along, -0.08 * towards, strict=True):
        ends = np.stack([foot + out + sign * aside for sign in (-1, 1)])
        post = np.stack((ends, ends + np.array([0.0, 0.0, 0.70])))
        parts.append(_sheet(post, 0.62 * STEEL))
    return mesh.join(parts)


def _sheet(points: Floats, colours: Floats) -> Mesh:
    return mesh.make_sheet(points, colours, np.zeros((*points.shape[:2], 2)), Label.GUARD_RAIL)
