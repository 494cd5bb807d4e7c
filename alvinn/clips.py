"""The films of a report's page: the worst ten seconds of its worst runs are in the page, those of others beside it."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Sequence
from html import escape
from pathlib import Path

from alvinn.figures import label, worst
from alvinn.referee import Result
from alvinn.results import run_folder
from alvinn.worst import CLIP, stretch

EMBEDDED = 12  # films in the page: with more it takes long to open

LEGEND = (
    "What the camera saw; above it, where a network drove, its retina, what of it mattered to the answer "
    "(VisualBackProp, where the model has it) and its output units with the curvature that they say."
)


def films(folder: Path, results: Sequence[Result]) -> list[str]:
    """The section of a page in `folder`: the film of the first run, and the worst ten seconds of the worst runs."""
    driven = [result for result in worst(results, len(results)) if (run_folder(folder, result.run) / CLIP).is_file()]
    shown, rest = driven[:EMBEDDED], driven[EMBEDDED:]
    parts = [_whole(folder)] if (folder / "lap.mp4").is_file() else []
    if shown:
        parts += [
            "<h2>The worst ten seconds of each run</h2>",
            f"<p>{LEGEND}</p>",
            f'<div class="films">{"".join(_clip(folder, result) for result in shown)}</div>',
        ]
    if rest:
        parts.append(f"<p>The films of the {len(rest)} better runs lie beside this page: {_links(folder, rest)}.</p>")
    return parts


def embedded(path: Path, kind: str) -> str:
    """A file as an address that holds it."""
    return f"data:{kind};base64,{b64encode(path.read_bytes()).decode('ascii')}"


def _whole(folder: Path) -> str:
    thumbnail = folder / "lap.jpg"
    image = f'<img src="{embedded(thumbnail, "image/jpeg")}" alt="" width="320"><br>' if thumbnail.is_file() else ""
    return f'<p><a href="lap.mp4">{image}The film of the first run</a> (<code>lap.mp4</code>, beside this page)</p>'


def _clip(folder: Path, result: Result) -> str:
    first, last = stretch(result.trace.offset)
    lost = sum(first <= tick <= last for tick in result.trace.departures)
    where = f"{result.trace.progress[first]:.0f} to {result.trace.progress[last]:.0f} m"
    told = f"{label(result)}: {where}" + (f", {lost} departures" if lost else "")
    source = embedded(run_folder(folder, result.run) / CLIP, "video/mp4")
    return (
        f'<figure><video controls muted loop playsinline preload="metadata" src="{source}"></video>'
        f"<figcaption>{escape(told)}</figcaption></figure>"
    )


def _links(folder: Path, results: Sequence[Result]) -> str:
    paths = [(run_folder(folder, result.run) / CLIP).relative_to(folder).as_posix() for result in results]
    return ", ".join(
        f'<a href="{escape(path)}">{escape(label(result))}</a>' for path, result in zip(paths, results, strict=True)
    )
