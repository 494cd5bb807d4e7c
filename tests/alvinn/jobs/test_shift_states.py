from __future__ import annotations

import re
from pathlib import Path

from alvinn.jobs.shift_states import collect_states, show_states
from alvinn.recording import Recording
from tests.alvinn.fakes import write_recording
from tests.alvinn.judged import judged


def test_states_are_those_learned_from_and_those_visited(tmp_path: Path) -> None:
    write_recording(tmp_path / "r", 6)
    recording = Recording(tmp_path / "r")
    learned, driven = collect_states([recording], [judged([0.0, 0.1]), judged([0.2])])
    assert learned.offset.tolist() == [row.offset for row in recording.rows]
    assert learned.heading.tolist() == [row.heading_error for row in recording.rows]
    assert driven.offset.tolist() == [0.0, 0.1, 0.2]


def test_the_caption_tells_by_round_what_share_was_visited_where_its_own_seed_learned_nothing(tmp_path: Path) -> None:
    write_recording(tmp_path / "r", 6)
    recording = Recording(tmp_path / "r")
    here = [row.offset for row in recording.rows]
    near, far = collect_states([recording], [judged(here)]), collect_states([recording], [judged([0.7] * len(here))])
    shown = show_states("DAgger", [[far, near], [far, far]])
    assert shown.name == "DAgger"
    assert re.findall(r"(\d+)% after round (\d)", shown.figure.caption) == [("100", "0"), ("50", "1")]
