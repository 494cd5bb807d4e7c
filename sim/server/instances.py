"""Instance segmentation: the tag of every pixel, and the number of the actor that it shows.

The tag and the depth of a pixel are drawn; the actor is the one in whose box that point of the world lies. What is no
actor has the number 0.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from sim.episode.actors import Actor
from sim.episode.labels import Label
from sim.episode.sensors import Lens
from sim.geometry.poses import Pose
from sim.geometry.rays import Rays, camera_axes
from sim.server.range_streams import find_owners
from sim.server.ray_caster import compute_inverse_depth

OF_ACTORS = (Label.CAR, Label.PEDESTRIAN, Label.STATIC)


def number_instances(tags: bytes, depths: bytes, lens: Lens, pose: Pose, actors: Sequence[Actor]) -> bytes:
    """An image with tags in red and ids of actors in green (low byte) and blue (high byte), as CARLA has them.

    Args:
        tags: the raw image of a segmentation camera of this lens at this pose.
        depths: that of a depth camera.
        lens: the camera's.
        pose: the camera's, in the world.
        actors: those that it can see.
    """
    size = lens.height, lens.width, 4
    image = np.frombuffer(tags, np.uint8).reshape(size).copy()
    rows, columns = np.nonzero(np.isin(image[..., 2], OF_ACTORS))
    inverse = compute_inverse_depth(np.frombuffer(depths, np.uint8).reshape(size)[rows, columns])
    rays = Rays.from_fov((lens.width, lens.height), lens.fov)
    directions = np.column_stack((np.ones(len(rows)), rays.right[0, columns], rays.down[rows, 0]))
    points = directions / np.maximum(inverse, 1e-3)[:, None] @ camera_axes(pose).T + (pose.x, pose.y, pose.z)
    ids = np.array([0, *(actor.id for actor in actors)])[find_owners(points, actors) + 1]
    image[rows, columns, 1], image[rows, columns, 0] = ids & 0xFF, ids >> 8 & 0xFF
    return image.tobytes()
