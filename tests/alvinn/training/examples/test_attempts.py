from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from alvinn.errors import RecordingError
from alvinn.networks.preprocessing import Preprocessing
from alvinn.recording import Outcome, Recording, RecordingWriter
from alvinn.training.examples.attempts import Use, require_marks, select_used
from alvinn.training.examples.dataset import load_dataset
from tests.alvinn.fakes import SMALL, session, step, truth, write_recording

ATTEMPT: tuple[tuple[int, Outcome, int], ...] = (
    (0, "corrected", 10),
    (1, "corrected", 40),
    (0, "faultless", 20),
    (0, "departed", 5),
)
"""Correction, outcome and frames of each segment."""


def write_attempt(folder: Path, *, back_after: int = 15, lane_known: bool = True) -> Recording:
    """The attempt above; a correction brings the car back to the lane's centre after so many frames."""
    number = 0
    with RecordingWriter(folder, session()) as writer:
        for correction, outcome, count in ATTEMPT:
            for at in range(count):
                where = truth(lane_s=0.4 * number, offset=0.0 if at >= back_after else 0.5)
                made = step(number, where if lane_known else replace(where, offset=float("nan")))
                made = replace(made, decision=replace(made.decision, correction=correction))
                writer.add(made, lane="oval/forward", weather="ClearNoon", outcome=outcome)
                number += 1
            writer.start_segment()
    return Recording(folder)


@pytest.mark.parametrize(
    ("use", "frames"),
    [
        ("corrections", range(10, 50)),
        ("recoveries", range(10, 25)),
        ("first-second", range(10, 30)),
        ("faultless", range(10, 70)),
        ("all", range(75)),
    ],
)
def test_a_choice_names_the_frames_of_an_attempt_that_are_learned_from(tmp_path: Path, use: Use, frames: range) -> None:
    (used,) = select_used([write_attempt(tmp_path / "round-001")], use)
    assert [row.frame for row in used.rows] == list(frames)


def test_by_default_a_whole_attempt_trains_exactly_as_its_corrections_alone_did(tmp_path: Path) -> None:
    whole = write_attempt(tmp_path / "new")
    with RecordingWriter(tmp_path / "old", session()) as writer:  # as earlier versions recorded
        for row in whole.rows:
            if row.correction:
                picture = (whole.folder / row.center).read_bytes()
                writer.add_row(replace(row, outcome=""), {"center": picture})
    prepare = Preprocessing.for_camera(SMALL)
    before = load_dataset([Recording(tmp_path / "old")], prepare)
    now = load_dataset(select_used([whole], "corrections"), prepare)
    for name in ("training", "held_out"):
        assert np.array_equal(getattr(before, name), getattr(now, name))
    for name in ("curvature", "goals", "speed"):
        assert np.array_equal(getattr(before.examples, name), getattr(now.examples, name))
    assert np.array_equal(before.examples.blocks[0], now.examples.blocks[0])


@pytest.mark.parametrize("use", ["corrections", "recoveries", "first-second", "faultless", "all"])
def test_what_somebody_else_drove_is_learned_from_whatever_the_choice(tmp_path: Path, use: Use) -> None:
    write_recording(tmp_path / "plain", 5)
    (used,) = select_used([Recording(tmp_path / "plain")], use)
    assert len(used.rows) == 5
    assert used.selection == ""


def test_a_round_in_which_nobody_helped_has_nothing_for_corrections_to_use(tmp_path: Path) -> None:
    with RecordingWriter(tmp_path / "r", session()) as writer:
        writer.add(step(), lane="oval/forward", weather="ClearNoon", outcome="faultless")
    alone = Recording(tmp_path / "r")
    assert select_used([alone], "corrections") == []
    assert len(select_used([alone], "faultless")) == 1


def test_a_correction_that_never_comes_back_is_a_recovery_to_its_end(tmp_path: Path) -> None:
    (used,) = select_used([write_attempt(tmp_path / "r", back_after=99)], "recoveries")
    assert len(used.rows) == 40


def test_a_recovery_in_an_unknown_lane_is_refused_with_what_to_use_instead(tmp_path: Path) -> None:
    with pytest.raises(RecordingError, match=r"where in its lane the car was.*use --use first-second"):
        select_used([write_attempt(tmp_path / "r", lane_known=False)], "recoveries")


def test_a_choice_without_anything_to_choose_from_is_refused_in_a_sentence(tmp_path: Path) -> None:
    write_recording(tmp_path / "plain", 5)
    plain, attempt = Recording(tmp_path / "plain"), write_attempt(tmp_path / "r")
    with pytest.raises(RecordingError, match="no frames of a network's own driving in plain: add a round"):
        require_marks([plain], "faultless")
    with pytest.raises(RecordingError, match="no corrections in plain: add a round"):
        require_marks([plain], "recoveries")
    require_marks([plain], "corrections")
    require_marks([plain, attempt], "all")
    require_marks([plain, attempt], "first-second")
