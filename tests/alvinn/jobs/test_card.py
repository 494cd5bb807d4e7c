from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import cv2

from alvinn.jobs.card import tabulate_card
from alvinn.metrics.results import write_laps
from alvinn.networks.inference import Card, read_card
from alvinn.settings import Home
from tests.alvinn.fakes import write_recording
from tests.alvinn.jobs.cli import Shell
from tests.alvinn.judged import HEAD, judged, sum_up


def test_a_card_is_shown_and_training_drawn(shell: Shell, model: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(model, tmp_path / "models" / "mine"))
    runs = [replace(judged([0.0] * 800), interventions=n) for n in (0, 2)]
    write_laps(folder / "laps", HEAD, [run.as_json() for run in runs], sum_up(*runs))
    said = shell.run("card", "mine", "--home", str(tmp_path))
    assert said.status == 0
    assert "FAILED: 1 of 2 runs" in said.out
    (folder / "laps" / "laps.json").write_text("{", encoding="utf-8")
    assert "damaged" in shell.run("card", "mine", "--home", str(tmp_path)).out
    curves = cv2.imread(str(folder / "curves.png"))
    assert curves is not None
    assert curves.shape[0] == 4 * 220, "loss and three held-out errors"
    assert cv2.imread(str(folder / "features.png")) is not None, "its filters"
    assert not (folder / "weights.png").exists(), "a convolutional network has no hidden units to show"


def test_a_refined_model_says_from_what_and_for_which_reward(model: Path) -> None:
    refined = {"from": "mine", "minutes": 20, "speed": 8.0, "reward": {"middle": 1.0, "smooth": 0.5}}
    metrics: dict[str, float | None] = {
        "held_out_mae": 0.01,
        "exam_return": 4.5,
    }  # as older cards have them: the clone's error beside its own
    card = replace(read_card(model), refined=refined, metrics=metrics)
    cells = describe(card)
    assert cells["refined"] == "from mine in 20 simulated minutes at 8 m/s; reward: middle 1, smooth 0.5"
    assert cells["driven exam"] == "return 4.5"
    assert not {"offline", "exam"} & set(cells), "no frame was held out for this network"
    cells = describe(replace(card, refined=refined | {"from": "random weights"}))
    assert cells["refined"].startswith("from random weights, which stay in all layers below the actor, in 20 simulated")


def describe(card: Card) -> dict[str, str]:
    left, right = (column.cells for column in tabulate_card(card, "better", "not judged").columns)
    return dict(zip(map(str, left), map(str, right), strict=True))


def test_a_card_names_its_exam_or_says_that_its_errors_do_not_compare(model: Path) -> None:
    card = read_card(model)
    exam = {"version": 1, "rows": 512, "views": 1536, "sha256": "0123456789abcdef"}
    for one, told in (
        (replace(card, exam=exam), "version 1: 512 held-out frames as taken and from 1536 views, 0123456789"),
        (replace(card, exam=None), "its errors do not compare with those of other models"),
    ):
        cells = [cell for column in tabulate_card(one, "m", "").columns for cell in column.cells]
        assert any(str(cell).endswith(told) for cell in cells)


def test_many_recordings_are_told_in_a_line_and_what_a_judge_said_in_another(model: Path) -> None:
    card = read_card(model)
    many = tuple({"name": f"drive-{number}", "rows": 100} for number in range(60))
    cells = describe(replace(card, recordings=many, judged="200 laps, no departure"))
    assert cells["learned from"] == "60 recordings, drive-0 to drive-59 (6000 frames)"
    assert cells["judged"] == "200 laps, no departure"
    cells = describe(replace(card, recordings=many[:2]))
    assert cells["learned from"] == "drive-0 (100 frames), drive-1 (100 frames)"
    assert "judged" not in cells


def test_pictures_of_the_shipped_model_are_drawn_in_the_users_folder(shell: Shell, tmp_path: Path) -> None:
    package = Home().find_model("shipped")
    before = sorted(package.iterdir())
    assert shell.run("card", "shipped", "--home", str(tmp_path)).status == 0
    assert {path.name for path in (tmp_path / "models" / "shipped").iterdir()} == {"curves.png", "features.png"}
    assert sorted(package.iterdir()) == before


def test_a_folder_that_cannot_be_written_is_said(shell: Shell, tmp_path: Path) -> None:
    (tmp_path / "models").write_text("a file where the folder should be")
    assert "curves.png could not be written" in shell.refused("card", "shipped", "--home", str(tmp_path))


def test_without_a_model_it_says_what_it_wants(shell: Shell, tmp_path: Path) -> None:
    assert "card requires a model" in shell.misused("card")
    assert "has no card.json" in shell.refused("card", "ghost", "--home", str(tmp_path))


def test_a_network_that_is_lost_is_named(shell: Shell, model: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(model, tmp_path / "models" / "mine"))
    (folder / "network.keras").unlink()
    assert "network.keras cannot be opened" in shell.refused("card", "mine", "--home", str(tmp_path))


def test_feature_maps_are_drawn_on_three_frames_of_the_first_recording_that_fits(shell: Shell, tmp_path: Path) -> None:
    card = read_card(Home().find_model("shipped"))
    name = str(card.recordings[0]["name"])
    arguments = ("card", "shipped", "--home", str(tmp_path))
    assert shell.run(*arguments).status == 0
    path = tmp_path / "models" / "shipped" / "features.png"
    filters = path.read_bytes()
    write_recording(tmp_path / "data" / name, 3)  # by another camera
    assert shell.run(*arguments).status == 0
    assert path.read_bytes() == filters
    shutil.rmtree(tmp_path / "data" / name)
    write_recording(tmp_path / "data" / name, 3, camera=card.camera)
    assert shell.run(*arguments).status == 0
    whole = cv2.imread(str(path))
    assert whole is not None
    assert whole.shape[0] > 600, "three frames, each with its maps"


def test_where_a_picture_of_the_first_recording_is_gone_another_one_is_shown(shell: Shell, tmp_path: Path) -> None:
    card = read_card(Home().find_model("shipped"))
    first, second = (tmp_path / "data" / str(one["name"]) for one in card.recordings[:2])
    arguments = ("card", "shipped", "--home", str(tmp_path))
    path = tmp_path / "models" / "shipped" / "features.png"
    for folder in (first, second):
        write_recording(folder, 3, camera=card.camera)
    shutil.rmtree(first / "frames")
    assert shell.run(*arguments).status == 0
    whole = cv2.imread(str(path))
    assert whole is not None
    assert whole.shape[0] > 600
    (second / "drive.csv").write_text("damaged", encoding="utf-8")
    assert shell.run(*arguments).status == 0
