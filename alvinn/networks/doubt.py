"""A network's doubt: from the shape of its hill, from input reconstruction, or from disagreement in an ensemble."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal

import numpy as np

from alvinn.driving.types import Observation
from alvinn.errors import ModelError
from alvinn.networks.encodings import Scalar
from alvinn.networks.inference import Answer, Network, StatefulNetwork

DoubtName = Literal["hill", "irre"]
Doubt = Callable[[Observation], float | None]
"""Doubt of an observation: larger is worse; None if the network has no such measure. Called for one after another."""


def measure_doubt(answer: Answer, by: DoubtName) -> float | None:
    """Doubt of an answer, 0 to 1; None if it has no such measure.

    `hill`: broad, ragged or several hills mean doubt. `irre`: the worse the network reconstructs its input, the more
    doubt (D. Pomerleau, NIPS 5, 1993).
    """
    if by == "irre":
        return None if answer.reliability is None else 1.0 - max(0.0, answer.reliability)
    return None if answer.trust is None else answer.trust.doubt


def make_doubt(network: Network, by: DoubtName = "hill") -> Doubt:
    """Make the doubt of a single network; see `measure_doubt`.

    Raises:
        ModelError: it was not trained to reconstruct its input, or its output is a number, which has no shape.
    """
    if by == "hill" and isinstance(network.card.output, Scalar):
        raise ModelError("the model answers with a number, which has no measure of doubt: train it with --output hill")
    if by == "irre" and not network.card.irre:
        raise ModelError("the model does not reconstruct its input: train it with --irre")
    stateful = StatefulNetwork(network)
    return lambda observation: measure_doubt(stateful.answer(observation), by)


def make_ensemble_doubt(networks: Sequence[Network]) -> Doubt:
    """Make the doubt of an ensemble: the standard deviation of its answers [1/m].

    M. Kelly et al., HG-DAgger, arXiv:1810.02890.

    Raises:
        ValueError: fewer than two networks.
    """
    if len(networks) < 2:
        raise ValueError(f"an ensemble requires at least 2 networks, not {len(networks)}")
    members = [StatefulNetwork(network) for network in networks]
    return lambda observation: float(np.std([member.answer(observation).curvature for member in members]))
