"""The learner of the 1991 mode: frames with a driver's steering in, weights out (TensorFlow).

D. Pomerleau, Neural Computation 3(1), 1991: each frame and its shifted views join a buffer of 200 patterns, over which
the network learns in passes while the driver drives on. The weights handed out are averaged over the latest passes,
since those of a single pass sway with the buffer's content (B. Polyak and A. Juditsky, SIAM J. Control Optim. 30(4)).
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from alvinn.driving.types import Camera, Image
from alvinn.errors import ModelError
from alvinn.networks import keras_models
from alvinn.networks.architectures import ARCHITECTURES
from alvinn.networks.keras_file import StoredLayer
from alvinn.online.pace import PACES, LearnedOnline
from alvinn.online.patterns import PatternBuffer, ViewsOfFrame
from alvinn.training.trainer import BEST, TrainingResult, export, save_network


class OnlineLearner:
    """Learns from the frames that it is shown.

    Args:
        name: of the network.
        camera: that takes the frames.
        seed: of the first weights, of the views, and of what stays in the buffer.
    """

    def __init__(self, name: LearnedOnline, camera: Camera, seed: int) -> None:
        keras.utils.set_random_seed(seed)
        architecture = ARCHITECTURES[name]
        self._pace = PACES[name]
        self.preprocessing, self.output = architecture.preprocessing(camera), architecture.output("hill")
        self._network = keras_models.NETWORKS[name](self.preprocessing.shape, self.output)
        self._order, views, room = (np.random.default_rng([seed, part]) for part in range(3))
        self._views = ViewsOfFrame(camera, self.preprocessing, views)
        self._patterns = PatternBuffer(self.preprocessing.shape, room)
        self._step = _make_step(self._network, keras_models.choose_loss(self.output), self._pace.learning_rate)
        self._average = self._network.get_weights()
        self._template = keras_models.read_weights(self._network)
        self.passes = 0

    def see(self, frame: Image, curvature: float, speed: float) -> None:
        """Put a frame and its views into the buffer.

        Args:
            frame: the camera's picture, shape (height, width, 3).
            curvature: that the driver steers [1/m].
            speed: of the car [m/s].

        Raises:
            ValueError: the curvature is not a number.
        """
        for image, label in self._views.patterns(frame, curvature, speed):
            self._patterns.add(image, label)

    def learn(self) -> float | None:
        """Learn in one pass over the buffer; returns the mean loss, None while there is too little to learn from.

        Raises:
            ModelError: the loss is not a number; the averaged weights are those before the pass.
        """
        batch = self._pace.batch
        if len(self._patterns) < batch:
            return None
        targets = self.output.encode(self._patterns.curvature)
        order = self._order.permutation(len(self._patterns))
        batches = [order[start : start + batch] for start in range(0, len(order) - batch + 1, batch)]
        losses = [
            float(self._step(tf.constant(self._patterns.images[one]), tf.constant(targets[one]))) for one in batches
        ]
        if not np.isfinite(losses).all():
            raise ModelError(
                f"the loss of pass {self.passes + 1} is not a number: the network is kept as it was before"
            )
        self._join_average()
        self.passes += 1
        return float(np.mean(losses))

    def _join_average(self) -> None:
        share = max(self._pace.newest, 1.0 / (self.passes + 1))
        pairs = zip(self._average, self._network.get_weights(), strict=True)
        self._average = [before + np.float32(share) * (now - before) for before, now in pairs]

    def layers(self) -> list[StoredLayer]:
        """The averaged weights, from input to output."""
        arrays = iter(self._average)
        return [replace(layer, weights=tuple(next(arrays) for _ in layer.weights)) for layer in self._template]

    def save(self, folder: Path) -> None:
        """Write the network with the averaged weights: `network.keras`, `network.tflite`, and its saliency model."""
        network = keras.models.clone_model(self._network)
        network.set_weights(self._average)
        save_network(network, folder / BEST)
        export(TrainingResult(network), folder)


def _make_step(network: Any, loss_name: str, learning_rate: float) -> Any:
    """A function that learns from one batch and returns its loss."""
    optimizer, loss = keras.optimizers.Adam(learning_rate), keras.losses.get(loss_name)
    optimizer.build(network.trainable_variables)

    @tf.function(reduce_retracing=True)  # type: ignore[untyped-decorator] # TensorFlow ships no types
    def step(images: Any, targets: Any) -> Any:
        with tf.GradientTape() as tape:
            value = tf.reduce_mean(loss(targets, network(images, training=True)))
        gradients = tape.gradient(value, network.trainable_variables)
        optimizer.apply_gradients(zip(gradients, network.trainable_variables, strict=True))
        return value

    return step


def limit_to_one_core() -> None:
    """Have TensorFlow compute on one core, as the other one drives; before its first computation."""
    tf.config.threading.set_intra_op_parallelism_threads(1)
    tf.config.threading.set_inter_op_parallelism_threads(1)
