"""The network that a refinement starts from: a frozen clone, or random weights whose answer is 0 (TensorFlow)."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras

from alvinn import __version__
from alvinn.driving.types import Camera
from alvinn.errors import MAKE_AGAIN, ModelError
from alvinn.networks.architectures import ARCHITECTURES
from alvinn.networks.encodings import Hill, Scalar
from alvinn.networks.inference import Card, Network, read_card
from alvinn.networks.keras_models import NETWORKS
from alvinn.reinforcement.residual import Limits
from alvinn.util.repository import program_commit

STEP_SHARE = 0.2  # of the bound, per tick: a quarter of a second from zero to the bound
BOUND = 0.02  # 1/m: with twice as much, the noise of exploring is larger than the errors that are to be mended
FULL_BOUND = 0.15  # 1/m: the tightest curvature of any lane


@dataclass(frozen=True)
class Clone:
    """A frozen network and its card."""

    digest: str
    """SHA-256 of its network.keras; empty for random weights"""
    card: Card
    output: Hill | Scalar
    network: Any
    limits: Limits

    @property
    def features(self) -> int:
        """Units in its last hidden layer."""
        return int(self.network.layers[-1].input.shape[-1])


def load_clone(folder: Path, bound: float | None) -> Clone:
    """The clone in a model folder.

    Raises:
        ModelError: there is none, its files do not match, or its kind of network cannot be refined.
    """
    card = read_card(folder)
    if card.refined is not None:
        raise ModelError(
            f"{folder} was refined already: start from {card.refined['from']}, the model it was refined from, or "
            "from a clone of your own (alvinn train)"
        )
    Network(folder)  # checks that its files match
    if card.preprocessing.range_rows or card.irre or not isinstance(card.output, Hill | Scalar):
        raise ModelError(
            f"{folder} is a {card.network} that sees ranges or reconstructs its input: only conv, pilotnet and "
            "alvinn1991 without --irre can be refined"
        )
    path = folder / "network.keras"
    try:
        network = keras.models.load_model(path)
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
    except (ValueError, OSError) as error:
        raise ModelError(f"{path} cannot be opened: {error}; {MAKE_AGAIN}") from error
    network.trainable = False
    return Clone(digest, card, card.output, network, make_limits(bound or BOUND))


def make_random_clone(seed: int, bound: float | None, server: str) -> Clone:
    """The network `conv` with random weights, but zeros in the last layer: it answers straight ahead.

    Args:
        seed: of the weights.
        bound: largest residual [1/m]; None: the tightest curvature of any lane.
        server: the kind that it is to learn on, for its card.
    """
    keras.utils.set_random_seed(seed)
    architecture, output, camera = ARCHITECTURES["conv"], Scalar(), Camera()
    prepare = architecture.preprocessing(camera)
    network = NETWORKS["conv"](prepare.shape, output)
    network.layers[-1].set_weights([0.0 * weight for weight in network.layers[-1].get_weights()])
    network.trainable = False
    card = Card(
        network="conv",
        output=output,
        camera=camera,
        preprocessing=prepare,
        seed=seed,
        settings={},
        recordings=(),
        server=server,
        metrics={},
        version=__version__,
        commit=program_commit(),
    )
    return Clone("", card, output, network, make_limits(bound or FULL_BOUND))


def make_limits(bound: float) -> Limits:
    """The limits of a residual with a largest value of `bound` [1/m]."""
    return Limits(bound, STEP_SHARE * bound)
