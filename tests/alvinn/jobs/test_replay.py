from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import NoReturn

import cv2
import numpy as np
import pytest

from alvinn.cli import main
from alvinn.cockpit.player import Player
from alvinn.driving.types import Image
from alvinn.jobs.replay import describe_answers, make_answer_and_view
from alvinn.networks.encodings import Hill
from alvinn.networks.inference import Network
from alvinn.recording import Range, Recording
from alvinn.settings import SHIPPED, Home
from alvinn.util.video import frames
from alvinn.visualization.alvinn_panel import AlvinnPanel
from alvinn.visualization.insight import Insight
from tests.alvinn.cockpit.desktop import Desktop, desktop, until
from tests.alvinn.fakes import CAMERA, CAR, picture, write_recording
from tests.alvinn.fixtures import ROOT, card_for, toy_dataset
from tests.alvinn.jobs.cli import Shell


@pytest.fixture
def screen() -> Iterator[Desktop]:
    with desktop() as screen:
        yield screen


def test_a_film_shows_every_row_that_is_not_left_out(shell: Shell, tmp_path: Path) -> None:
    write_recording(tmp_path / "data" / "a", 12)
    Recording(tmp_path / "data" / "a").leave_out(3, 5)
    out = tmp_path / "films" / "a.mp4"
    assert shell.run("replay", "a", "--home", str(tmp_path), "--out", str(out)).status == 0
    film = list(frames(out))
    assert len(film) == 9
    assert film[1][0] - film[0][0] == pytest.approx(0.05, abs=1e-3)
    assert film[0][1].shape == (540, 960, 3)
    before, after = (film[at][1][:380, 300:600].astype(float) for at in (2, 3))
    assert np.abs(before - after).mean() > 20.0, "frame 6 follows frame 2"


