"""Actors as CARLA describes them to clients."""

from __future__ import annotations

from typing import Any

from sim.episode.actors import Actor
from sim.episode.blueprints import Description
from sim.episode.labels import Label
from sim.episode.sensors import Sensor
from sim.geometry.boxes import Box
from sim.geometry.poses import Vector
from sim.wire import messages, streaming

TAGS = {
    "static.building": bytes((Label.BUILDING,)),
    "static.guardrail": bytes((Label.GUARD_RAIL,)),
    "static.vegetation": bytes((Label.VEGETATION,)),
}
"""What scenery is called -> CARLA's semantic tags of it."""


def describe(actor: Actor, stream_port: int = 0) -> list[Any]:
    """An actor; a sensor's token names the port of streams."""
    return messages.pack_actor(
        actor.id,
        0 if actor.parent is None else actor.parent.id,
        actor.description,
        messages.pack_bounding_box(*actor.box, actor.id),
        tags=actor.tags,
        token=streaming.pack_token(actor.stream, stream_port) if isinstance(actor, Sensor) and actor.streams else b"",
    )


def describe_scenery(box: Box) -> list[Any]:
    """What is no actor but can be hit, as CARLA has it: an actor of number 0."""
    half = Vector(box.half_x, box.half_y, 0.5 * min(box.top - box.bottom, 100.0))
    return messages.pack_actor(
        0, 0, Description(0, box.kind), messages.pack_bounding_box(Vector(), half, 0), tags=TAGS.get(box.kind, b"")
    )
