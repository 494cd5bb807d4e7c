"""What cars and props look like: a few dozen facets each, in their own axes, within the box that they collide with.

Sizes are the catalogue's; shapes are made of lofts, each between a rectangle below and one above it. Light comes from
above and a little from the left, as on houses.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from sim.episode.catalogue import PROPS, VEHICLES
from sim.episode.labels import Label
from sim.geometry.poses import Pose, Vector
from sim.graphics import mesh
from sim.graphics.mesh import Floats, Mesh

Rectangle = tuple[float, float, float, float]  # from and to along x, from and to along y [m]
Colour = tuple[float, float, float]

GLASS, TYRE, RIM, DARK = (0.13, 0.16, 0.19), (0.07, 0.07, 0.07), (0.55, 0.56, 0.58), (0.10, 0.10, 0.11)
LAMP, TAIL = (0.95, 0.95, 0.90), (0.72, 0.08, 0.06)
WHITE, ORANGE, RED, STEEL = (0.93, 0.93, 0.91), (0.93, 0.38, 0.10), (0.78, 0.14, 0.10), (0.45, 0.47, 0.50)
WOOD, GREEN, BLUE = (0.60, 0.46, 0.28), (0.20, 0.33, 0.22), (0.20, 0.34, 0.52)
WHEEL_SIDES, ROUND_SIDES = 10, 10


@dataclass(frozen=True, slots=True)
class Thing:
    """Something that stands in the picture for the moment: an actor's id, blueprint, colour [0, 1] and pose."""

    id: int
    kind: str
    colour: Colour
    pose: Pose


@dataclass(frozen=True, slots=True)
class Build:
    """A car's proportions, as shares of its length, height and width.

    Attributes:
        waist: height of the hull.
        cabin: where the windows begin and end at the waist, from the rear bumper.
        roof: where the roof begins and ends, likewise.
        narrows: how much of the width is left at the roof.
        wheel: radius [m].
    """

    waist: float
    cabin: tuple[float, float]
    roof: tuple[float, float]
    narrows: float = 0.74
    wheel: float = 0.34


BUILDS = {
    "vehicle.tesla.model3": Build(0.62, (0.10, 0.72), (0.28, 0.54)),
    "vehicle.ford.mustang": Build(0.66, (0.08, 0.60), (0.28, 0.44), narrows=0.70),
    "vehicle.audi.a2": Build(0.55, (0.02, 0.80), (0.10, 0.58), narrows=0.80, wheel=0.30),
    "vehicle.mercedes.sprinter": Build(0.48, (0.01, 0.90), (0.02, 0.76), narrows=0.86),
}


def body(kind: str, colour: Colour) -> Mesh:
    """The shape of a blueprint: x forward, y right, z up from the ground [m].

    Raises:
        KeyError: it is neither a vehicle's nor a prop's.
    """
    return _car(BUILDS[kind], VEHICLES[kind], colour) if kind in VEHICLES else _PROPS[kind](PROPS[kind])


def _car(build: Build, half: Vector, colour: Colour) -> Mesh:
    length, height = 2 * half.x, 2 * half.z
    # The box has room for the mirrors, the body has not.
    waist, wide, low = build.waist * height, 0.87 * half.y, 0.16
    (rear, front), (back, ahead) = (
        (share[0] * length - half.x, share[1] * length - half.x) for share in (build.cabin, build.roof)
    )
    narrow = build.narrows * wide
    sill = 0.45 * waist
    parts = [
        _loft((-half.x + 0.1, half.x - 0.1, -wide + 0.08, wide - 0.08), low, _rect(half.x, wide), sill, colour),
        _loft(_rect(half.x, wide), sill, (-half.x + 0.08, half.x - 0.25, -wide + 0.06, wide - 0.06), waist, colour),
        _loft(
            (rear, front, -wide + 0.10, wide - 0.10), waist, (back, ahead, -narrow, narrow), height, GLASS, lid=colour
        ),
    ]
    for x in (-0.30 * length, 0.30 * length):
        for side in (-1.0, 1.0):
            parts += [_wheel(x, side * wide, side, build.wheel)]
    for x, tint in ((half.x + 0.005, LAMP), (-half.x - 0.005, TAIL)):
        for side in (-1.0, 1.0):
            y, z = side * 0.66 * wide, sill - 0.02
            parts.append(_upright(x, (y - 0.22 * wide, y + 0.22 * wide), (z - 0.09, z + 0.05), tint))
    return mesh.join([_labelled(part, Label.CAR) for part in parts])


def _rect(x: float, y: float) -> Rectangle:
    return -x, x, -y, y


def _loft(
    lower: Rectangle, bottom: float, upper: Rectangle, top: float, colour: Colour, lid: Colour | None = None
) -> Mesh:
    """Four sides between two rectangles, and a lid."""
    below, above = (
        np.array([[x0, y0, z], [x1, y0, z], [x1, y1, z], [x0, y1, z]])
        for (x0, x1, y0, y1), z in ((lower, bottom), (upper, top))
    )
    faces = []
    for i, shade in enumerate((0.92, 1.0, 0.72, 0.80)):  # left, front, right, back
        j = (i + 1) % 4
        faces.append(_face(np.stack((below[[i, j]], above[[i, j]])), shade * np.array(colour)))
    faces.append(_face(above[[0, 1, 3, 2]].reshape(2, 2, 3), 1.06 * np.array(lid or colour)))
    return mesh.join(faces)


