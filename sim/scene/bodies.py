"""Meshes of cars and props: a few dozen facets each, in the actor's own axes, within its bounding box.

Sizes are the catalogue's; shapes are built from lofts between a lower and an upper rectangle. Facets are shaded as if
lit from above and a little from the left, as houses are.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from sim.episode.catalogue import STANDING, VEHICLES, WALKERS
from sim.episode.labels import Label
from sim.geometry.poses import Pose, Vector
from sim.graphics import mesh
from sim.graphics.mesh import Floats, Mesh

Rectangle = tuple[float, float, float, float]  # x_min, x_max, y_min, y_max [m]
Colour = tuple[float, float, float]

GLASS, TYRE, RIM, DARK = (0.13, 0.16, 0.19), (0.07, 0.07, 0.07), (0.55, 0.56, 0.58), (0.10, 0.10, 0.11)
LAMP, TAIL = (0.95, 0.95, 0.90), (0.72, 0.08, 0.06)
WHITE, ORANGE, RED, STEEL = (0.93, 0.93, 0.91), (0.93, 0.38, 0.10), (0.78, 0.14, 0.10), (0.45, 0.47, 0.50)
SKIN = (0.78, 0.60, 0.48)
WOOD, GREEN, BLUE = (0.60, 0.46, 0.28), (0.20, 0.33, 0.22), (0.20, 0.34, 0.52)
WHEEL_SIDES, ROUND_SIDES = 10, 10


@dataclass(frozen=True, slots=True)
class VisibleActor:
    """What the renderer needs to know of an actor: id, blueprint, colour (RGB in [0, 1]) and pose in the world."""

    id: int
    kind: str
    colour: Colour
    pose: Pose


@dataclass(frozen=True, slots=True)
class Proportions:
    """A car's proportions, as fractions of its length, height and width.

    Attributes:
        waist: height of the hull.
        cabin: rear and front end of the windows at the waist, from the rear bumper.
        roof: rear and front end of the roof, likewise.
        roof_width: width of the roof relative to the hull.
        wheel: radius [m].
    """

    waist: float
    cabin: tuple[float, float]
    roof: tuple[float, float]
    roof_width: float = 0.74
    wheel: float = 0.34


PROPORTIONS = {
    "vehicle.tesla.model3": Proportions(0.62, (0.10, 0.72), (0.28, 0.54)),
    "vehicle.ford.mustang": Proportions(0.66, (0.08, 0.60), (0.28, 0.44), roof_width=0.70),
    "vehicle.audi.a2": Proportions(0.55, (0.02, 0.80), (0.10, 0.58), roof_width=0.80, wheel=0.30),
    "vehicle.dodge.charger_2020": Proportions(0.62, (0.06, 0.66), (0.26, 0.50), roof_width=0.72, wheel=0.37),
    "vehicle.lincoln.mkz_2017": Proportions(0.63, (0.08, 0.68), (0.26, 0.52)),
    "vehicle.lincoln.mkz_2020": Proportions(0.62, (0.08, 0.69), (0.27, 0.53)),
    "vehicle.nissan.micra": Proportions(0.58, (0.02, 0.78), (0.12, 0.58), roof_width=0.80, wheel=0.30),
    "vehicle.tesla.cybertruck": Proportions(0.60, (0.10, 0.80), (0.42, 0.48), roof_width=0.78, wheel=0.44),
    "vehicle.toyota.prius": Proportions(0.58, (0.03, 0.78), (0.22, 0.52), roof_width=0.76, wheel=0.32),
    "vehicle.mercedes.sprinter": Proportions(0.48, (0.01, 0.90), (0.02, 0.76), roof_width=0.86),
}


def make_body(kind: str, colour: Colour) -> Mesh:
    """Make the mesh of a blueprint: x forward, y right, z up from the ground [m].

    Args:
        kind: the blueprint's id.
        colour: of a vehicle, RGB in [0, 1]; props have their own.

    Raises:
        KeyError: the id is neither a vehicle's nor a prop's.
    """
    return _make_car(PROPORTIONS[kind], VEHICLES[kind], colour) if kind in VEHICLES else _STANDING[kind](STANDING[kind])


def _make_car(proportions: Proportions, half: Vector, colour: Colour) -> Mesh:
    length, height = 2 * half.x, 2 * half.z
    # The bounding box includes the mirrors, the body does not.
    waist, wide, low = proportions.waist * height, 0.87 * half.y, 0.16
    (rear, front), (back, ahead) = (
        (share[0] * length - half.x, share[1] * length - half.x) for share in (proportions.cabin, proportions.roof)
    )
    narrow = proportions.roof_width * wide
    sill = 0.45 * waist
    parts = [
        _make_loft(
            (-half.x + 0.1, half.x - 0.1, -wide + 0.08, wide - 0.08), low, _rectangle(half.x, wide), sill, colour
        ),
        _make_loft(
            _rectangle(half.x, wide),
            sill,
            (-half.x + 0.08, half.x - 0.25, -wide + 0.06, wide - 0.06),
            waist,
            colour,
        ),
        _make_loft(
            (rear, front, -wide + 0.10, wide - 0.10), waist, (back, ahead, -narrow, narrow), height, GLASS, lid=colour
        ),
    ]
    for x in (-0.30 * length, 0.30 * length):
        for side in (-1.0, 1.0):
            parts += [_make_wheel(x, side * wide, side, proportions.wheel)]
    for x, tint in ((half.x + 0.005, LAMP), (-half.x - 0.005, TAIL)):
        for side in (-1.0, 1.0):
            y, z = side * 0.66 * wide, sill - 0.02
            parts.append(_make_plate(x, (y - 0.22 * wide, y + 0.22 * wide), (z - 0.09, z + 0.05), tint))
    return mesh.join([_set_label(part, Label.CAR) for part in parts])


def _rectangle(x: float, y: float) -> Rectangle:
    return -x, x, -y, y


def _make_loft(
    lower: Rectangle, bottom: float, upper: Rectangle, top: float, colour: Colour, lid: Colour | None = None
) -> Mesh:
    """Four sides between two rectangles, and a lid on top."""
    below, above = (
        np.array([[x0, y0, z], [x1, y0, z], [x1, y1, z], [x0, y1, z]])
        for (x0, x1, y0, y1), z in ((lower, bottom), (upper, top))
    )
    faces = []
    for i, shade in enumerate((0.92, 1.0, 0.72, 0.80)):  # left, front, right, back
        j = (i + 1) % 4
        faces.append(_make_face(np.stack((below[[i, j]], above[[i, j]])), shade * np.array(colour)))
    faces.append(_make_face(above[[0, 1, 3, 2]].reshape(2, 2, 3), 1.06 * np.array(lid or colour)))
    return mesh.join(faces)


def _make_wheel(x: float, y: float, side: float, radius: float) -> Mesh:
    """A wheel's outer face, tyre and rim, a little outside the hull."""
    angles = np.linspace(0, 2 * math.pi, WHEEL_SIDES + 1)
    parts = []
    for r, out, tint in ((radius, 0.010, TYRE), (0.6 * radius, 0.020, RIM)):
        ring = np.stack((x + r * np.cos(angles), 0 * angles + y + side * out, radius + r * np.sin(angles)), axis=1)
        hub = np.broadcast_to([x, y + side * out, radius], ring.shape)
        parts.append(_make_face(np.stack((hub, ring)), np.array(tint)))
    return mesh.join(parts)


