"""Triangles for Panda3D, made from arrays in CARLA's axes.

CARLA's axes are left-handed (x forward, y right, z up), Panda3D's right-handed (x right, y forward, z up): swapping x
and y takes one to the other, and is done here and in the camera's pose, nowhere else.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from panda3d import core

from sim.episode.labels import Label

Floats = npt.NDArray[np.float64]
Triangles = npt.NDArray[np.uint32]
Labels = npt.NDArray[np.uint32]
Corners = np.dtype([("at", "<f4", 3), ("colour", "u1", 4), ("uv", "<f4", 2), ("label", "<u4")])  # as Panda3D keeps them

NEAREST_FIRST = "nearest first"  # the bin of what stands up: what is hidden then costs no more than a look at its depth
core.CullBinManager.get_global_ptr().add_bin(NEAREST_FIRST, core.CullBinManager.BT_front_to_back, 25)


@dataclass(frozen=True, slots=True)
class Mesh:
    """What is drawn in one go.

    Attributes:
        points: (n, 3) [m], CARLA's axes.
        colours: (n, 3) in [0, 1].
        uvs: (n, 2) texture coordinates.
        triangles: (m, 3) point numbers; (m, 2) if these are lines, which are one pixel wide from any distance.
        labels: (n,) `Label` of what each point belongs to.
    """

    points: Floats
    colours: Floats
    uvs: Floats
    triangles: Triangles
    labels: Labels

    def __post_init__(self) -> None:
        """Refuse arrays that do not belong together."""
        n = len(self.points)
        shapes = self.points.shape, self.colours.shape, self.uvs.shape, self.labels.shape
        if shapes != ((n, 3), (n, 3), (n, 2), (n,)):
            raise ValueError("{} points, {} colours, {} uvs, {} labels do not belong together".format(*shapes))


def joined(meshes: list[Mesh]) -> Mesh:
    """Several meshes as one."""
    firsts = np.cumsum([0, *(len(m.points) for m in meshes)])
    return Mesh(
        np.concatenate([m.points for m in meshes]),
        np.concatenate([m.colours for m in meshes]),
        np.concatenate([m.uvs for m in meshes]),
        np.concatenate([m.triangles + np.uint32(first) for m, first in zip(meshes, firsts, strict=False)]),
        np.concatenate([m.labels for m in meshes]),
    )


def sheet(points: Floats, colours: Floats, uvs: Floats, label: Label) -> Mesh:
    """A sheet of rows x columns points (r, c, 3), as two triangles per square."""
    rows, columns = points.shape[:2]
    a = (np.arange(rows - 1)[:, None] * columns + np.arange(columns - 1)).ravel().astype(np.uint32)
    b, c, d = a + 1, a + columns, a + columns + 1
    triangles = np.stack((np.stack((a, c, b), 1), np.stack((b, c, d), 1)), 1).reshape(-1, 3).astype(np.uint32)
    full = np.broadcast_to(colours, points.shape).reshape(-1, 3)
    return Mesh(points.reshape(-1, 3), full, uvs.reshape(-1, 2), triangles, _all(label, rows * columns))


def line(points: Floats, colour: Floats, drawn: npt.NDArray[np.bool_], label: Label) -> Mesh:
    """A line through points (n, 3), of which the pieces (n - 1,) that are `drawn` are seen."""
    pieces = np.flatnonzero(drawn).astype(np.uint32)
    full = np.broadcast_to(colour, points.shape)
    ends = np.stack((pieces, pieces + 1), axis=1)
    return Mesh(points, full, np.zeros((len(points), 2)), ends, _all(label, len(points)))


def _all(label: Label, count: int) -> Labels:
    return np.full(count, int(label), dtype=np.uint32)


def geom(mesh: Mesh) -> core.Geom:
    """The mesh as a Panda3D geom, in Panda3D's axes."""
    table = np.zeros(len(mesh.points), Corners)
    table["at"] = mesh.points[:, [1, 0, 2]]
    table["colour"] = 255
    table["colour"][:, :3] = np.clip(mesh.colours * 255.0 + 0.5, 0, 255)
    table["uv"] = mesh.uvs
    table["label"] = mesh.labels
    return geom_of(table, mesh.triangles)


def geom_of(table: npt.NDArray[np.void], triangles: Triangles) -> core.Geom:
    """A Panda3D geom of `Corners` and triangles (m, 3), or lines (m, 2), of their numbers."""
    data = core.GeomVertexData("mesh", _vertex_format(), core.Geom.UH_static)
    data.modify_array_handle(0).copy_data_from(table.tobytes())
    kind = core.GeomTriangles if triangles.shape[1] == 3 else core.GeomLines
    primitive = kind(core.Geom.UH_static)
    primitive.set_index_type(core.GeomEnums.NT_uint32)
    primitive.modify_vertices().modify_handle().copy_data_from(triangles.astype("<u4").tobytes())
    made = core.Geom(data)
    made.add_primitive(primitive)
    return made


def read(geom: core.Geom) -> tuple[npt.NDArray[np.void], Triangles]:
    """The `Corners` and triangles or lines of a geom that `geom_of` made."""
    table = np.frombuffer(geom.get_vertex_data().get_array_handle(0).get_data(), Corners)
    primitive = geom.get_primitive(0)
    numbers = np.frombuffer(primitive.get_vertices().get_handle().get_data(), "<u4")
    return table, numbers.reshape(-1, primitive.get_num_vertices_per_primitive())


