"""Soft actor-critic on a residual (TensorFlow): the algorithm, in one file.

- T. Haarnoja et al., Soft actor-critic algorithms and applications, arXiv:1812.05905: a stochastic actor, critics of
  the soft value, and a temperature that keeps the actor's entropy at a target.
- P. Ball et al., Efficient online reinforcement learning with offline data, arXiv:2302.02948: layer normalisation in
  the critics, which keeps their values bounded where there are no data.
- X. Chen et al., Randomized ensembled double Q-learning, arXiv:2101.05982: several critics; the target is the minimum
  over two of them, drawn for every batch.
- L. Ankile et al., Residual off-policy RL for finetuning behavior cloning policies, arXiv:2509.19301: a residual on a
  frozen clone, learned off-policy, the critics warmed up on the clone's own driving before the actor moves.
- L. Pinto et al., Asymmetric actor critic for image-based robot learning, arXiv:1710.06542: in a simulator the critics
  may see what the actor may not. Here they see the ground truth in place of the clone's features: fewer numbers that
  say more. Critics serve training only; the actor, which drives, sees pixels.

A transition is a row of numbers: state, truth, action, reward, next state, next truth, whether the episode ended.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from alvinn.networks.encodings import Floats
from alvinn.reinforcement.residual import make_actor

WIDEST, NARROWEST = 0.0, -4.0  # of the logarithm of the actor's spread
LEAST_SPREAD = 0.1  # of the mean spread of all inputs: an input that was constant is not scaled up without limit


@dataclass(frozen=True, slots=True)
class Learning:
    """Hyperparameters of the agent."""

    critics: int = 3
    units: int = 64
    """in each of a critic's two layers"""
    discount: float = 0.98
    """per tick of 50 ms: a reward 2.5 s ahead counts a third"""
    averaging: float = 0.01
    """rate at which the target critics follow the critics, per update"""
    batch: int = 128
    actor_rate: float = 3e-4
    """learning rate"""
    critic_rate: float = 1e-3
    """learning rate"""
    decay: float = 0.3
    """weight decay of the actor: it sees many numbers on few circuits, and must drive on others"""
    entropy: float = -1.0
    """target entropy of the actor"""


@dataclass(frozen=True, slots=True)
class Widths:
    """The layout of a transition: how many numbers of each kind."""

    state: int
    truth: int
    features: int
    """the first numbers of a state, which the critics do not see"""

    @property
    def seen_by_critics(self) -> int:
        """Inputs of the critics, without the action."""
        return self.state - self.features + self.truth

    @property
    def row(self) -> int:
        """Length of a transition."""
        return 2 * (self.state + self.truth) + 3

    def split(self, rows: Any) -> list[Any]:
        """State, truth, action, reward, next state, next truth, ended; each of shape (b, n)."""
        sizes = [self.state, self.truth, 1, 1, self.state, self.truth, 1]
        return list(tf.split(rows, sizes, axis=-1))


