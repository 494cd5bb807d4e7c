"""Every command that the README shows is real: it parses here, and runs to its end behind the marker `long`."""

from __future__ import annotations

import re
import shlex
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from alvinn.cli import main, parse
from tests.platforms import posix

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")


def commands(text: str) -> list[list[str]]:
    """Every line of the shell blocks of a page, in words."""
    blocks = re.findall(r"```sh\n(.*?)```", text, re.DOTALL)
    return [shlex.split(line, comments=True) for block in blocks for line in block.splitlines() if line.strip()]


def jobs(text: str) -> list[list[str]]:
    """The jobs among them."""
    return [words[3:] for words in commands(text) if Path(words[0]).name == "python" and words[1:3] == ["-m", "alvinn"]]


COMMANDS, JOBS = commands(README), jobs(README)
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]
MORE_JOBS = [job for page in PAGES[1:] for job in jobs(page.read_text(encoding="utf-8"))]


def test_there_is_something_to_test() -> None:
    assert {job[0] for job in JOBS} == {
        "record",
        "replay",
        "train",
        "card",
        "laps",
        "compare",
        "recount",
        "convert",
        "drive",
        "calibrate",
        "correct",
        "accept",
        "demo",
        "doctor",
        "list",
        "sim",
    }


@pytest.mark.parametrize("words", [words for words in COMMANDS if words[0] == "make"], ids=" ".join)
def test_make_knows_its_targets(words: list[str]) -> None:
    assert subprocess.run([*words, "--dry-run"], cwd=ROOT, capture_output=True, check=False).returncode == 0


@pytest.mark.parametrize("job", [job for job in JOBS + MORE_JOBS if job[0] != "sim"], ids=" ".join)
def test_the_command_line_takes_every_job_as_it_is_shown(job: list[str]) -> None:
    assert type(parse(job)).__name__.lower().removeprefix("show") == job[0]


@pytest.mark.parametrize("job", [job for job in JOBS + MORE_JOBS if "--data" in job], ids=" ".join)
def test_a_recording_that_is_shown_by_its_path_lies_where_recordings_do(job: list[str]) -> None:
    assert [name for name in vars(parse(job))["data"] if "/" in name and not name.startswith("data/")] == []


@posix
@pytest.mark.parametrize("job", [job for job in JOBS if job[0] == "sim"], ids=" ".join)
def test_the_embedded_server_starts_as_it_is_shown_and_ends_at_ctrl_c(job: list[str]) -> None:
    words = [sys.executable, "-m", "alvinn", *("0" if word == "2000" else word for word in job)]  # any free port
    with subprocess.Popen(words, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline().startswith("listening on 127.0.0.1:")
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=20) == 0


@pytest.mark.parametrize("path", re.findall(r"`((?:alvinn|sim|tests|data|models)/[\w/.]*)`", README))
def test_every_room_on_the_map_is_there(path: str) -> None:
    made = path.startswith("models/demo/")
    assert made or (ROOT / path).exists()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_file_and_link_of_a_page_is_there(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    files = [ROOT / path for path in re.findall(r"`((?:alvinn|sim|tests)/[\w/.]+)`", text)]
    prose = re.sub(r"^```.*?^```", "", text, flags=re.DOTALL | re.MULTILINE)
    links = [page.parent / link for link in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", prose)]
    assert [str(path) for path in files + links if not path.exists()] == []


def test_the_map_has_every_room_in_a_line_of_its_own() -> None:
    lines = re.findall(r"^\| `((?:alvinn|sim)/\w+)/` \|", README, re.MULTILINE)
    folders = [path for house in ("alvinn", "sim") for path in (ROOT / house).iterdir() if path.is_dir()]
    assert sorted(lines) == sorted(f"{path.parent.name}/{path.name}" for path in folders if path.name != "__pycache__")


@pytest.mark.long
@pytest.mark.parametrize("words", [words for words in COMMANDS if "sim.contact" in words], ids=" ".join)
def test_the_contact_sheet_is_drawn_as_it_is_shown(words: list[str], tmp_path: Path) -> None:
    command = [sys.executable, *(str(tmp_path / word) if word.endswith(".png") else word for word in words[1:])]
    assert subprocess.run(command, cwd=ROOT, check=False).returncode == 0
    assert [path.name for path in tmp_path.iterdir()] == ["contact.png"]


@pytest.mark.long
def test_the_jobs_run_as_they_are_shown_one_after_another(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """All but those that take hours, or want a person or another server: test_drive.py has the person."""
    monkeypatch.chdir(tmp_path)
    for job in JOBS:
        if job[0] not in {"sim", "demo", "drive", "calibrate", "accept"} and not {"--carla", "human"} & set(job):
            assert main(job) == 0, job
