"""Triangle meshes from arrays in CARLA's axes, and their conversion to Panda3D.

CARLA's axes are left-handed (x forward, y right, z up), Panda3D's right-handed (x right, y forward, z up). Swapping x
and y converts between them; that happens here and in `canvas.to_panda_matrix` only.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt
from panda3d import core

from sim.episode.labels import Label

Floats = npt.NDArray[np.float64]
Triangles = npt.NDArray[np.uint32]
Bools = npt.NDArray[np.bool_]
Labels = npt.NDArray[np.uint32]
Vertices = npt.NDArray[np.void]  # of Vertex
# Panda3D's layout. The pipe reads a position in one go if it has a fourth number, 1, and is aligned to 16 bytes.
Vertex = np.dtype([("position", "<f4", 4), ("colour", "u1", 4), ("uv", "<f4", 2), ("label", "<u4")])

NEAREST_FIRST = "nearest first"  # the cull bin of upright objects: hidden pixels then cost no more than a depth test
core.CullBinManager.get_global_ptr().add_bin(NEAREST_FIRST, core.CullBinManager.BT_front_to_back, 25)


@dataclass(frozen=True, slots=True)
class Mesh:
    """Triangles or lines that are drawn together.

    Attributes:
        points: (n, 3) [m], CARLA's axes.
        colours: (n, 3) in [0, 1].
        uvs: (n, 2) texture coordinates.
        triangles: (m, 3) indices of points; or (m, 2) for lines, which are one pixel wide at any distance.
        labels: (n,) `Label` of the object each point belongs to.

    Raises:
        ValueError: the arrays' shapes do not match.
    """

    points: Floats
    colours: Floats
    uvs: Floats
    triangles: Triangles
    labels: Labels

    def __post_init__(self) -> None:
        """Refuse arrays of shapes that do not match."""
        n = len(self.points)
        shapes = self.points.shape, self.colours.shape, self.uvs.shape, self.labels.shape
        if shapes != ((n, 3), (n, 3), (n, 2), (n,)):
            raise ValueError(
                "a mesh has {} points, {} colours, {} uvs, {} labels; expected (n, 3), (n, 3), (n, 2), (n,)".format(
                    *shapes
                )
            )


def join(meshes: list[Mesh]) -> Mesh:
    """Merge several meshes into one."""
    firsts = np.cumsum([0, *(len(m.points) for m in meshes)])
    return Mesh(
        np.concatenate([m.points for m in meshes]),
        np.concatenate([m.colours for m in meshes]),
        np.concatenate([m.uvs for m in meshes]),
        np.concatenate([m.triangles + np.uint32(first) for m, first in zip(meshes, firsts, strict=False)]),
        np.concatenate([m.labels for m in meshes]),
    )


def make_sheet(points: Floats, colours: Floats, uvs: Floats, label: Label) -> Mesh:
    """Make a sheet of rows x columns points (r, c, 3), two triangles per square."""
    rows, columns = points.shape[:2]
    a = (np.arange(rows - 1)[:, None] * columns + np.arange(columns - 1)).ravel().astype(np.uint32)
    b, c, d = a + 1, a + columns, a + columns + 1
    triangles = np.stack((np.stack((a, c, b), 1), np.stack((b, c, d), 1)), 1).reshape(-1, 3).astype(np.uint32)
    full = np.broadcast_to(colours, points.shape).reshape(-1, 3)
    return Mesh(points.reshape(-1, 3), full, uvs.reshape(-1, 2), triangles, _repeat(label, rows * columns))


def make_line(points: Floats, colour: Floats, visible: Bools, label: Label) -> Mesh:
    """Make a line through points (n, 3), of whose segments (n - 1,) only the visible ones are drawn."""
    segments = np.flatnonzero(visible).astype(np.uint32)
    full = np.broadcast_to(colour, points.shape)
    ends = np.stack((segments, segments + 1), axis=1)
    return Mesh(points, full, np.zeros((len(points), 2)), ends, _repeat(label, len(points)))


def _repeat(label: Label, count: int) -> Labels:
    return np.full(count, int(label), dtype=np.uint32)


def make_geom(mesh: Mesh) -> core.Geom:
    """Convert a mesh to a Panda3D geom, in Panda3D's axes."""
    return make_geom_from_table(make_table(mesh.points, mesh.colours, mesh.uvs, mesh.labels), mesh.triangles)