def _vertex_format() -> core.GeomVertexFormat:
    columns = core.GeomVertexArrayFormat()
    columns.add_column(core.InternalName.get_vertex(), 3, core.Geom.NT_float32, core.Geom.C_point)
    columns.add_column(core.InternalName.get_color(), 4, core.Geom.NT_uint8, core.Geom.C_color)
    columns.add_column(core.InternalName.get_texcoord(), 2, core.Geom.NT_float32, core.Geom.C_texcoord)
    columns.add_column(core.InternalName.make("label"), 1, core.Geom.NT_uint32, core.Geom.C_other)
    return core.GeomVertexFormat.register_format(core.GeomVertexFormat(columns))


def texture(image: Floats, *, clamp: bool = False, upright: bool = False) -> core.Texture:
    """A texture of an image (height, width, 3 or 4) in [0, 1].

    `clamp` keeps it from repeating. `upright` says that it is never seen at a slant, which spares the software pipe a
    division per pixel, and mipmaps.
    """
    height, width, channels = image.shape
    made = core.Texture()
    kind = core.Texture.F_rgba if channels == 4 else core.Texture.F_rgb
    made.setup_2d_texture(width, height, core.Texture.T_unsigned_byte, kind)
    fill(made, image)
    made.set_minfilter(core.SamplerState.FT_nearest_mipmap_nearest)  # the software pipe's blending takes its time
    made.set_magfilter(core.SamplerState.FT_nearest)
    if upright:
        made.set_quality_level(core.Texture.QL_fastest)
    if clamp:
        made.set_wrap_u(core.SamplerState.WM_clamp)
        made.set_wrap_v(core.SamplerState.WM_clamp)
    return made


def fill(texture: core.Texture, image: Floats) -> None:
    """Put an image (height, width, 3 or 4) in [0, 1] into a texture of that size."""
    bgr = (np.clip(image[..., [2, 1, 0, 3][: image.shape[2]]], 0, 1) * 255 + 0.5).astype(np.uint8)
    texture.set_ram_image(np.ascontiguousarray(bgr).tobytes())


def lying(
    order: int, texture: core.Texture | None, *, blended: bool = False, deep: bool = False, lift: int = 0
) -> core.RenderState:
    """The state of something drawn in the given order; `blended` with what is there by texture alpha.

    Without `deep` depth does not matter. With it crests hide what is behind them, and what is lifted by more wins where
    two things lie in one plane: a step of `lift` is 1 m in 100 m.
    """
    state = core.RenderState.make(
        core.CullBinAttrib.make("background", order),
        core.DepthTestAttrib.make(core.DepthTestAttrib.M_less_equal if deep else core.DepthTestAttrib.M_none),
        core.DepthWriteAttrib.make(core.DepthWriteAttrib.M_on if deep and not blended else core.DepthWriteAttrib.M_off),
        core.ColorAttrib.make_vertex(),
    )
    if deep:
        state = state.add_attrib(core.DepthOffsetAttrib.make(lift))
    if blended:
        state = state.add_attrib(core.TransparencyAttrib.make(core.TransparencyAttrib.M_alpha))
    return state if texture is None else state.add_attrib(core.TextureAttrib.make(texture))


def standing(texture: core.Texture | None) -> core.RenderState:
    """The state of something that stands up and hides what is behind it, cut out by its texture's alpha."""
    state = core.RenderState.make(core.CullBinAttrib.make(NEAREST_FIRST, 0), core.ColorAttrib.make_vertex())
    if texture is None:
        return state
    cut_out = core.TransparencyAttrib.make(core.TransparencyAttrib.M_binary)
    return state.add_attrib(cut_out).add_attrib(core.TextureAttrib.make(texture))


def seen_within(distance: float, centre: Floats, geom: core.Geom, state: core.RenderState) -> core.LODNode:
    """A node that is drawn for cameras within `distance` [m] of `centre` (3,), CARLA's axes, only."""
    inner = core.GeomNode("near")
    inner.add_geom(geom, state)
    node = core.LODNode("near")
    node.set_center(core.LPoint3(centre[1], centre[0], centre[2]))
    node.add_switch(distance, 0.0)
    node.add_child(inner)
    return node


def is_line(geom: core.Geom) -> bool:
    """Whether a geom is made of lines, not of triangles."""
    return isinstance(geom.get_primitive(0), core.GeomLines)


def is_blended(state: core.RenderState) -> bool:
    """Whether something in this state is mixed with what is behind it."""
    attrib = state.get_attrib(core.TransparencyAttrib)
    return attrib is not None and attrib.get_mode() == core.TransparencyAttrib.M_alpha


def is_cut_out(state: core.RenderState) -> bool:
    """Whether a texture's alpha says where something in this state is."""
    attrib = state.get_attrib(core.TransparencyAttrib)
    return attrib is not None and attrib.get_mode() == core.TransparencyAttrib.M_binary


def silhouette(texture: core.Texture) -> core.Texture:
    """The texture with nothing but its alpha: white where it is seen."""
    white = texture.make_copy()
    texels = np.frombuffer(texture.get_ram_image(), np.uint8).reshape(-1, 4).copy()
    texels[:, :3] = 255
    white.set_ram_image(texels.tobytes())
    return white
