from __future__ import annotations

import numpy as np
import pytest

from alvinn.networks.encodings import Floats
from alvinn.reinforcement.sac import Agent, Learning, Widths

WIDTHS = Widths(state=4, truth=2, features=2)
LEARNING = Learning(actor_rate=3e-3, critic_rate=3e-3)


def transitions(best: float, n: int = 512) -> Floats:
    """Episodes of one step, in which the nearer an action is to the best one the more it is worth."""
    rng = np.random.default_rng(0)
    seen = rng.normal(size=(n, WIDTHS.state + WIDTHS.truth))
    action = rng.uniform(-1.0, 1.0, (n, 1))
    return np.hstack([seen, action, -4.0 * (action - best) ** 2, seen, np.ones((n, 1))]).astype(np.float32)


def agent(rows: Floats, seed: int = 0) -> Agent:
    return Agent(rows, WIDTHS, LEARNING, seed)


@pytest.mark.long
@pytest.mark.parametrize("best", [0.5, -0.3])
def test_the_actor_finds_the_action_that_is_worth_most(best: float) -> None:
    rows = transitions(best)
    learner, rng = agent(rows), np.random.default_rng(1)
    learner.learn(rows, 200, rng, move_actor=False)
    learner.learn(rows, 600, rng, move_actor=True)
    mind = learner.export_actor()
    found = [mind(row[: WIDTHS.state]) for row in rows[:50]]
    assert np.mean(found) == pytest.approx(best, abs=0.15)


def test_while_the_critics_watch_the_actor_stays_as_it_is() -> None:
    rows = transitions(0.5)
    learner = agent(rows)
    learner.learn(rows, 20, np.random.default_rng(0), move_actor=False)
    assert [learner.export_actor()(row[: WIDTHS.state]) for row in rows[:20]] == [0.0] * 20


def test_the_critics_begin_at_the_value_that_driving_as_usual_has() -> None:
    rows = transitions(0.5)
    rows[:, WIDTHS.state + WIDTHS.truth + 1], rows[:, -1] = 0.9, 0.0
    learner = agent(rows)
    seen = np.zeros((1, WIDTHS.seen_by_critics + 1), np.float32)
    for critics in (learner.critics, learner.targets):
        assert np.asarray(critics(seen)) == pytest.approx(0.9 / (1.0 - LEARNING.discount), abs=4.0)


@pytest.mark.long
def test_an_agent_goes_on_from_its_numbers_as_if_it_had_never_stopped() -> None:
    rows = transitions(0.5)
    first, rng = agent(rows), np.random.default_rng(2)
    first.learn(rows, 20, rng, move_actor=True)
    other = agent(rows, seed=9)
    other.restore(first.list_variables())
    states = rng.bit_generator.state
    first.learn(rows, 20, rng, move_actor=True)
    rng.bit_generator.state = states
    other.learn(rows, 20, rng, move_actor=True)
    for one, two in zip(first.list_variables(), other.list_variables(), strict=True):
        np.testing.assert_array_equal(one, two)


@pytest.mark.long
def test_what_is_asked_tick_by_tick_is_the_actor_that_learns() -> None:
    rows = transitions(0.5)
    learner, rng = agent(rows), np.random.default_rng(3)
    learner.learn(rows, 100, rng, move_actor=True)
    state = rows[7, : WIDTHS.state]
    expected = np.tanh(np.asarray(learner.actor(state[None]))[0, 0])
    assert learner.export_actor()(state) == pytest.approx(float(expected), abs=1e-5)
    drawn = [learner.export_actor()(state, rng) for _ in range(200)]
    assert 0.001 < np.std(drawn) < 0.5
    assert max(map(abs, drawn)) < 1.0
