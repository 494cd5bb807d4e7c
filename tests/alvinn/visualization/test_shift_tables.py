from __future__ import annotations

import json
from pathlib import Path

import pytest

from alvinn.errors import ResultsError
from alvinn.visualization.covariate_shift import Rate
from alvinn.visualization.shift_tables import read_corrections, tabulate_rates, tabulate_seeds

SEED = {
    "seed": 3,
    "clone_departures": 4,
    "clone_km": 2.5,
    "corrections": [9, 5, 1],
    "faultless": 39,
    "laps": 40,
    "km": 47.1,
    "departures": 1,
    "largest_offset_m": 1.214,
    "failed": ["random:301 reverse"],
}


def test_a_rate_of_one_seed_has_no_interval() -> None:
    rows = tabulate_rates({"plain": [Rate(1.5, 1.0, 2.25), Rate(0.5, 0.5, 0.5)]})
    assert rows == [["plain", "1.50 (1.00 to 2.25)", "0.50"]]


def test_seeds_are_shown_by_their_mean_and_their_range_and_alike_ones_once() -> None:
    assert tabulate_seeds({"plain": [[0.07, 0.08, 0.06], [0.05, 0.05, 0.05]]}, "{:.2f} m") == [
        ["plain", "0.07 m (0.06 m to 0.08 m)", "0.05 m"]
    ]


def test_a_seed_s_corrections_are_a_row(tmp_path: Path) -> None:
    path = tmp_path / "corrections.json"
    path.write_text(json.dumps({"circuits": ["random:301", "random:302"], "seeds": [SEED]}), encoding="utf-8")
    found = read_corrections(path, named=True)
    assert found is not None
    assert found.circuits == "random:301, random:302"
    assert found.table.rows == [
        ["3", "departed 4 times in 2.5 km", "9 + 5 + 1", "39 of 40, 47.1 km", "1", "1.21 m", "random:301 reverse"]
    ]


def test_only_a_file_that_was_named_must_be_there(tmp_path: Path) -> None:
    assert read_corrections(tmp_path / "none.json", named=False) is None
    with pytest.raises(ResultsError, match="there is no"):
        read_corrections(tmp_path / "none.json", named=True)


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"circuits": [], "seeds": [{}]}'])
def test_another_file_is_refused_by_name(tmp_path: Path, text: str) -> None:
    path = tmp_path / "other.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ResultsError, match=r"other\.json"):
        read_corrections(path, named=False)
