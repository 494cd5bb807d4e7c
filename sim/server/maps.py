"""Maps for the server: names, files and texts turned into tracks, with one sentence for whatever cannot be one."""

from __future__ import annotations

from sim.episode.world import WorldError
from sim.roads import circuits, opendrive, opendrive_import
from sim.roads.track import Track
from sim.roads.xml_document import MapError
from sim.scene.scenery import beside


def names() -> tuple[str, ...]:
    """The names of the built-in maps; of `random:SEED` and `wild:SEED`, one each."""
    return circuits.list_names()


def opened(name_or_path: str) -> Track:
    """The track of a built-in map or of an OpenDRIVE file.

    Raises:
        WorldError: there is no such map, or the file is none.
    """
    try:
        name, text = opendrive.load(name_or_path)
    except MapError as error:
        raise WorldError(str(error)) from error
    try:
        return Track(name, text)
    except Exception as error:
        # A foreign file may trip the reader anywhere; whatever it is, no track comes of it.
        raise WorldError(f"the map {name_or_path} cannot be used: {error}") from error


def furnished(track: Track, seed: int) -> Track:
    """The track with what stands beside its roads by a seed, for cars to run into."""
    track.solids_near = beside(track, seed).near
    return track


def read(name: str, text: str) -> Track:
    """The track of an OpenDRIVE text that came over the wire.

    Raises:
        WorldError: the text is no map with lanes to drive on.
    """
    try:
        track = Track(name, opendrive_import.validate(text))
    except Exception as error:
        # A foreign text may trip the reader anywhere; whatever it is, the text was not a map.
        raise WorldError(f"the OpenDRIVE text cannot be read: {error}") from error
    if not track.spawn_points:
        raise WorldError("the OpenDRIVE text has no lane to drive on")
    return track
