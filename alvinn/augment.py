"""What the light may do to a picture without changing where the road goes (TensorFlow, on whole batches)."""

from __future__ import annotations

from typing import Any

import tensorflow as tf

BRIGHTNESS = 40.0  # added, of 255
CONTRAST = (0.7, 1.3)  # around the picture's mean
TINT = 0.08  # each colour's own share, so that no single hue is the road
NOISE = 4.0  # standard deviation per pixel, of 255


def light(images: Any, seed: Any) -> Any:
    """Pictures, shape (n, height, width, 3) in [0, 255] as float32, each under another light.

    Args:
        images: uint8 or float pictures.
        seed: two integers; the same seed gives the same light.
    """
    images = tf.cast(images, tf.float32)
    n = tf.shape(images)[0]
    seeds = tf.random.split(seed, 4)
    contrast = tf.random.stateless_uniform((n, 1, 1, 1), seeds[0], *CONTRAST)
    brightness = tf.random.stateless_uniform((n, 1, 1, 1), seeds[1], -BRIGHTNESS, BRIGHTNESS)
    tint = tf.random.stateless_uniform((n, 1, 1, 3), seeds[2], 1.0 - TINT, 1.0 + TINT)
    noise = tf.random.stateless_normal(tf.shape(images), seeds[3], stddev=NOISE)
    mean = tf.reduce_mean(images, axis=(1, 2, 3), keepdims=True)
    return tf.clip_by_value(((images - mean) * contrast + mean) * tint + brightness + noise, 0.0, 255.0)