class Agent:
    """Actor, critics and temperature.

    Args:
        rows: transitions of the clone's own driving, shape (n, row), from which the scaling of the inputs is taken.
        widths: layout of a transition.
        learning: hyperparameters.
        seed: of the initial weights.
    """

    def __init__(self, rows: Floats, widths: Widths, learning: Learning, seed: int) -> None:
        keras.utils.set_random_seed(seed)
        self.widths, self.learning = widths, learning
        state, truth = rows[:, : widths.state], rows[:, widths.state : widths.state + widths.truth]
        self.actor = make_actor(widths.state, make_scaling(state))
        seen = np.concatenate([state[:, widths.features :], truth], axis=1)
        reward, ended = rows[:, widths.state + widths.truth + 1].mean(), rows[:, -1].mean()
        usual = float(reward / (1.0 - learning.discount * (1.0 - ended)))
        self.critics, self.targets = (make_critics(seen, learning, usual) for _ in range(2))
        self.targets.set_weights(self.critics.get_weights())
        self.temperature = keras.Variable(math.log(0.05), name="temperature")  # its logarithm
        self.optimizers = {
            "actor": keras.optimizers.Adam(learning.actor_rate, weight_decay=learning.decay),
            "critics": keras.optimizers.Adam(learning.critic_rate, clipnorm=10.0),
            "temperature": keras.optimizers.Adam(learning.critic_rate),
        }
        self.optimizers["actor"].build(self.actor.trainable_variables)
        self.optimizers["critics"].build(self.critics.trainable_variables)
        self.optimizers["temperature"].build([self.temperature])
        self._learn = tf.function(self._run_updates, reduce_retracing=True)

    def learn(self, rows: Floats, updates: int, rng: np.random.Generator, *, move_actor: bool) -> None:
        """Make `updates` updates, each on a random batch of the transitions, shape (n, row)."""
        drawn = rows[rng.integers(len(rows), size=(updates, self.learning.batch))]
        seeds = rng.integers(2**31, size=(updates, 2), dtype=np.int32)
        self._learn(tf.constant(drawn), tf.constant(seeds), move_actor=move_actor)

    def _run_updates(self, batches: Any, seeds: Any, *, move_actor: bool) -> None:
        for number in tf.range(tf.shape(batches)[0]):  # AutoGraph turns this into a loop in the graph
            self._update_critics(batches[number], seeds[number])
            if move_actor:
                self._update_actor(batches[number], seeds[number] + 7)

    def _update_critics(self, batch: Any, seed: Any) -> None:
        state, truth, action, reward, then, then_truth, ended = self.widths.split(batch)
        next_action, likelihood = self.sample(then, seed)
        values = self.targets(self._join_inputs(then, then_truth, next_action))
        two = tf.argsort(tf.random.stateless_uniform([self.learning.critics], seed + 3))[:2]
        least = tf.reduce_min(tf.gather(values, two, axis=-1), axis=-1, keepdims=True)
        soft = least - tf.exp(self.temperature.value) * likelihood
        target = reward + self.learning.discount * (1.0 - ended) * soft
        with tf.GradientTape() as tape:
            found = self.critics(self._join_inputs(state, truth, action))
            loss = tf.reduce_mean(tf.square(found - target))
        self._apply("critics", tape.gradient(loss, self.critics.trainable_variables), self.critics.trainable_variables)
        for slow, fast in zip(self.targets.trainable_variables, self.critics.trainable_variables, strict=True):
            slow.assign(slow.value + self.learning.averaging * (fast.value - slow.value))

    def _update_actor(self, batch: Any, seed: Any) -> None:
        state, truth, *_ = self.widths.split(batch)
        with tf.GradientTape() as tape:
            action, likelihood = self.sample(state, seed)
            value = tf.reduce_mean(self.critics(self._join_inputs(state, truth, action)), axis=-1, keepdims=True)
            loss = tf.reduce_mean(tf.exp(self.temperature.value) * likelihood - value)
        self._apply("actor", tape.gradient(loss, self.actor.trainable_variables), self.actor.trainable_variables)
        missing = tf.reduce_mean(likelihood) + self.learning.entropy
        self._apply("temperature", [-missing], [self.temperature])

    def _join_inputs(self, state: Any, truth: Any, action: Any) -> Any:
        """The critics' input."""
        return tf.concat([state[:, self.widths.features :], truth, action], axis=-1)

    def _apply(self, name: str, gradients: Any, variables: Any) -> None:
        self.optimizers[name].apply(gradients, variables)

    def sample(self, state: Any, seed: Any) -> tuple[Any, Any]:
        """Actions in (-1, 1) and the logarithms of their likelihoods, each (b, 1), for states, shape (b, n)."""
        mean, raw = tf.split(self.actor(state), 2, axis=-1)
        spread = log_spread(raw)
        noise = tf.random.stateless_normal(tf.shape(mean), seed)
        action = tf.tanh(mean + tf.exp(spread) * noise)
        gaussian = -0.5 * tf.square(noise) - spread - 0.5 * math.log(2.0 * math.pi)
        return action, gaussian - tf.math.log(1.0 - tf.square(action) + 1e-6)

    def export_actor(self) -> NumpyActor:
        """A copy of the actor in numpy, to drive with."""
        return NumpyActor([np.asarray(w) for w in self.actor.get_weights()], self.actor.layers[0])

    def list_variables(self) -> list[Floats]:
        """The values of all variables that learning changes, each in its variable's shape."""
        return [np.array(variable) for variable in self._variables()]

    def restore(self, values: list[Floats]) -> None:
        """Set all variables to the values from `list_variables`, in their order and shapes."""
        for variable, value in zip(self._variables(), values, strict=True):
            variable.assign(value)

    def _variables(self) -> list[Any]:
        nets = [*self.actor.variables, *self.critics.variables, *self.targets.variables, self.temperature]
        return nets + [variable for optimizer in self.optimizers.values() for variable in optimizer.variables]


