"""`report.html`: how well a driver drives, on one page that opens offline and can be printed.

The page holds plotly itself and everything that it draws; it fetches nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Any

import numpy as np

from alvinn.metrics.referee import Result
from alvinn.metrics.summary import pool_metrics, summarize
from alvinn.visualization.figures import (
    SHOWN,
    comparison_figure,
    distance_figure,
    drawn,
    histogram_figure,
    label,
    library,
    path_figure,
)
from alvinn.visualization.films import counted, films

STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; color: #111; background: #fff; max-width: 1280px; margin: 2em auto;
       padding: 0 1em; }
h1 { font-size: 1.6em; } h2 { font-size: 1.25em; margin-top: 2em; }
.verdict { font-size: 1.2em; border-left: 6px solid; padding: .4em 1em; background: #f4f4f4; }
.good { border-color: #009E73; } .bad { border-color: #D55E00; }
.films { display: grid; grid-template-columns: repeat(auto-fill, minmax(380px, 1fr)); gap: 0 1em; }
video, .still { width: 100%; background: #000; } .still { display: none; }
.wide { overflow-x: auto; } table { border-collapse: collapse; font-size: .75em; width: 100%; }
.short table { width: auto; font-size: .85em; }
th, td { padding: .3em .35em; border-bottom: 1px solid #ccc; text-align: right; font-variant-numeric: tabular-nums; }
th:first-child, td:first-child { text-align: left; min-width: 11em; }
tr.lost td { background: #fbeee6; font-weight: bold; }
figure { margin: 1em 0; } figcaption { color: #444; }
code { font-size: .85em; overflow-wrap: anywhere; }
@media print { body { margin: 0; max-width: none; } figure, tr { break-inside: avoid; } .wide { overflow: visible; }
  h1, h2 { break-after: avoid; } .short table, table { font-size: 9px; } th, td { padding: .1em .2em; }
  .films { grid-template-columns: 1fr 1fr; } video, .modebar-container { display: none; } .still { display: block; }
  figure > div, .js-plotly-plot { max-width: 100%; } }
"""

RULE = (
    "A departure: a side of the car crosses the lane's edge. It counts once; the car is put back, which is one "
    "intervention and costs 6 s of autonomy. NVIDIA's rule counts an intervention beyond 1 m; a car that was put back "
    "nearer than that counts there too, since nobody knows where it would have gone."
)

Column = tuple[str, str, str]
"""Key of `laps.json`, heading, format."""

COLUMNS: tuple[Column, ...] = (
    ("completion_pct", "driven [%]", ".0f"),
    ("departures", "departures", "d"),
    ("interventions", "helped", "d"),
    ("autonomy_pct", "autonomy [%]", ".1f"),
    ("autonomy_1m_pct", "by 1\N{NO-BREAK SPACE}m [%]", ".1f"),
    ("collisions", "collisions", "d"),
    ("lane_invasions", "lines crossed", "d"),
    ("offset_mean_m", "offset mean [m]", "+.3f"),
    ("offset_sd_m", "sd [m]", ".3f"),
    ("offset_p95_m", "p95 [m]", ".3f"),
    ("offset_max_m", "largest [m]", ".2f"),
    ("heading_sd_rad", "heading sd [rad]", ".3f"),
    ("steer_suddenness_per_km", "steering per km", ".1f"),
    ("speed_mean_mps", "speed [m/s]", ".1f"),
)
"""Of each run; the rest is in `laps.csv`."""

SHARED: tuple[Column, ...] = (("km", "km", ".2f"), *COLUMNS[1:4], *COLUMNS[7:])
"""What there is to say of anybody's driving."""

POOLED: tuple[Column, ...] = (
    ("km", "driven [km]", ".2f"),
    ("completed_pct", "runs to the end [%]", ".0f"),
    ("departures_per_km", "departures per km", ".3f"),
    ("km_per_departure", "km per departure", ".2f"),
    ("autonomy_pct", "autonomy [%]", ".2f"),
    ("autonomy_1m_pct", "autonomy by NVIDIA's rule of 1 m [%]", ".2f"),
    ("collisions_per_km", "collisions per km", ".3f"),
    ("lane_invasions_per_km", "lines crossed per km", ".3f"),
    ("offset_mean_m", "offset, mean [m]", "+.3f"),
    ("offset_sd_m", "offset, sd [m]", ".3f"),
    ("offset_p95_m", "offset, p95 of its size [m]", ".3f"),
    ("offset_max_m", "offset, largest [m]", ".2f"),
    ("heading_sd_rad", "heading error, sd [rad]", ".3f"),
    ("steer_suddenness_per_km", "steering per km (sum of changes)", ".1f"),
    ("speed_mean_mps", "speed, mean [m/s]", ".2f"),
    ("realtime_factor", "times as fast as real time", ".1f"),
    ("latency_ms_p50", "thinking time, p50 [ms]", ".2f"),
    ("latency_ms_p99", "thinking time, p99 [ms]", ".2f"),
)
"""Of all runs together."""


