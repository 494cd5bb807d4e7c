from __future__ import annotations

import errno
import json
import os
import sys
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from alvinn.errors import AlvinnError, MixedError, UsageError
from tests.laps import exam, few_labels, pushes, robustness, towns
from tests.laps.cells import Cells, Figures, Makers, Tool, combine, fill_in_turn, main, pick, tabulate_by_seed
from tests.laps.exam import Exam
from tests.laps.few_labels import FewLabels
from tests.laps.pushes import Pushes
from tests.laps.robustness import Robustness
from tests.laps.towns import Towns


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
    assert (written["cell"], written["found"], written["reference"]) == ("a", "a", "1")
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


def make_network(folder: Path, weights: bytes) -> Path:
    folder.mkdir()
    (folder / "network.tflite").write_bytes(weights)
    return folder


def test_a_cell_of_another_model_or_of_other_settings_is_refused_not_replaced(tmp_path: Path) -> None:
    one, other = (make_network(tmp_path / name, name.encode()) for name in ("one", "other"))
    cells = Cells(tmp_path / "cells", "program", {"km": None}, one)
    makers: Makers = {"a": partial(dict, found="a")}
    cells.fill(makers)
    before = (tmp_path / "cells" / "a.json").read_bytes()
    changed = "network_sha256 7692c3ad"  # of b"one"
    for others, said in (
        (replace(cells, settings={"km": 0.5}), r"km none \(now 0.5\)"),
        (replace(cells, model=other), changed),
        (replace(cells, model=None), changed),
        (replace(cells, model=other, reference="program of later"), changed),
    ):
        with pytest.raises(MixedError, match=f"a.json was begun with {said}.*: choose another --out"):
            others.fill(makers)
        with pytest.raises(MixedError, match=said):
            fill_in_turn([(Cells(tmp_path / "new", "1"), makers), (others, makers)])
    assert not (tmp_path / "new").exists(), "it is said before anything is done"
    assert (tmp_path / "cells" / "a.json").read_bytes() == before
    later = replace(cells, reference="program of later")
    assert [list(later.fill(makers, most)) for most in (0, 1)] == [[], ["a"]], "what the program draws alone changed"


def test_a_cell_that_does_not_say_of_what_it_is_is_used_where_that_is_known_and_never_replaced(tmp_path: Path) -> None:
    """As those that were committed before cells said it."""
    cells = Cells(tmp_path, "program", {"km": None})
    makers: Makers = {"a": partial(dict, found="anew")}
    (tmp_path / "a.json").write_text(json.dumps({"digest": cells.digest, "found": "long ago"}), encoding="utf-8")
    assert cells.fill(makers)["a"]["found"] == "long ago"
    for other in (replace(cells, settings={"km": 0.5}), replace(cells, reference="program of later")):
        with pytest.raises(MixedError, match=r"a.json is of another program, model or settings, and does not say"):
            other.fill(makers)
    assert cells.fill(makers)["a"]["found"] == "long ago"


def test_a_digest_follows_from_the_reference_the_settings_and_the_network(tmp_path: Path) -> None:
    (tmp_path / "network.tflite").write_bytes(b"weights")
    found = {combine("a", {}), combine("b", {}), combine("a", {"km": 1}), combine("a", {}, tmp_path)}
    assert len(found) == 4
    assert combine("a", {"km": 1}) in found
    assert combine("a", {"km": 1}, tmp_path).startswith("ac802432"), "cells that are committed are known by it"


def test_a_name_that_is_unknown_is_refused_with_the_nearest_one() -> None:
    assert pick("a1, b2", ("a1", "b2", "c3"), "--cells") == ["a1", "b2"]
    with pytest.raises(UsageError, match="--cells has no speed5: did you mean speed-5"):
        pick("speed5", ("speed-5", "speed-12"), "--cells")


def test_an_empty_list_of_names_is_refused_and_not_taken_for_the_first_that_there_is() -> None:
    with pytest.raises(UsageError, match="--cells names nothing: name at least one"):
        pick(" ,", ("speed-5", "speed-12"), "--cells")
    with pytest.raises(ValueError, match="--weathers names nothing: name at least one"):
        Exam(weathers="")


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


def begin(kind: type[Tool], words: Sequence[str], monkeypatch: pytest.MonkeyPatch) -> int:
    """The exit status of an experiment that must not drive anything."""
    for tool in (exam, few_labels, pushes, robustness, towns):
        monkeypatch.setattr(tool, "measure_reference", lambda: pytest.fail("something was driven"))
    monkeypatch.setattr(sys, "argv", ["tool", *words])
    return main(kind)


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        (Exam, ("--model", "shiped")),
        (Towns, ("--model", "shiped", "--maps", "mine.xodr")),
        (Pushes, ("models/shiped",)),
        (Robustness, ("--models", "shipped", "--shipped", "shiped")),
    ],
)
def test_a_model_that_does_not_exist_is_told_in_a_sentence_before_anything_is_driven(
    kind: type[Tool],
    words: Sequence[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine.xodr").write_text("<OpenDRIVE/>", encoding="utf-8")
    assert begin(kind, words, monkeypatch) == 1
    assert "models/shiped is not a model" in capsys.readouterr().out


def test_a_gate_that_wants_a_person_is_wrong_usage_where_nobody_is_there(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert begin(FewLabels, ("--gates", "drift,human"), monkeypatch) == 2
    assert "--gates has no human" in capsys.readouterr().out


def test_an_error_of_the_operating_system_is_told_in_a_sentence(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    class Full(Exam):
        def run(self) -> None:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "a.json")

    assert begin(Full, (), monkeypatch) == 1
    assert capsys.readouterr().out.startswith("a.json: No space left on device; free some space")
