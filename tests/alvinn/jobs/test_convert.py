from __future__ import annotations

import math
from io import StringIO
from pathlib import Path
from types import SimpleNamespace
from typing import get_args

import pytest
from rich.console import Console

from alvinn.formats.conversion_log import ConversionLog
from alvinn.jobs.convert import READERS, SOURCES, USED, WRITERS, Convert, Format, convert, tabulate_log
from alvinn.networks.preprocessing import Preprocessing
from alvinn.recording import Recording, RecordingWriter
from alvinn.training.examples.dataset import load_dataset
from tests.alvinn.fakes import SMALL, session, write_recording
from tests.alvinn.formats.drives import drive
from tests.alvinn.jobs.cli import Shell

FORMATS = ("udacity", "tub", "lerobot")


@pytest.mark.parametrize("name", FORMATS)
def test_out_and_in_by_the_command_line_keeps_car_camera_and_label(shell: Shell, tmp_path: Path, name: str) -> None:
    ours, home = drive(tmp_path / "data" / "a"), ("--home", str(tmp_path))
    assert shell.run("convert", "a", str(tmp_path / "out"), "--to", name, *home).status == 0
    assert shell.run("convert", str(tmp_path / "out"), "b", "--from", name, *home).status == 0
    back = Recording(tmp_path / "data" / "b")
    assert [row.steer for row in back.rows] == pytest.approx([row.steer_meant for row in ours.rows], abs=1e-7)
    assert (back.session.camera, back.session.camera_known) == (SMALL, True)
    assert back.session.vehicle == ours.session.vehicle


def told(job: Convert) -> str:
    """What the report of a conversion says, its words one space apart."""
    convert(job, log := ConversionLog())
    text = StringIO()
    Console(file=text, width=120).print(tabulate_log(log))
    return " ".join(text.getvalue().replace("│", " ").split())


def test_the_report_says_what_was_left_out_and_what_does_not_fit(tmp_path: Path) -> None:
    recording = drive(tmp_path / "data" / "a")
    (recording.folder / recording.rows[4].center).unlink()
    said = told(Convert(src="a", dst=str(tmp_path / "out"), target_format="udacity", home=tmp_path))
    assert "converted 11 left out: its picture is missing 1 frame 4" in said
    assert "the format cannot hold: pose, lane and offset" in said


def export(shell: Shell, tmp_path: Path, n: int = 12) -> Path:
    """A log of the simulator that no session.json lies beside."""
    drive(tmp_path / "data" / "a", n)
    assert shell.run("convert", "a", str(tmp_path / "out"), "--to", "udacity", "--home", str(tmp_path)).status == 0
    (tmp_path / "out" / "session.json").unlink()
    return tmp_path / "out"


def test_car_and_camera_can_be_given(shell: Shell, tmp_path: Path) -> None:
    source = export(shell, tmp_path)
    flags = ("--vehicle.wheelbase", "3", "--vehicle.max-wheel-angle", "40", "--camera.fov", "60", "--camera.z", "1.2")
    done = shell.run("convert", str(source), "b", "--from", "udacity", "--home", str(tmp_path), *flags)
    assert done.status == 0
    session, row = (back := Recording(tmp_path / "data" / "b")).session, back.rows[1]
    assert (session.camera.fov, session.camera.z, session.camera.width, session.camera_known) == (60.0, 1.2, 64, True)
    assert row.curvature == pytest.approx(math.tan(row.steer * math.radians(40.0)) / 3.0)


def test_one_figure_of_the_car_leaves_the_others_as_an_export_of_ours_tells_them(shell: Shell, tmp_path: Path) -> None:
    drive(tmp_path / "data" / "a", 12)
    where = ("--home", str(tmp_path))
    assert shell.run("convert", "a", str(tmp_path / "out"), "--to", "udacity", *where).status == 0
    done = shell.run("convert", str(tmp_path / "out"), "b", "--from", "udacity", "--vehicle.wheelbase", "2.9", *where)
    assert "what --vehicle says" in done.out
    ours, back = (Recording(tmp_path / "data" / name).session.vehicle for name in "ab")
    assert back == ours | {"wheelbase": 2.9}


