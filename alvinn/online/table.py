"""`learn --table`: how long each network watches before it drives a lap by itself, over some seeds.

A cell is a network and a seed: one headless lesson. What it found is a JSON file, written last, so that a run that was
killed continues where it was; the table is made anew after every cell.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any, get_args

from rich.text import Text

from alvinn.console import CONSOLE
from alvinn.errors import AlvinnError
from alvinn.online.pace import LearnedOnline
from alvinn.online.run import learn_alone
from alvinn.online.settings import LearnSettings
from alvinn.online.story import FILE
from alvinn.util.begun import begin, require_ours
from alvinn.util.files import write_bytes, write_json

GOALS = (60.0, 120.0)  # s of watching
BEGUN = "begun.json"
FREE = frozenset({"home", "carla", "name", "network", "seed", "driver", "fallback", "overwrite", "device", "headless"})
"""Settings that a cell does not depend on, or that each has of its own."""
HEADINGS = ("network", "lessons", "drove a lap", *(f"within {goal:.0f} s" for goal in GOALS), "seconds, by seed")


def make_table(settings: LearnSettings, out: Path, seeds: int) -> None:
    """Teach every network with every seed, as far as that is not done yet, and write the table.

    Args:
        settings: of every lesson; models go to its home, as table-NETWORK-SEED.
        out: folder of the cells' JSON files and of table.md.
        seeds: from 0.

    Raises:
        MixedError: the cells in the folder are of other settings.
        TakenError: the folder has a table that is not one of these.
        AlvinnError: a lesson could not be held.
    """
    require_ours(out, BEGUN, ("table.md",))
    same = {name: value for name, value in asdict(settings).items() if name not in FREE}
    begin(out / BEGUN, same, "choose another --out")
    for network, seed in list_cells(seeds):
        path = out / f"{network}-{seed}.json"
        if not path.exists():
            CONSOLE.print(Text.assemble((network, "bold"), f", seed {seed}"))
            name = f"table-{path.stem}"
            write_json(path, teach(replace(settings, name=name, network=network, seed=seed, overwrite=True)))
        write_bytes(out / "table.md", format_table(read_cells(out)).encode())
    CONSOLE.print((out / "table.md").read_text(encoding="utf-8"))


def list_cells(seeds: int) -> Iterator[tuple[LearnedOnline, int]]:
    """Seed by seed, so that an early table has every network already."""
    for seed in range(seeds):
        for network in get_args(LearnedOnline):
            yield network, seed


def teach(job: LearnSettings) -> dict[str, Any]:
    """The story of a lesson; one that did not converge is a result too.

    Raises:
        AlvinnError: the lesson could not be held, or ended otherwise.
    """
    story = job.model_folder(job.name) / FILE
    story.unlink(missing_ok=True)
    try:
        learn_alone(job, keep_interrupted=False)
    except AlvinnError:
        if not story.exists() or json.loads(story.read_text(encoding="utf-8"))["outcome"] != "did not converge":
            raise
    told: dict[str, Any] = json.loads(story.read_text(encoding="utf-8"))
    return told


def read_cells(out: Path) -> list[dict[str, Any]]:
    """The cells that are there, by network and seed."""
    cells = [json.loads(path.read_text(encoding="utf-8")) for path in out.glob("*-*.json")]
    return sorted(cells, key=lambda cell: (get_args(LearnedOnline).index(cell["network"]), cell["seed"]))


def format_table(cells: Sequence[dict[str, Any]]) -> str:
    """The table in Markdown."""
    lines = [HEADINGS, ("---",) * len(HEADINGS)]
    for network in get_args(LearnedOnline):
        own = [cell for cell in cells if cell["network"] == network]
        known = [cell["first_unaided_lap_after_s"] for cell in own if cell["first_unaided_lap_after_s"] is not None]
        within = [str(sum(seconds <= goal for seconds in known)) for goal in GOALS]
        lines.append((network, str(len(own)), str(len(known)), *within, ", ".join(map(_format_cell, own)) or "-"))
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def _format_cell(cell: dict[str, Any]) -> str:
    """The seconds; of a failure the farthest drive."""
    seconds = cell["first_unaided_lap_after_s"]
    if seconds is not None:
        return f"{seconds:.0f}"
    best = max((attempt["driven_m"] for attempt in cell["attempts"]), default=0.0)
    return f"none in {cell['watched_s']:.0f} ({best:.0f} m)"
