"""Maps as OpenDRIVE 1.4 text: the built-in circuits, and files from elsewhere, OpenDRIVE or centre lines."""

from __future__ import annotations

from pathlib import Path

from sim.roads import opendrive_import
from sim.roads.circuits import FAMILIES, find_circuit, list_names
from sim.roads.opendrive_writer import to_opendrive
from sim.roads.xml_document import MapError

SUFFIXES = (".xodr", ".csv")
LONGEST_NAME = 80  # characters of a name that a message repeats
LONGEST_PATH = 200  # characters of a path that a message repeats, from its end, where the file's name stands


def load(name_or_path: str) -> tuple[str, str]:
    """The name and OpenDRIVE text of a built-in map, of a file (*.xodr), or of a track's centre line (*.csv).

    Raises:
        MapError: there is no such map or file, it is not OpenDRIVE with a driving lane, or not a closed centre line;
            the message names the line.
    """
    circuit, path = find_circuit(name_or_path), Path(name_or_path)
    if circuit is not None:
        return name_or_path, to_opendrive(name_or_path, circuit)
    if path.suffix.lower() not in SUFFIXES and not _exists(path):
        raise MapError(f"{_explain_names(name_or_path)}; the path of an OpenDRIVE file (*.xodr) also works")
    return path.stem, _read_file(path)


def load_built_in(name: str) -> tuple[str, str]:
    """The name and OpenDRIVE text of a built-in map; no file is looked at.

    Raises:
        MapError: there is no such map.
    """
    circuit = find_circuit(name)
    if circuit is None:
        raise MapError(_explain_names(name))
    return name, to_opendrive(name, circuit)


def _explain_names(name: str) -> str:
    names, families = ", ".join(list_names()), " and ".join(FAMILIES)
    return f"there is no map called '{name[:LONGEST_NAME]}'; built-in maps: {names} ({families} take any number)"


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except (OSError, ValueError):  # a name too long for a file, or with a zero byte in it
        return False


def _read_file(path: Path) -> str:
    try:
        data = path.read_bytes()
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise MapError(f"the map file {str(path)[-LONGEST_PATH:]} cannot be read: {reason}") from error
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise MapError(f"the map file {path} is not UTF-8 text (line {line})") from error
    try:
        if path.suffix.lower() == ".csv":
            from sim.roads.centre_line import read_centre_line  # seldom needed, and servers start quicker without

            return to_opendrive(path.stem, read_centre_line(text))
        return opendrive_import.validate(text)
    except MapError as error:
        raise MapError(f"the map file {path} cannot be used: {error}") from error
