from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from alvinn.cockpit.player import HELP, Player, find_departures
from alvinn.controls.inputs import Inputs
from alvinn.driving.types import Image, Observation
from alvinn.recording import Range, Recording, RecordingWriter
from tests.alvinn.fakes import CAR, picture, session, step, truth, write_recording


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_recording(tmp_path, 100)
    return tmp_path


@pytest.fixture
def player(folder: Path) -> Player:
    return Player(Recording(folder), CAR)


def press(player: Player, *keys: str) -> None:
    player.handle(Inputs(pressed=keys))


def test_it_plays_at_the_pace_of_the_drive_times_the_speed_and_stops_at_the_end(player: Player) -> None:
    for _ in range(40):
        player.tick(0.05)
    assert player.index in {39, 40}
    press(player, "up")
    for _ in range(10):
        player.tick(0.05)
    assert player.index in {59, 60}
    for _ in range(100):
        player.tick(0.05)
    assert (player.index, player.playing) == (99, False)
    press(player, "space")
    assert (player.index, player.playing) == (0, True)


def test_keys_and_mouse_move_through_the_recording(player: Player) -> None:
    press(player, "right")
    assert (player.index, player.playing) == (20, False)
    press(player, "right", ".", ".", ",")
    assert player.index == 41
    press(player, "left", "left", "left")
    assert player.index == 0
    press(player, "end")
    assert player.index == 99
    press(player, "home")
    assert player.index == 0
    player.handle(Inputs(mouse=0.0, mouse_down=frozenset({1})))
    assert player.index == 49


def test_a_range_is_marked_left_out_and_taken_back(player: Player, folder: Path) -> None:
    press(player, "right", "m", "right")
    assert player.panel().timeline is not None
    assert player.panel().timeline.marked == (20 / 99, 40 / 99)  # type: ignore[union-attr] # it is there, see above
    press(player, "m")
    assert Recording(folder).left_out == (Range(20, 40, "marked in replay"),)
    shown = player.panel()
    assert shown.timeline is not None
    assert shown.timeline.excluded == ((20 / 99, 40 / 99),)
    assert "excluded" in shown.notes
    press(player, "u")
    assert Recording(folder).left_out == ()
    assert "rows 20 to 40 are no longer excluded" in player.panel().notes


def test_a_range_can_be_marked_backwards_and_its_beginning_forgotten(player: Player, folder: Path) -> None:
    press(player, "right", "m", "left", "m")
    assert Recording(folder).left_out == (Range(0, 20, "marked in replay"),)
    press(player, "m", "u")
    assert player.panel().timeline.marked is None  # type: ignore[union-attr] # a player's panel has one
    assert len(Recording(folder).left_out) == 1, "only the beginning was forgotten"


def test_the_panel_shows_the_row(player: Player) -> None:
    player.seek(7)
    shown = player.panel()
    assert np.abs(shown.image.astype(float) - picture(7)).mean() < 12.0
    assert (shown.title, shown.who, shown.speed, shown.time) == ("oval forward, ClearNoon", "somebody", 8.0, 7 * 0.05)
    assert shown.steer == pytest.approx(0.05)
    assert shown.other_steer is None
    assert shown.lane is not None
    assert len(shown.lane.trace) == 8


def test_the_networks_answer_stands_beside_the_drivers_and_is_asked_once_a_row(folder: Path) -> None:
    asked: list[int] = []

    def answer(_: int, seen: Observation) -> float:
        asked.append(1)
        return 0.02

    player = Player(Recording(folder), CAR, answer)
    shown = [player.panel() for _ in range(3)][-1]
    assert shown.other_steer == pytest.approx(CAR.steer(0.02, 8.0))
    assert shown.notes == ("driver +0.0100, network +0.0200 1/m",)
    assert (len(asked), player.answers) == (1, {0: 0.02})


def test_the_network_is_shown_the_pictures_of_all_cameras(tmp_path: Path) -> None:
    """ALVINN of 1989 sees ranges too."""
    asked: list[Observation] = []

    def answer(_: int, seen: Observation) -> float:
        asked.append(seen)
        return 0.0

    with RecordingWriter(tmp_path / "two", replace(session(), cameras=("center", "depth"))) as writer:
        one = step(3)
        writer.add(
            replace(one, observation=replace(one.observation, others={"depth": picture(4)})),
            lane="oval/forward",
            weather="ClearNoon",
        )
    Player(Recording(tmp_path / "two"), CAR, answer).panel()
    assert set(asked[0].others) == {"depth"}
    assert asked[0].speed == 8.0


def test_an_import_that_knows_neither_speed_nor_place_is_shown_all_the_same(tmp_path: Path, folder: Path) -> None:
    source = Recording(folder)
    bare = replace(source.rows[0], speed=math.nan, x=math.nan, y=math.nan, offset=math.nan, lane="", weather="")
    with RecordingWriter(tmp_path / "bare", session()) as writer:
        writer.add_row(bare, {"center": (folder / source.rows[0].center).read_bytes()})
    shown = Player(Recording(tmp_path / "bare"), CAR).panel()
    assert (shown.lane, shown.title) == (None, "bare")


def test_help_and_the_end_by_key_or_by_the_windows_button(player: Player) -> None:
    press(player, "f1")
    assert player.panel().help == HELP
    press(player, "f1", "escape")
    assert (player.panel().help, player.ended) == ((), True)
    again = Player(player._recording, CAR)
    again.handle(Inputs(closed=True))
    assert again.ended


def test_the_networks_view_is_drawn_once_for_each_row(folder: Path) -> None:
    drawn: list[int] = []

    def view(index: int, seen: Observation) -> Image:
        drawn.append(index)
        return seen.image

    player = Player(Recording(folder), CAR, view=view)
    for _ in range(3):
        assert player.panel().side is not None
    player.step(1)
    player.panel()
    assert drawn == [0, 1]


@pytest.mark.parametrize(
    ("driver", "alias"), [("Eva", "Eva"), ("expert, Eva", "Eva"), ("human, Eva", "you, Eva"), ("expert", "")]
)
def test_the_place_is_told_in_frames_and_the_driver_by_their_alias(tmp_path: Path, driver: str, alias: str) -> None:
    with RecordingWriter(tmp_path, replace(session(), driver=driver)) as writer:
        for number in range(3):
            writer.add(step(number), lane="oval/forward", weather="ClearNoon")
    player = Player(Recording(tmp_path), CAR)
    player.seek(1)
    shown = player.panel()
    assert shown.recording is not None
    assert shown.recording.note == "frame 2 of 3"
    assert shown.alias == alias


def test_departures_stand_on_the_timeline(tmp_path: Path) -> None:
    with RecordingWriter(tmp_path, session()) as writer:
        for number, offset in enumerate([0.0, 1.5, 1.5, 0.0, 1.5]):
            writer.add(step(number, truth(offset=offset)), lane="oval/forward", weather="ClearNoon")
    recording = Recording(tmp_path)
    assert find_departures(recording, CAR.width) == [1, 4]
    timeline = Player(recording, CAR).panel().timeline
    assert timeline is not None
    assert timeline.departures == (0.25, 1.0)
