"""What shifted views require of recordings: a known camera mount and flat ground."""

from __future__ import annotations

from copy import copy
from dataclasses import replace

from alvinn.console import CONSOLE
from alvinn.errors import AlvinnError
from alvinn.recording import Recording
from alvinn.recording.flatness import FLAT, measure_bumpiness


def _is_geometry_known(recordings: list[Recording]) -> bool:
    """Whether the camera mount is known, as shifted views require; prints why not."""
    unknown = [str(recording.folder) for recording in recordings if not recording.session.camera_known]
    if unknown:
        CONSOLE.print(
            f"the camera of {', '.join(unknown)} is not known: training without shifted views "
            "(give it with --camera FOV,HEIGHT,PITCH)"
        )
    return not unknown


def can_shift_views(recordings: list[Recording]) -> bool:
    """Whether shifted views are possible; prints why not."""
    return _is_geometry_known(recordings) and _is_flat(recordings)


def _is_flat(recordings: list[Recording]) -> bool:
    """Whether the ground is flat enough, as shifted views require; unknown ground counts as flat."""
    hilly = {str(recording.folder): share for recording in recordings if (share := measure_bumpiness(recording)) > FLAT}
    if hilly:
        worst = max(hilly.values())
        CONSOLE.print(
            f"the ground of {', '.join(hilly)} is not flat: in shifted views, distances 10 m ahead would be "
            f"{worst:.1%} wrong (acceptable: {FLAT:.1%}); training without them"
        )
    return not hilly


def assume_camera(recordings: list[Recording], mount: tuple[float, float, float] | None) -> list[Recording]:
    """The recordings, with a given camera mount where theirs is unknown.

    Raises:
        AlvinnError: all their mounts are known.
    """
    if mount is None:
        return recordings
    if all(recording.session.camera_known for recording in recordings):
        raise AlvinnError(
            "--camera is for recordings with an unknown camera mount, but these know theirs: leave it out"
        )
    fov, height, pitch = mount
    found = []
    for recording in recordings:
        session = recording.session
        if not session.camera_known:
            recording = copy(recording)  # noqa: PLW2901 - what lies on the disk stays as it is
            camera = replace(session.camera, fov=fov, z=height, pitch=pitch)
            recording.session = replace(session, camera=camera, camera_known=True)
        found.append(recording)
    return found
