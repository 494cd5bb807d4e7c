"""The floors of both houses, written down once: a module imports only from floors below its own."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent

FLOORS = {
    "alvinn": [
        [
            "alvinn",
            "alvinn.cockpit",
            "alvinn.drivers",
            "alvinn.formats",
            "alvinn.jobs",
            "alvinn.driving",
            "alvinn.errors",
            "alvinn.cockpit.inputs",
            "alvinn.cockpit.keys",
            "alvinn.files",
            "alvinn.hill",
            "alvinn.memory",
            "alvinn.quiet",
        ],
        [
            "alvinn.roles",
            "alvinn.vision",
            "alvinn.steering",
            "alvinn.lane",
            "alvinn.speed",
            "alvinn.outputs",
            "alvinn.intensity",
            "alvinn.irre",
            "alvinn.cockpit.panel",
            "alvinn.devices",
            "alvinn.formats.account",
            "alvinn.measures",
            "alvinn.sensors",
            "alvinn.recording.left_out",
            "alvinn.recording.pictures",
            "alvinn.recording.rows",
            "alvinn.recording.session",
        ],
        [
            "alvinn.architectures",
            "alvinn.cockpit.calibration",
            "alvinn.cockpit.form",
            "alvinn.cockpit.hands",
            "alvinn.cockpit.paint",
            "alvinn.live",
            "alvinn.augment",
            "alvinn.views",
            "alvinn.model",
            "alvinn.referee",
            "alvinn.drivers.disturbed",
            "alvinn.drivers.expert",
            "alvinn.drivers.timed",
            "alvinn.recording.pen",
            "alvinn.recording.reading",
        ],
        ["alvinn.recording.proof", "alvinn.gates"],
        ["alvinn.recording.writing"],
        ["alvinn.recording", "alvinn.worst"],
        [
            "alvinn.cache",
            "alvinn.ground",
            "alvinn.network",
            "alvinn.insides",
            "alvinn.portrait",
            "alvinn.observers",
            "alvinn.loop",
            "alvinn.video",
            "alvinn.recorded",
            "alvinn.results",
            "alvinn.figures",
            "alvinn.doubts",
            "alvinn.drivers.network",
            "alvinn.visual",
            "alvinn.formats.film",
            "alvinn.formats.moments",
            "alvinn.formats.parquet",
        ],
        [
            "alvinn.cockpit.charts",
            "alvinn.cockpit.choice",
            "alvinn.cockpit.drawing",
            "alvinn.cockpit.wiring",
            "alvinn.drivers.human",
        ],
        ["alvinn.cockpit.start", "alvinn.cockpit.tape"],
        ["alvinn.cockpit.window", "alvinn.cockpit.easel", "alvinn.cockpit.player"],
        [
            "alvinn.dataset",
            "alvinn.regression",
            "alvinn.clips",
            "alvinn.insight",
            "alvinn.lane_map",
            "alvinn.embedded",
            "alvinn.drivers.shared",
            "alvinn.corrections",
        ],
        ["alvinn.rounds", "alvinn.shift"],
        [
            "alvinn.rounds",
            "alvinn.report",
            "alvinn.formats.incoming",
            "alvinn.formats.lerobot",
            "alvinn.formats.tub",
            "alvinn.formats.udacity",
        ],
        ["alvinn.formats.lerobot_out"],
        ["alvinn.batches"],
        ["alvinn.training"],
        ["alvinn.carla_world"],
        ["alvinn.cockpit.cockpit"],
        ["alvinn.jobs.common"],
        ["alvinn.jobs.recordings"],
        ["alvinn.jobs.sweep", "alvinn.jobs.outcome"],
        ["alvinn.jobs.cluster"],
        ["alvinn.jobs.ride", "alvinn.jobs.calibrate"],
        ["alvinn.jobs.drive"],
        ["alvinn.jobs.seats"],
        ["alvinn.jobs.legs"],
        [
            "alvinn.jobs.record",
            "alvinn.jobs.replay",
            "alvinn.jobs.train",
            "alvinn.jobs.laps",
            "alvinn.jobs.card",
            "alvinn.jobs.compare",
            "alvinn.jobs.doctor",
            "alvinn.jobs.convert",
        ],
        ["alvinn.jobs.demo", "alvinn.jobs.ablation", "alvinn.jobs.stages"],
        ["alvinn.jobs.apprentice"],
        ["alvinn.jobs.correct"],
        ["alvinn.jobs.shift"],
        ["alvinn.cli"],
        ["alvinn.__main__"],
    ],
    "sim": [
        [
            "sim",
            "sim.wire",
            "sim.wire.errors",
            "sim.geometry",
            "sim.weather",
            "sim.settings",
            "sim.attributes",
            "sim.textures",
            "sim.labels",
            "sim.document",
        ],
        [
            "sim.physics",
            "sim.elevation",
            "sim.terrain",
            "sim.appearance",
            "sim.boxes",
            "sim.catalogue",
            "sim.geodesy",
            "sim.faults",
        ],
        ["sim.light", "sim.rays", "sim.canvas", "sim.foreign"],
        ["sim.wire.rpc", "sim.wire.streaming", "sim.road", "sim.vehicle", "sim.mesh", "sim.blueprints"],
        ["sim.track", "sim.random_road", "sim.snapshot", "sim.ackermann", "sim.sky", "sim.facets"],
        [
            "sim.wire.sensor_data",
            "sim.wire.messages",
            "sim.actors",
            "sim.circuits",
            "sim.plants",
            "sim.houses",
            "sim.roadway",
            "sim.bodies",
            "sim.rails",
        ],
        ["sim.grading", "sim.scenery"],
        ["sim.scene", "sim.opendrive", "sim.collisions", "sim.sensors"],
        ["sim.world", "sim.roster"],
        ["sim.camera", "sim.maps", "sim.studio", "sim.procedures", "sim.instruments"],
        ["sim.methods", "sim.car_methods", "sim.server", "sim.contact"],
        ["sim.commands"],
        ["sim.ports"],
        ["sim.cli"],
        ["sim.__main__"],
    ],
}
"""House -> floors from the ground up -> modules."""

GUESTS = {
    "carla": {
        "alvinn.carla_world",
        "alvinn.lane_map",
        "alvinn.sensors",
        "alvinn.jobs.doctor",
        "sim.track",
        "sim.geodesy",
        "sim.contact",
    },
    "pygame": {"alvinn.cockpit.easel", "alvinn.cockpit.window", "alvinn.cockpit.drawing", "alvinn.cockpit.paint"},
    "tensorflow": {"alvinn.network", "alvinn.training"},
    "keras": {"alvinn.insides", "alvinn.network", "alvinn.training"},
    "ai_edge_litert": {"alvinn.model"},
    "plotly": {"alvinn.figures", "alvinn.shift"},
    "av": {"alvinn.video", "alvinn.formats.film"},
    "ray": {"alvinn.jobs.cluster"},
    "pyarrow": {"alvinn.formats.parquet"},
    "panda3d": {
        "sim.camera",
        "sim.canvas",
        "sim.facets",
        "sim.houses",
        "sim.mesh",
        "sim.plants",
        "sim.rails",
        "sim.roadway",
        "sim.scene",
        "sim.sky",
    },
    "direct": set(),
    "asyncio": {"sim.cli", "sim.ports", "sim.server"},
    "socket": {"sim.ports"},
    "pyclothoids": {"sim.road"},
    "scenariogeneration": {"sim.opendrive"},
    "msgpack": {"sim.wire.rpc", "sim.wire.sensor_data"},
}
"""Heavy guest -> the rooms that may import it."""

FLOOR_OF = {name: floor for house in FLOORS.values() for floor, names in enumerate(house) for name in names}


def imports(source: str, modules: Mapping[str, object]) -> Iterator[tuple[int, str]]:
    """(line, module) for every import anywhere in a source; `from a import b` is module a.b where there is one."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = "." * node.level + (node.module or "")
            for alias in node.names:
                deeper = f"{base}.{alias.name}"
                yield node.lineno, deeper if deeper in modules else base


