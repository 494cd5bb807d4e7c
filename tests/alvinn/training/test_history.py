from __future__ import annotations

from pathlib import Path

import pytest

from alvinn.training.held_out import Errors
from alvinn.training.history import EpochResult, is_best, read_history, write_history

HISTORY = [
    EpochResult(1, 0.5, Errors(mae=0.02, plain=0.002)),
    EpochResult(2, 0.4, Errors(mae=0.01, relative=0.5, steer=0.03, plain=0.004)),
    EpochResult(3, 0.3, Errors(mae=0.0108, plain=0.004)),
    EpochResult(4, 0.2, Errors(mae=0.0112, plain=0.0021)),
]


@pytest.mark.parametrize(("views", "kept"), [(True, [1, 2, 3]), (False, [1, 4])])
def test_within_a_tenth_a_later_epoch_is_the_best_and_without_views_the_frames_as_taken_decide(
    views: bool, kept: list[int]
) -> None:
    found = [now.epoch for number, now in enumerate(HISTORY) if is_best(now, HISTORY[:number], views=views)]
    assert found == kept


def test_without_held_out_rows_the_last_epoch_is_the_best() -> None:
    assert is_best(EpochResult(5, 0.1, Errors()), HISTORY)


def test_a_history_is_read_as_it_was_written(tmp_path: Path) -> None:
    write_history(tmp_path / "history.csv", HISTORY)
    assert read_history(tmp_path / "history.csv") == HISTORY


def test_a_history_of_an_earlier_version_has_no_error_of_plain_frames(tmp_path: Path) -> None:
    (tmp_path / "history.csv").write_text("epoch,loss,held_out_mae\n1,0.5,0.02\n", encoding="utf-8")
    assert read_history(tmp_path / "history.csv") == [EpochResult(1, 0.5, Errors(mae=0.02))]
