from __future__ import annotations

import re
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from plotly.offline import get_plotlyjs

from alvinn.metrics.referee import Result, unfinished_result
from alvinn.metrics.results import run_folder
from alvinn.metrics.summary import summarize
from alvinn.metrics.worst import CLIP
from alvinn.util.video import FilmWriter
from alvinn.visualization.films import make_anchor
from alvinn.visualization.report import describe_knowledge, summarize_verdict, write_report
from tests.alvinn.judged import RUN, judged

BROWSER = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
FLAGS = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"),
    *("--disable-background-networking", "--disable-component-update", "--enable-logging=stderr"),
    *("--virtual-time-budget=5000", "--dump-dom"),
)
FETCHED = r"""<(?:script|link|img|iframe)\b[^>]*\b(?:src|href)\s*=\s*["']?\s*(?:https?:)?//"""

WHOLE = [0.05, -0.02] * 400
LOST = [*WHOLE[:100], 0.9, *WHOLE[100:]]


def results() -> list[Result]:
    return [
        judged(WHOLE),
        judged(LOST, replace(RUN, direction="reverse")),
        judged(WHOLE, replace(RUN, map="random:<7>")),
        unfinished_result(replace(RUN, map="nowhere"), "failed", "there is no map called 'nowhere'"),
        unfinished_result(replace(RUN, weather="WetNoon"), "interrupted"),
    ]


def written(path: Path, runs: list[Result]) -> str:
    summed = summarize(runs, np.random.default_rng(0))
    write_report(path, "mine & <yours>", runs, summed, [f"python -m alvinn laps {n}" for n in range(len(runs))])
    return path.read_text(encoding="utf-8")


def looked_at(page: Path, profile: Path) -> tuple[str, list[str]]:
    """What a browser with no network made of a page, and what it complained of on its console."""
    assert BROWSER is not None
    offline = "--host-resolver-rules=MAP * ~NOTFOUND"
    command = [BROWSER, *FLAGS, offline, f"--user-data-dir={profile}", page.as_uri()]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
    return done.stdout, [line for line in done.stderr.splitlines() if "CONSOLE" in line]


needs_browser = pytest.mark.skipif(BROWSER is None, reason="no Chromium is installed to look at the page with")


@needs_browser
def test_a_browser_without_a_network_draws_the_page_and_complains_of_nothing(tmp_path: Path) -> None:
    text = written(tmp_path / "report.html", results())
    seen, complaints = looked_at(tmp_path / "report.html", tmp_path / "profile")
    assert complaints == []
    assert not re.findall(FETCHED, seen), "neither the page nor what its scripts add to it wants the net"
    figures = text.count('<div class="chart"')
    assert figures == 1 + 2 * 2 + 2, "a histogram; of the oval a path and distances each way, of the other one way"
    assert len(re.findall(r'class="[^"]*js-plotly-plot', seen)) == figures
    assert seen.count('class="main-svg"') >= figures


@needs_browser
def test_a_page_that_fails_or_fetches_would_be_found_out(tmp_path: Path) -> None:
    page = tmp_path / "bad.html"
    page.write_text('<script src="http://example.invalid/a.js"></script><script>nothing()</script>', encoding="utf-8")
    seen, complaints = looked_at(page, tmp_path / "profile")
    assert "nothing is not defined" in " ".join(complaints)
    assert re.findall(FETCHED, seen)


def test_every_run_asked_for_is_in_the_table_with_what_drives_it_alone(tmp_path: Path) -> None:
    page = written(tmp_path / "report.html", results())
    for told in ("oval reverse, ClearNoon, seed 0", "nowhere forward, ClearNoon, seed 0 (failed)", "(interrupted)"):
        assert f"<td>{told}" in page or told in page
    assert "there is no map called &#39;nowhere&#39;" in page
    assert all(f"<code>python -m alvinn laps {n}</code>" in page for n in range(5))
    assert "5 runs: 3 circuits, 2 directions, 2 weathers (ClearNoon, WetNoon), seed 0." in page
    assert page.count('<tr class="lost">') == 1, "the run that departed stands out"


def test_all_runs_together_have_their_intervals_beside_them(tmp_path: Path) -> None:
    runs = [judged([0.1 + 0.01 * n, -0.1] * 100, replace(RUN, map=f"random:{n}", seed=n)) for n in range(3)]
    page = written(tmp_path / "report.html", runs)
    low, high = summarize(runs, np.random.default_rng(0))["ci"]["offset_sd_m"]
    assert f">offset sd</abbr> [m]</td><td>0.105</td><td>{low:.3f} to {high:.3f}</td>" in page
    assert "seeds 0 to 2" in page


def test_runs_from_several_starting_points_are_told_apart(tmp_path: Path) -> None:
    page = written(tmp_path / "report.html", [judged([0.1, -0.1] * 100, replace(RUN, start=n)) for n in (0, 3)])
    assert "<td>oval forward, ClearNoon, seed 0, start 3" in page
    assert "seed 0, 2 starting points." in page


def test_a_page_can_be_made_of_nothing_driven(tmp_path: Path) -> None:
    runs = [unfinished_result(RUN, "interrupted")]
    assert "none of the 1 runs was driven" in written(tmp_path / "report.html", runs)


def filmed(folder: Path, runs: list[Result], pictures: int = 10) -> None:
    for number, one in enumerate(runs):
        with FilmWriter(run_folder(folder, one.run) / CLIP, fps=10) as film:
            for picture in range(pictures):
                film.add(np.full((64, 96, 3), (16 * picture + number) % 255, dtype=np.uint8))


