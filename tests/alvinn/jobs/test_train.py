from __future__ import annotations

import hashlib
import shutil
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from rich.console import Console
from rich.progress import Progress

from alvinn.console import progress
from alvinn.driving.types import Camera
from alvinn.jobs.train import judge_errors
from alvinn.networks.inference import Network, read_card
from alvinn.recording import Recording, RecordingWriter
from alvinn.training.examples.view_requirements import can_shift_views
from alvinn.training.run import TrainingBar, format_errors
from alvinn.util.locks import locked
from tests.alvinn.fakes import SMALL, session, step, truth, write_recording
from tests.alvinn.jobs.cli import Shell


def test_a_recording_becomes_a_model_whose_card_says_how(shell: Shell, tmp_path: Path) -> None:
    folder = tmp_path / "data" / "mine"
    with RecordingWriter(folder, session()) as writer:
        for number in range(24):
            writer.add(step(number, truth(lane_s=60.0 + number)), lane="oval/forward", weather="ClearNoon")
    assert (
        shell.run("train", "m", "--data", "mine", "--epochs", "1", "--tensorboard", "--home", str(tmp_path)).status == 0
    )
    made = tmp_path / "models" / "m"
    assert {path.name for path in made.iterdir()} >= {"network.keras", "network.tflite", "card.json", "history.csv"}
    assert list((made / "logs").rglob("events.out.tfevents.*"))
    card = read_card(made)
    table = hashlib.sha256((folder / "drive.csv").read_bytes()).hexdigest()
    assert card.recordings == ({"name": "mine", "rows": 24, "sha256": table, "maps": ["oval"], "held_out": []},)
    assert (card.camera, card.seed, card.settings["epochs"]) == (SMALL, 0, 1)
    assert card.metrics.keys() >= {f"held_out_{name}" for name in ("mae", "relative_error", "steer_mae", "plain_mae")}
    assert card.exam is not None
    assert (card.exam["version"], card.exam["rows"], card.exam["views"]) == (1, 0, 0), "too short to hold any out"
    assert Network(made).card == card


def test_tensorboard_is_asked_for_before_any_training(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "tensorboard", None)  # as where it was not installed
    said = shell.refused("train", "m", "--data", "mine", "--tensorboard")
    assert said.endswith("""TensorBoard, an extra: pip install ".[tensorboard]" in the project's folder""")


def on_a_crest(folder: Path, bend: float, *, known: bool = True) -> Recording:
    """A recording over a crest of some curvature [1/m]; whether the session knows its camera."""
    with RecordingWriter(folder, replace(session(), camera_known=known)) as writer:
        for number in range(60):
            where = truth(lane_s=60.0 + 0.4 * number)
            height = -bend * (0.4 * number) ** 2 / 2.0
            writer.add(step(number, replace(where, z=height)), lane="oval/forward", weather="ClearNoon")
    return Recording(folder)