def verdict(who: str, results: Sequence[Result], summed: Mapping[str, Any]) -> str:
    """How well it drives, in a sentence."""
    done = [result for result in results if result.status == "done"]
    if not done:
        return f"{who}: none of the {len(results)} runs was driven."
    km, departures = summed["km"], summed["departures"]
    often = counted(departures, "departure") if departures else "no departure"
    each = f", one every {km / departures:.2f} km" if departures > 1 else ""
    end = sum(result.completed for result in results)
    spread = "" if summed["offset_sd_m"] is None else f" The offset from the lane's centre had sd {_sd(summed)}."
    return f"{who}: {often} in {km:.2f} km{each}; {end} of {len(results)} runs driven to the end.{spread}"


def _sd(summed: Mapping[str, Any]) -> str:
    ends = summed["ci"].get("offset_sd_m")
    return f"{summed['offset_sd_m']:.3f} m" + (f" (95%: {ends[0]:.3f} to {ends[1]:.3f} m)" if ends else "")


Baseline = tuple[str, Sequence[Result]]
"""Somebody else who was judged by the same rule, and their runs."""


def write_report(
    path: Path,
    who: str,
    results: Sequence[Result],
    summed: Mapping[str, Any],
    commands: Sequence[str],
    baselines: Sequence[Baseline] = (),
    how: str = "",
) -> None:
    """Write the page.

    Args:
        path: of the page; films beside it are shown.
        who: drives.
        results: every run asked for.
        summed: the summary of `laps.json`.
        commands: what drives each run alone.
        baselines: who is put beside.
        how: the runs were driven, in a sentence.
    """
    good = all(result.faultless for result in results)
    maps = dict.fromkeys(result.run.map for result in results)
    parts = [
        f'<p class="verdict {"good" if good else "bad"}">{escape(verdict(who, results, summed))}</p>',
        f"<p>{escape(_asked(results))} {escape(how)}</p>",
        f"<p>{RULE}</p>",
        *(_beside(who, summed, baselines) if baselines else ()),
        "<h2>All runs together</h2>",
        _pooled_table(summed),
        "<h2>Runs</h2>",
        runs_table(results, summed),
        "<h2>Offset</h2>",
        figure(drawn(histogram_figure(by_map(results))), "How the offset from the lane's centre is spread."),
        *(part for name in maps for part in _circuit(name, [r for r in results if r.run.map == name])),
        *films(path.parent, results),
        "<h2>Each run again</h2>",
        _commands(results, commands),
    ]
    write_page(path, f"How {who} drove", parts)


def _asked(results: Sequence[Result]) -> str:
    """What was asked for: 40 runs: 5 circuits, 2 directions, 4 weathers (ClearNoon, ...), seed 0."""
    runs = [result.run for result in results]
    weathers = list(dict.fromkeys(run.weather for run in runs))
    seeds = sorted({run.seed for run in runs})
    parts = [
        counted(len({run.map for run in runs}), "circuit"),
        counted(len({run.direction for run in runs}), "direction"),
        f"{counted(len(weathers), 'weather')} ({', '.join(weathers)})",
        f"seed {seeds[0]}" if len(seeds) == 1 else f"seeds {seeds[0]} to {seeds[-1]}",
    ]
    starts = len({run.start for run in runs})
    if starts > 1:
        parts.append(f"{starts} starting points")
    return f"{counted(len(runs), 'run')}: {', '.join(parts)}."


def _pooled_table(summed: Mapping[str, Any]) -> str:
    """Over all ticks of all runs, with the intervals that are known."""
    rows = []
    for key, heading, form in POOLED:
        low, high = summed["ci"].get(key, (0.0, 0.0))
        told = f"{low:{form}} to {high:{form}}" if high > low else ""
        if key == "departures_per_km" and summed["departures"] == 0 and high > 0.0:
            told = f"below {high:{form}}: rule of three"
        rows.append([heading, cell(summed, key, form), told])
    return f'<div class="short">{html_table(["", "", "95%: bootstrap over circuits"], rows)}</div>'


def spreads(who: str, summed: Mapping[str, Any], baselines: Sequence[Baseline]) -> str:
    """The offset's spread of all, in a sentence: "mine sd 0.060 m, expert 0.021 m, you 0.110 m"."""
    told = [(who, summed), *((name, pool_metrics(results)) for name, results in baselines)]
    parts = [f"{name} {_metres(one['offset_sd_m'])}" for name, one in told]
    return f"Offset from the lane's centre, standard deviation: {', '.join(parts)}."


