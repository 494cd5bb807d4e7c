from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from alvinn.metrics.referee import Result
from alvinn.metrics.results import FILM, run_folder
from alvinn.metrics.worst import CLIP
from alvinn.util.video import FilmWriter
from alvinn.visualization.films import collect_films
from tests.alvinn.judged import RUN, judged

CALM = [0.05, -0.02] * 400
LOST = [*CALM[:100], 0.9, *CALM[100:]]


def write_clips(folder: Path, runs: list[Result]) -> None:
    for number, one in enumerate(runs):
        with FilmWriter(run_folder(folder, one.run) / CLIP, fps=10) as film:
            for picture in range(10):
                film.add(np.full((64, 96, 3), (16 * picture + number) % 255, dtype=np.uint8))


def test_the_worst_ten_seconds_are_in_the_page_worst_first_and_more_are_linked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("alvinn.visualization.films.EMBEDDED", 3)
    runs = [judged(LOST if seed == 2 else CALM, replace(RUN, seed=seed)) for seed in range(4)]
    write_clips(tmp_path, runs)
    films = collect_films(tmp_path, runs)
    assert len(films.clips) == 3
    assert films.clips[0].caption == "oval forward, ClearNoon, seed 2: 0 to 79 m, 1 departure"
    assert all(clip.video.startswith("data:video/mp4;base64,") for clip in films.clips)
    assert all(clip.still.startswith("data:image/jpeg;base64,") for clip in films.clips)
    (link,) = films.links
    assert (tmp_path / link.address).is_file()


def test_a_name_with_signs_that_mean_something_in_an_address_is_quoted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("alvinn.visualization.films.EMBEDDED", 0)
    runs = [judged(CALM, replace(RUN, map="50% #1.xodr"))]
    write_clips(tmp_path, runs)
    (link,) = collect_films(tmp_path, runs).links
    assert re.fullmatch(r"runs/50%25%20%231\.xodr-[^#% ]*/worst\.mp4", link.address)


def test_the_first_runs_film_is_shown_with_its_thumbnail_where_they_are_there(tmp_path: Path) -> None:
    nothing = collect_films(tmp_path, [judged(CALM)])
    assert (nothing.whole, nothing.thumbnail, nothing.clips, nothing.links) == (None, None, [], [])
    (tmp_path / FILM).touch()
    assert collect_films(tmp_path, []).thumbnail is None
    (tmp_path / FILM).with_suffix(".jpg").write_bytes(b"a")
    films = collect_films(tmp_path, [])
    assert (films.whole, films.thumbnail) == (FILM, "data:image/jpeg;base64,YQ==")


@pytest.mark.parametrize(("ticks", "seconds"), [(121, 6.0), (800, 30.0)])
def test_the_first_runs_film_is_as_long_as_the_run_and_at_most_half_a_minute(
    tmp_path: Path, ticks: int, seconds: float
) -> None:
    assert collect_films(tmp_path, [judged([0.0] * ticks)]).whole_seconds == pytest.approx(seconds, abs=0.1)