def test_a_film_replaces_another_only_if_that_is_said_and_only_once_it_is_whole(
    shell: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_recording(tmp_path / "data" / "a", 3)
    out = tmp_path / "a.mp4"
    out.write_bytes(b"of a holiday")
    words = ("replay", "a", "--home", str(tmp_path), "--out", str(out))
    assert f"{out} is there already: choose another name, or add --overwrite" in shell.refused(*words)
    with monkeypatch.context() as patch:
        patch.setattr("alvinn.cockpit.display.offscreen.render_panel", lambda *_: interrupt())
        assert shell.run(*words, "--overwrite").status == 130
    assert out.read_bytes() == b"of a holiday"
    assert {path.name for path in tmp_path.iterdir()} == {"data", "a.mp4"}
    assert shell.run(*words, "--overwrite").status == 0
    assert len(list(frames(out))) == 3


def interrupt() -> NoReturn:
    raise KeyboardInterrupt


@pytest.mark.parametrize("asked", [True, False])
def test_a_film_is_opened_where_that_is_asked_for(
    shell: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, asked: bool
) -> None:
    write_recording(tmp_path / "data" / "a", 3)
    out, opened = tmp_path / "a.mp4", list[str]()
    monkeypatch.setattr("webbrowser.open", opened.append)
    arguments = ("replay", "a", "--home", str(tmp_path), "--out", str(out), *(["--open"] if asked else []))
    assert shell.run(*arguments).status == 0
    assert opened == ([out.as_uri()] if asked else [])


def test_a_film_can_be_faster_and_shows_what_the_network_says(shell: Shell, tmp_path: Path, model: Path) -> None:
    write_recording(tmp_path / "data" / "a", 4, camera=CAMERA)
    out = tmp_path / "a.mp4"
    flags = ("--home", str(tmp_path), "--out", str(out), "--speed", "2", "--model", str(model))
    assert shell.run("replay", "a", *flags).status == 0
    film = list(frames(out))
    assert film[1][0] - film[0][0] == pytest.approx(0.025, abs=1e-3)


def test_in_the_window_a_person_marks_a_range_and_undoes_another(tmp_path: Path, screen: Desktop) -> None:
    folder = tmp_path / "data" / "a"
    write_recording(folder, 400)
    command = [sys.executable, "-m", "alvinn", "replay", "a", "--home", str(tmp_path)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL) as job:
        screen.focus()
        screen.press("space", "Home", "Right", "m", "Right", "Right", "m")
        until(lambda: Recording(folder).left_out, "a range that is left out")
        screen.press("m", "Right", "m")
        until(lambda: len(Recording(folder).left_out) == 2, "a second one")
        screen.press("u")
        until(lambda: len(Recording(folder).left_out) == 1, "one that is taken back")
        seen = screen.picture()
        screen.press("Escape")
        assert job.wait(timeout=60.0) == 0
    assert Recording(folder).left_out == (Range(20, 60, "marked in replay"),)
    assert seen.std() > 20.0, "the camera's picture is on the screen"
    if keep := os.environ.get("ALVINN_SCREENSHOT"):
        cv2.imwrite(keep, cv2.cvtColor(seen, cv2.COLOR_RGB2BGR))


def test_what_cannot_be_shown_is_said_in_a_sentence(shell: Shell, tmp_path: Path, model: Path) -> None:
    write_recording(tmp_path / "data" / "a", 2)
    home = ("--home", str(tmp_path))
    assert "requires a recording" in shell.misused("replay")
    assert "is not a recording" in shell.refused("replay", "ghost", *home)
    refused = shell.refused("replay", "a", "--model", str(model), *home)
    assert "the model was trained with the camera" in refused
    assert "choose a model that was trained with that one" in refused
    Recording(tmp_path / "data" / "a").leave_out(0, 1)
    assert "nothing to film" in shell.refused("replay", "a", "--out", str(tmp_path / "a.mp4"), *home)


def test_a_recording_that_was_cut_short_says_so(tmp_path: Path) -> None:
    folder = tmp_path / "data" / "a"
    write_recording(folder, 3)
    table = folder / "drive.csv"
    table.write_bytes(table.read_bytes()[:-5])
    warning = Recording(folder).unclosed_warning
    assert warning.endswith("Its 2 complete rows are used, 1 later pictures without a row are not")


def test_adding_to_a_recording_that_was_cut_short_says_so_first(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "data" / "a"
    write_recording(folder, 3)
    table = folder / "drive.csv"
    table.write_bytes(table.read_bytes()[:-5])
    nowhere = ("--carla", "127.0.0.1:1")
    assert main(["record", "a", "--append", "--home", str(tmp_path), *nowhere]) == 1
    assert "2 complete rows are used" in " ".join(capfd.readouterr().out.split())


def test_what_a_network_says_is_told_with_whether_it_was_trained_on_it(tmp_path: Path) -> None:
    write_recording(tmp_path / "a", 1200)
    recording = Recording(tmp_path / "a")
    card = card_for(toy_dataset(4), Hill())
    answers = {row: recording.rows[row].curvature + 0.01 for row in range(1200)}
    assert describe_answers(answers, recording, card).endswith(
        "off by 0.0100 1/m in the mean of 1200 frames; this recording is not among those that it was trained on"
    )
    told = {"name": "a", "rows": 1200, "sha256": recording.digest(), "held_out": [[100, 149], [300, 309]]}
    answers |= {row: recording.rows[row].curvature + 0.02 for row in (*range(100, 150), *range(300, 310))}
    assert describe_answers(answers, recording, replace(card, recordings=(told,))).endswith(
        " of a recording that it was trained on; by 0.0200 in the 60 held out of that"
    )
    del told["held_out"]  # as in the cards of earlier versions
    assert describe_answers(answers, recording, replace(card, recordings=(told,))).endswith(
        " of a recording that it was trained on"
    )


@pytest.mark.parametrize("name", ["film", "film.gif"])
def test_a_film_of_another_kind_is_wrong_usage(shell: Shell, name: str) -> None:
    said = shell.run("replay", "mine", "--out", name)
    assert said.status == 2
    assert "such as film.mp4" in said.err


def test_the_panels_mark_is_the_answer_in_the_note_wherever_a_recording_is_looked_at(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    network, marks = Network(Home().find_model(SHIPPED)), list[float]()
    assert network.remembers
    write_recording(tmp_path, 60, camera=network.card.camera)
    recording = Recording(tmp_path)

    def draw(_: AlvinnPanel, insight: Insight, *__: object) -> Image:
        marks.append(insight.curvature)
        return picture(0)

    monkeypatch.setattr(AlvinnPanel, "draw", draw)
    answer, view = make_answer_and_view(network, recording)
    player, asked = Player(recording, CAR, answer, view=view), (0, 1, 8, 16, 50, 51, 8, 58)
    for index in asked:  # at once, faster, after a jump, and back again
        player.seek(index)
        player.panel()
    assert marks == [player.answers[index] for index in asked]
