"""Coverage-guided garbage for the wire: `make fuzz`, or `python -m tests.fuzz -max_total_time=300` (libFuzzer's flags).

An input is what one connection receives. By its first byte it goes to the stream port as it is, to the call port as it
is, or is read as a recipe for calls of the methods that there are, with arguments of any msgpack type; so that the
search needs not find msgpack by itself. Calls work on a world of stand-ins (`tests.sim.server.test_connections.Bench`).
What counts as a find: an exception out of a connection, an answer that is none, or a fault of ours behind one
("internal error").

atheris is for Linux and stays out of requirements.txt; `make fuzz` installs it.
"""

from __future__ import annotations

import asyncio
import sys
from typing import Any

import atheris
import msgpack

with atheris.instrument_imports(include=["sim"]):
    from sim.dynamics.single_track import MODEL3, VehicleControl
    from sim.episode.blueprints import Description
    from sim.episode.settings import EpisodeSettings
    from sim.episode.weather import WeatherParameters
    from sim.geometry.poses import Pose, Vector
    from sim.rpc import registry
    from sim.wire import messages
    from tests.sim.server.test_connections import SMALL, Bench, bench

MOST_CALLS = 6
PLAIN = (
    *(None, False, True, 0, 1, 2, 3, -1, 7, 255, 2**31, 2**32, 2**63, -(2**63)),
    *(0.0, -0.0, 0.5, 1e9, 1e300, float("nan"), float("inf")),
    *("", "vehicle.tesla.model3", "sensor.camera.rgb", "image_size_x", "800", "hills", "OpenDriveMap", "\u00fc" * 99),
)
CAR, CAMERA = messages.DESCRIPTION.pack(Description(0, "vehicle.tesla.model3")), messages.DESCRIPTION.pack(SMALL)
SOUND = (
    CAR,
    CAMERA,
    messages.TRANSFORM.pack(Pose(3.0, 1.0, 0.0, 0.0, 0.1, 0.0)),
    messages.VECTOR.pack(Vector(1.0, 2.0, 3.0)),
    messages.CONTROL.pack(VehicleControl(0.5, 0.1)),
    messages.SETTINGS.pack(EpisodeSettings(synchronous_mode=True, fixed_delta_seconds=0.05)),
    messages.WEATHER.pack(WeatherParameters()),
    messages.PHYSICS.pack(MODEL3),
    [
        [[0, [CAR, messages.TRANSFORM.pack(Pose(9.0)), [False], 0, "", []]]],
        [[1, [2]]],
        [[2, [3, [0.5, 0.0, 0.0, False, False, False, 0]]]],
    ],
)


def value(data: atheris.FuzzedDataProvider, depth: int = 0) -> object:
    """A value that msgpack can hold: often one of those that methods take, with a part of it changed."""
    kind = data.ConsumeIntInRange(0, 4 if depth > 4 else 7)
    if kind == 0:
        return data.ConsumeRegularFloat()
    if kind == 1:
        return data.ConsumeBytes(data.ConsumeIntInRange(0, 40))
    if kind < 5:
        return PLAIN[data.ConsumeIntInRange(0, len(PLAIN) - 1)]
    if kind == 5:
        return [value(data, depth + 1) for _ in range(data.ConsumeIntInRange(0, 12))]
    return changed(SOUND[data.ConsumeIntInRange(0, len(SOUND) - 1)], data, depth)


def changed(sound: Any, data: atheris.FuzzedDataProvider, depth: int) -> object:
    """A sound value, or one with a part that is something else."""
    if data.ConsumeBool() or not isinstance(sound, list) or not sound:
        return sound if data.ConsumeBool() else value(data, depth + 1)
    at = data.ConsumeIntInRange(0, len(sound) - 1)
    return [*sound[:at], changed(sound[at], data, depth + 1), *sound[at + 1 :]]


def calls(data: atheris.FuzzedDataProvider) -> bytes:
    """A few calls."""
    names = sorted(registry.TABLE)
    parts = []
    for number in range(data.ConsumeIntInRange(1, MOST_CALLS)):
        name = names[data.ConsumeIntInRange(0, len(names) - 1)]
        count = len(registry.TABLE[name].arguments) if data.ConsumeIntInRange(0, 7) else data.ConsumeIntInRange(0, 9)
        arguments = [value(data) for _ in range(count)]
        parts.append(msgpack.packb([0, number, name, [[data.ConsumeBool()], *arguments]]))
    return b"".join(parts)


def look(it: Bench) -> None:
    """Raise RuntimeError if an answer is none, or tells of a fault of ours."""
    for name, written in it.log:
        if name == "answer":
            kind, _, error, _ = msgpack.unpackb(written)
            if kind != 1 or str(error).startswith("internal error"):
                raise RuntimeError(f"{kind} {error}")


async def receive(data: atheris.FuzzedDataProvider) -> None:
    """One connection's life."""
    async with bench() as it:
        it.synchronous()
        kind = data.ConsumeIntInRange(0, 3)
        if kind == 0:
            it.reader(1, "chatty").data_received(data.ConsumeBytes(data.remaining_bytes()))
            return
        bytes_ = data.ConsumeBytes(data.remaining_bytes()) if kind == 1 else calls(data)
        caller, cut = it.caller(), len(bytes_) // 2
        for part in (bytes_[:cut], bytes_[cut:]):
            if not it.wires[-1].is_closing():
                caller.data_received(part)
        while caller._unfinished is not None:  # a map that is loaded, and the calls after it
            await caller._unfinished
        look(it)


def one_input(data: bytes) -> None:
    asyncio.run(receive(atheris.FuzzedDataProvider(data)))


if __name__ == "__main__":
    atheris.Setup(sys.argv, one_input)
    atheris.Fuzz()