def faults(sources: Mapping[str, str]) -> list[str]:
    """What is wrong with some modules, name -> source, one sentence each."""
    return [fault for name, source in sorted(sources.items()) for fault in _faults_of(name, source, sources)]


def _faults_of(name: str, source: str, sources: Mapping[str, str]) -> Iterator[str]:
    if name not in FLOOR_OF:
        yield f"{name} has no floor: write it down in FLOORS"
        return
    for line, other in imports(source, sources):
        house = other.split(".", maxsplit=1)[0]
        if other.startswith("."):
            yield f"{name}, line {line}: imports relatively; name the module in full"
        elif house in GUESTS and name not in GUESTS[house]:
            yield f"{name}, line {line}: {house} may be imported by {sorted(GUESTS[house])} only"
        elif house in FLOORS and house != name.split(".", maxsplit=1)[0]:
            yield f"{name}, line {line}: the houses meet on the wire only, but it imports {other}"
        elif house in FLOORS and FLOOR_OF.get(other, -1) >= FLOOR_OF[name] and other != name:
            yield f"{name}, line {line}: on floor {FLOOR_OF[name]}, imports {other} on floor {FLOOR_OF[other]}"


def cycle(graph: Mapping[str, set[str]]) -> list[str] | None:
    """Modules that import one another in a ring, if there are any."""
    done: set[str] = set()

    def visit(name: str, way: list[str]) -> list[str] | None:
        if name in way:
            return [*way[way.index(name) :], name]
        if name in done:
            return None
        for other in sorted(graph.get(name, ())):
            if found := visit(other, [*way, name]):
                return found
        done.add(name)
        return None

    return next((found for name in sorted(graph) if (found := visit(name, []))), None)


