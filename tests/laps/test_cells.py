from __future__ import annotations

import json
from functools import partial
from pathlib import Path

import pytest

from alvinn.errors import AlvinnError
from tests.laps.cells import Cells, Figures, Makers, combine, fill_in_turn, pick, tabulate_by_seed


def test_cells_are_done_once_a_few_at_a_time_and_anew_where_the_program_answers_differently(tmp_path: Path) -> None:
    done: list[str] = []

    def make(name: str) -> dict[str, str]:
        done.append(name)
        return {"found": name}

    makers = {name: partial(make, name) for name in ("a", "b", "c")}
    cells = Cells(tmp_path / "new", "1")
    assert list(cells.fill(makers, most=2)) == ["a", "b"]
    assert list(cells.fill(makers)) == ["a", "b", "c"]
    assert done == ["a", "b", "c"]
    written = json.loads((tmp_path / "new" / "a.json").read_text(encoding="utf-8"))
    assert (written["cell"], written["found"], written["digest"]) == ("a", "a", "1")
    assert {"command", "commit", "schema"} <= written.keys()
    other = Cells(tmp_path / "new", "2")
    assert other.fill(makers, most=0) == {}
    assert list(other.fill(makers)) == ["a", "b", "c"]
    assert len(done) == 6


def test_of_groups_of_cells_so_many_are_done_in_all(tmp_path: Path) -> None:
    makers: Makers = {name: partial(dict, found=name) for name in ("a", "b", "c")}
    groups = [(Cells(tmp_path / group, group), makers) for group in ("1", "2")]
    assert [list(found) for found in fill_in_turn(groups, most=2)] == [["a", "b"], []]
    assert [list(found) for found in fill_in_turn(groups, most=2)] == [["a", "b", "c"], ["a"]]
    assert [list(found) for found in fill_in_turn(groups)] == [["a", "b", "c"]] * 2


def test_a_digest_follows_from_the_reference_the_settings_and_the_network(tmp_path: Path) -> None:
    (tmp_path / "network.tflite").write_bytes(b"weights")
    found = {combine("a", {}), combine("b", {}), combine("a", {"km": 1}), combine("a", {}, tmp_path)}
    assert len(found) == 4
    assert combine("a", {"km": 1}) in found


def test_a_name_that_is_unknown_is_refused_with_the_nearest_one() -> None:
    assert pick("a1, b2", ("a1", "b2", "c3"), "--cells") == ["a1", "b2"]
    with pytest.raises(AlvinnError, match="--cells has no speed5: did you mean speed-5"):
        pick("speed5", ("speed-5", "speed-12"), "--cells")


def test_a_cell_that_fails_keeps_no_other_from_being_done(tmp_path: Path) -> None:
    def fail() -> dict[str, str]:
        raise AlvinnError("the server died")

    cells = Cells(tmp_path, "1")
    makers: Makers = {"a": fail, "b": partial(dict, found="b")}
    with pytest.raises(AlvinnError, match="a failed: the same command tries again"):
        cells.fill(makers)
    assert (cells.read("a"), cells.fill({"b": makers["b"]}, most=0)["b"]["found"]) == (None, "b")


def test_seeds_are_told_one_by_one_and_only_where_nothing_departed_is_there_a_bound() -> None:
    def cell(departures: int) -> Figures:
        return {"frames": 9, "km": 2.0, "departures": departures, "offset_sd_m": 0.05}

    cells = {"calm-0": cell(0), "calm-1": cell(0), "wild-0": cell(0), "wild-1": cell(4)}
    *_, calm, wild = tabulate_by_seed(cells, ["calm", "wild"], range(2)).splitlines()
    assert "| 0, 0 | 0.000 (95%: below 0.749) |" in calm
    assert "| 0, 4 | 1.000 |" in wild
