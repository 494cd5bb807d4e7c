"""`report.html`: how well a driver drives, on one page."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from alvinn.metrics.referee import Result, name_map
from alvinn.metrics.summary import pool_metrics, summarize
from alvinn.visualization.figures import (
    SHOWN,
    label_run,
    plot_comparison,
    plot_distance,
    plot_offsets,
    plot_path,
    select_worst,
)
from alvinn.visualization.films import collect_films, make_anchor
from alvinn.visualization.page import (
    KM,
    HtmlFigure,
    HtmlTable,
    LargeNumber,
    embed_figure,
    format_distance,
    format_figure,
    pluralize,
    write_page,
)

Column = tuple[str, str, str]
"""Key of `laps.json`, heading, format."""

COLUMNS: tuple[Column, ...] = (
    ("completion_pct", "driven [%]", ".0f"),
    ("departures", "departures", "d"),
    ("interventions", "interventions", "d"),
    ("autonomy_pct", "autonomy [%]", ".1f"),
    ("autonomy_1m_pct", "autonomy, 1 m [%]", ".1f"),
    ("collisions", "collisions", "d"),
    ("lane_invasions", "lines crossed", "d"),
    ("offset_mean_m", "offset mean [m]", "+.3f"),
    ("offset_sd_m", "offset sd [m]", ".3f"),
    ("offset_p95_m", "offset p95 [m]", ".3f"),
    ("offset_max_m", "largest offset [m]", ".2f"),
    ("heading_sd_rad", "heading sd [rad]", ".3f"),
    ("steer_suddenness_per_km", "steering per km", ".1f"),
    ("speed_mean_mps", "speed [m/s]", ".1f"),
)
"""Columns of the table of runs; the other figures are in `laps.csv`."""

SHARED: tuple[Column, ...] = (("km", "driven", KM), *COLUMNS[1:4], *COLUMNS[7:])
"""Columns of the comparison with other drivers."""

POOLED: tuple[Column, ...] = (
    ("km", "driven", KM),
    ("completed_pct", "runs to the end [%]", ".0f"),
    ("departures_per_km", "departures per km", ".3f"),
    ("km_per_departure", "from departure to departure", KM),
    ("autonomy_pct", "autonomy [%]", ".2f"),
    ("autonomy_1m_pct", "autonomy, 1 m [%]", ".2f"),
    ("collisions_per_km", "collisions per km", ".3f"),
    ("lane_invasions_per_km", "lines crossed per km", ".3f"),
    ("offset_mean_m", "offset mean [m]", "+.3f"),
    ("offset_sd_m", "offset sd [m]", ".3f"),
    ("offset_p95_m", "offset p95 [m]", ".3f"),
    ("offset_max_m", "largest offset [m]", ".2f"),
    ("heading_sd_rad", "heading sd [rad]", ".3f"),
    ("steer_suddenness_per_km", "steering per km", ".1f"),
    ("speed_mean_mps", "speed, mean [m/s]", ".2f"),
    ("realtime_factor", "times as fast as real time", ".1f"),
    ("latency_ms_p50", "latency p50 [ms]", ".2f"),
    ("latency_ms_p99", "latency p99 [ms]", ".2f"),
)
"""Rows of the table of all runs pooled."""


def summarize_verdict(who: str, results: Sequence[Result], summed: Mapping[str, Any]) -> str:
    """Summarize how a driver drove, in a sentence."""
    done = [result for result in results if result.status == "done"]
    if not done:
        return f"{who}: none of the {len(results)} runs was driven."
    km, departures = summed["km"], summed["departures"]
    often = pluralize(departures, "departure") if departures else "no departure"
    each = f", one every {format_distance(km / departures)}" if departures > 1 else ""
    end = sum(result.completed for result in results)
    spread = "" if summed["offset_sd_m"] is None else f" The offset from the lane's centre had sd {_sd(summed)}."
    return f"{who}: {often} in {format_distance(km)}{each}; {end} of {len(results)} runs driven to the end.{spread}"


def _sd(summed: Mapping[str, Any]) -> str:
    ends = summed["ci"].get("offset_sd_m")
    return f"{summed['offset_sd_m']:.3f} m" + (f" (95%: {ends[0]:.3f} to {ends[1]:.3f} m)" if ends else "")


Baseline = tuple[str, Sequence[Result]]
"""Another driver judged by the same rule, and their runs."""


@dataclass(frozen=True)
class Circuit:
    """The runs on one circuit, as the page shows them."""

    name: str
    figures: Sequence[HtmlFigure]
    """none if nothing was driven there"""
    reasons: Sequence[str]
    """why runs failed"""


@dataclass(frozen=True)
class Comparison:
    """The driver beside others."""

    spreads: str
    table: HtmlTable
    figure: HtmlFigure


def write_report(
    path: Path,
    who: str,
    results: Sequence[Result],
    summed: Mapping[str, Any],
    commands: Sequence[str],
    baselines: Sequence[Baseline] = (),
    conditions: str = "",
    known: Collection[str] | None = None,
) -> None:
    """Write the page.

    Args:
        path: of the page; films beside it are shown.
        who: name of the driver.
        results: every run asked for.
        summed: the summary of `laps.json`.
        commands: command that repeats each run.
        baselines: others who are compared.
        conditions: how the runs were driven, in a sentence.
        known: the maps that the driver learned on; None if that is not known.
    """
    maps = dict.fromkeys(result.run.map for result in results)
    histogram = plot_offsets(group_by_map(results))
    films = collect_films(path.parent, results)
    clips = {clip.anchor for clip in films.clips}
    values = {
        "faultless": all(result.faultless for result in results),
        "verdict": summarize_verdict(who, results, summed),
        "knowledge": describe_knowledge(list(maps), known),
        "large": pick_numbers(results, summed),
        "scope": _describe_scope(results),
        "conditions": conditions,
        "comparison": _compare(who, summed, baselines) if baselines else None,
        "pooled": _tabulate_pooled(summed),
        "runs": tabulate_runs(results, summed),
        "histogram": embed_figure(histogram, "Distribution of the offset from the lane's centre."),
        "circuits": [_show_circuit(name_map(name), [r for r in results if r.run.map == name], clips) for name in maps],
        "films": films,
        "commands": commands,
    }
    write_page(path, "report.html", f"How {who} drove", values)


def describe_knowledge(maps: Sequence[str], known: Collection[str] | None) -> str:
    """Which circuits the driver had learned on and which it had never seen, in a sentence; empty if unknown."""
    if not known:
        return ""
    names, learned = dict.fromkeys(map(name_map, maps)), set(map(name_map, known))
    seen, unseen = ([name for name in names if (name in learned) is wanted] for wanted in (True, False))
    parts = [f"learned on: {', '.join(seen)}"] if seen else []
    parts += [f"never seen before: {', '.join(unseen)}"] if unseen else []
    said = "; ".join(parts)
    return f"{said[:1].upper()}{said[1:]}."


def pick_numbers(results: Sequence[Result], summed: Mapping[str, Any]) -> list[LargeNumber]:
    """The four figures that a reader sees first, with what they mean."""
    ended, count = sum(result.completed for result in results), len(results)
    lost = "the car never left its lane" if not summed["departures"] else "times a side of the car left the lane"
    others = "runs" if ended == count else "runs; the others were given up or failed"
    sd = format_figure(summed, "offset_sd_m", ".2f")
    autonomy = format_figure(summed, "autonomy_pct", ".1f")
    return [
        LargeNumber("Departures", str(summed["departures"]), f"{lost}, in {format_distance(summed['km'])}"),
        LargeNumber("Driven to the end", f"{ended} of {count}", others),
        LargeNumber("Offset sd", f"{sd} m", "how far it weaves about the lane's centre"),
        LargeNumber("Autonomy", f"{autonomy}%", "of the time without help, each departure counted as 6 s of it"),
    ]


def _describe_scope(results: Sequence[Result]) -> str:
    """The requested runs: 40 runs: 5 circuits, 2 directions, 4 weathers (ClearNoon, ...), seed 0."""
    runs = [result.run for result in results]
    weathers = list(dict.fromkeys(run.weather for run in runs))
    seeds = sorted({run.seed for run in runs})
    parts = [
        pluralize(len({run.map for run in runs}), "circuit"),
        pluralize(len({run.direction for run in runs}), "direction"),
        f"{pluralize(len(weathers), 'weather')} ({', '.join(weathers)})",
        f"seed {seeds[0]}" if len(seeds) == 1 else f"seeds {seeds[0]} to {seeds[-1]}",
    ]
    starts = len({run.start for run in runs})
    if starts > 1:
        parts.append(f"{starts} starting points")
    return f"{pluralize(len(runs), 'run')}: {', '.join(parts)}."


def _tabulate_pooled(summed: Mapping[str, Any]) -> HtmlTable:
    """Figures over all ticks of all runs, with their intervals."""
    rows = []
    for key, heading, form in POOLED:
        low, high = summed["ci"].get(key, (0.0, 0.0))
        interval = f"{low:{form}} to {high:{form}}" if high > low else ""
        if key == "departures_per_km" and summed["departures"] == 0 and high > 0.0:
            interval = f"below {high:{form}}: rule of three"
        rows.append([heading, format_figure(summed, key, form), interval])
    return HtmlTable(["", "", "95%"], rows)


def describe_spreads(who: str, summed: Mapping[str, Any], baselines: Sequence[Baseline]) -> str:
    """Offset sd of all drivers, in a sentence: "mine sd 0.060 m, expert 0.021 m, you 0.110 m"."""
    drivers = [(who, summed), *((name, pool_metrics(results)) for name, results in baselines)]
    parts = [f"{name} {_format_metres(figures['offset_sd_m'])}" for name, figures in drivers]
    return f"Offset from the lane's centre, standard deviation: {', '.join(parts)}."


def _format_metres(value: float | None) -> str:
    return "not driven" if value is None else f"{value:.3f} m"


def _compare(who: str, summed: Mapping[str, Any], baselines: Sequence[Baseline]) -> Comparison:
    summaries = [summed, *(summarize(results, np.random.default_rng(0)) for _, results in baselines)]
    names = [who, *(name for name, _ in baselines)]
    rows = [
        [name, *(format_figure(figures, key, form) for key, _, form in SHARED)]
        for name, figures in zip(names, summaries, strict=True)
    ]
    caption = "Each with its 95% interval over circuits: bootstrap."
    return Comparison(
        describe_spreads(who, summed, baselines),
        HtmlTable(["who", *(heading for _, heading, _ in SHARED)], rows),
        embed_figure(plot_comparison(names, summaries), caption),
    )


def tabulate_runs(results: Sequence[Result], summed: Mapping[str, Any]) -> HtmlTable:
    """The table of all runs, the last row pooled."""
    rows = []
    for result in results:
        figures = result.as_json()
        status = "" if result.status == "done" else f" ({result.status})"
        rows.append([label_run(result) + status, *(format_figure(figures, key, form) for key, _, form in COLUMNS)])
    rows.append(["all", *(format_figure(summed, key, form) for key, _, form in COLUMNS)])
    lost = {number for number, result in enumerate(results) if result.status == "done" and not result.faultless}
    return HtmlTable(["run", *(heading for _, heading, _ in COLUMNS)], rows, lost)


def group_by_map(results: Sequence[Result]) -> list[tuple[str, list[Result]]]:
    """Driven runs by circuit; if there are more circuits than fit a figure, all in one group."""
    driven = [result for result in results if result.trace.time]
    names = list(dict.fromkeys(result.run.map for result in driven))
    if len(names) > SHOWN:
        return [(f"all {len(names)} circuits", driven)]
    return [(name_map(name), [result for result in driven if result.run.map == name]) for name in names]


def _show_circuit(name: str, results: Sequence[Result], clips: Collection[str]) -> Circuit:
    driven = [result for result in results if result.trace.time]
    if not driven:
        return Circuit(name, (), list(dict.fromkeys(result.reason for result in results if result.reason)))
    ways = [[r for r in driven if r.run.direction == way] for way in sorted({r.run.direction for r in driven})]
    paths = [_embed_path(runs, clips) for runs in ways]
    along = [embed_figure(plot_distance(runs), _describe_distance(runs)) for runs in ways]
    return Circuit(name, (*paths, *along), ())


WHERE = (
    "Where the car drove in its worst run, coloured by its offset; crosses are departures, grey is the worst stretch"
)


def _embed_path(runs: Sequence[Result], clips: Collection[str]) -> HtmlFigure:
    """The path of the worst run; what can be clicked is said where the page holds its film."""
    (worst,) = select_worst(runs, 1)
    filmed = make_anchor(worst.run) in clips
    ending = ": a click shows its film." if filmed else "."
    return embed_figure(plot_path(runs, filmed=filmed), WHERE + ending)


def _describe_distance(runs: Sequence[Result]) -> str:
    few = f"the {SHOWN} worst of {len(runs)} runs" if len(runs) > SHOWN else pluralize(len(runs), "run")
    way = runs[0].run.direction
    what = f"Offset and steer, right positive, over the distance driven {way}, {few}"
    return f"{what}; dashed: a side of the car at the lane's edge."
