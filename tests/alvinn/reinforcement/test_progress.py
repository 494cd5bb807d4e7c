from __future__ import annotations

import io

from rich.console import Console

from alvinn.reinforcement import progress


def shown(*, minutes: float, done: int, seconds: float, figures: dict[str, float]) -> str:
    """The bar's line after a call that came so many seconds after the first."""
    said, times = io.StringIO(), iter([100.0, 100.0 + seconds])
    with progress.make_progress() as bars:
        progress.RefinementBar(bars, 20, done, lambda: next(times)).update(minutes, figures)
        Console(file=said, width=200).print(bars)
    (line,) = (text.rstrip() for text in said.getvalue().splitlines() if text.strip())
    return line


def test_the_bar_tells_minutes_time_left_and_figures() -> None:
    line = shown(minutes=10.0, done=5, seconds=60.0, figures={"return": 0.934, "offset_sd_m": 0.12, "departures": 1.0})
    for words in ("10.0/20 min", "0:02:00 left", "return +0.93", "sd 0.12 m", "1 dep."):
        assert words in line


def test_the_bar_says_what_is_done_meanwhile() -> None:
    said = io.StringIO()
    with progress.make_progress() as bars:
        progress.RefinementBar(bars, 20, 0, lambda: 0.0).announce("exam, circuit 1 of 4")
        Console(file=said, width=200).print(bars)
    assert "0.0/20 min exam, circuit 1 of 4" in said.getvalue()


def test_the_bar_is_at_most_80_columns_wide() -> None:
    worst = {"return": -12.34, "offset_sd_m": 1.23, "departures": 123.0}
    assert len(shown(minutes=10.01, done=10, seconds=30.0, figures=worst)) <= 80