def test_an_import_becomes_examples_to_train_on(shell: Shell, tmp_path: Path) -> None:
    source = export(shell, tmp_path, 40)
    assert shell.run("convert", str(source), "b", "--from", "udacity", "--home", str(tmp_path)).status == 0
    back = Recording(tmp_path / "data" / "b")
    assert back.session.camera_known is False
    dataset = load_dataset([back], Preprocessing.for_camera(back.session.camera))
    assert len(dataset.examples) == 40
    assert len(dataset.training) > 20


def test_a_damaged_session_beside_is_told_and_the_import_goes_on(shell: Shell, tmp_path: Path) -> None:
    source = export(shell, tmp_path)
    (source / "session.json").write_text("{", encoding="utf-8")
    said = told(Convert(src=str(source), dst="b", source_format="udacity", home=tmp_path))
    assert "session.json is left out" in said
    assert len(Recording(tmp_path / "data" / "b").rows) == 12


def test_a_failed_import_leaves_nothing(shell: Shell, tmp_path: Path) -> None:
    source = export(shell, tmp_path)
    for path in (source / "IMG").iterdir():
        path.unlink()
    said = shell.refused("convert", str(source), "b", "--from", "udacity", "--home", str(tmp_path))
    assert "12 x its picture is missing" in said
    assert [path.name for path in (tmp_path / "data").iterdir()] == ["a"]


def test_what_is_there_is_not_written_over(shell: Shell, tmp_path: Path) -> None:
    source = export(shell, tmp_path)
    write_recording(tmp_path / "data" / "b", 1)
    for arguments in (("a", str(source), "--to", "tub"), (str(source), "b", "--from", "udacity")):
        said = shell.refused("convert", *arguments, "--home", str(tmp_path))
        assert "is there already: choose another name" in said
    assert len(Recording(tmp_path / "data" / "b").rows) == 1


def test_what_convert_made_is_replaced_if_that_is_said(shell: Shell, tmp_path: Path) -> None:
    drive(tmp_path / "data" / "a")
    out, words = tmp_path / "out", ("convert", "a", str(tmp_path / "out"), "--home", str(tmp_path))
    assert shell.run(*words, "--to", "udacity").status == 0
    assert shell.run(*words, "--to", "tub", "--overwrite").status == 0
    assert not (out / "driving_log.csv").exists()
    (out / "session.json").unlink()
    assert "is not replaced" in shell.refused(*words, "--to", "udacity", "--overwrite")
    ours = ("convert", "a", str(tmp_path / "data" / "a"), "--to", "tub", "--overwrite", "--home", str(tmp_path))
    assert "read and replaced at once" in shell.refused(*ours)
    assert {path.name for path in tmp_path.iterdir()} == {"data", "out"}


def test_an_import_takes_the_name_of_a_recording_that_came_to_nothing(shell: Shell, tmp_path: Path) -> None:
    source = export(shell, tmp_path)
    with RecordingWriter(tmp_path / "data" / "b", session(), keep_empty=False):
        pass
    said = shell.run("convert", str(source), "b", "--from", "udacity", "--home", str(tmp_path))
    assert said.status == 0, said.err
    assert Recording(tmp_path / "data" / "b").rows


def test_the_model_that_an_import_proposes_replaces_none_and_does_not_lie_in_the_imports_folder(
    shell: Shell, tmp_path: Path
) -> None:
    source, target = export(shell, tmp_path), str(tmp_path / "elsewhere" / "b")
    (tmp_path / "models" / "b").mkdir(parents=True)
    said = shell.run("convert", str(source), target, "--from", "udacity", "--home", str(tmp_path))
    assert f"train b-2 --data {target}" in said.out


