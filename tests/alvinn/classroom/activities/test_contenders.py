from __future__ import annotations

import math
import shutil
from pathlib import Path

import pytest

from alvinn.classroom.activities.contenders import CELLS, DAGGER, PLAIN, REACH, count_states, find_contenders
from alvinn.errors import ModelError
from alvinn.recording import RecordingWriter
from alvinn.settings import SHIPPED, Home
from tests.alvinn import fakes


def test_without_preparation_there_is_the_shipped_one(tmp_path: Path) -> None:
    (one,) = find_contenders(Home(home=tmp_path))
    assert (one.name, one.title, one.recordings) == (SHIPPED, "shipped", ())
    assert one.as_json()["views"] == [1.0, pytest.approx(8.0)]


def test_the_prepared_ones_are_there_with_the_last_round_of_dagger(tmp_path: Path) -> None:
    home = Home(home=tmp_path)
    shipped = home.find_model(SHIPPED)
    for folder in (f"{DAGGER}/round-000", f"{DAGGER}/round-001"):
        shutil.copytree(shipped, tmp_path / "models" / folder)
    fakes.write_recording(tmp_path / "data" / DAGGER / "round-001", 3)
    found = find_contenders(home)
    assert [one.title for one in found] == ["plain clone", "after DAgger"]
    assert [path.name for path in found[1].recordings] == ["round-001"]
    assert [one.name for one in find_contenders(home, SHIPPED)] == [PLAIN, DAGGER, SHIPPED]


def test_a_network_that_is_not_there_is_an_error_in_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="nothing"):
        find_contenders(Home(home=tmp_path), "nothing")


def test_the_plane_shows_where_the_frames_are(tmp_path: Path) -> None:
    with RecordingWriter(tmp_path / "r", fakes.session(fakes.SMALL)) as writer:
        for number, (offset, heading) in enumerate(
            [(0.51, 0.01), (0.51, 0.01), (-2.0, math.radians(-20.0)), (9.0, 0.0)]
        ):
            step = fakes.step(number, fakes.truth(offset=offset, heading_error=heading))
            writer.add(step, lane="oval/forward", weather="ClearNoon")
        own = fakes.step(9, fakes.truth(offset=2.0))
        writer.add(own, lane="oval/forward", weather="ClearNoon", outcome="departed")  # of a round: no label
    cells = {(int(column), int(row)): share for column, row, share in count_states((tmp_path / "r", tmp_path / "gone"))}
    assert len(cells) == 2  # the fourth is beyond the plane
    middle = [number // 2 for number in CELLS]
    right = middle[0] + int(0.51 / (2 * REACH[0] / CELLS[0]))
    assert cells[right, middle[1]] == 1.0
    assert sorted(cells.values()) == [0.5, 1.0]