def test_somebody_judged_beside_stands_in_a_sentence_and_a_table(tmp_path: Path) -> None:
    runs = [judged(WHOLE, replace(RUN, seed=seed)) for seed in range(3)]
    other = [judged([0.2, -0.2] * 100, replace(RUN, seed=seed)) for seed in range(3)]
    summed = summarize(runs, np.random.default_rng(0))
    write_report(tmp_path / "report.html", "mine", runs, summed, ["-"] * 3, [("you in lesson", other)])
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert "standard deviation: mine 0.035 m, you in lesson 0.200 m." in page
    assert "<td>you in lesson</td>" in page


PLAYED = """
<script>addEventListener("load", () => {
  const film = document.querySelector("video");
  film.play().then(() => film.addEventListener("timeupdate", () => {
    document.title = `${film.videoWidth}x${film.videoHeight} ${film.duration.toFixed(1)} s ${film.error}`; }));
});</script>"""


@needs_browser
def test_a_browser_plays_the_films_in_the_page(tmp_path: Path) -> None:
    runs = [judged(WHOLE)]
    filmed(tmp_path, runs)
    page = tmp_path / "report.html"
    page.write_text(written(page, runs).replace("</body>", f"{PLAYED}</body>"), encoding="utf-8")
    seen, complaints = looked_at(page, tmp_path / "profile")
    assert complaints == []
    assert "<title>96x64 1.0 s null</title>" in seen


def test_the_verdict_says_how_often_the_lane_was_left() -> None:
    def said(runs: list[Result]) -> str:
        return summarize_verdict("mine", runs, summarize(runs, np.random.default_rng(0)))

    assert said([judged(WHOLE)]).startswith("mine: no departure in 320 m; 1 of 1 runs driven to the end.")
    assert said([judged(LOST)]).startswith("mine: 1 departure in 320 m; 1 of 1 runs")
    assert said([judged(LOST)] * 2).startswith("mine: 2 departures in 640 m, one every 320 m; 2 of 2 runs")


@pytest.mark.parametrize("circuits", [1, 9])
def test_many_circuits_are_pooled_in_one_histogram(tmp_path: Path, circuits: int) -> None:
    runs = [judged(WHOLE[:30], replace(RUN, map=f"random:{n}")) for n in range(circuits)]
    assert ("all 9 circuits" in written(tmp_path / "report.html", runs)) == (circuits == 9)


def test_the_first_lines_say_passed_or_failed_what_was_known_and_four_figures_in_words(tmp_path: Path) -> None:
    runs = [judged(WHOLE), judged(WHOLE, replace(RUN, map="country"))]
    summed = summarize(runs, np.random.default_rng(0))
    write_report(tmp_path / "report.html", "mine", runs, summed, ["-"] * 2, known={"country", "hills"})
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    first = page[: page.index("<h2>")]
    assert "<strong>PASSED</strong>" in first
    assert "Learned on: country; never seen before: oval." in first
    assert first.count('<dd class="figure">') == 4
    assert "<strong>FAILED</strong>" in written(tmp_path / "lost.html", [judged(LOST)])


def test_what_a_driver_had_seen_is_said_only_where_it_is_known() -> None:
    assert describe_knowledge(["oval"], None) == describe_knowledge(["oval"], ()) == ""
    assert describe_knowledge(["oval"], {"hills"}) == "Never seen before: oval."
    there = describe_knowledge(["maps/Town02.xodr", "Norisring.csv"], {"elsewhere/Town02.xodr"})
    assert there == "Learned on: Town02; never seen before: Norisring."


def test_a_film_that_is_not_in_the_page_is_not_promised(tmp_path: Path) -> None:
    runs = [judged(LOST)]
    page = written(tmp_path / "report.html", runs)
    assert "shows its film" not in page
    assert "click for the film" not in page
    filmed(tmp_path, runs)
    assert "a click shows its film" in written(tmp_path / "report.html", runs)


def test_a_page_has_half_the_weight_of_plotly_and_each_film_once(tmp_path: Path) -> None:
    runs = [judged(WHOLE)]
    filmed(tmp_path, runs)
    page = written(tmp_path / "report.html", runs)
    assert len(page) < 0.5 * len(get_plotlyjs())
    assert page.count("data:video/mp4") == page.count("data:image/jpeg") == 1


@needs_browser
def test_a_click_on_the_worst_stretch_goes_to_its_film(tmp_path: Path) -> None:
    runs = [judged(LOST)]
    filmed(tmp_path, runs)
    page = tmp_path / "report.html"
    clicked = """<script>const waiting = setInterval(() => {
      const chart = document.querySelector(".js-plotly-plot");
      if (!chart || !chart._ev || !chart._ev._events.plotly_click) return;
      clearInterval(waiting);
      chart.emit("plotly_click", { points: [{ customdata: chart.data[0].customdata[0] }] });
      document.title = `${location.hash} ${document.querySelector("figure:target video") !== null}`;
    }, 50);</script>"""
    page.write_text(written(page, runs).replace("</body>", f"{clicked}</body>"), encoding="utf-8")
    seen, complaints = looked_at(page, tmp_path / "profile")
    assert complaints == []
    assert f"<title>#{make_anchor(RUN)} true</title>" in seen
