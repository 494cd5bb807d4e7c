from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from alvinn.recording import Row
from alvinn.recording.rows import make_row
from alvinn.training.examples.labels import find_labels, is_by_keys, smooth_late_labels
from tests.alvinn.fakes import step


def row(number: int, curvature: float, *, segment: int = 0, steer: float = 0.1) -> Row:
    made = make_row(step(number, curvature=curvature), segment, f"{number}.jpg", "oval/forward", "ClearNoon")
    return replace(made, steer_meant=steer)


class Paper:
    """As much of a recording as tells how it was steered."""

    def __init__(self, device: str, steers: list[float]) -> None:
        self.session: Any = type("Session", (), {"device": device})
        self.folder: Any = type("Folder", (), {"name": "mine"})
        self.rows = tuple(row(number, 0.1 * (number % 3), steer=steer) for number, steer in enumerate(steers))

    def split_rows(self) -> tuple[Row, ...]:
        return self.rows


def paper(device: str, steers: list[float] | None = None) -> Any:
    return Paper(device, steers or [0.01 * number for number in range(200)])


ON_OFF = [0.0, 0.0, 0.0, 0.3, -0.3] * 40


def test_each_frame_gets_the_mean_of_what_was_steered_around_a_moment_later_in_its_own_segment() -> None:
    rows = [*(row(number, float(number)) for number in range(60)), *(row(90 + n, 500.0, segment=1) for n in range(30))]
    found = smooth_late_labels(rows)
    assert found[20] == pytest.approx(24.0), "half a second to either side of 0.2 s later: rows 14 to 34"
    assert found[0] == pytest.approx(np.mean(range(15))), "at the beginning of a segment what there is of it"
    assert found[59] == pytest.approx(np.mean(range(49, 60)))
    assert set(found[60:]) == {500.0}, "no other segment's"


def test_where_frames_are_missing_the_moment_is_one_of_time_and_not_of_rows() -> None:
    rows = [row(number, float(number)) for number in (0, 1, 4, 14, 15, 40)]
    assert smooth_late_labels(rows)[0] == pytest.approx((0 + 1 + 4 + 14) / 4)


def test_hands_that_are_late_and_press_on_and_off_teach_nearly_what_steady_ones_would() -> None:
    """A bend of 0.04, answered 0.2 s late by presses of 0.08 on and off every tenth of a second."""
    bend = np.repeat([0.0, 0.04, 0.0], 60)
    late = np.concatenate([np.zeros(4), bend[:-4]]) * np.tile([2.0, 2.0, 0.0, 0.0], 45)
    rows = [row(number, float(curvature)) for number, curvature in enumerate(late)]
    assert np.abs(late - bend).mean() > 4 * np.abs(smooth_late_labels(rows) - bend).mean()


@pytest.mark.parametrize(
    ("device", "steers", "keys"),
    [("keyboard", None, True), ("mouse", ON_OFF, False), ("G29", None, False), ("", ON_OFF, True), ("", None, False)],
)
def test_keys_are_known_by_their_name_or_by_what_they_steer(
    device: str,
    steers: list[float] | None,
    keys: bool,
) -> None:
    assert is_by_keys(paper(device, steers)) is keys


def test_labels_are_as_driven_unless_they_are_from_keys_or_it_is_asked_for() -> None:
    keys, wheel = paper("keyboard"), paper("G29")
    steady = find_labels(wheel, "driven").tolist()
    assert find_labels(wheel).tolist() == find_labels(keys, "driven").tolist() == steady
    assert find_labels(keys).tolist() == find_labels(wheel, "keys").tolist() != steady
