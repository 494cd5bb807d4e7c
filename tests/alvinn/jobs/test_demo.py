"""The demo's room; the demo itself is driven by `make demo` and tests/test_readme.py."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from alvinn.errors import BusyError, MixedError, RecordingError, TakenError
from alvinn.jobs.demo import Demo, leave_mark
from alvinn.networks.inference import CHECKPOINT
from alvinn.recording import RecordingWriter
from tests.alvinn.fakes import session, step, write_recording
from tests.alvinn.jobs.cli import Shell


def write_experts(home: Path) -> Path:
    """A recording as `alvinn record demo` makes it."""
    folder = home / "data" / "demo"
    with RecordingWriter(folder, replace(session(), driver="expert", maps=("country",))):
        pass
    return folder


def write_demo(home: Path) -> Path:
    with leave_mark(home / "data" / "demo"):
        return write_experts(home)


def test_an_earlier_demo_is_replaced_and_that_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    job = Demo(home=tmp_path)
    job._replace_earlier()
    assert capsys.readouterr().out == ""
    write_demo(tmp_path)
    job._replace_earlier()
    assert "is replaced" in " ".join(capsys.readouterr().out.split())
    assert not (tmp_path / "data" / "demo").exists()


def test_an_experts_recording_that_the_user_made_under_the_name_demo_is_not_replaced(tmp_path: Path) -> None:
    folder = write_experts(tmp_path)
    with pytest.raises(TakenError, match=r"no demo\.json, so it is not ours to replace: move it elsewhere"):
        Demo(home=tmp_path)._replace_earlier()
    assert (folder / "drive.csv").is_file()


def test_a_demos_recording_that_was_driven_on_or_recorded_anew_is_not_replaced(tmp_path: Path) -> None:
    folder = write_demo(tmp_path)
    write_recording(folder, 3, append=True)
    with pytest.raises(MixedError, match="move it elsewhere"):
        Demo(home=tmp_path)._replace_earlier()
    with RecordingWriter(folder, session(), overwrite=True) as writer:
        writer.add(step(0), lane="oval/forward", weather="ClearNoon")
    with pytest.raises(TakenError, match=r"no demo\.json"):
        Demo(home=tmp_path)._replace_earlier()


def test_a_model_is_replaced_only_if_the_demo_trained_it_and_nobody_after_it(tmp_path: Path, model: Path) -> None:
    folder, job = tmp_path / "models" / "demo", Demo(home=tmp_path)
    shutil.copytree(model, folder)
    with pytest.raises(TakenError, match=r"no demo\.json"):
        job._replace_earlier()
    shutil.rmtree(folder)
    with leave_mark(folder):
        shutil.copytree(model, folder)
    job._replace_earlier()
    (folder / "network.keras").write_bytes(b"trained again")
    with pytest.raises(MixedError, match=r"begun with network\.keras .*: move it elsewhere"):
        job._replace_earlier()


def test_a_training_of_the_name_demo_that_was_cut_short_is_not_replaced(tmp_path: Path) -> None:
    folder = tmp_path / "models" / "demo"
    folder.mkdir(parents=True)
    (folder / CHECKPOINT).write_bytes(b"hours of training")
    with pytest.raises(TakenError, match=r"no demo\.json"):
        Demo(home=tmp_path)._replace_earlier()


def test_a_demo_that_was_interrupted_is_replaced_by_the_next_one(tmp_path: Path) -> None:
    def record_and_interrupt() -> None:
        write_experts(tmp_path)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt), leave_mark(tmp_path / "data" / "demo"):
        record_and_interrupt()
    Demo(home=tmp_path)._replace_earlier()
    assert not (tmp_path / "data" / "demo").exists()


def test_nothing_is_marked_where_the_demo_made_nothing(tmp_path: Path) -> None:
    folder = write_experts(tmp_path)
    with pytest.raises(BusyError), leave_mark(folder):
        raise BusyError("another process records there")
    assert not (folder / "demo.json").exists()


@pytest.mark.parametrize("wrong", [("--seconds", "-1"), ("--epochs", "0"), ("--seed", "-1")])
def test_wrong_usage_is_said_before_an_earlier_demo_is_replaced(
    shell: Shell, tmp_path: Path, wrong: tuple[str, str]
) -> None:
    write_demo(tmp_path)
    said = shell.run("demo", *wrong, "--home", str(tmp_path))
    assert said.status == 2
    assert wrong[0] in said.err
    assert (tmp_path / "data" / "demo" / "drive.csv").is_file()


def test_corrections_below_the_demos_recording_are_not_replaced(tmp_path: Path) -> None:
    write_recording(write_demo(tmp_path) / "round-001", 3)
    with pytest.raises(RecordingError, match="holds corrections, too"):
        Demo(home=tmp_path)._replace_earlier()
