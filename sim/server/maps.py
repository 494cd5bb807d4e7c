"""Opening maps by name, file or OpenDRIVE text; errors are one sentence each."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from sim.episode.world import WorldError
from sim.roads import circuits, opendrive, opendrive_import
from sim.roads.track import Track
from sim.roads.xml_document import MapError
from sim.scene.scenery import get_scenery
from sim.server.background import run_in_process


def list_names() -> tuple[str, ...]:
    """The names of the built-in maps; `random:SEED` and `wild:SEED` are represented by one each."""
    return circuits.list_names()


def find_files(folder: Path | None) -> dict[str, Path]:
    """The OpenDRIVE files of a folder by their names without extension; none without a folder.

    Raises:
        WorldError: there is no such folder, it cannot be read, it has no OpenDRIVE file, or one with the name of a
            built-in map.
    """
    if folder is None:
        return {}
    try:
        if not folder.is_dir():
            raise WorldError(f"--maps is {folder}, expected a folder with OpenDRIVE files (*.xodr)")
        found = {path.stem: path for path in sorted(folder.iterdir()) if path.suffix.lower() == ".xodr"}
    except OSError as error:
        named = str(folder)[-opendrive.LONGEST_PATH :]
        raise WorldError(f"--maps is {named}, which cannot be read: {error.strerror}") from error
    if not found:
        raise WorldError(f"--maps is {folder}, which holds no OpenDRIVE files (*.xodr)")
    if taken := [name for name in found if circuits.find_circuit(name) is not None]:
        raise WorldError(f"{found[taken[0]]} has the name of a built-in map: rename the file")
    return found


def open_map(name_or_path: str, seed: int) -> Track:
    """The track of a built-in map or of an OpenDRIVE file, with scenery chosen by `seed`.

    Raises:
        WorldError: there is no such map, or the file cannot be used.
    """
    return _open(opendrive.load, name_or_path, seed)


def open_first(name_or_path: str, seed: int, files: Mapping[str, Path]) -> Track:
    """The track of the first episode: a built-in map, one of these files by its name, or any other file.

    Raises:
        WorldError: there is no such map, the file cannot be used, or it has the name of another map, which no client
            could load then.
    """
    track, path = open_map(str(files.get(name_or_path, name_or_path)), seed), Path(name_or_path)
    if track.name != name_or_path:
        listed = files.get(track.name)
        if circuits.find_circuit(track.name) is not None:
            raise WorldError(f"{path} has the name of a built-in map: rename the file")
        if listed is not None and listed.resolve() != path.resolve():
            raise WorldError(f"{path} has the name of {listed}: rename one of them")
    return track


def open_listed(name: str, seed: int, files: Mapping[str, Path]) -> Track:
    """The track of a built-in map or of one of these files, for a client, which must not open others on this machine.

    Raises:
        WorldError: there is no such map, or the file cannot be used.
    """
    return open_map(str(files[name]), seed) if name in files else _open(opendrive.load_built_in, name, seed)


def _open(load: Callable[[str], tuple[str, str]], wanted: str, seed: int) -> Track:
    try:
        name, text = load(wanted)
    except MapError as error:
        raise WorldError(str(error)) from error
    try:
        return Track(name, text, lambda track: get_scenery(track, seed).solids_near)
    except Exception as error:
        # Reading an arbitrary file may fail anywhere; any exception means that the map cannot be used.
        raise WorldError(f"the map {wanted} cannot be used: {error}") from error


def read_map(name: str, text: str, seed: int) -> Track:
    """The track of an OpenDRIVE text that a client sent, with scenery chosen by `seed`.

    Raises:
        WorldError: the text is not a map with driving lanes.
    """
    try:
        track = Track(name, opendrive_import.validate(text), lambda track: get_scenery(track, seed).solids_near)
    except Exception as error:
        # Reading an arbitrary text may fail anywhere; any exception means that the map cannot be used.
        raise WorldError(f"the OpenDRIVE text cannot be read: {error}") from error
    if not track.spawn_points:
        raise WorldError("the OpenDRIVE text has no driving lane")
    return track


def read_map_apart(name: str, text: str, seed: int) -> Track:
    """Do the same as `read_map` in a process of its own, against texts made to stop the server.

    Raises:
        WorldError: from `read_map`, or reading takes too long or crashes.
    """
    track = run_in_process(read_map, name, text, seed)
    get_scenery(track, seed)  # computed in this thread and cached, for the scene to use
    return track