def _make_plate(x: float, across: tuple[float, float], height: tuple[float, float], colour: Colour) -> Mesh:
    """A rectangle that faces along x."""
    return _make_face(np.array([[[x, y, z] for y in across] for z in height]), np.array(colour))


def _make_revolved(profile: list[tuple[float, float, Colour]]) -> Mesh:
    """A solid of revolution from radius, height and colour, bottom to top; each band has its lower end's colour."""
    angles = np.linspace(0, 2 * math.pi, ROUND_SIDES + 1)
    shade = (0.86 + 0.14 * np.cos(angles + 2.2))[None, :, None]
    parts = []
    for (r0, z0, tint), (r1, z1, _) in pairwise(profile):
        rings = [
            np.stack((r * np.cos(angles), r * np.sin(angles), 0 * angles + z), axis=1) for r, z in ((r0, z0), (r1, z1))
        ]
        parts.append(_make_face(np.stack(rings), shade * np.array(tint)))
    return mesh.join(parts)


def _make_barrel(half: Vector) -> Mesh:
    r, h = half.x, 2 * half.z
    return _make_revolved([(r, 0, BLUE), (r, 0.48 * h, STEEL), (r, 0.52 * h, BLUE), (r, h, BLUE), (0, h, BLUE)])


def _make_bin(half: Vector) -> Mesh:
    r, h = half.x, 2 * half.z
    return _make_revolved(
        [(0.8 * r, 0, GREEN), (r, 0.85 * h, DARK), (r, 0.9 * h, GREEN), (0.5 * r, h, GREEN), (0, h, GREEN)]
    )


