"""The scene graph of a track: sky, land, roads, plants, houses, guard rails and actors.

Surfaces on the ground are drawn in a fixed order (land, verge, road) without the depth buffer, so that nothing
flickers; only on hilly land do they use it, so that crests hide what is behind them. Upright objects always use it. The
scene is cut into chunks that Panda3D culls when they are out of sight, a whole square of them with one test.
"""

from __future__ import annotations

import math
from collections.abc import Generator, Iterator, Sequence
from functools import lru_cache
from itertools import chain, product
from zlib import crc32

import numpy as np
from panda3d import core

from sim.episode.labels import Label
from sim.geometry.poses import Pose
from sim.graphics import mesh, textures
from sim.graphics.canvas import to_panda_matrix
from sim.graphics.light import Light
from sim.graphics.mesh import Floats, Mesh
from sim.roads.terrain import BLOCK, LEVEL_CELL
from sim.roads.track import Track
from sim.scene.bodies import Colour, VisibleActor, make_body
from sim.scene.buildings import make_house_nodes
from sim.scene.guard_rails import make_rail_nodes
from sim.scene.road_parts import make_road_nodes
from sim.scene.scenery import get_scenery
from sim.scene.sky import Sky
from sim.scene.vegetation import make_plant_nodes

GRASS_TILE = 6.0  # [m]
WET_DARKENING = 0.42  # fraction of its brightness that wet asphalt loses
LAND_DRAW_DISTANCE = 200.0  # of level land in all its cells, from a block's centre [m]; farther away it is one square
SQUARE = 150.0  # size of the squares whose chunks are culled together [m]


class Scene:
    """A track with its surroundings and actors.

    Args:
        track: the track.
        seed: chooses the surroundings.

    Attributes:
        track, seed: what it was built from.
        root: the node for cameras to draw.
        sky: the node below it that must follow the camera.
        level_height: height of the land if it is level, else None [m].
    """

    def __init__(self, track: Track, seed: int) -> None:
        for _ in self._build(track, seed):
            pass

    @classmethod
    def build_in_pieces(cls, track: Track, seed: int) -> Generator[None, None, Scene]:
        """Build a scene with pauses of the caller's own between its pieces; the scene is what the generator returns."""
        scene = cls.__new__(cls)
        yield from scene._build(track, seed)  # noqa: SLF001 - its own
        return scene

    def _build(self, track: Track, seed: int) -> Iterator[None]:
        self.track, self.seed = track, seed
        name = crc32(track.name.encode())
        sky_random, land_random, road_random, plant_random = [
            np.random.default_rng([seed, name, part]) for part in range(4)
        ]
        scenery = get_scenery(track, seed)
        self.root = core.NodePath("scene")
        self.root.set_two_sided(True)
        self._sky = Sky(sky_random)
        self.sky = self._sky.node
        self.sky.reparent_to(self.root)
        self.level_height = float(track.terrain.heights[0, 0]) if track.terrain.is_level else None
        yield
        self._asphalt = np.clip(textures.make_asphalt(road_random) * track.appearance.asphalt, 0, 1)
        yield
        fields = np.clip(textures.make_grass(land_random) * np.array(track.appearance.fields), 0, 1)
        grass, self._road = mesh.make_texture(fields), mesh.make_texture(self._asphalt)
        self._lit = self.root.attach_new_node("lit")
        self._actors = self._lit.attach_new_node("actors")
        self._bodies: dict[int, tuple[core.NodePath, VisibleActor]] = {}
        squares: dict[tuple[int, int], core.PandaNode] = {}
        for node in chain(
            _make_land(track, land_random, grass),
            (
                node
                for stretch in track.stretches
                for node in make_road_nodes(stretch, road_random, self._road, grass, track.terrain)
            ),
            make_plant_nodes(track, scenery.plants, plant_random),
            make_house_nodes(scenery.houses),
            make_rail_nodes(scenery.rails),
        ):
            yield
            squares.setdefault(_find_square(node), core.PandaNode("square")).add_child(node)
        for square in squares.values():
            self._lit.attach_new_node(square)

    @property
    def statistics(self) -> dict[str, int]:
        """The number of triangles, lines, chunks and textures in all levels of detail."""
        nodes = [path.node() for path in self.root.find_all_matches("**/+GeomNode")]
        parts = [node.get_geom(i).get_primitive(0) for node in nodes for i in range(node.get_num_geoms())]
        triangles = [part.get_num_primitives() for part in parts if part.get_num_vertices_per_primitive() == 3]
        lines = [part.get_num_primitives() for part in parts if part.get_num_vertices_per_primitive() == 2]
        textures = len(self.root.find_all_textures())
        return {"triangles": sum(triangles), "lines": sum(lines), "chunks": len(parts), "textures": textures}

    def place_actors(self, actors: Sequence[VisibleActor]) -> list[tuple[core.NodePath, Pose]]:
        """Show these actors in place of those before; return the node, in the actor's own axes, and pose of each."""
        looks = {actor.id: _get_look(actor) for actor in actors}
        for node, gone in [shown for shown in self._bodies.values() if looks.get(shown[1].id) != _get_look(shown[1])]:
            node.remove_node()
            del self._bodies[gone.id]
        for actor in actors:
            node, before = self._bodies.get(actor.id, (None, None))
            if node is None:
                node = self._actors.attach_new_node("actor")
                node.attach_new_node(_make_body_node(*_get_look(actor)))
            if before is None or before.pose != actor.pose:
                node.set_mat(to_panda_matrix(actor.pose))
            self._bodies[actor.id] = node, actor
        return [(self._bodies[actor.id][0], actor.pose) for actor in actors]

    def set_light(self, light: Light) -> None:
        """Change the light of the whole scene."""
        self._sky.paint(light)
        self._lit.set_color_scale(*light.base, 1.0)
        mesh.fill_texture(self._road, self._asphalt * (1 - WET_DARKENING * light.wetness))


