from __future__ import annotations

import re
from pathlib import Path

import pytest

from alvinn.charts import write_offset_chart
from alvinn.referee import Referee, Result, Run, judge, unfinished
from alvinn.roles import Verdict
from tests.alvinn.fakes import CAR, circle, step, truth


def result(name: str) -> Result:
    run = Run(map=name, direction="forward", weather="ClearNoon", seed=0, start=0)
    referee = Referee(circle(50.0), CAR.width, laps=1, cruise=8.0)
    for number, offset in enumerate((0.1, 0.2, 1.0, 0.0)):
        if referee.see(step(number, truth(lane_s=number * 0.4, offset=offset))) is Verdict.RECOVER:
            referee.recovered()
    return judge(referee, run, [], 1.0)


def test_the_page_holds_all_it_needs_and_fetches_nothing(tmp_path: Path) -> None:
    path = tmp_path / "laps" / "offset.html"
    write_offset_chart(path, [result("oval"), result("country")], "Offset over the lap: mine")
    page = path.read_text(encoding="utf-8")
    assert "Offset over the lap: mine" in page
    assert "Plotly.newPlot" in page
    assert len(page) > 1_000_000, "plotly itself must be in the page"
    tags = re.findall(r"<(?:script|link|img|iframe)\b[^>]*>", page)
    assert tags
    assert not [tag for tag in tags if re.search(r"""(?:src|href)\s*=\s*["']?\s*(?:https?:)?//""", tag)]


def test_departures_are_marked(tmp_path: Path) -> None:
    write_offset_chart(tmp_path / "a.html", [result("oval")], "a")
    page = (tmp_path / "a.html").read_text(encoding="utf-8")
    assert "oval forward: departures" in page


@pytest.mark.parametrize("maps", [1, 2, 12])
def test_there_is_a_row_for_every_map(tmp_path: Path, maps: int) -> None:
    write_offset_chart(tmp_path / "a.html", [result(f"random:{n}") for n in range(maps)], "many")
    page = (tmp_path / "a.html").read_text(encoding="utf-8")
    assert all(f"random:{n} forward" in page for n in range(maps))


def test_runs_that_were_not_driven_leave_an_empty_row(tmp_path: Path) -> None:
    run = Run(map="oval", direction="forward", weather="ClearNoon", seed=0, start=0)
    write_offset_chart(tmp_path / "a.html", [unfinished(run, "interrupted")], "none")
    assert (tmp_path / "a.html").is_file()
