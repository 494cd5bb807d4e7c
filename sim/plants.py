"""What stands beside the road: trees of a few kinds, and posts along the edges. Never on a road, nor hanging over one."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from panda3d import core

from sim import mesh
from sim.mesh import Mesh
from sim.track import Floats, Track


def plants(track: Track, random: np.random.Generator) -> Iterator[core.GeomNode]:
    """Nodes of trees and posts."""
    return iter(())