def _get_look(actor: VisibleActor) -> tuple[str, Colour]:
    return actor.kind, actor.colour


@lru_cache(maxsize=64)
def _make_body_node(kind: str, colour: Colour) -> core.GeomNode:
    """The node shared by all actors of a kind and colour."""
    node = core.GeomNode("body")
    node.add_geom(mesh.make_geom(make_body(kind, colour)), mesh.make_upright_state(None))
    return node


def _find_square(node: core.PandaNode) -> tuple[int, int]:
    """The square in which a node's centre is."""
    centre = node.get_bounds().get_approx_center()
    return math.floor(centre[0] / SQUARE), math.floor(centre[1] / SQUARE)


def _make_land(track: Track, random: np.random.Generator, grass: core.Texture) -> Iterator[core.PandaNode]:
    """The land: a grid of grass whose tint varies from place to place, drawn below everything else."""
    points = track.terrain.points()
    counts = points.shape[:2]
    tint = np.array([0.36, 0.52, 0.20]) + 0.035 * random.standard_normal((*counts, 1)) * np.array([1.4, 1.0, 0.6])
    state = mesh.make_flat_state(0, grass, depth_tested=not track.terrain.is_level)
    starts = [range(0, count - 1, BLOCK) for count in counts]
    # Nodes as large as on level land: their number costs more than their size.
    batch = round(LEVEL_CELL / track.terrain.cell)
    for rows, columns in product(*(_split_into_batches(start, batch) for start in starts)):
        blocks = [np.s_[i : i + BLOCK + 1, j : j + BLOCK + 1] for i, j in product(rows, columns)]
        fine = mesh.make_geom(mesh.join([_make_block(points[block], tint[block]) for block in blocks]))
        if not track.terrain.is_level:
            node = core.GeomNode("ground")
            node.add_geom(fine, state)
            yield node
            continue
        ((block,), corners) = blocks, np.s_[::BLOCK, ::BLOCK]
        node = mesh.make_near_node(LAND_DRAW_DISTANCE, points[block][BLOCK // 2, BLOCK // 2], fine, state)
        node.set_name("ground")
        coarse = mesh.make_geom(_make_block(points[block][corners], tint[block][corners]))
        mesh.add_near_geom(node, 1e6, coarse, state, nearest=LAND_DRAW_DISTANCE)
        yield node


def _make_block(points: Floats, tint: Floats) -> Mesh:
    uvs = (points[..., :2] - points[0, 0, :2]) / GRASS_TILE
    return mesh.make_sheet(points, tint, uvs, Label.TERRAIN)


def _split_into_batches(starts: Sequence[int], size: int) -> list[Sequence[int]]:
    return [starts[i : i + size] for i in range(0, len(starts), size)]
