from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from alvinn.jobs.compare import Judged, compare_laps, describe_correlations
from alvinn.metrics.comparison import describe_comparison
from alvinn.metrics.referee import Result
from alvinn.metrics.results import parse_run, read_laps, run_folder, write_laps
from alvinn.metrics.summary import summarize
from alvinn.metrics.worst import CLIP
from alvinn.networks.encodings import Hill
from alvinn.networks.inference import read_card, write_card
from alvinn.util.video import FilmWriter
from tests.alvinn.fixtures import card_for, toy_dataset
from tests.alvinn.jobs.cli import Shell
from tests.alvinn.judged import HEAD, RUN, judged

CARD = card_for(toy_dataset(4), Hill())
EXAM = {"version": 1, "rows": 9, "views": 27, "sha256": "1f"}


def laps(folder: Path, offset: float, runs: int = 6) -> Path:
    results: list[Result] = [judged([offset, -offset] * 40, replace(RUN, map=f"random:{n}")) for n in range(runs)]
    summed = summarize(results, np.random.default_rng(0))
    write_laps(folder, HEAD | {"model": folder.name}, [result.as_json() for result in results], summed)
    return folder


def test_models_stand_side_by_side_in_a_table_and_on_a_page(
    shell: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    laps(tmp_path / "models" / "calm" / "laps", 0.1)
    other = laps(tmp_path / "nervous", 0.3)
    page = tmp_path / "page.html"
    arguments = ("compare", "calm", str(other), "--home", str(tmp_path), "--out", str(page))
    opened: list[str] = []
    monkeypatch.setattr("webbrowser.open", opened.append)
    assert shell.run(*arguments).status == 0
    assert opened == []
    assert shell.run(*arguments, "--overwrite", "--open").status == 0
    assert opened == [page.as_uri()]
    text = page.read_text(encoding="utf-8")
    assert "offset sd [m]" in text
    assert all(value in text for value in ("0.100", "0.300", "worse", "calm"))


def test_offline_metrics_stand_beside_laps_with_their_rank_correlation(shell: Shell, tmp_path: Path) -> None:
    for name, error, offset in [(name, 0.001 * n, 0.6 - 0.1 * n) for n, name in enumerate("abcde", 1)]:
        laps(tmp_path / "models" / name / "laps", offset)
        metrics = {"held_out_mae": error, "held_out_relative_error": None, "training_seconds": 60.0}
        write_card(tmp_path / "models" / name, replace(CARD, metrics=metrics, exam=EXAM))
    told = [
        Judged(
            name,
            read_card(tmp_path / "models" / name).metrics,
            read_laps(tmp_path / "models" / name / "laps")["summary"],
            "1f",
        )
        for name in "abcde"
    ]
    (sentence,) = describe_correlations(told)
    assert sentence.startswith("held-out error [1/m]: rank correlation with offset sd -1.00, ")
    assert "with departures per km unknown" in sentence
    page = tmp_path / "page.html"
    assert shell.run("compare", *"abcde", "--home", str(tmp_path), "--out", str(page)).status == 0
    text = page.read_text(encoding="utf-8")
    assert "Offline beside online" in text
    assert "held-out error [1/m]" in text
    assert "held_out" not in text, "a page for people has no keys"


def test_a_refined_model_is_not_ranked_by_its_clones_errors(shell: Shell, tmp_path: Path) -> None:
    refined = {"from": "a", "minutes": 20, "reward": {}}
    for name, told in (("a", None), ("b", None), ("c", refined)):
        laps(tmp_path / "models" / name / "laps", 0.1)
        metrics: dict[str, float | None] = {"exam_return": 4.5} if told else {"held_out_mae": 0.001}
        write_card(tmp_path / "models" / name, replace(CARD, metrics=metrics, exam=EXAM, refined=told))
    page = tmp_path / "page.html"
    arguments = ("--home", str(tmp_path), "--out", str(page))
    assert shell.run("compare", "a", "c", *arguments).status == 0
    assert "Offline beside online" not in page.read_text(encoding="utf-8")
    assert shell.run("compare", *"abc", *arguments, "--overwrite").status == 0
    assert "held-out error [1/m]" in page.read_text(encoding="utf-8"), "of the two that have one"


@pytest.mark.parametrize("exams", [["1f"] * 4 + ["2e"], ["1f"] * 4 + [None], [None] * 5])
def test_errors_on_different_exams_are_not_ranked(exams: list[str | None]) -> None:
    online = {"offset_sd_m": 0.1, "departures_per_km": 0.0}
    (sentence,) = describe_correlations([Judged("a", {"held_out_mae": 0.001}, online, exam) for exam in exams])
    assert "on different exams" in sentence


def test_a_few_models_have_no_rank_correlation() -> None:
    few = [Judged(name, {"held_out_mae": 0.001}, {"offset_sd_m": 0.1, "departures_per_km": 0.0}, "1f") for name in "ab"]
    (sentence,) = describe_correlations(few)
    assert sentence.startswith("2 models are too few for a rank correlation")


@pytest.mark.parametrize(("runs", "told"), [(6, "better"), (1, "undecided")])
def test_each_is_held_against_the_first(tmp_path: Path, runs: int, told: str) -> None:
    both = [read_laps(laps(tmp_path / name, offset, runs)) for name, offset in (("a", 0.3), ("b", 0.1))]
    assert compare_laps(both)[-1] == ["against the first", "", told]


def test_one_alone_is_wrong_usage_and_one_that_is_missing_is_said(shell: Shell, tmp_path: Path) -> None:
    assert shell.run("compare", str(tmp_path)).status == 2
    said = shell.refused("compare", "a", "b", "--home", str(tmp_path))
    assert said == "no model and no folder of laps is called a: alvinn laps MODEL drives laps"


def test_a_mistyped_name_is_answered_with_the_nearest_that_has_laps(shell: Shell, tmp_path: Path) -> None:
    laps(tmp_path / "models" / "shipped" / "laps", 0.1)
    laps(tmp_path / "r1", 0.3)
    home = ("--home", str(tmp_path), "--out", str(tmp_path / "page.html"))
    assert "is called shiped: did you mean shipped?" in shell.refused("compare", "shiped", "r1", *home)
    assert "is called r11: did you mean r1?" in shell.refused("compare", "shipped", "r11", *home)
    assert "is called xyz: there are shipped, r1" in shell.refused("compare", "xyz", "r1", *home)
    (tmp_path / "models" / "mine").mkdir()
    write_card(tmp_path / "models" / "mine", CARD)
    assert "mine has no laps yet: alvinn laps mine drives them" in shell.refused("compare", "mine", "r1", *home)


def test_the_verdict_says_who_is_better_on_what_both_drove_and_warns_of_the_rest(tmp_path: Path) -> None:
    calm, nervous = (read_laps(laps(tmp_path / name, offset, 7)) for name, offset in (("a", 0.1), ("b", 0.3)))
    (said,) = describe_comparison(("nervous", nervous), ("calm", calm))
    assert said.startswith("calm is better than nervous: departures per km")
    fewer = nervous | {"runs": nervous["runs"][:6], "settings": {"speed": 3.0}}
    _, some, unlike = describe_comparison(("nervous", fewer), ("calm", calm))
    assert some.startswith("Compared on the 6 runs that both drove; 0 more of nervous and 1 more of calm")
    assert unlike == "Beware: nervous and calm were driven with another speed."
    elsewhere = nervous | {"runs": [run | {"map": "hills"} for run in nervous["runs"]]}
    assert "drove no run alike" in describe_comparison(("nervous", elsewhere), ("calm", calm))[1]


def test_films_of_the_same_run_stand_side_by_side(shell: Shell, tmp_path: Path) -> None:
    folders = {name: laps(tmp_path / name, offset) for name, offset in (("a", 0.1), ("b", 0.3))}
    run = parse_run(read_laps(folders["a"])["runs"][0])
    for folder in folders.values():
        with FilmWriter(run_folder(folder, run) / CLIP, fps=10) as film:
            film.add(np.zeros((64, 96, 3), dtype=np.uint8))
    page = tmp_path / "page.html"
    assert shell.run("compare", *map(str, folders.values()), "--out", str(page)).status == 0
    assert page.read_text(encoding="utf-8").count("<video") == 2


def test_laps_of_the_same_home_are_found_by_their_folders_name(shell: Shell, tmp_path: Path) -> None:
    for name, offset in (("mine", 0.3), ("laps", 0.1)):
        laps(tmp_path / name, offset, 6)
    page = str(tmp_path / "compare.html")
    assert shell.run("compare", "mine", "laps", "--home", str(tmp_path), "--out", page).status == 0


def test_a_file_is_replaced_only_if_that_is_said_and_the_usual_page_only_by_its_like(
    shell: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    compare = ("compare", str(laps(tmp_path / "a", 0.3)), str(laps(tmp_path / "b", 0.1)))
    monkeypatch.chdir(tmp_path)
    assert shell.run(*compare).status == 0
    assert shell.run(*compare).status == 0, "compare.html is made anew each time"
    usual, thesis = Path("compare.html"), Path("thesis.html")
    for path in (usual, thesis):
        path.write_text("years of work", encoding="utf-8")
    said = shell.refused(*compare, "--out", "thesis.html")
    assert said == "thesis.html is there already: choose another name, or add --overwrite to replace it"
    assert "compare.html is there already" in shell.refused(*compare)
    assert {path.read_text(encoding="utf-8") for path in (usual, thesis)} == {"years of work"}
    assert shell.run(*compare, "--overwrite").status == 0
    assert "offset sd" in usual.read_text(encoding="utf-8")