def _make_cone(half: Vector) -> Mesh:
    r, h = half.x, 2 * half.z
    foot = _make_loft(_rectangle(r, r), 0.0, _rectangle(r, r), 0.05 * h, ORANGE)
    radii = [(0.75 * r * (1 - 0.85 * t), h * (0.05 + 0.95 * t)) for t in (0.0, 0.35, 0.55, 0.75, 0.88, 1.0)]
    tints = (ORANGE, WHITE, ORANGE, WHITE, ORANGE, ORANGE)
    stem = _make_revolved([(radius, z, tint) for (radius, z), tint in zip(radii, tints, strict=True)])
    return mesh.join([foot, stem])


def _make_box(half: Vector) -> Mesh:
    return _make_loft(_rectangle(half.x, half.y), 0.0, _rectangle(half.x, half.y), 2 * half.z, WOOD)


def _make_container(half: Vector) -> Mesh:
    h = 2 * half.z
    side = 0.90 * half.x, 0.95 * half.y
    lid = _make_loft(_rectangle(half.x, half.y), 0.9 * h, _rectangle(*side), h, DARK)
    return mesh.join([_make_loft(_rectangle(*side), 0.0, _rectangle(half.x, half.y), 0.9 * h, GREEN), lid])


def _make_barrier(half: Vector) -> Mesh:
    """Boards on two legs, alternately red and white."""
    h, cells = 2 * half.z, np.linspace(-half.y, half.y, 7)
    legs = [
        _make_loft((-half.x, half.x, y - 0.04, y + 0.04), 0, (-0.04, 0.04, y - 0.04, y + 0.04), h, STEEL)
        for y in cells[[1, 5]]
    ]
    boards = []
    for low, high in ((0.35 * h, 0.60 * h), (0.75 * h, h)):
        for i in range(6):
            across = (-0.05, 0.05, float(cells[i]), float(cells[i + 1]))
            boards.append(_make_loft(across, low, across, high, RED if i % 2 else WHITE))
    return mesh.join([*legs, *boards])


def _make_sign(half: Vector) -> Mesh:
    """A warning triangle on a foot, with two faces."""
    h = 2 * half.z
    parts = [
        _make_loft(_rectangle(half.x, 0.25), 0, _rectangle(half.x, 0.25), 0.06, DARK),
        _make_loft(_rectangle(0.03, 0.03), 0, _rectangle(0.03, 0.03), 0.5 * h, STEEL),
    ]
    for share, out, tint in ((1.0, 0.04, RED), (0.62, 0.05, WHITE)):
        middle = 0.68 * h
        for x in (-out, out):
            y, low, high = share * half.y, middle - share * 0.30 * h, middle + share * 0.32 * h
            parts.append(
                _make_face(np.array([[[x, -y, low], [x, y, low]], [[x, 0.0, high], [x, 0.0, high]]]), np.array(tint))
            )
    return mesh.join(parts)


def _make_person(half: Vector) -> Mesh:
    """Legs, a coat and a head, seen from all sides alike."""
    r, h = half.x, 2 * half.z
    profile = [(0.45 * r, 0, DARK), (0.55 * r, 0.45 * h, BLUE), (r, 0.55 * h, BLUE), (0.9 * r, 0.80 * h, BLUE)]
    head = [(0.30 * r, 0.84 * h, SKIN), (0.50 * r, 0.88 * h, SKIN), (0.50 * r, 0.96 * h, DARK), (0, h, DARK)]
    return _set_label(_make_revolved([*profile, *head]), Label.PEDESTRIAN)


_STANDING: dict[str, Callable[[Vector], Mesh]] = {
    "static.prop.barrel": _make_barrel,
    "static.prop.bin": _make_bin,
    "static.prop.box01": _make_box,
    "static.prop.constructioncone": _make_cone,
    "static.prop.container": _make_container,
    "static.prop.streetbarrier": _make_barrier,
    "static.prop.trafficcone01": _make_cone,
    "static.prop.warningconstruction": _make_sign,
    **dict.fromkeys(WALKERS, _make_person),
}


def _make_face(points: Floats, colours: Floats) -> Mesh:
    return mesh.make_sheet(points, colours, np.zeros((*points.shape[:2], 2)), Label.STATIC)


def _set_label(part: Mesh, label: Label) -> Mesh:
    return Mesh(part.points, part.colours, part.uvs, part.triangles, np.full_like(part.labels, int(label)))
