"""Houses, barns and flat-roofed blocks set back from the road, placed at random and never over a road."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from panda3d import core

from sim.episode.labels import Label
from sim.graphics import mesh
from sim.graphics.mesh import Mesh
from sim.roads.track import Floats, Track

SPACING = 110.0  # metres of road per attempt to place a house [m]
NEAREST, FARTHEST = 14.0, 55.0  # distance from a road's edge to a house's centre [m]
CLEARANCE = 4.0  # least distance between a road's edge and any wall [m]
DRAW_DISTANCE = 260.0  # [m]
WALLS = ((0.86, 0.82, 0.72), (0.80, 0.78, 0.76), (0.74, 0.60, 0.46), (0.62, 0.34, 0.28), (0.90, 0.90, 0.86))
ROOFS = ((0.52, 0.24, 0.17), (0.36, 0.31, 0.30), (0.44, 0.38, 0.34))
GLASS, DOOR = (0.22, 0.26, 0.31), (0.34, 0.24, 0.18)
SIZES = {
    "house": ((8.0, 6.5, 2.8, 2.0), (13.0, 9.5, 5.6, 3.4)),
    "barn": ((12.0, 7.0, 3.5, 2.0), (20.0, 11.0, 5.0, 3.5)),
    "block": ((11.0, 9.0, 5.6, 0.0), (18.0, 12.0, 11.5, 0.0)),
}
"""Smallest and largest: length along the ridge, width, height of the eaves, height of the ridge above them [m]."""
PROBABILITIES = (0.50, 0.30, 0.20)
PROTRUSION = 0.04  # of windows from their wall, so that neither flickers [m]

Face = tuple[tuple[tuple[float, float, float], ...], Floats]  # four corners, row by row [m], and a colour


@dataclass(frozen=True, slots=True)
class House:
    """A house with a gable roof, or a flat one if the ridge is no higher than the eaves.

    Attributes:
        position: (3,) centre of its floor [m], CARLA's axes.
        yaw: heading of the ridge [rad].
        size: length along the ridge, width, height of the eaves, height of the ridge above them [m].
        wall, roof: colours, RGB in [0, 1].
        has_windows: false for a barn.
    """

    position: Floats
    yaw: float
    size: tuple[float, float, float, float]
    wall: tuple[float, float, float]
    roof: tuple[float, float, float]
    has_windows: bool

    @property
    def radius(self) -> float:
        """Half the diagonal of the ground plan [m]."""
        return math.hypot(self.size[0], self.size[1]) / 2


def make_house_nodes(houses: list[House]) -> Iterator[core.PandaNode]:
    """Make a node for each house."""
    for house in houses:
        geom = mesh.make_geom(_make_mesh(house))
        yield mesh.make_near_node(DRAW_DISTANCE, house.position, geom, mesh.make_upright_state(None))


def place_houses(track: Track, random: np.random.Generator) -> list[House]:
    """Try random positions along the roads and keep those clear of all roads and of one another."""
    centre = np.concatenate([g.centre for g in track.stretches])
    right = np.concatenate([g.right for g in track.stretches])
    sides = np.concatenate([g.offsets[:, [0, -1]] for g in track.stretches])
    edges = (centre[:, None, :] + sides[..., None] * right[:, None, :]).reshape(-1, 3)
    houses: list[House] = []
    for _ in range(max(1, round(len(centre) / SPACING))):
        i, side = int(random.integers(len(centre))), int(random.integers(2))
        away = random.uniform(NEAREST, FARTHEST)
        position = centre[i] + (sides[i, side] + (away if side else -away)) * right[i]
        house = _choose_house(position, math.atan2(right[i, 1], right[i, 0]), track, random)
        clear = np.hypot(*(edges - position)[:, :2].T).min() > house.radius + CLEARANCE
        alone = all(np.hypot(*(other.position - position)[:2]) > other.radius + house.radius + 3 for other in houses)
        if clear and alone:
            houses.append(house)
    return houses


def _choose_house(position: Floats, across: float, track: Track, random: np.random.Generator) -> House:
    """A random house whose gable or eaves face the road, give or take a few degrees."""
    kind = str(random.choice(list(SIZES), p=PROBABILITIES))
    is_barn = kind == "barn"
    size = random.uniform(*SIZES[kind])
    heights = [track.terrain.at(position[0] + dx, position[1] + dy)[0] for dx in (-5, 5) for dy in (-5, 5)]
    return House(
        position=np.array([position[0], position[1], min(heights)]),
        yaw=across + math.pi / 2 * int(random.integers(2)) + float(random.normal(0, 0.12)),
        size=(float(size[0]), float(size[1]), float(size[2]), float(size[3])),
        wall=WALLS[int(random.integers(2, 4)) if is_barn else int(random.integers(len(WALLS)))],
        roof=ROOFS[int(random.integers(len(ROOFS)))],
        has_windows=not is_barn,
    )


def _make_mesh(house: House) -> Mesh:
    """Walls, gables, roof and windows; each side has its own shade."""
    length, width, eaves, rise = house.size
    x, y, top = length / 2, width / 2, eaves + rise
    wall, roof = np.array(house.wall), np.array(house.roof)
    walls: list[Face] = [
        (((-x, -y, 0), (x, -y, 0), (-x, -y, eaves), (x, -y, eaves)), wall),
        (((-x, y, 0), (x, y, 0), (-x, y, eaves), (x, y, eaves)), 0.80 * wall),
        (((x, -y, 0), (x, y, 0), (x, -y, eaves), (x, y, eaves)), 0.90 * wall),
        (((-x, -y, 0), (-x, y, 0), (-x, -y, eaves), (-x, y, eaves)), 0.72 * wall),
    ]
    flat: list[Face] = [(((-x, -y, top), (x, -y, top), (-x, y, top), (x, y, top)), roof)]
    gables: list[Face] = [
        (((x, -y, eaves), (x, y, eaves), (x, 0, top), (x, 0, top)), 0.90 * wall),
        (((-x, -y, eaves), (-x, y, eaves), (-x, 0, top), (-x, 0, top)), 0.72 * wall),
        (
            (
                (-x - 0.4, -y - 0.5, eaves - 0.25),
                (x + 0.4, -y - 0.5, eaves - 0.25),
                (-x - 0.4, 0, top),
                (x + 0.4, 0, top),
            ),
            roof,
        ),
        (
            (
                (-x - 0.4, y + 0.5, eaves - 0.25),
                (x + 0.4, y + 0.5, eaves - 0.25),
                (-x - 0.4, 0, top),
                (x + 0.4, 0, top),
            ),
            0.8 * roof,
        ),
    ]
    parts = [*walls, *(gables if rise else flat), *_make_openings(house)]
    c, s = math.cos(house.yaw), math.sin(house.yaw)
    rotation = np.array([[c, s, 0], [-s, c, 0], [0, 0, 1]])
    corners = [
        (np.array(part, dtype=np.float64).reshape(2, 2, 3) @ rotation + house.position, tint) for part, tint in parts
    ]
    return mesh.join([mesh.make_sheet(at, tint, np.zeros((2, 2, 2)), Label.BUILDING) for at, tint in corners])


def _make_openings(house: House) -> Iterator[Face]:
    """Windows on both long sides, floor by floor; a barn has a gate in one gable instead."""
    length, width, eaves, _ = house.size
    if not house.has_windows:
        x = length / 2 + PROTRUSION
        yield ((x, -1.8, 0), (x, 1.8, 0), (x, -1.8, 3.0), (x, 1.8, 3.0)), np.array(DOOR)
        return
    for floor in range(max(1, int(eaves / 2.7))):
        for at in np.arange(-length / 2 + 1.6, length / 2 - 1.2, 2.4).tolist():
            for y in (-width / 2 - PROTRUSION, width / 2 + PROTRUSION):
                low = 0.9 + 2.7 * floor
                yield (
                    ((at - 0.5, y, low), (at + 0.5, y, low), (at - 0.5, y, low + 1.2), (at + 0.5, y, low + 1.2)),
                    np.array(GLASS),
                )
