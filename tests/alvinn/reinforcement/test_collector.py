"""A clone with a residual at the wheel, on paper: what becomes a transition, and what the actor may see of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

import numpy as np
import pytest

from alvinn.driving.types import Observation
from alvinn.networks.encodings import Floats
from alvinn.reinforcement.collector import TRUTH, Collector, Figures, FrozenClone, Pulses
from alvinn.reinforcement.lane_keeping import LaneKeeping, Road
from alvinn.reinforcement.residual import REMEMBERED_STATE, Limits
from alvinn.reinforcement.reward import Reward
from alvinn.reinforcement.sac import Widths
from tests.alvinn.reinforcement.paper import PaperTask

FEATURES = 3
WIDTHS = Widths(FEATURES + REMEMBERED_STATE, TRUTH, FEATURES)
CIRCLE = 1.0 / 30.0  # 1/m: the paper task's lane


class PaperClone(FrozenClone):
    """A clone that always answers the same; its features are three pixels."""

    def __init__(self, curvature: float = CIRCLE) -> None:
        self._curvature = curvature

    def answer(self, seen: Observation) -> tuple[float, float, Floats]:
        return self._curvature, self._curvature, seen.image[0, :FEATURES, 0].astype(np.float32)


def collector(task: PaperTask, clone: float = CIRCLE) -> Collector:
    task.open(Road())
    made = Collector(cast("LaneKeeping", task), PaperClone(clone), Limits(), Reward())
    made.start(0.0)
    return made


def split(rows: Floats) -> list[Any]:
    return [np.asarray(part) for part in WIDTHS.split(rows)]


def test_a_transition_begins_where_the_last_one_ended() -> None:
    rows = collector(PaperTask()).drive(lambda _: 0.1, 12, Figures())
    state, truth, action, reward, then, then_truth, ended = split(rows)
    np.testing.assert_array_equal(state[1:], then[:-1])
    np.testing.assert_array_equal(truth[1:], then_truth[:-1])
    assert np.allclose(action, 0.1)
    assert reward.shape == (12, 1)
    assert not ended.any()


def test_a_departure_ends_an_episode_and_the_car_is_put_back() -> None:
    figures = Figures()
    rows = collector(PaperTask(), clone=0.0).drive(lambda _: 0.0, 120, figures)
    _, truth, _, reward, _, then_truth, ended = split(rows)
    gone = np.flatnonzero(ended)
    assert figures.departures == len(gone) > 0
    assert (np.abs(then_truth[gone, 0]) > 1.0).all()
    assert (reward[gone] < -15.0).all()
    after = gone[gone + 1 < len(rows)] + 1
    assert np.abs(truth[after, 0]) == pytest.approx(0.0, abs=0.05)


def test_what_the_actor_sees_does_not_change_when_the_lane_is_told_wrong() -> None:
    honest, lying = PaperTask(), PaperTask()
    lying.wrong = 0.2
    seen = [split(collector(task).drive(lambda _: 0.1, 10, Figures())) for task in (honest, lying)]
    np.testing.assert_array_equal(seen[0][0], seen[1][0])
    assert not np.array_equal(seen[0][1], seen[1][1]), "the critics are told"


def test_figures_tell_offset_jerk_and_residual() -> None:
    figures = Figures()
    collector(PaperTask()).drive(lambda _: 1.0, 40, figures)
    told = figures.summary()
    assert told["residual_mean_1pm"] > 0.03
    assert told["jerk_rms_mps3"] > 1.0
    assert set(told) == {
        "return", "offset_sd_m", "offset_max_m", "jerk_rms_mps3", "residual_mean_1pm", "departures",
    }  # fmt: skip


def test_pulses_are_held_stay_small_and_leave_time_without() -> None:
    pulses = Pulses(np.random.default_rng(0))
    actions = np.array([pulses(np.zeros(1, np.float32)) for _ in range(2000)])
    assert np.abs(actions).max() <= 0.6
    assert 0.2 < (actions == 0.0).mean() < 0.6
    assert (np.diff(actions) == 0.0).mean() > 0.8


def test_the_clones_eyes_answer_as_the_clone_does(model: Path, tmp_path: Path) -> None:
    from alvinn.networks.inference import Network
    from alvinn.reinforcement.clone import load_clone
    from alvinn.reinforcement.run import open_frozen_clone
    from tests.alvinn.reinforcement.test_residual import seen

    clone, network = load_clone(model, None), Network(model)
    with open_frozen_clone(clone) as frozen:
        for number in range(5):
            curvature, _, features = frozen.answer(seen(number))
            assert curvature == pytest.approx(network.curvature(seen(number).image), abs=1e-5)
            assert features.shape == (clone.features,)
