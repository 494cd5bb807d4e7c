"""The films of a report's page: the worst ten seconds of its worst runs are in the page, those of others beside it."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Sequence
from html import escape
from pathlib import Path

from alvinn.metrics.referee import Result
from alvinn.metrics.results import FILM, FILM_SECONDS, run_folder
from alvinn.metrics.worst import CLIP, worst_stretch
from alvinn.util.video import poster
from alvinn.visualization.figures import label, worst

EMBEDDED = 12  # films in the page: with more it takes long to open

LEGEND = (
    "What the camera saw; above it, where a network drove, its retina, what of it mattered to the answer "
    "(VisualBackProp, where the model has it) and its output units with the curvature that they say."
)


def films(folder: Path, results: Sequence[Result]) -> list[str]:
    """The section of a page in `folder`: the film of the first run, and the worst ten seconds of the worst runs."""
    driven = [result for result in worst(results, len(results)) if (run_folder(folder, result.run) / CLIP).is_file()]
    shown, rest = driven[:EMBEDDED], driven[EMBEDDED:]
    parts = ["<h2>Films</h2>", _whole(folder)] if (folder / FILM).is_file() else []
    if shown:
        parts += [
            "<h2>The worst ten seconds of each run</h2>",
            f"<p>{LEGEND}</p>",
            f'<div class="films">{"".join(_clip(folder, result) for result in shown)}</div>',
        ]
    if rest:
        told = f"{counted(len(rest), 'better run')} "
        parts.append(f"<p>The worst ten seconds of {told}lie beside this page: {_links(folder, rest)}.</p>")
    return parts


def embedded(path: Path, kind: str) -> str:
    """A file as an address that holds it."""
    return f"data:{kind};base64,{b64encode(path.read_bytes()).decode('ascii')}"


def _whole(folder: Path) -> str:
    thumbnail = (folder / FILM).with_suffix(".jpg")
    image = f'<img src="{embedded(thumbnail, "image/jpeg")}" alt="" width="320"><br>' if thumbnail.is_file() else ""
    told = f"The first {FILM_SECONDS:g} s of the first run"
    return f'<p><a href="{FILM}">{image}{told}</a> (<code>{FILM}</code>, beside this page)</p>'


def _clip(folder: Path, result: Result) -> str:
    first, last = worst_stretch(result.trace.offset)
    lost = sum(first <= tick <= last for tick in result.trace.departures)
    where = f"{result.trace.progress[first]:.0f} to {result.trace.progress[last]:.0f} m"
    told = f"{label(result)}: {where}" + (f", {counted(lost, 'departure')}" if lost else "")
    clip = run_folder(folder, result.run) / CLIP
    still = f"data:image/jpeg;base64,{b64encode(poster(clip)).decode('ascii')}"
    return (
        f'<figure><video controls muted loop playsinline preload="none" poster="{still}" '
        f'src="{embedded(clip, "video/mp4")}"></video><img class="still" alt="" src="{still}">'
        f"<figcaption>{escape(told)}</figcaption></figure>"
    )


def counted(number: int, what: str) -> str:
    """A number of things: 1 departure, 2 departures."""
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


def _links(folder: Path, results: Sequence[Result]) -> str:
    paths = [(run_folder(folder, result.run) / CLIP).relative_to(folder).as_posix() for result in results]
    return ", ".join(
        f'<a href="{escape(path)}">{escape(label(result))}</a>' for path, result in zip(paths, results, strict=True)
    )
