from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from alvinn.metrics.worst import EVERY, RATE, SECONDS, WorstStretch, find_worst_stretch
from tests.alvinn.fakes import step, truth

MOST = 100  # pictures, ten a second


def kept(offsets: list[float]) -> list[int]:
    """The ticks that are kept of a run with these offsets."""
    worst = WorstStretch()
    for number, offset in enumerate(offsets):
        worst.see(step(number, truth(offset=offset)))
    return [one.observation.frame for one in worst.steps]


@pytest.mark.parametrize("at", [0, 150, 400, 790])
def test_the_ten_seconds_around_what_went_wrong_are_kept(at: int) -> None:
    offsets = [0.01] * 800
    offsets[at] = 0.5
    ticks = kept(offsets)
    assert len(ticks) == MOST == SECONDS * RATE
    assert at in ticks
    assert np.all(np.diff(ticks) == EVERY)


def test_of_a_run_shorter_than_that_all_is_kept() -> None:
    assert kept([0.3, 0.1, 0.2]) == [0, 2]
    assert kept([]) == []


@given(st.integers(0, 2**32), st.integers(1, 700))
def test_which_stretch_it_was_can_be_told_from_the_offsets_alone(seed: int, ticks: int) -> None:
    offsets = np.random.default_rng(seed).normal(0.0, 0.3, ticks).tolist()
    found = kept(offsets)
    assert find_worst_stretch(offsets) == (found[0], found[-1])
