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


class Brightness:
    """How often each brightness occurs in pictures, by colour: all that their statistics need."""

    def __init__(self) -> None:
        self._counts: npt.NDArray[np.int64] = np.zeros((3, 256), dtype=np.int64)
        self._pictures = 0

    def add(self, picture: Image) -> None:
        """Count every second pixel of a picture's every second row, shape (height, width, 3)."""
        self._counts += [np.bincount(colour.ravel(), minlength=256) for colour in picture[::2, ::2].transpose(2, 0, 1)]
        self._pictures += 1

    def __add__(self, other: Brightness) -> Brightness:
        """That of the pictures of both."""
        both = Brightness()
        both._counts, both._pictures = self._counts + other._counts, self._pictures + other._pictures
        return both

    def summarize(self) -> Statistics:
        """The statistics: per colour, in [0, 1], nested as (3, 1, 1); the count is of pictures."""
        shades = np.arange(256) / 255.0
        columns = [_summarize_counts(shades, counts) for counts in self._counts]
        numbers = {key: [[[column[key]]] for column in columns] for key in columns[0]}
        return numbers | {"count": [self._pictures]}


def _summarize_counts(values: npt.NDArray[np.float64], counts: npt.NDArray[np.int64]) -> dict[str, float]:
    """The statistics of ascending values that occur so often; quantiles as by `np.quantile`."""
    there, total = values[counts > 0], int(counts.sum())
    mean = float(values @ counts) / total
    places = np.array(list(QUANTILES.values())) * (total - 1)
    below, above = (
        values[np.searchsorted(counts.cumsum(), edge(places), side="right")] for edge in (np.floor, np.ceil)
    )
    quantiles = below + (above - below) * (places % 1.0)
    found = {"min": there[0], "max": there[-1], "mean": mean, "std": np.sqrt((values - mean) ** 2 @ counts / total)}
    found |= dict(zip(QUANTILES, quantiles, strict=True))
    return {key: float(value) for key, value in found.items()}


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
