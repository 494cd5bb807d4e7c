from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from alvinn.errors import ModelError
from alvinn.networks.forward import run_layers, select_chain
from alvinn.networks.keras_file import read_layers
from alvinn.online.learner import OnlineLearner
from alvinn.online.pace import LearnedOnline
from tests.alvinn.fakes import CAMERA
from tests.alvinn.online.road import SPEED, look, steer_back

TESTED = [(offset, turn) for offset in (-0.6, -0.2, 0.3, 0.7) for turn in (-0.05, 0.05)]


def watched(name: LearnedOnline = "alvinn1991", seed: int = 0, passes: int = 3) -> OnlineLearner:
    """A learner that watched somebody keep the middle of a lane, a little unsteadily."""
    learner, rng = OnlineLearner(name, CAMERA, seed), np.random.default_rng(seed)
    for _ in range(passes):
        offset, turn = rng.normal(0.0, 0.1), rng.normal(0.0, 0.01)
        learner.see(look(offset, turn), steer_back(offset, turn), SPEED)
        learner.learn()
    return learner


def error(learner: OnlineLearner) -> float:
    """Mean error [1/m] from places that the driver never was at."""
    chain = select_chain(learner.layers(), learner.output.units)
    answers = [run_layers(chain, learner.preprocessing(look(*place)))[-1] for place in TESTED]
    found = learner.output.decode(np.array(answers))
    return float(np.abs(found - [steer_back(*place) for place in TESTED]).mean())


def test_it_learns_to_come_back_from_where_the_driver_never_was() -> None:
    assert error(watched("conv", passes=14)) < 0.3 * np.mean([abs(steer_back(*place)) for place in TESTED])


def test_the_same_seed_learns_the_same_weights() -> None:
    one, same, other = (watched(seed=seed, passes=2).layers()[0].kernel for seed in (1, 1, 2))
    np.testing.assert_array_equal(one, same)
    assert not np.array_equal(one, other)


def test_nothing_is_learned_before_there_is_a_batch() -> None:
    learner = OnlineLearner("conv", CAMERA, 0)
    assert learner.learn() is None
    learner.see(look(0.0), 0.0, SPEED)
    assert learner.learn() is None, "a frame and its views are 15 patterns, a batch is more"
    assert learner.passes == 0


def test_a_loss_that_is_no_number_leaves_the_network_as_it_was() -> None:
    learner = watched(passes=3)
    before = learner.layers()
    learner._network.set_weights([np.full_like(one, np.nan) for one in learner._network.get_weights()])
    with pytest.raises(ModelError, match="the loss of pass 4 is not a number"):
        learner.learn()
    for one, other in zip(before, learner.layers(), strict=True):
        np.testing.assert_array_equal(one.kernel, other.kernel)


def test_what_is_saved_is_what_drove(tmp_path: Path) -> None:
    learner = watched(passes=3)
    learner.save(tmp_path)
    for one, other in zip(learner.layers(), read_layers(tmp_path / "network.keras"), strict=True):
        assert (one.name, one.kind, one.activation) == (other.name, other.kind, other.activation)
        np.testing.assert_array_equal(one.kernel, other.kernel)
    assert (tmp_path / "network.tflite").is_file()
