"""The distribution that `random:SEED` is drawn from, measured over 100 circuits, and what CARLA's parser makes of ten.

Everything is measured on points along the curve, not on the numbers that it was built from.
"""

from __future__ import annotations

import hashlib
import math
from dataclasses import dataclass

import carla
import numpy as np
import numpy.typing as npt
import pytest

from sim.roads import opendrive
from sim.roads.curves import Circuit
from sim.roads.random_circuits import random_circuit, wild_circuit

Floats = npt.NDArray[np.float64]
SEEDS = range(0, 200, 2)
STEP = 2.0  # [m]


@dataclass(frozen=True)
class Measured:
    """A circuit and points along it: s, x, y [m], heading [rad], curvature [1/m], grade [m/m]."""

    circuit: Circuit
    s: Floats
    x: Floats
    y: Floats
    heading: Floats
    curvature: Floats
    grade: Floats

    @property
    def share_of_bends(self) -> float:
        return float((np.abs(self.curvature) > 1 / 60).mean())

    @property
    def turned(self) -> tuple[float, float]:
        """Radians turned to the right and to the left."""
        turn = np.diff(self.heading)
        return float(turn.clip(0).sum()), float(-turn.clip(None, 0).sum())

    @property
    def nearest_pass(self) -> float:
        """The least distance [m] between places at least half a tightest circle apart along the road."""
        along = np.abs(self.s[:, None] - self.s)
        along = np.minimum(along, self.s[-1] - along)
        apart = np.hypot(self.x[:, None] - self.x, self.y[:, None] - self.y)
        return float(apart[along > math.pi * 15].min())


def measure(circuit: Circuit) -> Measured:
    s, x, y, heading, _ = np.array(circuit.places(STEP)).T
    heading = np.unwrap(heading)
    curvature = np.gradient(heading, s)
    level = circuit.elevation
    grade = np.array([level.at(float(at))[1] if level else 0.0 for at in s])
    return Measured(circuit, s, x, y, heading, curvature, grade)


@pytest.fixture(scope="module")
def measured() -> list[Measured]:
    return [measure(random_circuit(seed)) for seed in SEEDS]


def test_every_circuit_has_two_lanes_between_three_and_four_metres_with_paint(measured: list[Measured]) -> None:
    for circuit in (m.circuit for m in measured):
        section = circuit.cross_section
        assert (section.along, section.against) == (1, 1)
        assert 3.0 <= section.lane_width <= 4.0
        assert section.centre.style in {"solid", "broken"}
        assert section.edge.style == "solid"


def test_every_circuit_is_between_600_m_and_2_km_long(measured: list[Measured]) -> None:
    assert all(600 <= m.circuit.length <= 2000 for m in measured)


def test_every_circuit_s_least_radius_is_between_15_and_30_m(measured: list[Measured]) -> None:
    assert all(15 <= m.circuit.min_radius <= 30 for m in measured)


def test_the_least_radius_is_found_on_the_curve_itself(measured: list[Measured]) -> None:
    for m in measured:
        # Differences over 4 m see a short bend a little wider than it is, never tighter.
        assert 0.999 * m.circuit.min_radius < 1 / np.abs(m.curvature).max() < 1.25 * m.circuit.min_radius


def test_at_least_a_quarter_of_every_circuit_is_bends_under_60_m(measured: list[Measured]) -> None:
    assert all(m.share_of_bends > 0.25 for m in measured)


def test_every_circuit_turns_once_round_and_often_against_that(measured: list[Measured]) -> None:
    for m in measured:
        right, left = m.turned
        assert abs(right - left) == pytest.approx(2 * math.pi, abs=1e-6)
        assert min(right, left) > math.radians(85)


def test_no_circuit_crosses_itself_or_comes_near(measured: list[Measured]) -> None:
    for m in measured:
        section = m.circuit.cross_section
        assert m.nearest_pass > 2 * section.lane_width + 2 * section.shoulder + 8
        assert m.nearest_pass > 15


def test_curvature_never_jumps(measured: list[Measured]) -> None:
    for m in measured[:20]:
        fine = [place.curvature for place in m.circuit.places(0.25)]
        assert np.abs(np.diff(fine)).max() < 0.008


def test_no_circuit_is_steeper_than_three_in_a_hundred(measured: list[Measured]) -> None:
    assert max(np.abs(m.grade).max() for m in measured) <= 0.03


