"""The residual that is added to a clone's curvature, limited in size and in rate (TensorFlow).

T. Silver et al., Residual policy learning, arXiv:1812.06298; T. Johannink et al., Residual reinforcement learning for
robot control, arXiv:1812.03201: the clone is frozen, and reinforcement learning adds to its answer. The actor's last
layer is initialised with zeros, so that nothing is added at first.

The state of the actor is the clone's last hidden layer, the clone's curvature, the speed, and the answers of clone and
actor in the last two ticks, which let it smooth. A model folder holds clone and actor as one network with two inputs.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import keras
import numpy as np

from alvinn.networks.encodings import Floats, Hill, Scalar
from alvinn.networks.memory import REMEMBERED

SPEED, CURVATURE = 0.1, 20.0  # scale m/s and 1/m to about 1
REMEMBERED_STATE = 1 + REMEMBERED  # numbers of a state other than features
HIDDEN = 64  # units in each of the actor's two layers


@dataclass(frozen=True, slots=True)
class Limits:
    """Limits of the residual, which is added to the clone's curvature."""

    bound: float = 0.04
    """the largest residual [1/m]"""
    step: float = 0.008
    """the largest change per tick [1/m]"""
    gain: float = 0.3
    """share of the way to the requested residual that is covered in a tick; it damps the actor's jitter"""

    def apply(self, action: float, last: float) -> float:
        """The residual [1/m] after the residual `last`, for an action in [-1, 1]."""
        return last + float(np.clip(self.gain * (self.bound * action - last), -self.step, self.step))


@keras.saving.register_keras_serializable("alvinn")
class Limited(keras.layers.Layer):  # type: ignore[misc] # keras ships no types
    """`Limits.apply` as a layer; its inputs are actions before their tanh and the last residuals, shape (b, 1) each."""

    def __init__(self, bound: float, step: float, gain: float, **rest: Any) -> None:
        super().__init__(**rest)
        self.bound, self.step, self.gain = bound, step, gain

    def call(self, action: Any, last: Any) -> Any:
        """The residuals [1/m], shape (b, 1)."""
        wanted = self.gain * (self.bound * keras.ops.tanh(action) - last)
        return last + keras.ops.minimum(keras.ops.maximum(wanted, -self.step), self.step)

    def get_config(self) -> dict[str, Any]:
        """Arguments that rebuild the layer."""
        return {**super().get_config(), "bound": self.bound, "step": self.step, "gain": self.gain}


@keras.saving.register_keras_serializable("alvinn")
class MeanCurvature(keras.layers.Layer):  # type: ignore[misc] # keras ships no types
    """The mean of the units' curvatures, weighted by their activations: smooth, unlike the decoded peak.

    Args:
        places: see `unit_curvatures`.
    """

    def __init__(self, places: list[float], **rest: Any) -> None:
        super().__init__(**rest)
        self.places = places

    def call(self, units: Any) -> Any:
        """The curvatures [1/m], shape (b, 1), of units, shape (b, n)."""
        weighted = keras.ops.sum(units * np.array(self.places, np.float32), axis=-1, keepdims=True)
        return weighted if len(self.places) == 1 else weighted / (keras.ops.sum(units, axis=-1, keepdims=True) + 1e-6)

    def get_config(self) -> dict[str, Any]:
        """Arguments that rebuild the layer."""
        return {**super().get_config(), "places": self.places}


def unit_curvatures(output: Hill | Scalar) -> list[float]:
    """The curvature [1/m] that each output unit represents."""
    if isinstance(output, Scalar):
        return [1.0 / output.scale]
    found: list[float] = np.linspace(-output.span, output.span, output.units).tolist()
    return found


def make_feature_network(clone: Any, output: Hill | Scalar) -> Any:
    """The frozen clone with pixels as input, and units, mean curvature and hidden features as one output vector."""
    curvature = MeanCurvature(unit_curvatures(output), name="actor_curvature")(clone.outputs[0])
    everything = keras.layers.Concatenate(name="actor_sees")([clone.outputs[0], curvature, clone.layers[-1].input])
    return keras.Model(clone.inputs[0], everything)


def make_state(features: Floats, curvature: float, remembered: Floats) -> Floats:
    """The actor's state, shape (n,): see the head of this file.

    Args:
        features: of the clone's last hidden layer, shape (h,).
        curvature: the clone's [1/m].
        remembered: from `Memory.as_input`.
    """
    scaled = remembered * np.array([SPEED] + [CURVATURE] * (REMEMBERED - 1), np.float32)
    return np.concatenate([features, [np.float32(CURVATURE * curvature)], scaled]).astype(np.float32)


def make_actor(size: int, scaling: Any) -> Any:
    """The actor: from states, shape (b, size), to mean and spread of the action before its tanh, shape (b, 2).

    Args:
        size: of a state.
        scaling: layer that scales the state's numbers to about 1.
    """
    return keras.Sequential(
        [
            keras.Input((size,)),
            scaling,
            keras.layers.Dense(HIDDEN, activation="relu", name="actor_hidden_1"),
            keras.layers.Dense(HIDDEN, activation="relu", name="actor_hidden_2"),
            keras.layers.Dense(2, kernel_initializer="zeros", name="actor_action"),
        ],
        name="actor",
    )


def combine(clone: Any, output: Hill | Scalar, learned: Any, limits: Limits) -> Any:
    """Clone and actor as one network: inputs are pixels and memory; outputs are units, residual and mean curvature.

    All layers that are added have names of their own: those that Keras would choose may be in the clone already.
    """
    told = keras.Input((REMEMBERED,), name="told")
    units, features = clone.outputs[0], clone.layers[-1].input
    curvature = MeanCurvature(unit_curvatures(output), name="actor_curvature")(units)
    scales = [SPEED] + [CURVATURE] * (REMEMBERED - 1)
    scaled = keras.layers.Rescaling(scales, name="actor_memory")(told)
    steered = keras.layers.Rescaling(CURVATURE, name="actor_steered")(curvature)
    state = keras.layers.Concatenate(name="actor_state")([features, steered, scaled])
    for layer in learned.layers:
        state = layer(state)
    residual = Limited(limits.bound, limits.step, limits.gain, name="actor_residual")(state[:, :1], told[:, 1:2])
    answer = keras.layers.Concatenate(name="actor_answer")([units, residual, curvature])
    return keras.Model([clone.inputs[0], told], answer, name=clone.name)
