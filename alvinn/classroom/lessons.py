"""The lessons: Markdown files beside this module, readable in the repository, on the terminal and on the page."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import resources

from markdown_it import MarkdownIt

from alvinn.errors import UsageError

PLAN = "plan"


@dataclass(frozen=True)
class Lesson:
    """A lesson, or the plan for lecture and lab (number 0)."""

    number: int
    text: str

    @property
    def title(self) -> str:
        """Its first heading."""
        return self.text.partition("\n")[0].lstrip("# ").strip()

    @property
    def minutes(self) -> int:
        """How long it takes to give."""
        found = re.search(r"^(\d+) minutes", self.text, re.MULTILINE)
        return int(found[1]) if found else 0

    def to_html(self) -> str:
        """The lesson for the page; markup in it is text. Links within the repository are left out: nothing is there."""
        html: str = MarkdownIt("commonmark", {"html": False}).enable("table").render(self.text)
        return re.sub(r'<a href="(?!https?:)[^"]*">(.*?)</a>', r"\1", html)

    def commands(self) -> list[list[str]]:
        """The commands of its shell blocks, in words, without `python -m`."""
        return [line.split()[2:] for block in self._blocks() for line in block.splitlines() if line.strip()]

    def exercise(self) -> list[list[str]]:
        """The commands of its exercise."""
        start = self.text.find("## Exercise")
        return [] if start < 0 else Lesson(self.number, self.text[start:]).commands()

    def _blocks(self) -> Iterator[str]:
        return iter(re.findall(r"```sh\n(.*?)```", self.text, re.DOTALL))


def read_lessons() -> list[Lesson]:
    """The plan and all lessons, in order."""
    folder = resources.files("alvinn.classroom") / "lessons"
    texts = {path.name: path.read_text(encoding="utf-8") for path in folder.iterdir() if path.name.endswith(".md")}
    numbered = sorted((int(name.partition("-")[0]), text) for name, text in texts.items() if name[0].isdecimal())
    return [Lesson(0, texts[f"{PLAN}.md"]), *(Lesson(number, text) for number, text in numbered)]


def find_lesson(number: int | str) -> Lesson:
    """A lesson by its number.

    Raises:
        UsageError: there is none.
    """
    lessons = read_lessons()
    for lesson in lessons:
        if str(lesson.number) == str(number):
            return lesson
    last = lessons[-1].number
    raise UsageError(f"there are lessons 1 to {last}, not {number}; 0 is the plan for a lecture and a lab")
