from __future__ import annotations

import numpy as np
import pytest

from alvinn.driving.types import Image
from alvinn.visualization.track_map import NIGHT, ORANGE, TrackMap, sample_lane
from tests.alvinn.fakes import circle

LANE = sample_lane(circle(30.0))


def draw(track: TrackMap, place: tuple[float, float]) -> Image:
    area = np.zeros((120, 300, 3), dtype=np.uint8)
    track.draw(area, place)
    return area


def find_car(area: Image) -> tuple[float, float]:
    """Row and column of the car."""
    row, column = np.argwhere((area == ORANGE).all(axis=2)).mean(axis=0).tolist()
    return row, column


def test_a_closed_lane_ends_where_it_begins() -> None:
    assert LANE[0] == pytest.approx(LANE[-1], abs=1e-6)


def test_the_car_moves_on_the_map_with_x_to_the_right() -> None:
    track = TrackMap(LANE * [2.0, 1.0])
    right, left = (find_car(draw(track, place)) for place in ((60.0, 0.0), (-60.0, 0.0)))
    assert right[1] > left[1] + 50
    assert right[0] == pytest.approx(left[0], abs=2.0)


def test_the_longer_side_of_a_lane_lies_across() -> None:
    track = TrackMap(LANE * [1.0, 3.0])
    ends = [find_car(draw(track, place)) for place in ((0.0, 90.0), (0.0, -90.0))]
    assert abs(ends[0][1] - ends[1][1]) > 200


@pytest.mark.parametrize("stretch", [(3.0, 1.0), (1.0, 3.0)], ids=["longer in x", "longer in y"])
def test_a_turn_to_the_right_is_one_on_the_map(stretch: tuple[float, float]) -> None:
    """The sign of the area that the car goes round: the map turns a circuit and does not mirror it."""
    lane = LANE[::10] * stretch
    track = TrackMap(lane)
    row, column = np.array([find_car(draw(track, (x, y))) for x, y in lane.tolist()]).T
    x, y = lane.T
    assert np.sign(np.sum(column[:-1] * np.diff(row) - row[:-1] * np.diff(column))) == np.sign(
        np.sum(x[:-1] * np.diff(y) - y[:-1] * np.diff(x))
    )


def test_the_whole_lane_is_drawn_wherever_the_car_is() -> None:
    track = TrackMap(LANE)
    both = [(draw(track, place) != NIGHT).any(axis=2) for place in ((30.0, 0.0), (-30.0, 0.0))]
    assert (both[0] & both[1]).sum() > 0.8 * both[0].sum() - 200
    assert not TrackMap(np.empty((0, 2)))