def _wheel(x: float, y: float, side: float, radius: float) -> Mesh:
    """A tyre's outer face with its rim, a little outside the hull."""
    angles = np.linspace(0, 2 * math.pi, WHEEL_SIDES + 1)
    parts = []
    for r, out, tint in ((radius, 0.010, TYRE), (0.6 * radius, 0.020, RIM)):
        ring = np.stack((x + r * np.cos(angles), 0 * angles + y + side * out, radius + r * np.sin(angles)), axis=1)
        hub = np.broadcast_to([x, y + side * out, radius], ring.shape)
        parts.append(_face(np.stack((hub, ring)), np.array(tint)))
    return mesh.join(parts)


def _upright(x: float, across: tuple[float, float], height: tuple[float, float], colour: Colour) -> Mesh:
    """A rectangle that looks along x."""
    return _face(np.array([[[x, y, z] for y in across] for z in height]), np.array(colour))


def _round(profile: list[tuple[float, float, Colour]]) -> Mesh:
    """A thing turned on a lathe: radius, height and colour from below; each band has the colour of its lower end."""
    angles = np.linspace(0, 2 * math.pi, ROUND_SIDES + 1)
    shade = (0.86 + 0.14 * np.cos(angles + 2.2))[None, :, None]
    parts = []
    for (r0, z0, tint), (r1, z1, _) in pairwise(profile):
        rings = [
            np.stack((r * np.cos(angles), r * np.sin(angles), 0 * angles + z), axis=1) for r, z in ((r0, z0), (r1, z1))
        ]
        parts.append(_face(np.stack(rings), shade * np.array(tint)))
    return mesh.join(parts)


def _barrel(half: Vector) -> Mesh:
    r, h = half.x, 2 * half.z
    return _round([(r, 0, BLUE), (r, 0.48 * h, STEEL), (r, 0.52 * h, BLUE), (r, h, BLUE), (0, h, BLUE)])


def _bin(half: Vector) -> Mesh:
    r, h = half.x, 2 * half.z
    return _round([(0.8 * r, 0, GREEN), (r, 0.85 * h, DARK), (r, 0.9 * h, GREEN), (0.5 * r, h, GREEN), (0, h, GREEN)])


def _cone(half: Vector) -> Mesh:
    r, h = half.x, 2 * half.z
    foot = _loft(_rect(r, r), 0.0, _rect(r, r), 0.05 * h, ORANGE)
    radii = [(0.75 * r * (1 - 0.85 * t), h * (0.05 + 0.95 * t)) for t in (0.0, 0.35, 0.55, 0.75, 0.88, 1.0)]
    tints = (ORANGE, WHITE, ORANGE, WHITE, ORANGE, ORANGE)
    stem = _round([(radius, z, tint) for (radius, z), tint in zip(radii, tints, strict=True)])
    return mesh.join([foot, stem])


def _box(half: Vector) -> Mesh:
    return _loft(_rect(half.x, half.y), 0.0, _rect(half.x, half.y), 2 * half.z, WOOD)


def _container(half: Vector) -> Mesh:
    h = 2 * half.z
    side = 0.90 * half.x, 0.95 * half.y
    lid = _loft(_rect(half.x, half.y), 0.9 * h, _rect(*side), h, DARK)
    return mesh.join([_loft(_rect(*side), 0.0, _rect(half.x, half.y), 0.9 * h, GREEN), lid])


def _barrier(half: Vector) -> Mesh:
    """Boards across two legs, red and white in turn."""
    h, cells = 2 * half.z, np.linspace(-half.y, half.y, 7)
    legs = [
        _loft((-half.x, half.x, y - 0.04, y + 0.04), 0, (-0.04, 0.04, y - 0.04, y + 0.04), h, STEEL)
        for y in cells[[1, 5]]
    ]
    boards = []
    for low, high in ((0.35 * h, 0.60 * h), (0.75 * h, h)):
        for i in range(6):
            across = (-0.05, 0.05, float(cells[i]), float(cells[i + 1]))
            boards.append(_loft(across, low, across, high, RED if i % 2 else WHITE))
    return mesh.join([*legs, *boards])


def _sign(half: Vector) -> Mesh:
    """A warning triangle, both ways, on a foot."""
    h = 2 * half.z
    parts = [
        _loft(_rect(half.x, 0.25), 0, _rect(half.x, 0.25), 0.06, DARK),
        _loft(_rect(0.03, 0.03), 0, _rect(0.03, 0.03), 0.5 * h, STEEL),
    ]
    for share, out, tint in ((1.0, 0.04, RED), (0.62, 0.05, WHITE)):
        middle = 0.68 * h
        for x in (-out, out):
            y, low, high = share * half.y, middle - share * 0.30 * h, middle + share * 0.32 * h
            parts.append(
                _face(np.array([[[x, -y, low], [x, y, low]], [[x, 0.0, high], [x, 0.0, high]]]), np.array(tint))
            )
    return mesh.join(parts)


_PROPS: dict[str, Callable[[Vector], Mesh]] = {
    "static.prop.barrel": _barrel,
    "static.prop.bin": _bin,
    "static.prop.box01": _box,
    "static.prop.constructioncone": _cone,
    "static.prop.container": _container,
    "static.prop.streetbarrier": _barrier,
    "static.prop.trafficcone01": _cone,
    "static.prop.warningconstruction": _sign,
}


def _face(points: Floats, colours: Floats) -> Mesh:
    return mesh.make_sheet(points, colours, np.zeros((*points.shape[:2], 2)), Label.STATIC)


def _labelled(part: Mesh, label: Label) -> Mesh:
    return Mesh(part.points, part.colours, part.uvs, part.triangles, np.full_like(part.labels, int(label)))
