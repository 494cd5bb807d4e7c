from __future__ import annotations

import json

import numpy as np
import pytest

from alvinn.classroom.messages import unpack
from alvinn.classroom.moments import draw_retina, think
from alvinn.networks.inference import Network
from alvinn.settings import SHIPPED, Home
from alvinn.util.images import decode_image
from tests.alvinn import fakes
from tests.alvinn.classroom.people import moment


def test_a_moment_holds_what_the_page_shows() -> None:
    header, (picture, retina) = unpack(moment(7).packed)
    assert (header["number"], header["who"], header["expert"]) == (7, "network", 0.012)
    assert header["network"]["units"][23] == 1.0
    assert header["offset"] == 0.0
    assert header["margin"] == pytest.approx((3.5 - 2.0) / 2.0), "where a side of a car of 2 m leaves a lane of 3.5 m"
    assert decode_image(picture).shape == (160, 320, 3)
    assert decode_image(retina).shape == (40, 128, 3)


def test_it_is_encoded_once_whoever_looks() -> None:
    one = moment()
    assert one.packed is one.packed


def test_a_recording_without_places_or_a_network_has_a_moment_too() -> None:
    header, pictures = unpack(moment(thought=False, truth=None, expert=None).packed)
    assert header["network"] is None
    assert "x" not in header
    assert len(pictures) == 1
    assert "NaN" not in json.dumps(header)


def test_a_thought_is_the_networks_own_answer() -> None:
    network = Network(Home().find_model(SHIPPED))
    seen = fakes.step(3, camera=network.card.camera).observation
    thought = think(network, seen, network.answer(seen))
    assert thought.curvature == pytest.approx(network.curvature(seen.image))
    assert len(thought.units) == network.card.output.units
    assert np.array_equal(thought.retina, network.card.preprocessing(seen.image))
    assert np.array_equal(draw_retina(network, seen), thought.retina)
