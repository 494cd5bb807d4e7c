from __future__ import annotations

from pathlib import Path

import pytest

from alvinn.util.locks import LOCK
from alvinn.util.replaced import Replaced


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "runs").mkdir()
    for name in (LOCK, "laps.json", "runs/log.csv", "thesis.txt"):
        (tmp_path / name).write_text("earlier", encoding="utf-8")
    return tmp_path


def files(folder: Path) -> dict[str, str]:
    return {str(path.relative_to(folder)): path.read_text() for path in folder.rglob("*") if path.is_file()}


def test_what_nothing_has_replaced_comes_back_in_place_of_a_beginning(folder: Path) -> None:
    before = files(folder)
    with Replaced(folder, ("laps.json", "runs")) as replaced:
        replaced.set_aside()
        assert not (folder / "laps.json").exists()
        assert (folder / "thesis.txt").exists(), "it is not to be replaced"
        (folder / "laps.json").write_text("a beginning", encoding="utf-8")
    assert files(folder) == before


def test_what_something_has_replaced_is_gone(folder: Path) -> None:
    with Replaced(folder) as replaced:
        replaced.set_aside()
        (folder / "laps.json").write_text("later", encoding="utf-8")
        replaced.give_up()
        replaced.give_up()
    assert files(folder) == {LOCK: "earlier", "laps.json": "later"}
    assert sorted(path.name for path in folder.iterdir()) == sorted([LOCK, "laps.json"])


def test_after_a_kill_it_comes_back_unless_something_had_replaced_it(folder: Path) -> None:
    before = files(folder)
    Replaced(folder).set_aside()  # killed here
    with Replaced(folder):
        assert files(folder) == before
    killed = Replaced(folder)
    killed.set_aside()
    killed.give_up()
    (folder / "laps.json").write_text("later", encoding="utf-8")  # and killed here
    with Replaced(folder):
        assert files(folder) == {LOCK: "earlier", "laps.json": "later"}


def test_where_nothing_was_to_be_set_aside_what_was_made_stays(tmp_path: Path) -> None:
    """As the list of runs that failed, of a sweep that found no earlier one."""
    with Replaced(tmp_path) as replaced:
        replaced.set_aside()
        (tmp_path / "laps.json").write_text("failed", encoding="utf-8")
    assert files(tmp_path) == {"laps.json": "failed"}


def test_where_nothing_was_to_be_replaced_nothing_changes(folder: Path) -> None:
    before = files(folder)
    with Replaced(folder) as replaced:
        replaced.give_up()
    assert files(folder) == before
