"""What happens when a car runs into something: it stops there, and both are told.

Contacts are plastic: along the contact's normal the two go on at one speed (what does not move is infinitely heavy),
along its face each keeps its own. The normal is that along which the two were apart before the step, so that a fast
car stops in front of a thin thing and does not come out beside it. Impacts do not turn a car.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from sim.episode.actors import Actor, Vehicle
from sim.geometry.boxes import Box, gap, gap_along, is_near
from sim.geometry.poses import Vector

SolidsNear = Callable[[float, float], Iterable[Box]]


@dataclass(frozen=True, slots=True)
class Collision:
    """A vehicle was hit by something with an impulse [N s] in the world's axes; scenery is a box and no actor."""

    vehicle: Vehicle
    other: Actor | Box
    impulse: Vector


def settled(actors: Iterable[Actor], before: dict[int, Box], solids_near: SolidsNear) -> list[Collision]:
    """Push cars out of what they ran into during a step, and tell of it.

    Args:
        actors: everybody there.
        before: where each vehicle's box was before the step, by id.
        solids_near: scenery that stops a car, around a place.
    """
    found: list[Collision] = []
    solid = [actor for actor in actors if actor.collides and actor.footprint is not None]
    for vehicle in solid:
        if isinstance(vehicle, Vehicle) and vehicle.moves and vehicle.id in before:
            others: list[Actor | Box] = [actor for actor in solid if actor is not vehicle]
            for other in (*others, *solids_near(vehicle.pose.x, vehicle.pose.y)):
                found += _contact(vehicle, other, before)
    return found


def _contact(vehicle: Vehicle, other: Actor | Box, before: dict[int, Box]) -> list[Collision]:
    here, there = vehicle.footprint, other if isinstance(other, Box) else other.footprint
    if here is None or there is None or not is_near(here, there) or gap(here, there)[0] > 0.0:
        return []
    apart, nx, ny = gap(before[vehicle.id], there)
    if apart <= 0.0:  # the other came to us, or was put here
        _, nx, ny = gap(here, there)
    depth = -gap_along(here, there, nx, ny)
    vehicle.shift(nx * depth, ny * depth)
    movable = other if isinstance(other, Vehicle) and other.moves else None
    impulse = _impulse(vehicle, movable, nx, ny)
    if impulse <= 0.0:
        return []
    push = Vector(nx * impulse, ny * impulse)
    back = Vector(-push.x, -push.y)
    vehicle.kick(push)
    if movable is not None:
        movable.kick(back)
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
