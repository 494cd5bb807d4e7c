"""Triangles for Panda3D, made from arrays in CARLA's axes.

CARLA's axes are left-handed (x forward, y right, z up), Panda3D's right-handed (x right, y forward, z up): swapping x
and y takes one to the other, and is done here and in the camera's pose, nowhere else.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from panda3d import core

Floats = npt.NDArray[np.float64]
Triangles = npt.NDArray[np.uint32]

NEAREST_FIRST = "nearest first"  # the bin of what stands up: what is hidden then costs no more than a look at its depth
core.CullBinManager.get_global_ptr().add_bin(NEAREST_FIRST, core.CullBinManager.BT_front_to_back, 25)


@dataclass(frozen=True, slots=True)
class Mesh:
    """Points (n, 3) [m], colours (n, 3) in [0, 1], texture coordinates (n, 2), triangles (m, 3) of point numbers."""

    points: Floats
    colours: Floats
    uvs: Floats
    triangles: Triangles

    def __post_init__(self) -> None:
        """Refuse arrays that do not belong together."""
        n = len(self.points)
        if self.points.shape != (n, 3) or self.colours.shape != (n, 3) or self.uvs.shape != (n, 2):
            raise ValueError(f"{self.points.shape} points, {self.colours.shape} colours, {self.uvs.shape} uvs")


def joined(meshes: list[Mesh]) -> Mesh:
    """Several meshes as one."""
    firsts = np.cumsum([0, *(len(m.points) for m in meshes)])
    return Mesh(
        np.concatenate([m.points for m in meshes]),
        np.concatenate([m.colours for m in meshes]),
        np.concatenate([m.uvs for m in meshes]),
        np.concatenate([m.triangles + np.uint32(first) for m, first in zip(meshes, firsts, strict=False)]),
    )


def sheet(points: Floats, colours: Floats, uvs: Floats) -> Mesh:
    """A sheet of rows x columns points (r, c, 3), as two triangles per square."""
    rows, columns = points.shape[:2]
    a = (np.arange(rows - 1)[:, None] * columns + np.arange(columns - 1)).ravel().astype(np.uint32)
    b, c, d = a + 1, a + columns, a + columns + 1
    triangles = np.stack((np.stack((a, c, b), 1), np.stack((b, c, d), 1)), 1).reshape(-1, 3).astype(np.uint32)
    full = np.broadcast_to(colours, points.shape).reshape(-1, 3)
    return Mesh(points.reshape(-1, 3), full, uvs.reshape(-1, 2), triangles)


def geom(mesh: Mesh) -> core.Geom:
    """The mesh as a Panda3D geom, in Panda3D's axes."""
    table = np.zeros(len(mesh.points), dtype=[("at", "<f4", 3), ("colour", "u1", 4), ("uv", "<f4", 2)])
    table["at"] = mesh.points[:, [1, 0, 2]]
    table["colour"] = 255
    table["colour"][:, :3] = np.clip(mesh.colours * 255.0 + 0.5, 0, 255)
    table["uv"] = mesh.uvs
    data = core.GeomVertexData("mesh", _vertex_format(), core.Geom.UH_static)
    data.modify_array_handle(0).copy_data_from(table.tobytes())
    primitive = core.GeomTriangles(core.Geom.UH_static)
    primitive.set_index_type(core.GeomEnums.NT_uint32)
    primitive.modify_vertices().modify_handle().copy_data_from(mesh.triangles.astype("<u4").tobytes())
    made = core.Geom(data)
    made.add_primitive(primitive)
    return made


def _vertex_format() -> core.GeomVertexFormat:
    columns = core.GeomVertexArrayFormat()
    columns.add_column(core.InternalName.get_vertex(), 3, core.Geom.NT_float32, core.Geom.C_point)
    columns.add_column(core.InternalName.get_color(), 4, core.Geom.NT_uint8, core.Geom.C_color)
    columns.add_column(core.InternalName.get_texcoord(), 2, core.Geom.NT_float32, core.Geom.C_texcoord)
    return core.GeomVertexFormat.register_format(core.GeomVertexFormat(columns))


def texture(image: Floats, *, clamp: bool = False) -> core.Texture:
    """A texture of an image (height, width, 3 or 4) in [0, 1]; `clamp` keeps it from repeating in v."""
    height, width, channels = image.shape
    made = core.Texture()
    kind = core.Texture.F_rgba if channels == 4 else core.Texture.F_rgb
    made.setup_2d_texture(width, height, core.Texture.T_unsigned_byte, kind)
    bgr = (image[..., [2, 1, 0, 3][:channels]] * 255 + 0.5).astype(np.uint8)
    made.set_ram_image(np.ascontiguousarray(bgr).tobytes())
    made.set_minfilter(core.SamplerState.FT_linear_mipmap_nearest)
    made.set_magfilter(core.SamplerState.FT_linear)
    if clamp:
        made.set_wrap_u(core.SamplerState.WM_clamp)
        made.set_wrap_v(core.SamplerState.WM_clamp)
        made.set_minfilter(core.SamplerState.FT_nearest_mipmap_nearest)  # the software pipe's blending would wrap
    return made


def lying(order: int, texture: core.Texture | None, *, blended: bool = False) -> core.RenderState:
    """The state of something drawn in the given order, not by depth; `blended` with what is there by texture alpha."""
    state = core.RenderState.make(
        core.CullBinAttrib.make("background", order),
        core.DepthTestAttrib.make(core.DepthTestAttrib.M_none),
        core.DepthWriteAttrib.make(core.DepthWriteAttrib.M_off),
        core.ColorAttrib.make_vertex(),
    )
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


def hide_behind_crests(path: core.NodePath) -> None:
    """Draw what was made to lie in a fixed order by depth as well, whatever its own states say."""
    path.set_depth_test(True, 1)
    path.set_depth_write(True, 1)


def seen_within(distance: float, centre: Floats, geom: core.Geom, state: core.RenderState) -> core.LODNode:
    """A node that is drawn for cameras within `distance` [m] of `centre` (3,), CARLA's axes, only."""
    inner = core.GeomNode("near")
    inner.add_geom(geom, state)
    node = core.LODNode("near")
    node.set_center(core.LPoint3(centre[1], centre[0], centre[2]))
    node.add_switch(distance, 0.0)
    node.add_child(inner)
    return node