def make_scaling(inputs: Floats) -> Any:
    """A layer that scales inputs such as these, shape (n, inputs), to mean 0 and standard deviation 1."""
    spread = inputs.std(axis=0, dtype=np.float64)
    spread = np.maximum(spread, LEAST_SPREAD * spread.mean() + 1e-6)
    shift = -inputs.mean(axis=0, dtype=np.float64) / spread
    return keras.layers.Rescaling((1.0 / spread).tolist(), shift.tolist(), name="scaling")


def log_spread(raw: Any) -> Any:
    """The logarithm of the actor's standard deviation; halfway between its limits where `raw` is 0, as at first."""
    return NARROWEST + 0.5 * (WIDEST - NARROWEST) * (tf.tanh(raw) + 1.0)


def make_critics(seen: Floats, learning: Learning, usual: float) -> Any:
    """All critics as one model: from inputs and action, shape (b, inputs + 1), to values, shape (b, critics).

    Their values begin at the `usual` one. To climb there from 0 takes them ten thousand updates, in which what an
    action changes is lost in what is missing still.
    """
    n, units, inputs = learning.critics, learning.units, seen.shape[1]
    given = keras.Input((inputs + 1,))
    x = keras.layers.Concatenate()([make_scaling(seen)(given[:, :inputs]), given[:, inputs:]])
    for equation in ("bx,nxy->bny", "bnx,nxy->bny"):
        x = keras.layers.EinsumDense(equation, (n, units), bias_axes="ny")(x)
        x = keras.layers.Activation("relu")(keras.layers.LayerNormalization()(x))
    first = keras.initializers.Constant(usual)
    value = keras.layers.EinsumDense("bnx,nxy->bny", (n, 1), bias_axes="ny", bias_initializer=first)(x)
    return keras.Model(given, keras.layers.Reshape((n,))(value), name="critics")


class NumpyActor:
    """The actor in numpy, a tenth of a millisecond faster per tick than TensorFlow's."""

    def __init__(self, weights: list[Floats], scaling: Any) -> None:
        self._weights = weights
        self._scale = np.asarray(scaling.scale, np.float32)
        self._shift = np.asarray(scaling.offset, np.float32)

    def __call__(self, state: Floats, rng: np.random.Generator | None = None) -> float:
        """The action for a state, shape (n,): drawn with `rng`, or the most likely one without."""
        x = state * self._scale + self._shift
        *hidden, kernel, bias = self._weights
        for weight, offset in zip(hidden[::2], hidden[1::2], strict=True):
            x = np.maximum(x @ weight + offset, 0.0)
        mean, raw = x @ kernel + bias
        if rng is not None:
            mean += math.exp(NARROWEST + 0.5 * (WIDEST - NARROWEST) * (math.tanh(raw) + 1.0)) * rng.standard_normal()
        return math.tanh(mean)
