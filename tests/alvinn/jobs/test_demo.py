"""The demo's room; the demo itself is driven by `make demo` and tests/test_readme.py."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from alvinn.errors import ModelError, RecordingError
from alvinn.jobs.demo import Demo
from alvinn.networks.inference import read_card, write_card
from alvinn.recording import RecordingWriter
from tests.alvinn.fakes import session, write_recording
from tests.alvinn.jobs.cli import Shell


def write_demo(home: Path) -> None:
    with RecordingWriter(home / "data" / "demo", replace(session(), driver="expert", maps=("country",))):
        pass


def test_an_earlier_demo_is_replaced_and_that_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    job = Demo(home=tmp_path)
    job._replace_earlier()
    assert capsys.readouterr().out == ""
    write_demo(tmp_path)
    job._replace_earlier()
    assert "is replaced" in " ".join(capsys.readouterr().out.split())
    assert not (tmp_path / "data" / "demo").exists()


def test_what_a_person_drove_is_not_replaced(tmp_path: Path) -> None:
    with RecordingWriter(tmp_path / "data" / "demo", replace(session(), driver="Eva")):
        pass
    with pytest.raises(RecordingError, match="was not recorded by the demo"):
        Demo(home=tmp_path)._replace_earlier()


def test_a_model_that_learned_from_something_else_is_not_replaced(tmp_path: Path, model: Path) -> None:
    folder = Path(shutil.copytree(model, tmp_path / "models" / "demo"))
    with pytest.raises(ModelError, match="was not trained by the demo"):
        Demo(home=tmp_path)._replace_earlier()
    write_card(folder, replace(read_card(folder), recordings=({"name": "demo"},)))
    Demo(home=tmp_path)._replace_earlier()


@pytest.mark.parametrize("wrong", [("--seconds", "-1"), ("--epochs", "0"), ("--seed", "-1")])
def test_wrong_usage_is_said_before_an_earlier_demo_is_replaced(
    shell: Shell, tmp_path: Path, wrong: tuple[str, str]
) -> None:
    write_demo(tmp_path)
    said = shell.run("demo", *wrong, "--home", str(tmp_path))
    assert said.status == 2
    assert wrong[0] in said.err
    assert (tmp_path / "data" / "demo" / "drive.csv").is_file()


def test_corrections_and_drives_elsewhere_are_not_the_demos_to_replace(tmp_path: Path) -> None:
    write_demo(tmp_path)
    write_recording(tmp_path / "data" / "demo" / "round-001", 3)
    with pytest.raises(RecordingError, match="was not recorded by the demo"):
        Demo(home=tmp_path)._replace_earlier()
