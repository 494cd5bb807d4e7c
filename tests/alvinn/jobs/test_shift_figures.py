from __future__ import annotations

import re
from pathlib import Path

import pytest

from alvinn.dagger.ledger import RoundRecord, write_round
from alvinn.jobs.correct import Correct
from alvinn.jobs.shift_figures import collect_states, count_labels, measure_offset_sds, measure_rates, show_states
from alvinn.recording import Recording
from tests.alvinn.fakes import write_recording
from tests.alvinn.judged import judged


def test_rates_and_offsets_are_told_by_round_and_seed() -> None:
    calm, lost = judged([0.0, 0.0, 0.0, 0.0]), judged([0.0, 0.0, 1.0, 0.0])
    seeds = [[[lost], [calm]], [[lost, calm], [calm]]]
    assert [rate.departures for rate in measure_rates(seeds)] == [(1, 1), (0, 0)]
    clone, taught = measure_offset_sds(seeds)
    assert clone == pytest.approx([3**0.5 / 4.0, 7**0.5 / 8.0])
    assert taught == [0.0, 0.0]


def test_labels_add_up_over_the_rounds_and_a_round_that_was_not_driven_has_none(tmp_path: Path) -> None:
    jobs = [Correct(home=tmp_path, name=f"drift-{seed}", data=("plain",)) for seed in (0, 1)]
    for number, frames in ((1, 40), (2, 30)):
        jobs[0].recording(number).mkdir(parents=True)
        write_round(jobs[0].recording(number), RoundRecord(number, "drift", "scripted", frames=frames))
    assert count_labels(jobs, rounds=2) == [[0, 0], [40, 0], [70, 0]]


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
