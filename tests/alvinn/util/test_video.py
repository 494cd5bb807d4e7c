from __future__ import annotations

from pathlib import Path

import av
import numpy as np
import pytest

from alvinn.driving.types import Image
from alvinn.errors import RecordingError
from alvinn.util.video import DATASET, PAGE, SMALL, Encoding, FilmWriter, frames, poster


def picture(number: int, size: tuple[int, int] = (48, 64)) -> Image:
    """A slope that moves to the right, with noise of its own."""
    noise = np.random.default_rng(number).integers(0, 30, (*size, 3))
    return np.asarray(np.arange(size[1])[None, :, None] + 2 * number + noise, dtype=np.uint8)


def write(path: Path, encoding: Encoding, number: int = 12) -> Path:
    with FilmWriter(path, 20, encoding) as film:
        for index in range(number):
            film.add(picture(index))
    return path


@pytest.mark.parametrize("encoding", [DATASET, PAGE, SMALL])
def test_a_film_has_a_frame_a_picture_at_its_rate(tmp_path: Path, encoding: Encoding) -> None:
    found = list(frames(write(tmp_path / "new" / "film.mp4", encoding)))
    assert [time for time, _ in found] == pytest.approx([0.05 * index for index in range(12)])
    assert all(abs(image.mean() - picture(index).mean()) < 3.0 for index, (_, image) in enumerate(found))


def test_a_dataset_loses_less_and_a_small_film_is_smaller(tmp_path: Path) -> None:
    films = {name: write(tmp_path / f"{name}.mp4", one) for name, one in (("d", DATASET), ("p", PAGE), ("s", SMALL))}
    assert films["s"].stat().st_size < films["p"].stat().st_size < films["d"].stat().st_size


def test_every_second_frame_of_a_dataset_stands_by_itself(tmp_path: Path) -> None:
    for encoding, stand_alone in ((DATASET, True), (PAGE, False)):
        with av.open(str(write(tmp_path / f"{encoding.crf}.mp4", encoding))) as film:
            every_second = [frame.key_frame for frame in film.decode(video=0)][::2]
        assert all(every_second) is stand_alone


def test_a_browser_can_begin_with_the_first_bytes_of_a_page_s_film(tmp_path: Path) -> None:
    content = write(tmp_path / "film.mp4", PAGE).read_bytes()
    assert content.index(b"moov") < content.index(b"mdat")
    content = write(tmp_path / "other.mp4", DATASET).read_bytes()
    assert content.index(b"moov") > content.index(b"mdat")


def test_pictures_of_two_sizes_are_refused(tmp_path: Path) -> None:
    with FilmWriter(tmp_path / "film.mp4") as film:
        film.add(picture(0))
        with pytest.raises(RecordingError, match="in a film of"):
            film.add(picture(1, (32, 64)))


def test_the_poster_is_the_first_picture_as_a_jpeg_and_nothing_of_no_film(tmp_path: Path) -> None:
    assert poster(write(tmp_path / "film.mp4", PAGE)).startswith(b"\xff\xd8")
    (tmp_path / "none.mp4").write_bytes(b"no film")
    assert poster(tmp_path / "none.mp4") == b""
