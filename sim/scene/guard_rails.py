"""Guard rails on the outside of tight bends, never on a road; the map's appearance determines how many bends have one.

A rail is a steel beam on posts that begins a little before the bend and ends a little after it.
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

TIGHT = 1 / 90.0  # least curvature of a bend with a rail [1/m]
SHORTEST, OVERHANG = 14.0, 8.0  # length of the shortest bend with a rail, and of rail before and after a bend [m]
DISTANCE = 1.4  # from the road's edge [m]
CLEARANCE = 0.6  # from any other road [m]
SEGMENT, DRAW_DISTANCE = 4.0, 120.0  # length of a beam; distance within which rails are drawn [m]
SEGMENTS_PER_NODE = 6
PROFILE = ((0.44, 0.00, 0.78), (0.52, 0.05, 1.0), (0.60, 0.00, 0.82), (0.68, 0.05, 1.04), (0.76, 0.0, 0.84))
"""Of the beam, from bottom to top: height [m], bulge towards the road [m], brightness."""
STEEL = np.array([0.66, 0.68, 0.70])
HALF_THICKNESS, HEIGHT = 0.08, 0.78  # of the box that stops a car [m]
KIND = "static.guardrail"


@dataclass(frozen=True, slots=True)
class Rail:
    """A rail along points (n, 3) on the ground [m], about SEGMENT apart; `to_road` (n, 3) are unit vectors."""

    points: Floats
    to_road: Floats

    def boxes(self) -> Iterator[Box]:
        """Yield the boxes that stop a car."""
        for a, b in zip(self.points[:-1].tolist(), self.points[1:].tolist(), strict=True):
            dx, dy = b[0] - a[0], b[1] - a[1]
            middle, low = ((a[0] + b[0]) / 2, (a[1] + b[1]) / 2), min(a[2], b[2])
            yaw, half = float(np.arctan2(dy, dx)), float(np.hypot(dx, dy)) / 2
            yield Box(*middle, yaw, half, HALF_THICKNESS, low, low + HEIGHT, KIND)


def place_rails(track: Track, random: np.random.Generator) -> list[Rail]:
    """Place the rails of a track; every bend draws one random number, whether it gets a rail or not."""
    rails = []
    for stretch in track.stretches:
        if stretch.junction or all(mark.style == "NONE" for mark in stretch.markings):
            continue
        for first, last, side in _find_bends(stretch):
            if random.random() < track.appearance.rails:
                rails += list(_make_rails(track, stretch, first, last, side))
    return rails


def make_rail_nodes(rails: list[Rail]) -> Iterator[core.PandaNode]:
    """Make the nodes that draw these rails."""
    for rail in rails:
        for i in range(0, len(rail.points) - 1, SEGMENTS_PER_NODE):
            part = slice(i, i + SEGMENTS_PER_NODE + 1)
            geom = mesh.make_geom(_make_mesh(rail.points[part], rail.to_road[part]))
            centre = rail.points[part].mean(axis=0)
            yield mesh.make_near_node(DRAW_DISTANCE, centre, geom, mesh.make_upright_state(None))


def _find_bends(stretch: Stretch) -> Iterator[tuple[float, float, int]]:
    """First and last s [m] of each tight bend, and the index of its outer edge: 0 is the left, -1 the right."""
    heading = np.unwrap(np.arctan2(-stretch.right[:, 0], stretch.right[:, 1]))
    curvature = np.gradient(heading, stretch.s) if len(stretch.s) > 1 else np.zeros(len(stretch.s))
    for side, tight in ((0, curvature > TIGHT), (-1, curvature < -TIGHT)):
        starts = np.flatnonzero(np.diff(np.concatenate(([0], tight.astype(int), [0]))))
        for a, b in starts.reshape(-1, 2).tolist():
            first, last = float(stretch.s[a]), float(stretch.s[b - 1])
            if last - first >= SHORTEST:
                yield max(first - OVERHANG, float(stretch.s[0])), min(last + OVERHANG, float(stretch.s[-1])), side


def _make_rails(track: Track, stretch: Stretch, first: float, last: float, side: int) -> Iterator[Rail]:
    """The rail beside a bend, interrupted where another road crosses it."""
    s = np.linspace(first, last, max(2, round((last - first) / SEGMENT) + 1))
    centre, right = (
        np.stack([np.interp(s, stretch.s, v) for v in table.T], axis=1) for table in (stretch.centre, stretch.right)
    )
    sign = 1.0 if side else -1.0
    edge = np.interp(s, stretch.s, stretch.offsets[:, side])[:, None]
    points = centre + (edge + sign * DISTANCE) * right
    free = np.array([_is_free(track, point, outward) for point, outward in zip(points, sign * right, strict=True)])
    for point in points:
        point[2] = track.ground(*point.tolist()).z
    cuts = np.flatnonzero(np.diff(np.concatenate(([0], free.astype(int), [0])))).reshape(-1, 2)
    for a, b in cuts.tolist():
        if b - a > 1:
            yield Rail(points[a:b], -sign * right[a:b])


def _is_free(track: Track, point: Floats, outward: Floats) -> bool:
    """Whether there is no road at this point or a little farther out."""
    grounds = (track.ground(*(point + out * outward).tolist()) for out in (-CLEARANCE, 0.0, CLEARANCE, 3 * CLEARANCE))
    return all(ground.friction == GRASS.friction for ground in grounds)


def _make_mesh(points: Floats, to_road: Floats) -> Mesh:
    heights, bulges, shades = (np.array(column) for column in zip(*PROFILE, strict=True))
    beam = points + bulges[:, None, None] * to_road + heights[:, None, None] * np.array([0.0, 0.0, 1.0])
    parts = [_make_sheet(beam, shades[:, None, None] * STEEL)]
    along = np.stack((-to_road[:, 1], to_road[:, 0], 0 * to_road[:, 0]), axis=1)
    for foot, aside, out in zip(points, 0.06 * along, -0.08 * to_road, strict=True):
        ends = np.stack([foot + out + sign * aside for sign in (-1, 1)])
        post = np.stack((ends, ends + np.array([0.0, 0.0, 0.70])))
        parts.append(_make_sheet(post, 0.62 * STEEL))
    return mesh.join(parts)


def _make_sheet(points: Floats, colours: Floats) -> Mesh:
    return mesh.make_sheet(points, colours, np.zeros((*points.shape[:2], 2)), Label.GUARD_RAIL)
