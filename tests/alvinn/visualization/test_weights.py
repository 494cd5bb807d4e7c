from __future__ import annotations

from pathlib import Path

import numpy as np

from alvinn.networks.keras_file import StoredLayer
from alvinn.visualization.weights import (
    EXAM_LINES,
    GAP,
    PAPER,
    PIXEL,
    draw_curves,
    draw_exams,
    draw_weights,
    find_hidden_weights,
)


def test_the_weights_of_the_hidden_units_are_a_row_for_each_unit() -> None:
    rng = np.random.default_rng(0)

    def dense(name: str, inputs: int, units: int) -> StoredLayer:
        kernel = rng.normal(size=(inputs, units)).astype(np.float32)
        return StoredLayer(name, "Dense", (kernel, np.zeros(units, dtype=np.float32)))

    hidden, answer, rebuilt = dense("hidden", 960, 4), dense("dense", 4, 30), dense("reconstruction", 4, 128)
    found = find_hidden_weights([hidden, answer, rebuilt])
    assert found is not None
    np.testing.assert_array_equal(found[0], hidden.kernel.T)
    np.testing.assert_array_equal(found[1], answer.kernel)
    assert find_hidden_weights([answer]) is None, "no layer of ALVINN's kind"


def test_a_hidden_unit_is_drawn_white_where_it_is_excited_and_black_where_inhibited() -> None:
    ins, outs = np.zeros((1, 12), dtype=np.float32), np.zeros((1, 6), dtype=np.float32)
    ins[0, 0], ins[0, 11], outs[0, 5] = 2.0, -2.0, 1.0
    drawn = draw_weights(ins, outs, (3, 4))
    top = GAP + 5 * PIXEL
    assert drawn[top, 0].tolist() == [255, 255, 255]
    assert drawn[top + 3 * PIXEL - 1, 4 * PIXEL - 1].tolist() == [0, 0, 0]
    assert drawn[top + PIXEL, 2 * PIXEL].tolist() == [127, 127, 127]
    assert drawn[GAP, 4 * PIXEL - 1].tolist() == [255, 255, 255], "above, the outputs"


def test_many_units_stand_in_rows_and_the_last_row_is_filled_with_paper() -> None:
    rng = np.random.default_rng(0)
    one = draw_weights(rng.normal(size=(1, 12)).astype(np.float32), rng.normal(size=(1, 6)).astype(np.float32), (3, 4))
    seven = draw_weights(
        rng.normal(size=(7, 12)).astype(np.float32), rng.normal(size=(7, 6)).astype(np.float32), (3, 4)
    )
    assert seven.shape == (2 * one.shape[0], 5 * one.shape[1], 3)
    assert (seven[one.shape[0] :, 2 * one.shape[1] :] == PAPER[0]).all()


def test_a_history_is_drawn_and_none_is_not(tmp_path: Path) -> None:
    path = tmp_path / "history.csv"
    assert draw_curves(path) is None
    path.write_text("epoch,loss,held_out_mae,held_out_relative_error\n1,0.5,,\n2,0.25,,\n", encoding="utf-8")
    drawn = draw_curves(path)
    assert drawn is not None
    assert drawn.shape == (220, 640, 3), "what was not measured is not drawn"
    assert (drawn != PAPER[0]).any()


def test_the_exams_of_a_refinement_are_drawn_over_its_minutes(tmp_path: Path) -> None:
    path = tmp_path / "refinement.csv"
    assert draw_exams(path) is None
    head = "kind,minute,return,offset_sd_m,jerk_rms_mps3\nexam,0,4.0,0.06,0.9\n"
    path.write_text(head, encoding="utf-8")
    assert draw_exams(path) is None, "one point is no curve"
    path.write_text(f"{head}learning,1,9.0,9.0,9.0\nexam,4,5.0,0.06,0.7\n", encoding="utf-8")
    drawn = draw_exams(path)
    assert drawn is not None
    assert drawn.shape == (2 * 220, 640, 3)
    top = drawn[220 + 3 * GAP - 2 : 220 + 3 * GAP + 3]  # where the largest jerk is, of all exams and of nothing else
    assert (top == EXAM_LINES["jerk_rms_mps3"]).all(axis=2).any()
