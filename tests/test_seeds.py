"""Which circuits are for what: random:1 to 99 examples, 100 to 299 development and teaching, 300 to 399 tests,
400 to 499 judging in docs; from 5000 up they are for others' judging alone.

Seeds built by a program are not seen here; names that are written out are.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from alvinn.dagger.settings import RoundSettings
from alvinn.jobs import ablation, refinement_study
from alvinn.jobs.accept import GLANCE, UNSEEN
from alvinn.jobs.shift import Shift
from tests.laps import attempts, few_labels, robustness

ROOT = Path(__file__).resolve().parents[1]
NAMED = re.compile(r"(?:random|wild):(\d+)")
EXAMPLES, DEVELOPMENT, TESTS, JUDGING = range(100), range(100, 300), range(300, 400), range(400, 500)


def seeds(text: str) -> set[int]:
    return {int(seed) for seed in NAMED.findall(text) if len(seed) < 10}  # a longer number is refused as a name


def named_in(*folders: str) -> Iterator[tuple[Path, set[int]]]:
    for folder in folders:
        for path in sorted((ROOT / folder).rglob("*")):
            if path.suffix in {".py", ".md", ".html", ".toml"} and "__pycache__" not in path.parts:
                yield path, seeds(path.read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    "maps",
    [
        RoundSettings.maps,
        Shift.maps,
        RoundSettings.judge,
        ",".join(attempts.CIRCUITS),
        ",".join(few_labels.DEVELOPMENT),
    ],
)
def test_what_teaches_or_chooses_does_so_on_examples_or_development_circuits(maps: str) -> None:
    assert seeds(maps) <= {*EXAMPLES, *DEVELOPMENT}


@pytest.mark.parametrize(
    "maps",
    [
        ablation.CIRCUITS,
        refinement_study.CIRCUITS,
        Shift.judge,
        ",".join(UNSEEN),
        ",".join(GLANCE),
        f"random:{robustness.FIRST}",
    ],
)
def test_what_docs_print_is_judged_on_judging_circuits(maps: str) -> None:
    assert seeds(maps)
    assert seeds(maps) <= set(JUDGING)


def test_judging_circuits_are_named_in_no_other_code() -> None:
    """Except where a job judges, or a sentence tells where to."""
    jobs = ("ablation", "accept", "correct", "refine", "refinement_study", "shift")
    names = ("commands.py", *(f"jobs/{job}.py" for job in jobs))
    judges = {ROOT / "alvinn" / name for name in names}
    for path, named in named_in("alvinn", "sim"):
        allowed = {*EXAMPLES, *DEVELOPMENT, *(JUDGING if path in judges else ())}
        assert named <= allowed, path


def test_nobody_names_the_circuits_kept_for_others() -> None:
    for path, named in [
        *named_in("alvinn", "sim", "tests", "docs"),
        (ROOT / "README.md", seeds((ROOT / "README.md").read_text("utf-8"))),
    ]:
        assert named <= {*EXAMPLES, *DEVELOPMENT, *TESTS, *JUDGING}, path
