"""`lesson`: shows a lesson, or checks its exercise."""

from __future__ import annotations

from dataclasses import dataclass

import tyro
from rich.markdown import Markdown

from alvinn.classroom.checks import check_exercise
from alvinn.classroom.lessons import find_lesson, read_lessons
from alvinn.console import CONSOLE
from alvinn.errors import AlvinnError
from alvinn.settings import Home


@dataclass(frozen=True)
class ShowLesson(Home):
    """Show a lesson, or check its exercise."""

    number: tyro.conf.Positional[str | None] = None
    """number of the lesson; 0: plans for a lecture and a lab (default: the list of lessons)"""
    check: bool = False
    """check the exercise: what is done, what is missing"""

    def __post_init__(self) -> None:
        if self.check and self.number is None:
            raise ValueError("--check requires the number of a lesson: alvinn lesson 2 --check")

    def run(self) -> None:
        """Do the job.

        Raises:
            AlvinnError: there is no such lesson, or its exercise is not done.
        """
        if self.number is None:
            for lesson in read_lessons():
                CONSOLE.print(f"alvinn lesson {lesson.number}   {lesson.title}", highlight=False)
        elif self.check:
            self._check(find_lesson(self.number).number)
        else:
            CONSOLE.print(Markdown(find_lesson(self.number).text))

    def _check(self, number: int) -> None:
        results = check_exercise(number, self)
        for result in results:
            CONSOLE.print(f"{'good' if result.good else 'not yet'}: {result.text}", highlight=False)
        missing = sum(not result.good for result in results)
        if missing:
            raise AlvinnError(
                f"the exercise of lesson {number} is not done: {missing} of {len(results)} points are open"
            )
        CONSOLE.print(f"the exercise of lesson {number} is done")
