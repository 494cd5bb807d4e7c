from __future__ import annotations

import math
from itertools import pairwise
from pathlib import Path

import carla
import numpy as np
import pytest

from sim.roads import opendrive
from sim.roads.centre_line import read_centre_line
from sim.roads.xml_document import MapError
from tests.towns import track_file


def egg(points: int = 60, width: float = 6.0) -> list[list[float]]:
    """Rows of a closed line that runs anticlockwise seen from above, 120 m by 80 m."""
    rows = []
    for i in range(points):
        angle = 2.0 * math.pi * i / points
        rows.append([(60.0 + 8.0 * math.cos(angle)) * math.cos(angle), 40.0 * math.sin(angle), width, width + 1.0])
    return rows


def write(rows: list[list[float]]) -> str:
    return "# x_m,y_m,w_tr_right_m,w_tr_left_m\n" + "".join(",".join(map(repr, row)) + "\n" for row in rows)


def test_the_circuit_runs_through_the_points_the_way_of_the_file_with_y_to_the_right() -> None:
    rows = egg()
    circuit = read_centre_line(write(rows))
    places = np.array([place[1:3] for place in circuit.places(0.25)])
    for x, y, *_ in rows:
        assert np.hypot(places[:, 0] - x, places[:, 1] + y).min() < 0.3
    start, soon = circuit.places(1.0)[0], circuit.places(1.0)[8]
    assert (start.x, start.y) == pytest.approx((rows[0][0], -rows[0][1]), abs=1e-6)
    assert soon.y < start.y - 5.0, "anticlockwise from the east: to the north, which is -y here"
    around = [*rows, rows[0]]
    assert circuit.length == pytest.approx(sum(math.dist(a[:2], b[:2]) for a, b in pairwise(around)), rel=0.01)


def test_a_lane_lies_to_either_side_and_the_rest_of_the_track_is_shoulder() -> None:
    circuit = read_centre_line(write(egg(width=6.0)))
    assert circuit.widths(50.0) == pytest.approx((3.5, 2.5))
    narrow = read_centre_line(write(egg(width=3.0)))
    assert narrow.widths(50.0) == pytest.approx((2.9, 0.1))


def test_at_a_tight_bend_the_shoulder_gives_way() -> None:
    """Its inner edge would turn back otherwise."""
    circuit = read_centre_line(write([[x / 3.0, y / 3.0, 16.0, 16.0] for x, y, *_ in egg(40)]))
    for s in np.arange(0.0, circuit.length, 1.0):
        lane, shoulder = circuit.widths(float(s))
        assert (lane + shoulder) * abs(circuit.curvature(float(s))) < 1.0


def test_carla_s_parser_finds_a_ring_of_lanes_in_it(tmp_path: Path) -> None:
    path = tmp_path / "egg.csv"
    path.write_text(write(egg()), encoding="utf-8")
    name, text = opendrive.load(str(path))
    assert name == "egg"
    here = carla.Map(name, text).get_waypoint(carla.Location(60.0, 0.0))
    start, way = here, 0.0
    while way < 40.0 or here.transform.location.distance(start.transform.location) > 2.0:
        (here,) = here.next(1.0)
        way += 1.0
        assert way < 500.0, "the lane does not come back"
    assert way == pytest.approx(325.0, abs=30.0)


@pytest.mark.parametrize("last", [[], [egg()[0]]], ids=["open by one step", "first point repeated"])
def test_the_first_point_may_be_repeated_at_the_end(last: list[list[float]]) -> None:
    assert read_centre_line(write(egg() + last)).length == read_centre_line(write(egg())).length


EIGHT = [
    [100.0 * math.sin(angle), 50.0 * math.sin(2.0 * angle), 5.0, 5.0]
    for angle in np.linspace(0.1, 2.0 * math.pi + 0.1, 80)[:-1].tolist()
]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "at least 10 points, and there are 0"),
        (write(egg()[:5]), "at least 10 points, and there are 5"),
        (write(egg()).replace("# ", ""), "line 1: 'x_m,y_m,w_tr_right_m,w_tr_left_m' is not x, y"),
        (write([*egg()[:7], [1.0, 2.0, 3.0]]), "line 9: x, y, w_right, w_left expected"),
        (write([*egg()[:7], [1.0, float("nan"), 3.0, 3.0]]), "line 9: .* finite"),
        (write([*egg()[:7], [1.0, 2.0, 0.0, 3.0]]), "line 9: .* widths above 0"),
        (write([egg()[0], *egg()]), "line 3: the point is that of line 2"),
        (write(egg()[:40]), "line 41: the line is open: its ends are [0-9]+ m apart"),
        (write(EIGHT), "the track crosses itself at line"),
        (write(egg(width=2.0)), "there are 2.00 m beside the centre line"),
        (write([[x / 20.0, y / 20.0, 9.0, 9.0] for x, y, *_ in egg(40)]), "it must be at least 80 m round"),
    ],
    ids=["nothing", "short", "header", "cells", "nan", "width", "twice", "open", "crossing", "narrow", "tiny"],
)
def test_what_is_no_closed_track_is_one_sentence_that_names_the_line(text: str, said: str) -> None:
    with pytest.raises(MapError, match=said) as caught:
        read_centre_line(text)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("at", [2, 3, 9])
def test_a_quote_that_is_never_closed_is_refused_in_a_sentence(at: int) -> None:
    for points in (60, 6000):  # the rest of the longer file is too long for one cell
        lines = write(egg(points)).splitlines()
        lines[at - 1] = f'"{lines[at - 1]}'
        with pytest.raises(MapError, match=f"^line {at}: [^\n]{{10,200}}$"):
            read_centre_line("\n".join(lines))


def test_a_row_after_a_quoted_line_break_is_named_by_its_line() -> None:
    rows = write(egg()).splitlines()
    with pytest.raises(MapError, match=r"^line 6: 'here' is not x, y"):
        read_centre_line("\n".join(['"# a comment', 'of two lines"', *rows[:3], "here", *rows[3:]]))


@pytest.mark.parametrize(("name", "metres", "radius"), [("Norisring", 2300.0, 8.0), ("Zandvoort", 4319.0, 10.0)])
def test_a_real_track_becomes_a_circuit(name: str, metres: float, radius: float) -> None:
    circuit = read_centre_line(track_file(name).read_text(encoding="utf-8"))
    assert circuit.length == pytest.approx(metres, rel=0.005)
    assert circuit.min_radius > radius