def _metres(value: float | None) -> str:
    return "not driven" if value is None else f"{value:.3f} m"


def _beside(who: str, summed: Mapping[str, Any], baselines: Sequence[Baseline]) -> list[str]:
    told = [summed, *(summarize(results, np.random.default_rng(0)) for _, results in baselines)]
    names = [who, *(name for name, _ in baselines)]
    rows = [[name, *(cell(one, key, form) for key, _, form in SHARED)] for name, one in zip(names, told, strict=True)]
    return [
        "<h2>Beside others</h2>",
        f"<p>{escape(spreads(who, summed, baselines))} All are judged by the same rule.</p>",
        html_table(["who", *(heading for _, heading, _ in SHARED)], rows),
        figure(drawn(comparison_figure(names, told)), "Each with its 95% interval over circuits: bootstrap."),
    ]


def write_page(path: Path, title: str, parts: Iterable[str]) -> None:
    """Write a page that holds plotly and the given pieces of HTML."""
    path.parent.mkdir(parents=True, exist_ok=True)
    content = "\n".join(parts)
    path.write_text(
        f'<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title>\n'
        f'<meta name="viewport" content="width=device-width, initial-scale=1"><link rel="icon" href="data:,">\n'
        f"<style>{STYLE}</style><script>{library()}</script></head>\n"
        f"<body><h1>{escape(title)}</h1>\n{content}\n</body></html>\n",
        encoding="utf-8",
    )


def figure(drawing: str, caption: str) -> str:
    """A drawing with what it shows, for those who cannot see it too."""
    return f"<figure>{drawing}<figcaption>{escape(caption)}</figcaption></figure>"


def html_table(headings: Sequence[str], rows: Sequence[Sequence[str]], lost: Collection[int] = ()) -> str:
    """A table, its cells escaped; the first cell of a row is its heading. The rows numbered in `lost` stand out."""
    head = "".join(f'<th scope="col">{escape(cell)}</th>' for cell in headings)
    body = "".join(_row(row, lost=number in lost) for number, row in enumerate(rows))
    return f'<div class="wide"><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>'


def _row(cells: Sequence[str], *, lost: bool) -> str:
    kind = ' class="lost"' if lost else ""
    return f"<tr{kind}>" + "".join(f"<td>{escape(cell)}</td>" for cell in cells) + "</tr>\n"


def cell(figures: Mapping[str, Any], key: str, form: str) -> str:
    """A figure as text; a dash where nothing was measured."""
    value = figures.get(key)
    return "\N{EN DASH}" if value is None else format(value, form)


def runs_table(results: Sequence[Result], summed: Mapping[str, Any]) -> str:
    """All runs, and all of them pooled."""
    rows = []
    for result in results:
        figures = result.as_json()
        told = "" if result.status == "done" else f" ({result.status})"
        rows.append([label(result) + told, *(cell(figures, key, form) for key, _, form in COLUMNS)])
    rows.append(["all", *(cell(summed, key, form) for key, _, form in COLUMNS)])
    lost = {number for number, result in enumerate(results) if result.status == "done" and not result.faultless}
    return html_table(["run", *(heading for _, heading, _ in COLUMNS)], rows, lost)


def by_map(results: Sequence[Result]) -> list[tuple[str, list[Result]]]:
    """The driven runs of the first circuits, a group each; with more than fit a figure, all in one."""
    driven = [result for result in results if result.trace.time]
    names = list(dict.fromkeys(result.run.map for result in driven))
    if len(names) > SHOWN:
        return [(f"all {len(names)} circuits", driven)]
    return [(name, [result for result in driven if result.run.map == name]) for name in names]


def _circuit(name: str, results: Sequence[Result]) -> list[str]:
    driven = [result for result in results if result.trace.time]
    if not driven:
        reasons = " ".join(dict.fromkeys(escape(result.reason) for result in results if result.reason))
        return [f"<h2>{escape(name)}</h2><p>Not driven. {reasons}</p>"]
    few = f"the {SHOWN} worst of {len(driven)} runs" if len(driven) > SHOWN else "all runs"
    where = "Where the car drove: the worst run of each direction, coloured by its offset; crosses are departures."
    how = f"Offset and steering over the distance driven, {few}; dashed: a side of the car at the lane's edge."
    return [
        f"<h2>{escape(name)}</h2>",
        figure(drawn(path_figure(driven)), where),
        figure(drawn(distance_figure(driven)), how),
    ]


def _commands(results: Sequence[Result], commands: Sequence[str]) -> str:
    items = (f"<li><code>{escape(command)}</code></li>" for _, command in zip(results, commands, strict=True))
    return f"<ol>{''.join(items)}</ol>"
