"""Learning on the fly for real: the genuine client, a server, the learner in its process."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from alvinn.networks.inference import Network, read_card
from tests.alvinn.fakes import CAMERA, picture
from tests.alvinn.jobs.cli import Shell
from tests.conftest import Address


def at(server: Address, home: Path, *more: str) -> tuple[str, ...]:
    return ("--carla", f"{server[0]}:{server[1]}", "--map", "oval", "--home", str(home), "--headless", *more)


def test_a_network_that_does_not_converge_is_kept_and_a_prepared_one_drives_in_its_place_if_asked(
    shell: Shell, server: Address, tmp_path: Path, model: Path
) -> None:
    learn = ("learn", "mine", "--network", "alvinn1991", "--patience", "6")
    said = shell.refused(*learn, *at(server, tmp_path))
    assert "after 6 s of watching the network does not drive a lap" in said
    assert "--fallback" in said
    folder = tmp_path / "models" / "mine"
    story = json.loads((folder / "learn.json").read_text())
    assert (story["outcome"], story["watched_s"], story["passes"]) == ("did not converge", 6.0, 2)
    assert len(story["error_by_second"]) == 6
    assert story["first_unaided_lap_after_s"] is None
    card = read_card(folder)
    assert (card.network, card.camera, card.server) == ("alvinn1991", CAMERA, "embedded")
    assert abs(Network(folder).curvature(picture(0, CAMERA))) <= 0.15
    assert shell.run("card", "mine", "--home", str(tmp_path)).status == 0, "a model folder like any other"

    assert "holds a model already" in shell.refused(*learn, *at(server, tmp_path))


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("learn", "--headless"), "learn requires a name for the model"),
        (("learn", "x", "--headless", "--fallback", "nobody"), "is not a model"),
        (("learn", "x", "--headless", "--camera.fov", "500"), "a field of view must be 1 to 170 degrees"),
    ],
)
def test_what_cannot_be_is_refused_in_one_sentence(
    shell: Shell, tmp_path: Path, arguments: tuple[str, ...], sentence: str
) -> None:
    assert sentence in shell.refused(*arguments, "--home", str(tmp_path))
    assert not list(tmp_path.glob("models/*/card.json"))


def test_a_person_without_a_window_is_wrong_usage(shell: Shell) -> None:
    said = shell.run("learn", "x", "--headless", "--driver", "human")
    assert said.status == 2
    assert "requires a window" in said.out + said.err