def test_the_distribution_is_not_a_tame_one(measured: list[Measured]) -> None:
    def spread(values: list[float]) -> tuple[float, float, float]:
        low, middle, high = np.percentile(values, [5, 50, 95]).tolist()
        return low, middle, high

    radii = spread([m.circuit.min_radius for m in measured])
    assert radii[0] < 16.5
    assert 20 < radii[1] < 25
    assert radii[2] > 28.5
    lengths = spread([m.circuit.length for m in measured])
    assert lengths[0] < 750
    assert 1150 < lengths[1] < 1450
    assert lengths[2] > 1850
    widths = spread([m.circuit.cross_section.lane_width for m in measured])
    assert widths[0] < 3.1
    assert 3.4 < widths[1] < 3.6
    assert widths[2] > 3.9
    steepest = [float(np.abs(m.grade).max()) for m in measured]
    assert sum(grade == 0.0 for grade in steepest) > 10
    assert sum(grade > 0.02 for grade in steepest) > 20
    assert np.median([m.share_of_bends for m in measured]) > 0.33
    assert np.median([sum(m.turned) for m in measured]) > math.radians(2.5 * 360)


def test_left_and_right_are_balanced_over_seeds(measured: list[Measured]) -> None:
    ways = [m.turned[0] > m.turned[1] for m in measured]
    assert 0.4 < np.mean(ways) < 0.6
    right, left = (sum(m.turned[i] for m in measured) for i in (0, 1))
    assert 0.45 < right / (right + left) < 0.55
    bends = np.concatenate([m.curvature for m in measured])
    assert (bends > 1 / 30).sum() == pytest.approx((bends < -1 / 30).sum(), rel=0.15)


def test_no_two_seeds_are_alike(measured: list[Measured]) -> None:
    assert len({round(m.circuit.length, 3) for m in measured}) == len(measured)


@pytest.mark.parametrize("seed", range(10))
def test_carla_s_parser_goes_round_both_lanes_for_ever(seed: int) -> None:
    name, text = opendrive.load(f"random:{seed}")
    circuit, world = random_circuit(seed), carla.Map(name, text)
    for lane in (-1, 1):
        here = world.get_waypoint_xodr(0, lane, 5.0)
        for _ in range(round(1.3 * circuit.length)):
            (following,) = here.next(2.0)
            assert 1.4 < following.transform.location.distance(here.transform.location) < 2.6
            assert following.lane_id == lane
            here = following
        assert here.lane_width == pytest.approx(circuit.cross_section.lane_width)


@pytest.mark.parametrize("seed", range(0, 10, 3))
def test_carla_s_parser_sees_the_heights_that_were_meant(seed: int) -> None:
    circuit, world = random_circuit(seed), carla.Map("m", opendrive.load(f"random:{seed}")[1])
    assert circuit.elevation is not None
    cuts = circuit.cuts()
    for road, start in enumerate(cuts[:-1]):
        for s in np.arange(1.0, cuts[road + 1] - start, 17.0):
            transform = world.get_waypoint_xodr(road, -1, float(s)).transform
            z, grade = circuit.elevation.at(start + float(s))
            assert transform.location.z == pytest.approx(z, abs=0.002)
            assert math.tan(math.radians(transform.rotation.pitch)) == pytest.approx(grade, abs=5e-4)


def test_the_bytes_of_a_seed_are_the_same_on_every_machine() -> None:
    text = opendrive.load("random:7")[1]
    assert hashlib.sha256(text.encode()).hexdigest()[:16] == "ba7f34a5eed463fb"


def test_wild_circuits_vary_lanes_markings_and_slope_too() -> None:
    wild = [measure(wild_circuit(seed)) for seed in range(24)]
    sections = [m.circuit.cross_section for m in wild]
    assert {(section.along, section.against) for section in sections} >= {(1, 1), (1, 3), (3, 1), (2, 2), (3, 3)}
    assert {section.centre.style for section in sections} == {"solid", "broken", "double", "none"}
    assert {section.edge.colour for section in sections} == {"white", "yellow"}
    steepest = [float(np.abs(m.grade).max()) for m in wild]
    assert 0.065 < max(steepest) <= 0.08
    for m, section in zip(wild, sections, strict=True):
        across = (section.along + section.against) * section.lane_width + 2 * section.shoulder
        assert m.nearest_pass > across + 8
        assert m.circuit.min_radius > max(section.along, section.against) * section.lane_width + section.shoulder + 4
        assert m.share_of_bends > 0.25


@pytest.mark.long
def test_a_thousand_seeds_keep_the_contract() -> None:
    for seed in range(200, 1200):
        m = measure(random_circuit(seed))
        section = m.circuit.cross_section
        assert 600 <= m.circuit.length <= 2000
        assert 15 <= m.circuit.min_radius <= 30
        assert m.share_of_bends > 0.25
        assert m.nearest_pass > 2 * (section.lane_width + section.shoulder) + 8
