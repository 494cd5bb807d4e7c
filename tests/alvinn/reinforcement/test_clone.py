from __future__ import annotations

import hashlib
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from alvinn.errors import ModelError
from alvinn.networks.inference import read_card, write_card
from alvinn.reinforcement.clone import BOUND, FULL_BOUND, load_clone, make_random_clone


def test_a_clone_is_frozen_and_says_which_network_it_is(model: Path) -> None:
    clone = load_clone(model, None)
    assert clone.digest == hashlib.sha256((model / "network.keras").read_bytes()).hexdigest()
    assert clone.network.trainable_variables == []
    assert clone.features == clone.network.layers[-1].get_weights()[0].shape[0]
    assert clone.limits.bound == BOUND


def test_a_bound_that_is_given_counts_and_limits_the_step_with_it(model: Path) -> None:
    usual, given = load_clone(model, None).limits, load_clone(model, 0.08).limits
    assert given.bound == 0.08
    assert given.step / given.bound == pytest.approx(usual.step / usual.bound)


def test_random_weights_answer_straight_ahead_to_everything() -> None:
    clone = make_random_clone(3, None, "embedded")
    images = np.random.default_rng(0).integers(0, 256, size=(4, *clone.card.preprocessing.shape)).astype(np.float32)
    assert np.abs(np.asarray(clone.network(images))).max() == 0.0
    assert clone.network.trainable_variables == []
    assert (clone.digest, clone.limits.bound) == ("", FULL_BOUND)


def test_a_seed_chooses_the_random_weights() -> None:
    made = [make_random_clone(seed, None, "embedded") for seed in (1, 1, 2)]
    first, again, other = (clone.network.layers[1].get_weights() for clone in made)
    assert all(np.array_equal(a, b) for a, b in zip(first, again, strict=True))
    assert not all(np.array_equal(a, b) for a, b in zip(first, other, strict=True))


def test_what_cannot_be_refined_is_refused(model: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(model, tmp_path / "mine"))
    card = read_card(folder)
    write_card(folder, replace(card, refined={"from": "first"}))
    with pytest.raises(ModelError, match="was refined already: start from first"):
        load_clone(folder, None)
    write_card(folder, card)
    (folder / "network.keras").write_bytes(b"PK\x03\x04")
    with pytest.raises(ModelError, match="cannot be opened"):
        load_clone(folder, None)
