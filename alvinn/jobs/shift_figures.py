"""The figures of the page on the covariate shift, from the judged runs: rates, offsets, labels and states."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from alvinn.dagger.ledger import read_round
from alvinn.dagger.settings import RoundSettings
from alvinn.metrics.referee import Result
from alvinn.recording import Recording
from alvinn.training.examples.split import rows_learned_from
from alvinn.visualization.covariate_shift import (
    Rate,
    StateSamples,
    estimate_rate,
    join_states,
    plot_states,
    uncovered_share,
)
from alvinn.visualization.page import HtmlFigure, embed_figure

JudgedRuns: TypeAlias = Sequence[Sequence[Sequence[Result]]]
"""The judged runs of a teaching method, by seed and round."""
SeedStates: TypeAlias = list[tuple[StateSamples, StateSamples]]
"""What the network of a seed learned from and what it visited, by round."""


@dataclass(frozen=True)
class StatesShown:
    """States in the training data and states visited, of a teaching method."""

    name: str
    figure: HtmlFigure


def measure_rates(seeds: JudgedRuns) -> list[Rate]:
    """The departures per km after each round, with intervals over the seeds."""
    rates = []
    for number, rounds in enumerate(zip(*seeds, strict=True)):
        departures = [sum(len(run.trace.departures) for run in runs) for runs in rounds]
        km = [sum(run.trace.progress[-1] for run in runs) / 1000.0 for runs in rounds]
        rates.append(estimate_rate(departures, km, np.random.default_rng(number)))
    return rates


def measure_offset_sds(seeds: JudgedRuns) -> list[list[float]]:
    """The standard deviation of the offset [m] after each round, seed by seed."""
    return [
        [float(np.std([offset for run in runs for offset in run.trace.offset])) for runs in rounds]
        for rounds in zip(*seeds, strict=True)
    ]


def count_labels(jobs: Sequence[RoundSettings], rounds: int) -> list[list[int]]:
    """The labels that a teaching method gave until each round, seed by seed."""
    driven = [[read_round(job.recording(number)) for number in range(1, rounds + 1)] for job in jobs]
    return [
        [sum(one.frames for one in seed[:number] if one is not None) for seed in driven] for number in range(rounds + 1)
    ]


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
