from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from alvinn.recording import Recording, RecordingWriter
from tests.alvinn.fakes import session, step
from tests.laps.few_labels import keep_labels


def test_a_round_keeps_as_many_labels_as_it_may_the_same_for_the_same_seed_and_its_own_driving(tmp_path: Path) -> None:
    with RecordingWriter(tmp_path / "r", session()) as writer:
        for number in range(300):
            made = step(number)
            correction = number // 50 % 2 * (number // 50)  # 50 frames of its own, 50 of a correction, and so on
            made = replace(made, decision=replace(made.decision, correction=correction))
            writer.add(made, lane="oval/forward", weather="ClearNoon")
    found = []
    for _ in range(2):
        assert keep_labels(Recording(tmp_path / "r"), 70, seed=0) == 70
        recording = Recording(tmp_path / "r")
        found.append([row.frame for row in recording.kept_rows() if row.correction])
        assert sum(not row.correction for row in recording.kept_rows()) == 150
    assert found[0] == found[1]
    assert len(found[0]) == 70
    assert keep_labels(Recording(tmp_path / "r"), 70, seed=(0, 2)) == 70
    assert [row.frame for row in Recording(tmp_path / "r").kept_rows() if row.correction] != found[0], "another round"
    assert keep_labels(Recording(tmp_path / "r"), 1000, seed=0) == 150, "there are no more"


def test_rows_that_were_left_out_for_another_reason_stay_so_and_are_no_labels(tmp_path: Path) -> None:
    with RecordingWriter(tmp_path / "r", session()) as writer:
        for number in range(200):
            made = step(number)
            made = replace(made, decision=replace(made.decision, correction=1))
            writer.add(made, lane="oval/forward", weather="ClearNoon")
    Recording(tmp_path / "r").leave_out(100, 149, "of a rollout that was cut short")
    for most in (60, 1000):
        kept = keep_labels(Recording(tmp_path / "r"), most, seed=0)
        assert kept == min(most, 150) == len(Recording(tmp_path / "r").kept_rows())
    assert not Recording(tmp_path / "r").kept_mask()[100:150].any()
