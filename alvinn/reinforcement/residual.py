"""What may be added to a clone's steering: little, and little by little (TensorFlow).

T. Silver et al., Residual policy learning, arXiv:1812.06298; T. Johannink et al., Residual reinforcement learning for
robot control, arXiv:1812.03201: the clone stays as it is, and what reinforcement learns is added to its answer. As the
actor's last layer begins with zeros, nothing is added at first.

The actor sees what the clone's last hidden layer says of the picture, the clone's curvature, the speed, and what both
answered in the last two ticks: with that it can smooth. A model folder holds clone and actor as one network of two
inputs.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import keras
import numpy as np

from alvinn.networks.encodings import Floats, Hill, Scalar
from alvinn.networks.inference import REMEMBERED

SPEED, CURVATURE = 0.1, 20.0  # what brings m/s and 1/m to about 1
REMEMBERED_STATE = 1 + REMEMBERED  # numbers of a state that are not features
HIDDEN = 64  # units in each of the actor's two layers


@dataclass(frozen=True, slots=True)
class Limits:
    """How much may be added to the clone's curvature."""

    bound: float = 0.04
    """the largest residual [1/m]"""
    step: float = 0.008
    """the largest change of it from tick to tick [1/m]"""
    gain: float = 0.3
    """of the way to what an action asks for, the share that is gone in a tick: the actor's trembling is damped"""

    def apply(self, action: float, last: float) -> float:
        """The residual [1/m] for an action in [-1, 1], the last residual being `last`."""
        return last + float(np.clip(self.gain * (self.bound * action - last), -self.step, self.step))


@keras.saving.register_keras_serializable("alvinn")
class Limited(keras.layers.Layer):  # type: ignore[misc] # keras ships no types
    """`Limits.apply` as a layer: of actions before their tanh and last residuals, each of shape (b, 1)."""

    def __init__(self, bound: float, step: float, gain: float, **rest: Any) -> None:
        super().__init__(**rest)
        self.bound, self.step, self.gain = bound, step, gain

    def call(self, action: Any, last: Any) -> Any:
        """The residuals [1/m], shape (b, 1)."""
        wanted = self.gain * (self.bound * keras.ops.tanh(action) - last)
        return last + keras.ops.minimum(keras.ops.maximum(wanted, -self.step), self.step)

    def get_config(self) -> dict[str, Any]:
        """What makes another one of it."""
        return {**super().get_config(), "bound": self.bound, "step": self.step, "gain": self.gain}


@keras.saving.register_keras_serializable("alvinn")
class MeanCurvature(keras.layers.Layer):  # type: ignore[misc] # keras ships no types
    """The mean of the curvatures that output units stand for, weighted by their activations: smooth, unlike a peak.

    Args:
        places: see `places`.
    """

    def __init__(self, places: list[float], **rest: Any) -> None:
        super().__init__(**rest)
        self.places = places

    def call(self, units: Any) -> Any:
        """The curvatures [1/m], shape (b, 1), of units, shape (b, n)."""
        weighted = keras.ops.sum(units * np.array(self.places, np.float32), axis=-1, keepdims=True)
        return weighted if len(self.places) == 1 else weighted / (keras.ops.sum(units, axis=-1, keepdims=True) + 1e-6)

    def get_config(self) -> dict[str, Any]:
        """What makes another one of it."""
        return {**super().get_config(), "places": self.places}


def places(output: Hill | Scalar) -> list[float]:
    """The curvature [1/m] that each unit of an answer stands for."""
    if isinstance(output, Scalar):
        return [1.0 / output.scale]
    found: list[float] = np.linspace(-output.span, output.span, output.units).tolist()
    return found


def eyes(clone: Any, output: Hill | Scalar) -> Any:
    """The clone as the learner looks through it: pixels in; units, mean curvature and hidden features out, in a row."""
    curvature = MeanCurvature(places(output))(clone.outputs[0])
    return keras.Model(
        clone.inputs[0], keras.layers.Concatenate()([clone.outputs[0], curvature, clone.layers[-1].input])
    )


def state_of(features: Floats, curvature: float, remembered: Floats) -> Floats:
    """What the actor sees, shape (n,): see the head of this file.

    Args:
        features: of the clone's last hidden layer, shape (h,).
        curvature: the clone's [1/m].
        remembered: as `Memory.told` gives it.
    """
    scaled = remembered * np.array([SPEED] + [CURVATURE] * (REMEMBERED - 1), np.float32)
    return np.concatenate([features, [np.float32(CURVATURE * curvature)], scaled]).astype(np.float32)


def actor(size: int, scaling: Any) -> Any:
    """States, shape (b, size), in; mean and spread of the action before its tanh out, shape (b, 2), at first zeros.

    Args:
        size: of a state.
        scaling: a layer that brings its numbers to about 1.
    """
    return keras.Sequential(
        [
            keras.Input((size,)),
            scaling,
            keras.layers.Dense(HIDDEN, activation="relu"),
            keras.layers.Dense(HIDDEN, activation="relu"),
            keras.layers.Dense(2, kernel_initializer="zeros"),
        ],
        name="actor",
    )


def refined(clone: Any, output: Hill | Scalar, learned: Any, limits: Limits) -> Any:
    """Clone and actor as one network: pixels and what is remembered in; units, residual and mean curvature out."""
    told = keras.Input((REMEMBERED,), name="told")
    units, features = clone.outputs[0], clone.layers[-1].input
    curvature = MeanCurvature(places(output))(units)
    scaled = keras.layers.Rescaling([SPEED] + [CURVATURE] * (REMEMBERED - 1))(told)
    state = keras.layers.Concatenate()([features, keras.layers.Rescaling(CURVATURE)(curvature), scaled])
    for layer in learned.layers:
        state = layer(state)
    residual = Limited(limits.bound, limits.step, limits.gain)(state[:, :1], told[:, 1:2])
    answer = keras.layers.Concatenate()([units, residual, curvature])
    return keras.Model([clone.inputs[0], told], answer, name=clone.name)
