"""Maps as OpenDRIVE 1.4 text: the built-in circuits, and files from elsewhere."""

from __future__ import annotations

from pathlib import Path

from sim.roads import opendrive_import
from sim.roads.circuits import FAMILIES, find_circuit, list_names
from sim.roads.opendrive_writer import to_opendrive
from sim.roads.xml_document import MapError


def load(name_or_path: str) -> tuple[str, str]:
    """The name and OpenDRIVE text of a built-in map or of a file (*.xodr).

    Raises:
        MapError: there is no such map or file, or it is not OpenDRIVE with a driving lane; the message names the line.
    """
    built_in = find_circuit(name_or_path)
    if built_in is not None:
        return name_or_path, to_opendrive(name_or_path, built_in)
    path = Path(name_or_path)
    if not path.exists() and path.suffix.lower() != ".xodr":
        raise MapError(
            f"there is no map called '{name_or_path}'; built-in maps: {', '.join(list_names())} "
            f"({' and '.join(FAMILIES)} take any number); the path of an OpenDRIVE file (*.xodr) also works"
        )
    return path.stem, _read_file(path)


def _read_file(path: Path) -> str:
    try:
        data = path.read_bytes()
    except OSError as error:
        raise MapError(f"the map file {path} cannot be read: {error.strerror}") from error
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise MapError(f"the map file {path} is not UTF-8 text (line {line})") from error
    try:
        return opendrive_import.validate(text)
    except MapError as error:
        raise MapError(f"the map file {path} cannot be used: {error}") from error