def test_views_are_shown_only_on_flat_ground(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    flat, crest = on_a_crest(tmp_path / "flat", 0.0), on_a_crest(tmp_path / "crest", 0.01)
    assert can_shift_views([flat])
    assert capsys.readouterr().out == ""
    assert not can_shift_views([flat, crest])
    said = " ".join(capsys.readouterr().out.split())
    assert "is not flat" in said
    assert "31.2% wrong" in said, "half a metre of 1.6 m"


def test_views_are_shown_where_the_camera_is_known_or_told(shell: Shell, tmp_path: Path) -> None:
    unknown = on_a_crest(tmp_path / "data" / "a", 0.0, known=False)
    assert not can_shift_views([unknown])
    flags = ("--epochs", "1", "--network", "alvinn1991", "--camera", "60,1.2,-5", "--home", str(tmp_path))
    done = shell.run("train", "m", "--data", "a", *flags)
    assert done.status == 0
    assert "WARNING: there are only" in done.out
    card = read_card(tmp_path / "models" / "m")
    assert card.settings["views"] is True
    assert (card.camera_known, card.rate, card.vehicle) == (True, 20.0, unknown.session.vehicle)
    assert card.camera == replace(SMALL, fov=60.0, z=1.2, pitch=-5.0)
    assert not Recording(unknown.folder).session.camera_known, "the recording stays as it is"
    on_a_crest(tmp_path / "data" / "b", 0.0)
    assert "these know theirs" in shell.refused("train", "n", "--data", "b", *flags)


@pytest.mark.parametrize("camera", ["60,1.2", "a,b,c", "60,0,-5", "200,1.2,-5"])
def test_a_camera_that_is_none_is_wrong_usage(shell: Shell, camera: str) -> None:
    assert shell.run("train", "m", "--data", "a", f"--camera={camera}").status == 2


def test_several_workers_are_refused_before_they_learn_each_alone(
    shell: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What Keras makes of them: tests/alvinn/test_workers.py."""
    write_recording(tmp_path / "data" / "a", 3)
    monkeypatch.setenv("TF_CONFIG", '{"cluster": {"worker": ["a:1", "b:1"]}, "task": {"type": "worker", "index": 0}}')
    said = shell.refused("train", "m", "--data", "a", "--home", str(tmp_path))
    assert "keras-team/keras#20585" in said
    assert not (tmp_path / "models").exists()


def test_a_choice_of_frames_that_no_recording_has_is_refused_before_training(shell: Shell, tmp_path: Path) -> None:
    write_recording(tmp_path / "data" / "mine", 3)
    said = shell.refused("train", "m", "--data", "mine", "--use", "faultless", "--home", str(tmp_path))
    assert "no frames of a network's own driving in mine" in said
    assert not (tmp_path / "models").exists()


def test_a_correction_weight_of_nothing_is_wrong_usage(shell: Shell) -> None:
    assert shell.run("train", "m", "--data", "a", "--correction-weight", "0").status == 2
    assert shell.run("correct", "m", "--data", "a", "--correction-weight", "0").status == 2


def test_a_recording_without_frames_is_refused(shell: Shell, tmp_path: Path) -> None:
    write_recording(tmp_path / "data" / "empty", 0)
    assert "has no frames" in shell.refused("train", "m", "--data", "empty", "--home", str(tmp_path))


def test_a_recording_that_is_missing_is_refused(shell: Shell, tmp_path: Path) -> None:
    assert "is not a recording" in shell.refused("train", "m", "--data", "ghost", "--home", str(tmp_path))


def test_recordings_of_two_cameras_are_refused(shell: Shell, tmp_path: Path) -> None:
    for name, camera in (("a", SMALL), ("b", replace(Camera(), width=128))):
        write_recording(tmp_path / "data" / name, 2, camera=camera)
    said = shell.refused("train", "m", "--data", "a", "b", "--home", str(tmp_path))
    assert "64x32" in said
    assert "128x160" in said


def test_a_picture_that_is_lost_is_named(shell: Shell, tmp_path: Path) -> None:
    write_recording(tmp_path / "data" / "a", 3)
    (tmp_path / "data" / "a" / "frames" / "00000001_center.jpg").unlink()
    said = shell.refused("train", "m", "--data", "a", "--home", str(tmp_path))
    assert "00000001_center.jpg: its picture is missing" in said


def test_what_is_damaged_is_mended_as_its_error_says(shell: Shell, tmp_path: Path) -> None:
    write_recording(tmp_path / "data" / "a", 12)
    (tmp_path / "data" / "a" / "frames" / "00000001_center.jpg").unlink()
    train = ("train", "m", "--data", "a", "--epochs", "1", "--network", "alvinn1991", "--home", str(tmp_path))
    assert "delete its line from drive.csv" in shell.refused(*train)
    table = tmp_path / "data" / "a" / "drive.csv"
    lines = table.read_text(encoding="utf-8").splitlines(keepends=True)
    table.write_text("".join(line for line in lines if "00000001_center.jpg" not in line), encoding="utf-8")
    assert shell.run(*train).status == 0
    for name, damage in (("card.json", "{"), ("card.json", '{"schema": 0}'), ("network.tflite", "torn")):
        (tmp_path / "models" / "m" / name).write_text(damage, encoding="utf-8")
        said = shell.refused("laps", "m", "--home", str(tmp_path))
        assert f"{name} " in said
        assert said.endswith("restore it from a copy, or make the model again with --overwrite")
        assert shell.run(*train, "--overwrite").status == 0
        assert Network(tmp_path / "models" / "m").card.recordings[0]["rows"] == 11


@pytest.mark.parametrize("arguments", [(), ("m",)])
def test_without_name_or_data_it_says_what_it_wants(shell: Shell, arguments: tuple[str, ...]) -> None:
    assert "train requires a name and recordings" in shell.misused("train", *arguments)


def test_a_model_of_the_same_name_is_not_lost(shell: Shell, model: Path, tmp_path: Path) -> None:
    write_recording(tmp_path / "data" / "a", 3)
    shutil.copytree(model, tmp_path / "models" / "m")
    before = (tmp_path / "models" / "m" / "network.keras").read_bytes()
    said = shell.refused("train", "m", "--data", "a", "--home", str(tmp_path))
    assert "holds a model already" in said
    assert "--overwrite" in said
    assert (tmp_path / "models" / "m" / "network.keras").read_bytes() == before


def test_a_training_that_ends_before_its_first_epoch_leaves_the_model_that_it_was_to_replace(
    shell: Shell, model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_recording(tmp_path / "data" / "a", 24)
    folder = tmp_path / "models" / "m"
    shutil.copytree(model, folder)
    (folder / "laps").mkdir()
    files = {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}

    def interrupt(self: TrainingBar, epochs: float, loss: float) -> None:
        raise KeyboardInterrupt

    train = ("train", "m", "--data", "a", *FAST, "--home", str(tmp_path), "--epochs", "1", "--overwrite")
    with monkeypatch.context() as patch:
        patch.setattr(TrainingBar, "batch", interrupt)
        assert shell.run(*train).status == 130
    assert files.items() <= {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}.items()
    assert (folder / "laps").exists()
    assert shell.run(*train).status == 0
    assert read_card(folder).network == "alvinn1991"
    assert not (folder / "laps").exists()


FAST = ("--network", "alvinn1991", "--views", "off")


def test_ctrl_c_after_an_epoch_is_told_as_such_and_what_is_resumed_must_be_the_same(
    shell: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_recording(tmp_path / "data" / "a", 24)
    where = ("m", "--data", "a", *FAST, "--home", str(tmp_path))

    def interrupt(self: TrainingBar, done: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(TrainingBar, "epoch", interrupt)
        said = shell.run("train", *where, "--epochs", "2")
    assert (said.status, said.err.strip()) == (130, "interrupted")
    folder = tmp_path / "models" / "m"
    before = Network(folder).card
    assert "--resume" in shell.refused("train", *where, "--epochs", "2")
    assert "epochs 2 (now 3)" in shell.refused("train", *where, "--epochs", "3", "--resume")
    assert "seed 0 (now 1)" in shell.refused("train", *where, "--epochs", "2", "--seed", "1", "--resume")
    assert "learning_rate" in shell.refused("train", *where, "--epochs", "2", "--learning-rate", "1e-4", "--resume")
    Recording(tmp_path / "data" / "a").leave_out(3, 3)
    assert "recordings 1 a " in shell.refused("train", *where, "--epochs", "2", "--resume")
    assert read_card(folder) == before
    Recording(tmp_path / "data" / "a").take_back()
    assert shell.run("train", *where, "--epochs", "2", "--resume").status == 0
    assert read_card(folder).metrics["training_seconds"] is None, "not the time of its last part"
    assert len((folder / "history.csv").read_text(encoding="utf-8").splitlines()) == 3
    assert "no interrupted training" in shell.refused("train", *where, "--epochs", "2", "--resume")


def test_two_trainings_into_one_model_exclude_each_other(shell: Shell, tmp_path: Path) -> None:
    write_recording(tmp_path / "data" / "a", 24)
    with locked(tmp_path / "models" / "m", "trained"):
        said = shell.refused("train", "m", "--data", "a", *FAST, "--epochs", "1", "--home", str(tmp_path))
    assert "is being trained by another process" in said


def test_a_learning_rate_can_be_given(shell: Shell, tmp_path: Path) -> None:
    write_recording(tmp_path / "data" / "a", 24)
    where = ("m", "--data", "a", *FAST, "--home", str(tmp_path), "--epochs", "1")
    assert shell.run("train", *where, "--learning-rate", "0.0007").status == 0
    assert read_card(tmp_path / "models" / "m").settings["learning_rate"] == 0.0007
    assert shell.run("train", *where, "--learning-rate", "0").status == 2


def test_the_bar_says_the_loss_and_the_held_out_errors_with_their_units(capsys: pytest.CaptureFixture[str]) -> None:
    from alvinn.training.held_out import Errors
    from alvinn.training.history import EpochResult as Done

    assert format_errors(Errors()) == "", "nothing is held out"
    assert format_errors(Errors(0.00512, 0.613)) == "  held out: MAE 0.0051 1/m, 61% wrong by over 10%", (
        "an unknown car"
    )
    with Progress(*progress().columns, console=Console(width=200)) as bars:
        shown = TrainingBar(bars, 2)
        shown.epoch(Done(1, 0.25, Errors(0.00512, 0.613, 0.0123)))
        shown.batch(1.5, 0.2468)
    said = capsys.readouterr().out
    assert "75%" in said
    assert "loss 0.2468  held out: MAE 0.0051 1/m, 0.0123 of full steer, 61% wrong by over 10%" in said


@pytest.mark.parametrize(
    ("wrong", "verdict"), [(0.99, "it will not drive"), (0.65, "laps show whether it does"), (None, "held out")]
)
def test_a_training_ends_with_whether_the_network_can_be_expected_to_drive(wrong: float | None, verdict: str) -> None:
    assert verdict in judge_errors({"held_out_relative_error": wrong})