def make_table(points: Floats, colours: Floats, uvs: Floats, labels: Labels | Label) -> Vertices:
    """Make rows of `Vertex` (...,), in Panda3D's axes, from points, colours and uvs (..., 3 or 2) and labels (...,)."""
    table = np.empty(points.shape[:-1], Vertex)
    position, colour = table["position"], table["colour"]
    position[..., 0], position[..., 1], position[..., 2] = points[..., 1], points[..., 0], points[..., 2]
    position[..., 3] = 1.0
    colour[..., :3], colour[..., 3] = np.clip(colours * 255.0 + 0.5, 0, 255), 255
    table["uv"], table["label"] = uvs, labels
    return table


def make_quads(corners: Vertices) -> core.Geom:
    """Make a geom of quadrilaterals (..., 4), as two triangles each: its corners are the ends of two opposite sides."""
    firsts = np.arange(0, corners.size, 4, dtype=np.uint32)
    triangles = firsts[:, None] + np.array([0, 2, 1, 1, 2, 3], dtype=np.uint32)
    return make_geom_from_table(corners.reshape(-1), triangles.reshape(-1, 3))


def make_geom_from_table(table: Vertices, triangles: Triangles) -> core.Geom:
    """Make a Panda3D geom from rows of `Vertex` and the rows' indices in triangles (m, 3) or lines (m, 2)."""
    data = core.GeomVertexData("mesh", _register_vertex_format(), core.Geom.UH_static)
    data.modify_array_handle(0).copy_data_from(np.ascontiguousarray(table).view(np.uint8))
    kind = core.GeomTriangles if triangles.shape[1] == 3 else core.GeomLines
    primitive = kind(core.Geom.UH_static)
    primitive.set_index_type(core.GeomEnums.NT_uint32)
    primitive.modify_vertices().modify_handle().copy_data_from(np.ascontiguousarray(triangles, "<u4").view(np.uint8))
    geom = core.Geom(data)
    geom.add_primitive(primitive)
    return geom


def read_geom(geom: core.Geom) -> tuple[Vertices, Triangles]:
    """Return the rows of `Vertex` and the triangles or lines of a geom made by `make_geom_from_table`."""
    table = np.frombuffer(geom.get_vertex_data().get_array_handle(0).get_data(), Vertex)
    primitive = geom.get_primitive(0)
    indices = np.frombuffer(primitive.get_vertices().get_handle().get_data(), "<u4")
    return table, indices.reshape(-1, primitive.get_num_vertices_per_primitive())


@lru_cache(maxsize=1)
def _register_vertex_format() -> core.GeomVertexFormat:
    columns = core.GeomVertexArrayFormat()
    columns.add_column(core.InternalName.get_vertex(), 4, core.Geom.NT_float32, core.Geom.C_point)
    columns.add_column(core.InternalName.get_color(), 4, core.Geom.NT_uint8, core.Geom.C_color)
    columns.add_column(core.InternalName.get_texcoord(), 2, core.Geom.NT_float32, core.Geom.C_texcoord)
    columns.add_column(core.InternalName.make("label"), 1, core.Geom.NT_uint32, core.Geom.C_other)
    return core.GeomVertexFormat.register_format(core.GeomVertexFormat(columns))


def make_texture(image: Floats, *, clamp: bool = False, face_on: bool = False) -> core.Texture:
    """Make a texture from an image (height, width, 3 or 4) in [0, 1].

    Args:
        image: the image.
        clamp: whether the border is extended; otherwise the texture repeats.
        face_on: whether it is never seen at a slant, which saves the software pipe mipmaps and a division per pixel.
    """
    height, width, channels = image.shape
    texture = core.Texture()
    kind = core.Texture.F_rgba if channels == 4 else core.Texture.F_rgb
    texture.setup_2d_texture(width, height, core.Texture.T_unsigned_byte, kind)
    fill_texture(texture, image)
    texture.set_minfilter(core.SamplerState.FT_nearest_mipmap_nearest)  # the software pipe interpolates slowly
    texture.set_magfilter(core.SamplerState.FT_nearest)
    if face_on:
        texture.set_quality_level(core.Texture.QL_fastest)
    if clamp:
        texture.set_wrap_u(core.SamplerState.WM_clamp)
        texture.set_wrap_v(core.SamplerState.WM_clamp)
    return texture


