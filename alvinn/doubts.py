"""How far a network doubts its own answer: by the shape of its hill, or by how others disagree with it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from alvinn.driving import Observation
from alvinn.model import Network

Doubt = Callable[[Observation], float | None]
"""Larger is worse; None where it cannot be told."""


def of_shape(network: Network) -> Doubt:
    """By its hill, 0 to 1: broad, ragged or several hills are doubt. A scalar output cannot tell."""

    def doubt(seen: Observation) -> float | None:
        trust = network.answer(seen).trust
        return trust.doubt if trust is not None else None

    return doubt


def of_ensemble(networks: Sequence[Network]) -> Doubt:
    """By how networks with other first weights disagree: the standard deviation of their answers [1/m].

    M. Kelly et al., HG-DAgger, arXiv:1810.02890, took the spread of an ensemble as its doubt.

    Raises:
        ValueError: fewer than two networks.
    """
    if len(networks) < 2:
        raise ValueError(f"an ensemble wants at least 2 networks to disagree, not {len(networks)}")
    return lambda seen: float(np.std([network.answer(seen).curvature for network in networks]))
