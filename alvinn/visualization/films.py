"""The films of a report: the worst ten seconds of its worst runs are in the page, those of others beside it."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from alvinn.metrics.referee import Result, Run
from alvinn.metrics.results import FILM, FILM_SECONDS, run_folder
from alvinn.metrics.worst import CLIP, find_worst_stretch
from alvinn.util.video import poster
from alvinn.visualization.figures import label_run, select_worst
from alvinn.visualization.page import pluralize

PAIRED = 3  # runs whose films stand side by side
EMBEDDED = 12  # films in the page: with more it takes long to open


@dataclass(frozen=True)
class Clip:
    """A film in the page."""

    anchor: str
    """its place in the page"""
    video: str
    """address that holds the film"""
    still: str
    """address that holds its first picture"""
    caption: str


@dataclass(frozen=True)
class Link:
    """A film beside the page."""

    address: str
    text: str


@dataclass(frozen=True)
class Films:
    """The films that a report shows."""

    whole: str | None
    """file of the first run's film, beside the page"""
    thumbnail: str | None
    """address that holds a picture of it"""
    clips: Sequence[Clip]
    """the worst runs, worst first"""
    links: Sequence[Link]
    """the other runs"""
    whole_seconds: float
    """length of the first run's film [s]"""


def collect_films(folder: Path, results: Sequence[Result]) -> Films:
    """The films in the folder of a report: of the first run, and of the worst ten seconds of the worst runs."""
    ranked = select_worst(results, len(results))
    filmed = [result for result in ranked if (run_folder(folder, result.run) / CLIP).is_file()]
    film, thumbnail = folder / FILM, (folder / FILM).with_suffix(".jpg")
    return Films(
        FILM if film.is_file() else None,
        _data_url(thumbnail.read_bytes(), "image/jpeg") if thumbnail.is_file() else None,
        [_clip(folder, result) for result in filmed[:EMBEDDED]],
        [_link(folder, result) for result in filmed[EMBEDDED:]],
        _measure_film(results[0]) if results else 0.0,
    )


def _measure_film(result: Result) -> float:
    """Length of the first run's film [s], which ends with the run."""
    times = result.trace.time
    return min(FILM_SECONDS, round(times[-1] - times[0], 1)) if times else 0.0


def make_anchor(run: Run) -> str:
    """The place of a run's film in the page."""
    return run_folder(Path(), run).name


def _clip(folder: Path, result: Result) -> Clip:
    first, last = find_worst_stretch(result.trace.offset)
    lost = sum(first <= tick <= last for tick in result.trace.departures)
    where = f"{result.trace.progress[first]:.0f} to {result.trace.progress[last]:.0f} m"
    caption = f"{label_run(result)}: {where}" + (f", {pluralize(lost, 'departure')}" if lost else "")
    return embed_clip(run_folder(folder, result.run) / CLIP, make_anchor(result.run), caption)


def embed_clip(path: Path, anchor: str, caption: str) -> Clip:
    """A film for a page, with its first picture."""
    return Clip(anchor, _data_url(path.read_bytes(), "video/mp4"), _data_url(poster(path), "image/jpeg"), caption)


def pair_films(folders: Mapping[str, Path], runs: Sequence[Run]) -> list[list[Clip]]:
    """The worst ten seconds of several drivers in the same run, side by side; of the first few runs that all have.

    Args:
        folders: of the results, by the driver's name.
        runs: that all drove.
    """
    filmed = [run for run in runs if all((run_folder(one, run) / CLIP).is_file() for one in folders.values())]
    return [
        [
            embed_clip(
                run_folder(folder, run) / CLIP,
                f"{make_anchor(run)}-{number}",
                f"{name}: {run}",
            )
            for number, (name, folder) in enumerate(folders.items())
        ]
        for run in filmed[:PAIRED]
    ]


def _link(folder: Path, result: Result) -> Link:
    path = (run_folder(folder, result.run) / CLIP).relative_to(folder)
    return Link(quote(path.as_posix()), label_run(result))


def _data_url(data: bytes, kind: str) -> str:
    return f"data:{kind};base64,{b64encode(data).decode('ascii')}"
