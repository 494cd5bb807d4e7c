from __future__ import annotations

import io
import os
import re
import shlex
import subprocess
import sys
from contextlib import redirect_stdout
from pathlib import Path

import pytest
import tyro

from alvinn import cli, commands
from alvinn.help import GROUPS, list_flags
from tests.alvinn.fakes import write_recording
from tests.alvinn.jobs.cli import Shell


@pytest.mark.parametrize(
    "arguments",
    [
        ("fly",),
        ("laps", "--model"),
        ("drive", "--model", "--map", "oval"),
        ("record", "x", "--nonsense"),
        ("record", "x", "--seconds", "long"),
        ("record", "x", "--seconds", "0"),
        ("record", "x", "--seconds", "nan"),
        ("record", "x", "--laps", "0"),
        ("record", "x", "--speed", "0"),
        ("record", "x", "--camera.width", "0"),
        ("record", "x", "--driver", "nobody"),
        ("train", "x", "--data", "x", "--epochs", "0"),
        ("laps", "--driver", "expert", "--laps", "0"),
        ("laps", "--driver", "expert", "--seeds", "0"),
        ("laps", "--speed", "-3"),
        ("record",),
        ("record", "x", "--carla", "localhost"),
        ("record", "x", "--carla", "127.0.0.1:99999"),
        ("record", "x", "--start", "-1"),
        ("record", "x", "--driver", "human", "--headless"),
        ("record", "x", "--driver", "human", "--laps", "1"),
        ("drive", "--headless"),
        ("drive", "shipped", "--headless", "--record", "mine"),
        ("drive", "--map", "nowhere"),
        ("drive", "--weather", "Sunny"),
        ("drive", "--start", "-1"),
        ("drive", "--camera.fov", "500"),
        ("replay",),
        ("calibrate", "--dead-zone", "1"),
        ("calibrate", "--curve", "0"),
        ("calibrate", "--reach", "7"),
        ("train",),
        ("train", "x"),
        ("learn",),
        ("learn", "--headless"),
        ("correct",),
        ("correct", "x"),
        ("refine",),
        ("refine", "x"),
        ("refine", "x", "--exams", "atlantis"),
        ("laps",),
        ("laps", "--driver", "expert", "--start", "-1"),
        ("laps", "--driver", "expert", "--weathers", "ClearNoon,Sunny"),
        ("compare",),
        ("compare", "a"),
        ("card",),
        ("classroom", "--port", "99999"),
        ("classroom", "--carla", "localhost:2000", "--ground", "contry"),
        ("lesson", "--check"),
        ("lesson", "99"),
        ("lesson", "99", "--check"),
        ("ablation", "--maps", "contry"),
        ("shift", "--judge", "contry"),
        ("convert",),
        ("convert", "a"),
        ("convert", "a", "b"),
        ("convert", "a", "b", "--from", "tub", "--to", "udacity"),
        ("convert", "a", "b", "--to", "tub", "--header"),
        ("convert", "a", "b", "--from", "tub", "--camera.width", "20"),
        ("convert", "a", "b", "--from", "tub", "--flip-steering", "--right-positive"),
        ("doctor", "--carla", "localhost"),
        ("doctor", "--release"),
        ("doctor", "--try"),
        ("sim", "--port", "99999"),
        ("sim", "--port", "-1"),
        ("sim", "--host", ""),
        ("sim", "--seed", "-1"),
    ],
    ids=" ".join,
)
def test_wrong_usage_ends_with_status_2_and_no_traceback(
    shell: Shell, arguments: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.argv", ["alvinn"])
    assert shell.misused(*arguments)
    assert not list(tmp_path.iterdir())


ALONE, CLASS = ("drive", "shipped", "--headless"), ("classroom", "--replay", "x")


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ((*ALONE, "--gate", "drift"), "--gate would do nothing with --headless"),
        ((*ALONE, "--gate", "doubt", "--doubt", "0.7"), "--gate and --doubt would do nothing with --headless"),
        ((*ALONE, "--doubt-by", "irre"), "--doubt-by would do nothing with --headless"),
        ((*ALONE, "--device", "wheel"), "--device would do nothing with --headless"),
        ((*ALONE, "--weathers", "ClearNight"), "--weathers would do nothing with --headless"),
        ((*ALONE, "--append", "--alias", "bob"), "--append and --alias would do nothing without a recording"),
        (("drive", "shipped", "--overwrite"), "--overwrite would do nothing without a recording: add --record NAME"),
        (("drive", "--doubt", "0.3", "--record", "x"), "--doubt would do nothing without a network: add --model M"),
        (("drive", "--gate", "drift"), "--gate would do nothing without a network"),
        (("drive", "--doubt-by", "irre"), "--doubt-by would do nothing without a network"),
        (("record", "x", "--device", "wheel"), "--device would do nothing without a person: add --driver human"),
        (("replay", "x", "--open"), "--open and --overwrite would do nothing without a film: add --out FILE.mp4"),
        (("replay", "x", "--overwrite"), "would do nothing without a film"),
        (("train", "x", "--data", "a", "--resume", "--overwrite"), "leave one out"),
        (("refine", "x", "--model", "a", "--resume", "--overwrite"), "leave one out"),
        (("refine", "x", "--model", "a", "--seeds", "2"), "--seeds would do nothing without --study"),
        (("refine", "x", "--model", "a", "--out", "there"), "--out would do nothing without --study"),
        (("learn", "x", "--headless", "--device", "wheel"), "--device would do nothing with --headless"),
        (("learn", "x", "--seeds", "2", "--out", "there"), "--seeds and --out would do nothing without --table"),
        (("learn", "--table", "--overwrite"), "--overwrite would do nothing with --table"),
        (("learn", "--table", "--device", "wheel"), "--device would do nothing with --table"),
        (("correct", "x", "--alias", "bob"), "--alias would do nothing without a person who teaches"),
        (("correct", "x", "--device", "wheel"), "--device would do nothing without a person who teaches"),
        (("correct", "x", "--fresh", "--more-epochs", "3"), "--more-epochs would do nothing with --fresh"),
        (("correct", "x", "--judge", "", "--jobs", "2"), "--jobs would do nothing without --judge"),
        (("correct", "x", "--carla", "localhost:2000", "--jobs", "2"), "leave out --carla"),
        (("laps", "shipped", "--both-directions", "--direction", "reverse"), "--direction would do nothing with"),
        (("laps", "--driver", "expert", "--with-expert"), "--with-expert would do nothing with --driver expert"),
        (("laps", "--driver", "expert", "--other-camera"), "--other-camera would do nothing with --driver expert"),
        (("laps", "shipped", "--other-camera"), "--other-camera would do nothing without --camera."),
        (("classroom", "--overwrite"), "--overwrite would do nothing without a recording: add --record NAME"),
        ((*CLASS, "--map", "oval"), "--map would do nothing with --replay"),
        ((*CLASS, "--direction", "reverse"), "--direction would do nothing with --replay"),
        (("classroom", "--prepare", "--drive"), "--drive would do nothing with --prepare or --rehearse"),
        (("classroom", "--rehearse", "--record", "x"), "--record would do nothing with --prepare or --rehearse"),
        (("classroom", "--prepare", "--speed", "5"), "--speed would do nothing with --prepare"),
        (("shift", "--page-only", "--overwrite"), "leave one out"),
        (("shift", "--page-only", "--jobs", "4"), "--jobs would do nothing with --page-only"),
        (("doctor", "--report", "found.json"), "--report and --overwrite would do nothing without --try"),
        (("drive", "shipped", "--doubt", "7"), "--doubt must be above 0 and at most 1, not 7"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_a_flag_that_would_be_ignored_is_refused_with_what_it_needs(
    shell: Shell, arguments: tuple[str, ...], sentence: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert sentence in shell.misused(*arguments)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("arguments", "flag"),
    [
        (("train", "m", "--data", "a", "--data", "b"), "--data"),
        (("laps", "--maps=oval", "--maps=country"), "--maps"),
        (("record", "x", "--both-directions", "--both_directions"), "--both-directions"),
        (("laps", "--films", "--no-films"), "--films"),
    ],
)
def test_a_flag_that_is_given_twice_is_refused_as_the_first_would_be_forgotten(
    shell: Shell, arguments: tuple[str, ...], flag: str
) -> None:
    said = shell.run(*arguments)
    assert said.status == 2
    assert f"{flag} was given twice" in said.err


@pytest.mark.parametrize(
    ("arguments", "flag"),
    [
        (("record", "x", "--weathers", "ClearNoon,ClearNoon"), "--weathers"),
        (("drive", "--weathers", "ClearNoon,ClearNoon"), "--weathers"),
        (("train", "x", "--data", "a", "a"), "--data"),
        (("laps", "--maps", "oval,country,oval"), "--maps"),
        (("laps", "--weathers", "WetNoon, WetNoon"), "--weathers"),
        (("correct", "x", "--data", "a", "a"), "--data"),
        (("correct", "x", "--maps", "oval,oval"), "--maps"),
        (("correct", "x", "--judge", "oval,oval"), "--judge"),
        (("ablation", "--cells", "conv,conv"), "--cells"),
        (("ablation", "--maps", "oval,oval"), "--maps"),
        (("ablation", "--weathers", "WetNoon,WetNoon"), "--weathers"),
        (("shift", "--maps", "oval,oval"), "--maps"),
        (("shift", "--judge", "oval,oval"), "--judge"),
    ],
)
def test_a_name_that_is_given_twice_is_refused_at_once(shell: Shell, arguments: tuple[str, ...], flag: str) -> None:
    said = shell.run(*arguments)
    assert said.status == 2
    assert f"{flag} names " in said.err
    assert " twice" in said.err


@pytest.mark.parametrize("arguments", [(), ("--help",), ("-h",)])
def test_without_a_job_alvinn_greets_with_every_job_in_its_group(shell: Shell, arguments: tuple[str, ...]) -> None:
    said = shell.run(*arguments)
    assert (said.status, said.err) == (0, "")
    assert {job.group for job in commands.JOBS.values()} <= set(GROUPS)
    words = {word for line in said.out.splitlines() for word in line.split()}
    assert {*commands.JOBS, "sim", *GROUPS.values()} <= words


@pytest.mark.parametrize("start", commands.STARTS)
def test_the_first_commands_that_the_greeting_shows_are_real(start: str) -> None:
    assert cli.parse(start.split()) is not None


def test_a_mistyped_job_is_answered_with_the_nearest_one(shell: Shell) -> None:
    assert "did you mean train?" in shell.run("trian").err


@pytest.mark.parametrize("name", commands.JOBS)
def test_help_fits_a_screen_of_80_by_24_and_explains_the_settings_that_matter(shell: Shell, name: str) -> None:
    said = shell.run(name, "--help")
    assert (said.status, said.err) == (0, "")
    lines = said.out.splitlines()
    assert len(lines) <= 24
    assert max(len(line) for line in lines if "alvinn" not in line) <= 80  # commands stay whole, to be copied
    assert "None" not in said.out
    assert set(commands.JOBS[name].matters) <= set(list_flags(commands.JOBS[name].load()))


@pytest.mark.parametrize("name", commands.JOBS)
def test_the_example_of_each_help_is_a_command_that_the_job_takes(name: str) -> None:
    words = shlex.split(commands.JOBS[name].example)
    assert words[0] == name
    assert cli.parse(words) is not None


USELESS = {"correct": {"--map"}, "refine": {"--map"}}  # beside --maps, which names some already


@pytest.mark.parametrize("name", commands.JOBS)
def test_the_whole_help_has_every_flag_that_can_be_given(shell: Shell, name: str) -> None:
    said, parser = shell.run(name, "--help", "all"), io.StringIO()
    with redirect_stdout(parser), pytest.raises(SystemExit):
        tyro.cli(commands.JOBS[name].load(), args=["--help"])
    taken = set(re.findall(r"(?<=[ │])--\w[\w.-]+(?=[ ,])", parser.getvalue())) - {"--help"}
    shown = set(re.findall(r"--[\w.-]+", said.out))
    hidden = {flag.replace("--no-", "--") for flag in taken} - {flag.replace("--no-", "--") for flag in shown}
    assert hidden == USELESS.get(name, set())


@pytest.mark.parametrize("name", USELESS)
def test_a_flag_that_the_whole_help_leaves_out_is_refused(name: str, shell: Shell) -> None:
    assert "exclude each other" in shell.misused(name, "better", "--map", "oval")


def test_help_tells_the_defaults_of_nested_settings_that_the_job_itself_has() -> None:
    reward = cli.parse(["refine", "better", "--model", "mine"]).reward
    flags = list_flags(commands.JOBS["refine"].load())
    assert {name: flags[f"reward.{name}"].text.split("default: ")[1] for name in ("middle", "smooth")} == {
        "middle": f"{reward.middle})",
        "smooth": f"{reward.smooth})",
    }


@pytest.mark.parametrize("name", ["laps", "drive", "card"])
@pytest.mark.parametrize("words", [("mine",), ("--model", "mine"), ("--model=mine",)])
def test_the_model_is_the_first_word_or_a_flag(name: str, words: tuple[str, ...]) -> None:
    assert cli.parse([name, *words]).model == "mine"
    assert cli.parse([name, "--home", "there", *words]) == cli.parse([name, *words, "--home", "there"])


def test_without_its_packages_alvinn_says_how_to_get_them() -> None:
    command = [sys.executable, "-S", "-m", "alvinn"]  # -S: as a Python without the environment
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert ended.returncode == 1
    assert "packages are not installed in " in ended.stderr
    assert len(ended.stderr.splitlines()) == 1


def test_a_library_that_is_missing_is_told_with_the_package_that_brings_it(
    shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_library(arguments: object) -> int:
        raise ImportError("libGL.so.1: cannot open shared object file: No such file or directory")

    monkeypatch.setattr(cli, "_job", no_library)
    assert "apt-get install libgl1" in shell.refused("record", "x")


def test_another_import_that_fails_is_a_bug_and_shows_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    def no_module(arguments: object) -> int:
        raise ImportError("no module named alvinn.attic")

    monkeypatch.setattr(cli, "_job", no_module)
    with pytest.raises(ImportError, match="attic"):
        cli.main(["record", "x"])


@pytest.mark.parametrize(
    "arguments",
    [
        ("convert", "log", "x" * 300, "--from", "udacity"),
        ("record", "x" * 300, "--map", "oval", "--seconds", "1", "--camera.width", "64", "--camera.height", "32"),
        ("laps", "--driver", "expert", "--map", "oval", "--out", "x" * 300),
        ("train", "x" * 300, "--data", "mine", "--epochs", "1"),
        ("correct", "x" * 300, "--data", "mine"),
        ("ablation", "--out", "x" * 300),
        ("shift", "--out", "x" * 300),
    ],
    ids=lambda arguments: arguments[0],
)
def test_a_name_of_300_letters_is_refused_in_a_sentence(
    shell: Shell, arguments: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "log").mkdir()
    (tmp_path / "log" / "driving_log.csv").write_text("a.jpg,a.jpg,a.jpg,0,0,0,0\n", encoding="utf-8")
    write_recording(tmp_path / "data" / "mine", 3)
    assert "File name too long" in shell.refused(*arguments)


def test_the_embedded_servers_status_is_handed_on(
    shell: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.argv", ["alvinn"])
    said = shell.run("sim", "--map", str(tmp_path / "missing.xodr"), "--port", "0")
    assert said.status == 1
    assert "missing.xodr" in said.err


def test_the_job_sim_runs_the_embedded_server_and_no_sim_of_the_current_folder(tmp_path: Path) -> None:
    (tmp_path / "sim").mkdir()
    (tmp_path / "sim" / "__init__.py").write_text("raise SystemExit('the current folder was run')")
    program = (
        f"import sys; sys.path.append({str(ROOT)!r}); from alvinn.cli import main; sys.exit(main(['sim', '--help']))"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert "--exit-with-parent" in done.stdout


HEAVY = ("carla", "pygame", "plotly", "tensorflow", "keras", "av", "pyarrow")
ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize(
    ("arguments", "unused"),
    [
        (("--help",), (*HEAVY, "cv2", "numpy", "ai_edge_litert", "tyro")),
        (("fly",), (*HEAVY, "cv2", "numpy", "ai_edge_litert")),
        (("card", "shipped"), HEAVY),
        (("train", "--help"), ("carla", "pygame", "plotly", "tensorflow", "keras")),
        (("convert", "--help"), ("carla", "pygame", "plotly", "tensorflow", "keras")),
        (("compare", "--help"), ("carla", "pygame", "tensorflow", "keras")),
        (("laps", "--help"), ("pygame", "tensorflow", "keras")),
        (("doctor", "--help"), ("plotly", "tensorflow", "keras")),
    ],
    ids=" ".join,
)
def test_a_job_loads_no_library_that_it_does_not_use(
    arguments: tuple[str, ...], unused: tuple[str, ...], tmp_path: Path
) -> None:
    """In a process of its own, since this one has loaded them all."""
    program = (
        "import atexit, sys\n"
        "atexit.register(lambda: print('LOADED', *sorted({name.partition('.')[0] for name in sys.modules})))\n"
        "from alvinn.cli import main\n"
        "main(sys.argv[1:])\n"
    )
    command = [sys.executable, "-c", program, *arguments]
    here = os.environ | {"PYTHONPATH": str(ROOT)}
    ended = subprocess.run(command, cwd=tmp_path, env=here, capture_output=True, text=True, check=False)
    loaded = ended.stdout.splitlines()[-1].split()
    assert loaded[:1] == ["LOADED"], ended.stderr
    assert not set(unused) & set(loaded)


@pytest.mark.parametrize("name", commands.JOBS)
def test_the_list_of_jobs_says_what_each_jobs_own_help_says(name: str) -> None:
    settings = commands.JOBS[name].load()
    assert (settings.__doc__ or "").partition("\n\n")[0] == commands.JOBS[name].summary
