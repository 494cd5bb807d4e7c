"""Regression: the model that is shipped drives as it did when it was chosen.

The reference is made by

    python -m alvinn laps --model shipped --maps random:301,random:302 --both-directions --km 0.25 --out OUT

and OUT/laps.json is kept as alvinn/shipped/reference.json.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from alvinn.metrics.results import parse_run, read_laps
from alvinn.settings import Home
from tests.alvinn.jobs.cli import Shell

REFERENCE = Home().find_model("shipped") / "reference.json"
RUNS = ("--maps", "random:301,random:302", "--both-directions", "--km", "0.25")


@pytest.fixture
def shell(capfd: pytest.CaptureFixture[str]) -> Shell:
    """The command line, in this process."""
    return Shell(capfd)


@pytest.mark.long
def test_the_shipped_model_drives_no_worse_than_when_it_was_chosen(shell: Shell, tmp_path: Path) -> None:
    arguments = ("laps", "--home", str(tmp_path), "--model", "shipped", *RUNS, "--jobs", "2")
    said = shell.run(*arguments, "--against", str(REFERENCE))
    assert said.status == 0, said.err
    before, after = (read_laps(path) for path in (REFERENCE, tmp_path / "models" / "shipped" / "laps"))
    then = before["settings"]  # without the program's version, which is what changes here
    now = {name: value for name, value in after["settings"].items() if name in then}
    assert now == then, "the reference was made of another model, or in another way"
    assert [parse_run(run) for run in after["runs"]] == [parse_run(run) for run in before["runs"]]
    assert after["summary"]["departures"] == 0
