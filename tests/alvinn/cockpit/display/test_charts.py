from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pytest

from alvinn.cockpit.display.charts import BLUE, HEIGHT, HISTOGRAM, INK, ORANGE, RED, WIDTH, Charts
from alvinn.driving.types import Image
from alvinn.recording import Recording, Row
from tests.alvinn.fakes import write_recording

Places = npt.NDArray[np.intp]


@pytest.fixture(scope="module")
def rows(tmp_path_factory: pytest.TempPathFactory) -> list[Row]:
    """A drive east, then south, that bends to the right; y grows to the south."""
    folder = tmp_path_factory.mktemp("drive")
    write_recording(folder, 100)
    rows = Recording(folder).rows
    return [replace(row, x=min(t, 50.0), y=max(0.0, t - 50.0), curvature=0.03 * (t > 40)) for t, row in enumerate(rows)]


def of_colour(picture: Image, colour: tuple[int, int, int]) -> Places:
    """The places (column, row) of a colour."""
    found: Places = np.argwhere((picture == colour).all(axis=2))[:, ::-1]
    return found


def test_the_drive_is_seen_from_above_and_the_car_moves_along_it(rows: list[Row]) -> None:
    charts = Charts(rows, [True] * 100)
    picture = charts.at(0, 0.0)
    assert picture.shape == (HEIGHT, WIDTH, 3)
    places = [of_colour(charts.at(index, 0.0)[HISTOGRAM:], ORANGE).mean(axis=0) for index in (0, 50, 99)]
    assert places[0][0] < places[1][0] - 50, "east is to the right"
    assert places[2][1] > places[1][1] + 50, "south is down"
    assert len(of_colour(picture, INK)) > 100


def test_the_steering_is_a_histogram_with_todays_marked(rows: list[Row]) -> None:
    charts = Charts(rows, [True] * 100)
    bars = of_colour(charts.at(0, 0.0)[:HISTOGRAM], BLUE)
    assert bars[:, 0].max() > WIDTH * 0.9, "the right bend"
    assert bars[:, 0].min() > WIDTH * 0.4, "and none to the left"
    marks = [of_colour(charts.at(0, c)[:HISTOGRAM], ORANGE)[:, 0].mean() for c in (-0.03, 0.0, 0.03, 9.0)]
    assert marks[0] < marks[1] < marks[2] == marks[3]


def test_what_is_left_out_is_red_and_not_in_the_histogram(rows: list[Row]) -> None:
    kept = [t <= 40 for t in range(100)]
    parted = [replace(row, segment=int(not keep)) for row, keep in zip(rows, kept, strict=True)]
    picture = Charts(parted, kept).at(0, 0.0)
    assert len(of_colour(picture, RED)) > 50
    assert of_colour(picture[:HISTOGRAM], BLUE)[:, 0].max() < WIDTH * 0.6


def test_where_nothing_is_known_of_the_place_it_says_so(rows: list[Row]) -> None:
    nowhere = [replace(row, x=math.nan, y=math.nan) for row in rows]
    charts = Charts(nowhere, [True] * 100)
    assert len(of_colour(charts.at(3, 0.0)[HISTOGRAM:], ORANGE)) == 0
