"""Results that a sweep finds in its folder: kept, replaced or refused, never lost or mixed without a word."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from pathlib import Path
from typing import Any

from alvinn.errors import ResultsError
from alvinn.metrics.referee import Result, Run
from alvinn.metrics.results import FILM, load_run, parse_run, read_laps
from alvinn.util.begun import require_ours, require_same
from alvinn.util.replaced import Replaced
from alvinn.visualization.page import pluralize

MARK = "laps.json"
MADE = (MARK, "laps.csv", "report.html", FILM, "runs")


def load_earlier(
    folder: Path,
    runs: Sequence[Run],
    head: dict[str, Any],
    *,
    resume: bool,
    replaced: Replaced | None = None,
    is_part: bool = False,
) -> dict[Run, Result]:
    """The finished runs of an earlier sweep that are kept; what is to be replaced is set aside.

    Args:
        folder: of the results.
        runs: those asked for now.
        head: `model` and `settings` of the sweep.
        resume: keep the earlier results.
        replaced: set them aside here; None: they are not to be replaced.
        is_part: the sweep is part of longer work, whose flags it has; that resumes on any server.

    Raises:
        ResultsError: there are finished runs, and neither was said; or there are others than those asked for.
        TakenError: what would be replaced are no results.
        MixedError: they were driven with other settings; the sentence names them.
    """
    path = folder / MARK
    require_ours(folder, MARK, MADE)
    if replaced is not None:
        replaced.set_aside()
    if not path.exists():
        return {}
    before = read_laps(path)
    finished = {parse_run(entry) for entry in before["runs"] if entry["status"] == "done"}
    if not resume:
        _require_none(path, finished)
        return {}
    mend = "choose another --out, or add --overwrite in place of --resume"
    if is_part:
        mend = f"remove {folder}, and it is driven anew"
    free = {"carla"} if is_part else set()
    require_same(path, _flat(before, free), _flat(head, free), mend)
    if lost := [run for run in finished if run not in runs]:
        names = ", ".join(sorted(f"{run.circuit} {run.direction} in {run.weather}" for run in lost)[:3])
        raise ResultsError(
            f"{path} holds what is not asked for now, {pluralize(len(lost), 'run')} ({names}): ask for them too, {mend}"
        )
    found = [load_run(folder, run) for run in runs if run in finished]
    return {result.run: result for result in found if result is not None}


def _require_none(path: Path, finished: Iterable[Run]) -> None:
    count = len(set(finished))
    if count:
        raise ResultsError(
            f"{path} holds finished runs ({count}): add --resume to keep them and drive the rest, --overwrite to "
            "replace them, or choose another --out"
        )


def _flat(head: dict[str, Any], free: Collection[str]) -> dict[str, Any]:
    """What is to be the same; a network is known by its contents, wherever it lies."""
    who = {} if head["settings"].get("network_sha256") else {"model": head["model"]}
    return who | {name: value for name, value in head["settings"].items() if name not in free}
