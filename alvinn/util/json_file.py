"""Reading JSON files as typed values; errors name the file and the field."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from alvinn.errors import AlvinnError

T = TypeVar("T")


def read_json(
    path: Path,
    kind: type[T],
    schema: int,
    error: type[AlvinnError],
    mend: str,
    renamed: Mapping[str, str] | None = None,
) -> T:
    """Read a JSON file that states its schema number.

    Fields that `kind` does not have are ignored, so that a later version may add fields without a new schema number.

    Args:
        path: of the file.
        kind: the dataclass to read it as; every value's type is checked.
        schema: the expected number in the field `schema`.
        error: the exception to raise.
        mend: end of its sentence: what to do about damage.
        renamed: former name of a field -> its present name.

    Raises:
        AlvinnError: an `error`: the file cannot be read, is damaged or has another schema.
    """
    try:
        content: dict[str, Any] = msgspec.json.decode(path.read_bytes(), type=dict[str, Any])
        if "schema" not in content:
            raise error(f"{path} is damaged: it does not state its schema; {mend}")
        if (found := content["schema"]) != schema:
            is_later = isinstance(found, int) and found > schema
            how = "a later version wrote it, update alvinn" if is_later else mend
            raise error(f"{path} has schema {found}, this program reads {schema}: {how}")
        return msgspec.convert({(renamed or {}).get(key, key): value for key, value in content.items()}, kind)
    except OSError as failure:
        raise error(f"{path} could not be read: {failure.strerror}") from failure
    except (msgspec.DecodeError, UnicodeDecodeError) as failure:
        raise error(f"{path} is damaged: {failure}; {mend}") from failure
