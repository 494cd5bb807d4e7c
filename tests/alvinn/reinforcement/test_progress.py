from __future__ import annotations

import io

from rich.console import Console

from alvinn.reinforcement import progress


def test_the_bar_is_one_line_of_at_most_80_columns(monkeypatch: object) -> None:
    said = io.StringIO()
    with progress.bars() as bars:
        bar = progress.Bar(bars, minutes=20, done=0)
        bar.drove(19.94, {"return": -12.34, "offset_sd_m": 12.34, "departures": 1234.0})
        Console(file=said, width=200, force_terminal=False).print(bars)
    (line,) = (text.rstrip() for text in said.getvalue().splitlines() if text.strip())
    assert len(line) <= 80, line
    for words in ("19.9/20 min", "left", "return -12.34", "sd 12.34 m", "1234 departures"):
        assert words in line
