"""The lessons can be given: every command of theirs parses here, and runs behind the marker `long`."""

from __future__ import annotations

import csv
import json
import re
from importlib import resources
from pathlib import Path

import numpy as np
import pytest

from alvinn.classroom.checks import CHECKS
from alvinn.classroom.lessons import Lesson, find_lesson, read_lessons
from alvinn.cli import main, parse
from alvinn.errors import AlvinnError
from alvinn.jobs.lesson import ShowLesson
from tests.alvinn.jobs.cli import Shell

LESSONS = read_lessons()
COMMANDS = [(lesson.number, words) for lesson in LESSONS for words in lesson.commands()]
PARTS = ("What to say", "What to type", "What to look at", "What goes wrong on purpose", "Questions", "Exercise")


def test_there_are_a_plan_and_seven_lessons() -> None:
    assert [lesson.number for lesson in LESSONS] == list(range(8))
    assert [lesson.title.partition(".")[0] for lesson in LESSONS[1:]] == [str(number) for number in range(1, 8)]


@pytest.mark.parametrize("lesson", LESSONS[1:], ids=lambda lesson: str(lesson.number))
def test_a_lesson_has_all_its_parts_takes_at_most_twenty_minutes_and_ends_with_a_check(lesson: Lesson) -> None:
    for part in PARTS:
        assert f"\n## {part}" in lesson.text
    assert 10 <= lesson.minutes <= 20
    assert lesson.commands()[-1] == ["alvinn", "lesson", str(lesson.number), "--check"]
    assert lesson.number in CHECKS


@pytest.mark.parametrize(
    ("number", "words"), COMMANDS, ids=lambda value: " ".join(value) if isinstance(value, list) else ""
)
def test_the_command_line_takes_every_command_as_it_is_shown(number: int, words: list[str]) -> None:
    assert words[0] == "alvinn"
    if "--help" not in words:
        parse(words[1:])


def test_every_link_of_a_lesson_leads_somewhere() -> None:
    folder = Path(str(resources.files("alvinn.classroom"))) / "lessons"
    for lesson in LESSONS:
        for link in re.findall(r"\]\(([^)#:]+)\)", lesson.text):
            assert (folder / link).exists(), link


def test_a_lesson_on_the_page_is_text_without_scripts_and_without_links_to_nowhere() -> None:
    html = Lesson(
        1, "# A\n\n<script>x</script> [b](../c.md) [d](https://e.example/)\n\n| f |\n|---|\n| g |\n"
    ).to_html()
    assert "<script>" not in html
    assert "../c.md" not in html
    assert 'href="https://e.example/"' in html
    assert "<td>g</td>" in html


def test_a_lesson_that_is_not_there_is_an_error_in_a_sentence() -> None:
    with pytest.raises(AlvinnError, match="lessons 1 to 7, not 9"):
        find_lesson(9)


@pytest.mark.parametrize("words", [("two",), ("two", "--check"), ("2.5",)])
def test_a_lesson_that_is_no_number_is_answered_with_those_there_are(shell: Shell, words: tuple[str, ...]) -> None:
    said = shell.misused("lesson", *words)
    assert said.startswith(f"there are lessons 1 to 7, not {words[0]}; 0 is the plan")


@pytest.mark.long
def test_the_exercises_are_done_by_their_own_commands_one_after_another(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All as they are shown; what the students write in lesson 6 is computed here by another way."""
    monkeypatch.chdir(tmp_path)
    for lesson in LESSONS[1:]:
        for words in lesson.exercise():
            if words[:3] == ["alvinn", "lesson", "6"]:
                write_answer(tmp_path)
            assert main(words[1:]) == 0, words
        if lesson.number == 5:
            assert main(["laps", "--driver", "expert", "--maps", "random:11", "--out", "lesson6-expert"]) == 0


def write_answer(folder: Path) -> None:
    """What a student of lesson 6 finds."""
    (log,) = folder.glob("lesson6-expert/runs/*/log.csv")
    offsets = np.array([float(row["offset"]) for row in csv.DictReader(log.read_text().splitlines())])
    answer = {"offset_sd_m": float(offsets.std()), "offset_max_m": float(np.abs(offsets).max())}
    (folder / "lesson6.json").write_text(json.dumps(answer))


def test_a_check_without_a_lesson_is_wrong_usage() -> None:
    with pytest.raises(ValueError, match="--check requires the number of a lesson"):
        ShowLesson(check=True)
