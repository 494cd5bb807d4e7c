"""How far a network doubts its own answer: by its hill's shape, by what it rebuilds, or by how others disagree."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal

import numpy as np

from alvinn.driving.types import Observation
from alvinn.errors import ModelError
from alvinn.networks.inference import Answer, Network

DoubtName = Literal["hill", "irre"]
Doubt = Callable[[Observation], float | None]
"""Larger is worse; None where it cannot be told."""


def told(answer: Answer, by: DoubtName) -> float | None:
    """What an answer says of its own doubt, 0 to 1.

    By its hill: broad, ragged or several hills are doubt. By what the network rebuilt of its input (`irre`): the less
    it is like the input, the more (D. Pomerleau, NIPS 5, 1993).
    """
    if by == "irre":
        return None if answer.reliability is None else 1.0 - max(0.0, answer.reliability)
    return None if answer.trust is None else answer.trust.doubt


def of_answer(network: Network, by: DoubtName = "hill") -> Doubt:
    """By what its answers say; see `told`.

    Raises:
        ModelError: it was not trained to rebuild its input.
    """
    if by == "irre" and not network.card.irre:
        raise ModelError("the model does not rebuild its input: train it with --irre")
    return lambda seen: told(network.answer(seen), by)


def of_ensemble(networks: Sequence[Network]) -> Doubt:
    """By how networks with other first weights disagree: the standard deviation of their answers [1/m].

    M. Kelly et al., HG-DAgger, arXiv:1810.02890, took the spread of an ensemble as its doubt.

    Raises:
        ValueError: fewer than two networks.
    """
    if len(networks) < 2:
        raise ValueError(f"an ensemble wants at least 2 networks to disagree, not {len(networks)}")
    return lambda seen: float(np.std([network.answer(seen).curvature for network in networks]))
