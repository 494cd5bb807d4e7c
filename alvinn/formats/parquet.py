"""Parquet tables, the one door to pyarrow: LeRobot keeps its rows in them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from alvinn.errors import RecordingError

TYPES = {
    "int64": pa.int64(),
    "float32": pa.float32(),
    "float64": pa.float64(),
    "bool": pa.bool_(),
    "string": pa.string(),
    "strings": pa.list_(pa.string()),
    "float32s": pa.list_(pa.float32()),
    "int64s": pa.list_(pa.int64()),
    "float64s": pa.list_(pa.float64()),
    "float64sss": pa.list_(pa.list_(pa.list_(pa.float64()))),
}
"""Name of a column's type -> pyarrow's."""

FETCH_AGAIN = "fetch or export the dataset again"

Columns = Mapping[str, tuple[str, Sequence[Any]]]
"""Name -> (name of its type, values)."""


def read_column_names(path: Path) -> list[str]:
    """The names of a table's columns.

    Raises:
        RecordingError: it is missing or damaged.
    """
    return list(_open(path).schema_arrow.names)


def read_rows(path: Path, wanted: Sequence[str]) -> list[dict[str, Any]]:
    """The rows of a table, those of the wanted columns that it has.

    Raises:
        RecordingError: it is missing or damaged.
    """
    file = _open(path)
    there = [name for name in wanted if name in file.schema_arrow.names]
    try:
        rows: list[dict[str, Any]] = file.read(columns=there).to_pylist()
    except (pa.ArrowException, OSError, ValueError) as error:
        raise RecordingError(f"{path} is damaged: {_first_line(error)}; {FETCH_AGAIN}") from error
    return rows


def _open(path: Path) -> Any:
    if not path.is_file():
        raise RecordingError(f"{path} is missing; {FETCH_AGAIN}")
    try:
        return pq.ParquetFile(pa.BufferReader(path.read_bytes()))  # in memory: no file stays open on Windows
    except (pa.ArrowException, OSError, ValueError) as error:
        raise RecordingError(f"{path} is damaged: {_first_line(error)}; {FETCH_AGAIN}") from error


def _first_line(error: BaseException) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]


def write_rows(path: Path, columns: Columns, *, index: str | None = None) -> None:
    """Write a table.

    Args:
        path: of the file; its folder is made.
        columns: of equal length.
        index: the column that pandas takes as the rows' names; LeRobot requires its tasks so.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    fields = [pa.field(name, TYPES[kind]) for name, (kind, _) in columns.items()]
    table = pa.table([pa.array(values, TYPES[kind]) for kind, values in columns.values()], schema=pa.schema(fields))
    if index is not None:
        told = {
            "index_columns": [index],
            "column_indexes": [],
            "columns": [_describe_column(*item) for item in columns.items()],
        }
        table = table.replace_schema_metadata({"pandas": json.dumps(told)})
    pq.write_table(table, path)


def _describe_column(name: str, column: tuple[str, Sequence[Any]]) -> dict[str, Any]:
    kind, _ = column
    numpy_type, pandas_type = ("object", "unicode") if kind == "string" else (kind, kind)
    return {"name": name, "field_name": name, "pandas_type": pandas_type, "numpy_type": numpy_type, "metadata": None}