def test_a_copy_that_finds_no_room_is_not_begun(shell: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    drive(tmp_path / "data" / "a")
    monkeypatch.setattr("shutil.disk_usage", lambda _: SimpleNamespace(free=1000))
    said = shell.refused("convert", "a", str(tmp_path / "out"), "--to", "tub", "--home", str(tmp_path))
    assert "a copy of" in said
    assert not (tmp_path / "out").exists()


def test_a_folder_beside_the_target_is_left_alone_whatever_its_name(shell: Shell, tmp_path: Path) -> None:
    drive(tmp_path / "data" / "a")
    mine = tmp_path / "out.part" / "thesis.tex"
    mine.parent.mkdir()
    mine.write_text("years of work", encoding="utf-8")
    assert shell.run("convert", "a", str(tmp_path / "out"), "--to", "udacity", "--home", str(tmp_path)).status == 0
    assert mine.read_text(encoding="utf-8") == "years of work"


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ((), "convert requires two folders"),
        (("a", "b"), "say --from or --to"),
        (("a", "b", "--from", "tub", "--to", "udacity"), "convert twice"),
        (("ghost", "b", "--from", "tub", "--camera.width", "9"), "come from the pictures"),
        (("ghost", "b", "--from", "tub", "--flip-steering", "--right-positive"), "contradict each other"),
    ],
)
def test_what_no_recording_could_be_converted_by_is_wrong_usage(
    shell: Shell, tmp_path: Path, arguments: tuple[str, ...], sentence: str
) -> None:
    assert sentence in shell.misused("convert", *arguments, "--home", str(tmp_path))


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("ghost", "b", "--from", "tub"), "there is no ghost: --from tub reads the folder of a tub"),
        (("ghost", "b", "--to", "tub"), "is not a recording"),
    ],
)
def test_what_cannot_be_done_is_said_in_a_sentence(
    shell: Shell, tmp_path: Path, arguments: tuple[str, ...], sentence: str
) -> None:
    assert sentence in shell.refused("convert", *arguments, "--home", str(tmp_path))


def test_a_mistyped_source_is_answered_with_what_is_read_and_the_nearest(shell: Shell, tmp_path: Path) -> None:
    (tmp_path / "drives").mkdir()
    said = shell.refused("convert", str(tmp_path / "drivse"), "x", "--from", "udacity")
    assert "--from udacity reads driving_log.csv, or the folder that holds it; did you mean " in said
    assert said.endswith(f"{tmp_path / 'drives'}?")


@pytest.mark.parametrize(
    "flags", [("--from", "rosbag"), ("--vehicle.wheelbase", "0"), ("--vehicle.max-wheel-angle", "90")]
)
def test_wrong_usage_ends_with_status_2(shell: Shell, flags: tuple[str, ...]) -> None:
    assert shell.run("convert", "a", "b", *flags).status == 2


@pytest.mark.parametrize(
    ("arguments", "answer"),
    [
        (("--from", "udacity", "--speed-unit", "km/h"), "--speed-unit has no meaning for an import from udacity"),
        (("--from", "lerobot", "--picture", "front"), "--picture has no meaning for an import from lerobot"),
        (("--to", "tub", "--flip-steering"), "--flip-steering has no meaning for an export to tub"),
        (("--to", "udacity", "--l2d-names"), "--l2d-names has no meaning for an export to udacity"),
        (("--to", "lerobot", "--camera.fov", "60"), "--camera has no meaning for an export to lerobot"),
    ],
)
def test_an_option_that_would_be_ignored_is_refused(shell: Shell, arguments: tuple[str, ...], answer: str) -> None:
    assert answer in shell.misused("convert", "source", "target", *arguments)


def test_every_format_says_which_options_it_takes_in_either_direction() -> None:
    foreign = set(get_args(Format)) - {"alvinn"}
    assert set(READERS) == set(SOURCES) == set(WRITERS) == foreign
    assert set(USED) == {(direction, name) for direction in ("import from", "export to") for name in foreign}
