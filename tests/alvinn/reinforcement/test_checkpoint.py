from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from alvinn.errors import ModelError
from alvinn.reinforcement.checkpoint import CHECKPOINT, State, read_history, read_state, write_state

FIGURES = {"return": 0.9, "departures": 0.0}
SETTINGS = {"seed": 0, "maps": "oval", "reward": {"middle": 1.0}}


def state() -> State:
    made = State(SETTINGS, np.random.default_rng(3), minute=2)
    made.add_transitions(np.ones((4, 5), np.float32))
    made.add_transitions(np.zeros((2, 5), np.float32))
    made.learned = [np.arange(3.0, dtype=np.float32), np.array(0.5, np.float32)]
    made.add_exam(2, FIGURES, [np.array([1.0], np.float32)])
    return made


def test_what_is_read_is_what_was_written_random_numbers_to_come_among_them(tmp_path: Path) -> None:
    before = state()
    before.rng.random(7)
    write_state(tmp_path, before)
    after = read_state(tmp_path, SETTINGS)
    assert (after.minute, after.history) == (2, before.history)
    np.testing.assert_array_equal(after.rows, before.rows)
    for one, two in zip(before.learned + before.best, after.learned + after.best, strict=True):
        np.testing.assert_array_equal(one, two)
    assert after.rng.random() == before.rng.random()
    assert read_history(tmp_path) == before.history


def test_the_weights_of_the_best_exam_are_kept() -> None:
    made = state()
    made.add_exam(4, {"return": 0.5}, [np.array([2.0], np.float32)])
    assert made.best[0].tolist() == [1.0]
    made.add_exam(8, {"return": 0.95}, [np.array([3.0], np.float32)])
    assert made.best[0].tolist() == [3.0]
    assert made.best_exam()["return"] == 0.95


def test_other_settings_are_named(tmp_path: Path) -> None:
    write_state(tmp_path, state())
    with pytest.raises(ModelError, match=r"begun with maps oval, not country, seed 0, not 4: resume it with the same"):
        read_state(tmp_path, SETTINGS | {"seed": 4, "maps": "country"})


@pytest.mark.parametrize("torn", [b"", b"PK", b"nonsense"])
def test_a_torn_state_is_said(tmp_path: Path, torn: bytes) -> None:
    (tmp_path / CHECKPOINT).write_bytes(torn)
    with pytest.raises(ModelError, match=r"is damaged: .*; add --overwrite in place of --resume to refine anew"):
        read_state(tmp_path, SETTINGS)


def test_a_state_cut_short_anywhere_is_said(tmp_path: Path) -> None:
    write_state(tmp_path, state())
    whole = (tmp_path / CHECKPOINT).read_bytes()
    for share in (0.1, 0.5, 0.9):
        (tmp_path / CHECKPOINT).write_bytes(whole[: int(share * len(whole))])
        with pytest.raises(ModelError, match="is damaged"):
            read_state(tmp_path, SETTINGS)
