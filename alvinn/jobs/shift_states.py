"""States in the training data and states visited, as the page on the covariate shift shows them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from alvinn.metrics.referee import Result
from alvinn.recording import Recording
from alvinn.training.examples.split import rows_learned_from
from alvinn.visualization.covariate_shift import StateSamples, join_states, plot_states, uncovered_share
from alvinn.visualization.page import HtmlFigure, embed_figure

SeedStates: TypeAlias = list[tuple[StateSamples, StateSamples]]
"""What the network of a seed learned from and what it visited, by round."""


@dataclass(frozen=True)
class StatesShown:
    """States in the training data and states visited, of a teaching method."""

    name: str
    figure: HtmlFigure


def collect_states(recordings: Sequence[Recording], runs: Sequence[Result]) -> tuple[StateSamples, StateSamples]:
    """The states in the training data, and those visited in runs."""
    rows = rows_learned_from(recordings)
    learned = StateSamples(np.array([row.offset for row in rows]), np.array([row.heading_error for row in rows]))
    offset, heading = ([value for run in runs for value in vars(run.trace)[key]] for key in ("offset", "heading"))
    return learned, StateSamples(np.array(offset), np.array(heading))


def show_states(name: str, seeds: Sequence[SeedStates]) -> StatesShown:
    """The figure of a teaching method, over all seeds."""
    rounds = list(zip(*seeds, strict=True))
    shares = ", ".join(f"{uncovered_share(one):.0%} after round {number}" for number, one in enumerate(rounds))
    caption = (
        "Above: offset and heading error in the training data. Below: those visited on the unseen circuits. "
        f"Share of these in cells without training data of their own seed: {shares}."
    )
    learned, driven = ([join_states([seed[part] for seed in one]) for one in rounds] for part in (0, 1))
    return StatesShown(name, embed_figure(plot_states(learned, driven), caption))