def fill_texture(texture: core.Texture, image: Floats) -> None:
    """Replace a texture's content by an image (height, width, 3 or 4) in [0, 1] of the same size."""
    rgb = (np.clip(image, 0, 1) * 255 + 0.5).astype(np.uint8)
    texture.set_ram_image(np.take(rgb, [2, 1, 0, 3][: image.shape[2]], axis=-1).tobytes())


def make_flat_state(
    order: int,
    texture: core.Texture | None,
    *,
    blended: bool = False,
    depth_tested: bool = False,
    depth_offset: int = 0,
) -> core.RenderState:
    """Make the render state of surfaces on the ground, which are drawn in a fixed order.

    Args:
        order: position in the drawing order.
        texture: None for plain vertex colours.
        blended: whether the texture's alpha mixes it with what was drawn before.
        depth_tested: whether crests hide it; on level land the drawing order suffices.
        depth_offset: of coplanar surfaces the one with the larger offset is visible; a step is 1 m in 100 m.
    """
    state = core.RenderState.make(
        core.CullBinAttrib.make("background", order),
        core.DepthTestAttrib.make(core.DepthTestAttrib.M_less_equal if depth_tested else core.DepthTestAttrib.M_none),
        core.DepthWriteAttrib.make(
            core.DepthWriteAttrib.M_on if depth_tested and not blended else core.DepthWriteAttrib.M_off
        ),
        core.ColorAttrib.make_vertex(),
    )
    if depth_tested:
        state = state.add_attrib(core.DepthOffsetAttrib.make(depth_offset))
    if blended:
        state = state.add_attrib(core.TransparencyAttrib.make(core.TransparencyAttrib.M_alpha))
    return state if texture is None else state.add_attrib(core.TextureAttrib.make(texture))


def make_upright_state(texture: core.Texture | None) -> core.RenderState:
    """Make the render state of upright objects, which hide what is behind them; the texture's alpha is their shape."""
    state = core.RenderState.make(core.CullBinAttrib.make(NEAREST_FIRST, 0), core.ColorAttrib.make_vertex())
    if texture is None:
        return state
    masked = core.TransparencyAttrib.make(core.TransparencyAttrib.M_binary)
    return state.add_attrib(masked).add_attrib(core.TextureAttrib.make(texture))


def make_near_node(distance: float, centre: Floats, geom: core.Geom, state: core.RenderState) -> core.LODNode:
    """Make a node that is drawn only for cameras within `distance` [m] of `centre` (3,), CARLA's axes."""
    node = core.LODNode("near")
    node.set_center(core.LPoint3(centre[1], centre[0], centre[2]))
    add_near_geom(node, distance, geom, state)
    return node


def add_near_geom(
    node: core.LODNode, farthest: float, geom: core.Geom, state: core.RenderState, nearest: float = 0.0
) -> None:
    """Add a geom that is drawn only for cameras from `nearest` to `farthest` [m] away from the node's centre."""
    inner = core.GeomNode("near")
    inner.add_geom(geom, state)
    node.add_switch(farthest, nearest)
    node.add_child(inner)


def is_line(geom: core.Geom) -> bool:
    """Return whether a geom consists of lines, not triangles."""
    return isinstance(geom.get_primitive(0), core.GeomLines)


def is_blended(state: core.RenderState) -> bool:
    """Return whether objects in this state are mixed with what is behind them."""
    attrib = state.get_attrib(core.TransparencyAttrib)
    return attrib is not None and attrib.get_mode() == core.TransparencyAttrib.M_alpha


def is_masked(state: core.RenderState) -> bool:
    """Return whether a texture's alpha determines the shape of objects in this state."""
    attrib = state.get_attrib(core.TransparencyAttrib)
    return attrib is not None and attrib.get_mode() == core.TransparencyAttrib.M_binary


def make_silhouette(texture: core.Texture) -> core.Texture:
    """Copy a texture, keep its alpha and make it white."""
    white = texture.make_copy()
    texels = np.frombuffer(texture.get_ram_image(), np.uint8).reshape(-1, 4).copy()
    texels[:, :3] = 255
    white.set_ram_image(texels.tobytes())
    return white