def graph_of(sources: Mapping[str, str]) -> dict[str, set[str]]:
    return {name: {other for _, other in imports(source, sources)} & set(sources) for name, source in sources.items()}


@pytest.fixture(scope="module")
def houses() -> dict[str, str]:
    found: dict[str, str] = {}
    for house in FLOORS:
        for path in (ROOT / house).rglob("*.py"):
            parts = path.relative_to(ROOT).with_suffix("").parts
            name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
            found[name] = path.read_text(encoding="utf-8")
    return found


def test_every_import_goes_downstairs_and_guests_stay_in_their_rooms(houses: dict[str, str]) -> None:
    assert faults(houses) == []


def test_no_modules_import_one_another_in_a_ring(houses: dict[str, str]) -> None:
    assert cycle(graph_of(houses)) is None


def test_every_room_written_down_exists(houses: dict[str, str]) -> None:
    assert set(FLOOR_OF) - set(houses) == set()
    assert {room for rooms in GUESTS.values() for room in rooms} - set(houses) == set()


@pytest.mark.parametrize(
    ("name", "source", "complaint"),
    [
        ("alvinn.lane", "from alvinn.loop import run", "on floor 1, imports alvinn.loop on floor"),
        ("alvinn.lane", "from alvinn import loop", "imports alvinn.loop on floor"),
        ("alvinn.lane", "def later():\n    import alvinn.loop", "line 2: on floor 1, imports alvinn.loop"),
        ("alvinn.lane", "from alvinn.vision import Preprocessing", "imports alvinn.vision on floor 1"),
        ("alvinn.lane", "from . import driving", "relatively"),
        ("alvinn.lane", "import carla", "carla may be imported by"),
        ("alvinn.jobs.record", "import tensorflow as tf", "tensorflow may be imported by"),
        ("alvinn.jobs.record", "from keras.layers import Dense", "keras may be imported by"),
        ("sim.world", "import socket", "socket may be imported by"),
        ("alvinn.embedded", "from sim.cli import main", "the houses meet on the wire only"),
        ("sim.cli", "from alvinn.errors import AlvinnError", "the houses meet on the wire only"),
        ("alvinn.attic", "", "alvinn.attic has no floor"),
    ],
)
def test_the_check_sees_a_violation(name: str, source: str, complaint: str) -> None:
    sources = {"alvinn": "", "alvinn.loop": "", "alvinn.vision": "", name: source}
    assert any(complaint in fault for fault in faults(sources))


def test_the_check_lets_an_import_downstairs_pass() -> None:
    assert faults({"alvinn.loop": "from alvinn.roles import World\nimport math", "alvinn.roles": ""}) == []


def test_the_check_sees_a_ring() -> None:
    sources = {
        "alvinn.lane": "import alvinn.speed",
        "alvinn.speed": "from alvinn import vision",
        "alvinn.vision": "from alvinn.lane import Lane",
    }
    ring = cycle(graph_of(sources))
    assert ring is not None
    assert set(ring) == set(sources)
