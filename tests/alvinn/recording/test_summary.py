from __future__ import annotations

from pathlib import Path

import pytest

from alvinn.errors import RecordingError
from alvinn.recording import Recording
from alvinn.recording.session import Session, write_session
from alvinn.recording.summary import judge_quality, open_recording, print_quality, tabulate_quality, warn_if_unclosed
from tests.alvinn.fakes import session, write_recording


def unclosed(folder: Path) -> Path:
    """A recording whose session still says that it is being written."""
    write_recording(folder, 3)
    before = Recording(folder).session
    fields = {name: getattr(before, name) for name in before.__dataclass_fields__}
    write_session(folder, Session(**fields | {"closed": False}))
    return folder


def test_a_recording_that_was_not_closed_is_opened_with_a_warning(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert len(open_recording(unclosed(tmp_path)).rows) == 3
    assert "was not closed" in " ".join(capfd.readouterr().out.split())
    warn_if_unclosed(tmp_path)
    assert "was not closed" in " ".join(capfd.readouterr().out.split())


def test_a_closed_one_and_a_missing_one_have_no_warning(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    write_recording(tmp_path / "mine", 3)
    warn_if_unclosed(tmp_path / "mine")
    warn_if_unclosed(tmp_path / "other")
    assert capfd.readouterr().out == ""


def test_one_without_frames_is_refused(tmp_path: Path) -> None:
    write_session(tmp_path, session())
    with pytest.raises(RecordingError, match="has no frames"):
        open_recording(tmp_path)


def test_the_quality_is_printed_with_its_warnings_and_what_is_unknown(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    write_recording(tmp_path, 3)
    print_quality(tmp_path)
    printed = " ".join(capfd.readouterr().out.split())
    assert "3 in 1 segments" in printed
    assert "not driven in real time" in printed
    assert "3 frames are in" in printed
    quality = Recording(tmp_path).session.quality or {}
    table = tabulate_quality(quality | {"doubts": ["a doubt"], "distance_m": None})
    cells = [str(cell) for column in table.columns for cell in column.cells]
    assert {"warning", "a doubt", "unknown"} <= set(cells)


@pytest.mark.parametrize(
    ("figures", "verdict"),
    [
        ({}, "good to learn from"),
        ({"seconds": 20.0}, "only 20 s, a network that drives needs about two minutes"),
        ({"doubts": ["keys"]}, "mind the warnings"),
        ({"departures": 3}, "3 departures"),
    ],
)
def test_a_recording_ends_with_whether_it_is_any_good(figures: dict[str, object], verdict: str) -> None:
    assert verdict in judge_quality({"seconds": 120.0, "doubts": [], "departures": 0} | figures)
    assert judge_quality(None) == "its quality is not known"
