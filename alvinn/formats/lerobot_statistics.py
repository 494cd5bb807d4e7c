"""The statistics of a LeRobot dataset, over all of it and over each episode, as its policies normalise by them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from alvinn.driving.types import Image

QUANTILES = {"q01": 0.01, "q10": 0.10, "q50": 0.50, "q90": 0.90, "q99": 0.99}
SAMPLE_EVERY = 10  # frames, for the statistics of the pictures
STATISTICS = ("min", "max", "mean", "std", "count", *QUANTILES)

Statistics = dict[str, list[Any]]
"""Name of a statistic -> its value for each element of a feature; `count` has one value."""


def summarize_numbers(values: Sequence[Any]) -> Statistics:
    """The statistics of a column, whose values are numbers or lists of k numbers; each has length k."""
    return _summarize(np.array(values, dtype=float).reshape(len(values), -1))


def summarize_pictures(pictures: Sequence[Image]) -> Statistics:
    """The statistics of pictures, shape (height, width, 3) each: per colour, in [0, 1], nested as (3, 1, 1)."""
    pixels = np.concatenate([picture[::2, ::2].reshape(-1, 3) for picture in pictures]) / 255.0
    numbers = {key: [[[number]] for number in values] for key, values in _summarize(pixels).items() if key != "count"}
    return numbers | {"count": [len(pictures)]}


def _summarize(values: npt.NDArray[np.float64]) -> Statistics:
    quantiles = np.quantile(values, list(QUANTILES.values()), axis=0)
    found = {"min": values.min(0), "max": values.max(0), "mean": values.mean(0), "std": values.std(0)}
    found |= dict(zip(QUANTILES, quantiles, strict=True))
    return {key: value.tolist() for key, value in found.items()} | {"count": [len(values)]}


def list_episode_columns(name: str, episodes: Sequence[Statistics]) -> Mapping[str, tuple[str, list[Any]]]:
    """The columns of `meta/episodes` that hold a feature's statistics: `stats/NAME/min` and so on."""
    nested = isinstance(episodes[0]["min"][0], list)
    kinds = dict.fromkeys(STATISTICS, "float64sss" if nested else "float64s") | {"count": "int64s"}
    return {f"stats/{name}/{key}": (kinds[key], [episode[key] for episode in episodes]) for key in STATISTICS}
