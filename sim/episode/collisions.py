"""Collisions: a car stops at what it hits, and both are notified.

Contacts are plastic: along the contact normal both continue at one speed (immovable things have infinite mass), and
tangentially each keeps its own. The normal is the axis that separated the two before the step, so that a fast car stops
in front of a thin object instead of passing through it. Impacts do not rotate a car.

A grid finds the few objects that a car can touch, so that the cost grows with the number of cars, not its square.
"""

from __future__ import annotations

import bisect
import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from sim.episode.actors import Actor, Vehicle
from sim.geometry.boxes import Box, SolidsNear, gap, gap_along, is_near
from sim.geometry.poses import Vector

CELL = 8.0  # size of the grid's cells [m]
MOST_NEIGHBOURS = 32  # in a cell, and for a car: more are near each other only where a client has piled them up
LEAST_IMPULSE = 1e-3  # N s: less is what rounding leaves of a contact that the other car's turn has ended already
MOST_PUSHES = 8  # of a car in a step: that many can stand around it


@dataclass(frozen=True, slots=True)
class Collision:
    """A vehicle was hit by something with an impulse [N s] in the world's axes; scenery is a box and no actor."""

    vehicle: Vehicle
    other: Actor | Box
    impulse: Vector


def resolve(actors: Iterable[Actor], before: dict[int, Box], solids_near: SolidsNear) -> list[Collision]:
    """Push cars out of what they ran into during a step, and tell of it.

    Args:
        actors: everybody there.
        before: where each vehicle's box was before the step, by id.
        solids_near: scenery that stops a car, around a place.
    """
    found: list[Collision] = []
    grid = _Grid([actor for actor in actors if actor.collides and actor.footprint is not None])
    for number, vehicle in enumerate(grid.actors):
        if isinstance(vehicle, Vehicle) and vehicle.moves and vehicle.id in before:
            solids = solids_near(vehicle.pose.x, vehicle.pose.y)
            for other in grid.neighbours(number):
                found += _contact(vehicle, other, before)
            for box in solids:
                found += _contact(vehicle, box, before)
    return found


class _Grid:
    """Which actors stand in which cells.

    An actor is in every cell that its box reaches, unless MOST_NEIGHBOURS are there already: those too many in a pile
    touch the others and not each other.

    Args:
        actors: those with a box, in the order in which they are asked about.
    """

    def __init__(self, actors: list[Actor]) -> None:
        self.actors = actors
        self._cells: dict[tuple[int, int], list[int]] = {}
        self._reached: list[list[tuple[int, int]]] = []
        for number, actor in enumerate(actors):
            self._reached.append(_cells_of(actor))
            self._enter(number)

    def neighbours(self, number: int) -> Iterator[Actor]:
        """Who may touch an actor, in order; it may be pushed aside meanwhile, up to MOST_PUSHES times."""
        actor, last, pushes = self.actors[number], -1, 0
        for _ in range(MOST_NEIGHBOURS):
            near = (at for cell in self._reached[number] for at in self._cells.get(cell, ()) if at > last)
            last = min((at for at in near if at != number), default=-1)
            if last < 0 or pushes == MOST_PUSHES:
                return
            pose = actor.pose
            yield self.actors[last]
            if actor.pose is not pose:
                pushes += 1
                self._follow(number)

    def _follow(self, number: int) -> None:
        """Enter an actor anew where it stands by now."""
        reached = _cells_of(self.actors[number])
        if reached != self._reached[number]:
            for cell in self._reached[number]:
                if number in self._cells[cell]:
                    self._cells[cell].remove(number)
            self._reached[number] = reached
            self._enter(number)

    def _enter(self, number: int) -> None:
        for cell in self._reached[number]:
            there = self._cells.setdefault(cell, [])
            if len(there) < MOST_NEIGHBOURS:
                bisect.insort(there, number)


def _cells_of(actor: Actor) -> list[tuple[int, int]]:
    """The cells that an actor's box reaches, however it is turned."""
    box = actor.footprint
    if box is None:
        return []
    reach = box.half_x + box.half_y
    xs = range(math.floor((box.x - reach) / CELL), math.floor((box.x + reach) / CELL) + 1)
    ys = range(math.floor((box.y - reach) / CELL), math.floor((box.y + reach) / CELL) + 1)
    return [(i, j) for i in xs for j in ys]


def _contact(vehicle: Vehicle, other: Actor | Box, before: dict[int, Box]) -> list[Collision]:
    here, there = vehicle.footprint, other if isinstance(other, Box) else other.footprint
    if here is None or there is None or not is_near(here, there) or gap(here, there)[0] > 0.0:
        return []
    there_before = there if isinstance(other, Box) else before.get(other.id, there)
    apart, nx, ny = gap(before[vehicle.id], there_before)
    if apart <= 0.0:  # they touched already, or one was put here
        _, nx, ny = gap(here, there)
    depth = -gap_along(here, there, nx, ny)
    vehicle.shift(nx * depth, ny * depth)
    movable = other if isinstance(other, Vehicle) and other.moves else None
    impulse = _impulse(vehicle, movable, nx, ny)
    if impulse <= LEAST_IMPULSE:
        return []
    push = Vector(nx * impulse, ny * impulse)
    back = Vector(-push.x, -push.y)
    vehicle.add_impulse(push)
    if movable is not None:
        movable.add_impulse(back)
    collisions = [Collision(vehicle, other, push)]
    return [*collisions, Collision(other, vehicle, back)] if isinstance(other, Vehicle) else collisions


def _impulse(vehicle: Vehicle, movable: Vehicle | None, nx: float, ny: float) -> float:
    """What ends the approach along the normal [N s]; zero or less if the two already part."""
    approach = -vehicle.speed_along(nx, ny)
    lightness = 1.0 / vehicle.physics.mass
    if movable is not None:
        approach += movable.speed_along(nx, ny)
        lightness += 1.0 / movable.physics.mass
    return approach / lightness
