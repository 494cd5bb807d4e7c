"""The residual and its network: at first it drives exactly as the clone, and never leaves its limits."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import keras
import numpy as np
import pytest

from alvinn.drivers.network import NetworkDriver
from alvinn.driving.types import Observation
from alvinn.networks.encodings import Hill, Scalar
from alvinn.networks.inference import Network, read_card, write_card
from alvinn.networks.keras_models import to_litert
from alvinn.networks.memory import FORGOTTEN, Memory
from alvinn.reinforcement.residual import (
    Limits,
    MeanCurvature,
    combine,
    make_actor,
    make_feature_network,
    make_state,
    unit_curvatures,
)
from tests.alvinn.fakes import CAMERA, picture

LIMITS = Limits(bound=0.04, step=0.01, gain=0.5)


def new_actor() -> keras.Model:
    return make_actor(64 + 6, keras.layers.Rescaling(0.5, name="scaling"))


def seen(number: int, speed: float = 8.0) -> Observation:
    return Observation(frame=number, time=number / 20, image=picture(number, CAMERA), speed=speed)


def folded(clone: Path, folder: Path, learned: keras.Model | None = None) -> Network:
    """The model folder of a clone with an actor, opened for driving."""
    network, card = keras.models.load_model(clone / "network.keras"), read_card(clone)
    assert isinstance(card.output, Hill)
    learned = learned or new_actor()
    shutil.copytree(clone, folder)
    (folder / "network.tflite").write_bytes(to_litert(combine(network, card.output, learned, LIMITS)))
    write_card(folder, replace(card, refined={"from": clone.name}))
    return Network(folder)


def random_actor(seed: int) -> keras.Model:
    learned = new_actor()
    rng = np.random.default_rng(seed)
    learned.set_weights([rng.normal(0.0, 0.5, weight.shape) for weight in learned.get_weights()])
    return learned


def test_before_it_learned_anything_it_drives_exactly_as_the_clone(model: Path, tmp_path: Path) -> None:
    clone, young = NetworkDriver(Network(model)), NetworkDriver(folded(model, tmp_path / "refined"))
    for number in range(30):
        assert young.decide(seen(number)) == clone.decide(seen(number))


def test_a_clone_whose_layers_have_the_names_that_keras_would_choose_next_is_no_trouble(model: Path) -> None:
    network, card = keras.models.load_model(model / "network.keras"), read_card(model)
    assert isinstance(card.output, Hill)
    for number, layer in enumerate(one for one in network.layers if one.name.startswith("rescaling")):
        keras.utils.clear_session()  # it counts anew: the next of its layers would be "rescaling"
        layer.name = f"rescaling_{number}" if number else "rescaling"
    assert "rescaling" in {layer.name for layer in network.layers}
    whole = combine(network, card.output, new_actor(), LIMITS)
    assert len({layer.name for layer in whole.layers}) == len(whole.layers)


def test_what_it_adds_stays_within_bound_and_step_whatever_it_learned(model: Path, tmp_path: Path) -> None:
    clone, wild = Network(model), NetworkDriver(folded(model, tmp_path / "refined", random_actor(1)))
    added = [wild.decide(seen(number)).curvature - clone.curvature(seen(number).image) for number in range(60)]
    assert np.abs(added).max() == pytest.approx(LIMITS.bound, abs=1e-3)
    assert np.abs(np.diff([0.0, *added])).max() <= LIMITS.step + 1e-6


def test_it_drives_in_a_model_folder_as_it_did_when_it_learned(model: Path, tmp_path: Path) -> None:
    """The learner goes through the clone's eyes, the actor and the limits; the folder holds one network."""
    network, card = keras.models.load_model(model / "network.keras"), read_card(model)
    assert isinstance(card.output, Hill)
    learned = random_actor(2)
    driver = NetworkDriver(folded(model, tmp_path / "refined", learned))
    look, memory = make_feature_network(network, card.output), FORGOTTEN
    for number in range(20):
        one = seen(number, speed=5.0 + number / 10)
        row = np.asarray(look(card.preprocessing(one.image)[None].astype(np.float32)))[0]
        units, curvature, features = (
            row[: card.output.units],
            float(row[card.output.units]),
            row[card.output.units + 1 :],
        )
        state = make_state(features, curvature, memory.as_input(one.speed))
        action = float(np.tanh(np.asarray(learned(state[None]))[0, 0]))
        residual = LIMITS.apply(action, memory.residuals[0])
        memory = memory.after(residual, curvature)
        expected = float(card.output.decode(units[None])[0]) + residual
        assert driver.decide(one).curvature == pytest.approx(expected, abs=1e-4)


def test_it_remembers_its_last_two_answers_newest_first_and_forgets_on_reset(model: Path, tmp_path: Path) -> None:
    network = folded(model, tmp_path / "refined", random_actor(3))
    first = network.answer(seen(0))
    second = network.answer(seen(1), first.memory)
    assert second.memory.residuals[1] == first.memory.residuals[0]
    assert second.memory.curvatures[1] == first.memory.curvatures[0]
    driver = NetworkDriver(network)
    once = [driver.decide(seen(number)) for number in range(4)]
    driver.reset()
    assert [driver.decide(seen(number)) for number in range(4)] == once


def test_a_network_that_was_not_refined_remembers_nothing(model: Path) -> None:
    network = Network(model)
    assert not network.remembers
    assert network.answer(seen(0), Memory(residuals=(0.5, 0.5))) == network.answer(
        seen(0), Memory(residuals=(0.5, 0.5))
    )
    assert network.answer(seen(0)).curvature == network.answer(seen(0), Memory(curvatures=(0.1, 0.1))).curvature


@pytest.mark.parametrize("output", [Hill(), Scalar()], ids=lambda output: type(output).__name__)
def test_the_mean_curvature_of_a_clean_answer_is_what_it_stands_for(output: Hill | Scalar) -> None:
    wanted = np.array([-0.05, 0.0, 0.02], dtype=np.float32)
    found = np.asarray(MeanCurvature(unit_curvatures(output))(output.encode(wanted)))[:, 0]
    assert found == pytest.approx(wanted, abs=3e-3)
