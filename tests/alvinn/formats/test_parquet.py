from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from alvinn.errors import RecordingError
from alvinn.formats.parquet import TYPES, Columns, read_column_names, read_rows, write_rows

EXAMPLES: dict[str, Any] = {
    "int64": 3,
    "float32": 0.5,
    "float64": 0.1,
    "bool": True,
    "string": "a",
    "strings": ["a", "b"],
    "float32s": [0.5, 1.5],
    "int64s": [1, 2],
    "float64s": [0.1],
    "float64sss": [[[0.1]], [[0.2]]],
}


def test_a_value_of_every_type_is_read_as_it_was_written(tmp_path: Path) -> None:
    assert set(EXAMPLES) == set(TYPES)
    write_rows(tmp_path / "deep" / "table.parquet", {name: (name, [value]) for name, value in EXAMPLES.items()})
    assert read_rows(tmp_path / "deep" / "table.parquet", list(EXAMPLES)) == [EXAMPLES]


def test_only_the_wanted_columns_are_read_and_missing_ones_are_left_out(tmp_path: Path) -> None:
    write_rows(tmp_path / "table.parquet", {"a": ("int64", [1, 2]), "b": ("string", ["x", "y"])})
    assert read_column_names(tmp_path / "table.parquet") == ["a", "b"]
    assert read_rows(tmp_path / "table.parquet", ["b", "c"]) == [{"b": "x"}, {"b": "y"}]


def test_pandas_finds_the_index_that_lerobot_gives_its_tasks(tmp_path: Path) -> None:
    columns: Columns = {"task_index": ("int64", [0]), "task": ("string", ["drive"])}
    write_rows(tmp_path / "tasks.parquet", columns, index="task")
    metadata = json.loads(pq.read_schema(tmp_path / "tasks.parquet").metadata[b"pandas"])
    assert metadata["index_columns"] == ["task"]
    assert [column["name"] for column in metadata["columns"]] == ["task_index", "task"]


@pytest.mark.parametrize("data", [None, b"", b"PAR1", b"PAR1" + bytes(50) + b"PAR1"])
def test_a_table_that_is_missing_or_damaged_is_an_error_that_names_it(tmp_path: Path, data: bytes | None) -> None:
    path = tmp_path / "table.parquet"
    if data is not None:
        path.write_bytes(data)
    with pytest.raises(RecordingError, match=rf"{path} is (missing|damaged).*; fetch or export the dataset again"):
        read_rows(path, ["a"])
