"""JSON files as typed values: whatever is wrong with one is an error that names the file and the place in it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from alvinn.errors import AlvinnError

T = TypeVar("T")


def read_json(
    path: Path, kind: type[T], schema: int, error: type[AlvinnError], renamed: Mapping[str, str] | None = None
) -> T:
    """Read a JSON file that states its schema number.

    Fields that `kind` does not have are skipped, so that a later version may add some within one schema.

    Args:
        path: of the file.
        kind: what it holds: a dataclass, checked field by field down to the types of its values.
        schema: the number expected in its field `schema`.
        error: raised if the file cannot be used.
        renamed: earlier name of a field -> its name today.

    Raises:
        AlvinnError: an `error`: the file is unreadable, damaged or of another schema.
    """
    try:
        content: dict[str, Any] = msgspec.json.decode(path.read_bytes(), type=dict[str, Any])
        if "schema" not in content:
            raise error(f"{path} is damaged: it does not state its schema")
        if content["schema"] != schema:
            raise error(f"{path} has schema {content['schema']}, this program reads {schema}")
        return msgspec.convert({(renamed or {}).get(key, key): value for key, value in content.items()}, kind)
    except OSError as failure:
        raise error(f"{path} could not be read: {failure.strerror}") from failure
    except (msgspec.DecodeError, UnicodeDecodeError) as failure:
        raise error(f"{path} is damaged: {failure}") from failure
