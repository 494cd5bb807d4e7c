from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from alvinn.errors import AlvinnError
from alvinn.recording import Recording
from alvinn.training.examples.view_requirements import assume_camera, can_shift_views
from tests.alvinn.fakes import write_recording


def recording(folder: Path, *, known: bool) -> Recording:
    write_recording(folder, 3)
    found = Recording(folder)
    found.session = replace(found.session, camera_known=known)
    return found


def test_a_given_camera_replaces_only_an_unknown_one_and_nothing_on_disk(tmp_path: Path) -> None:
    known, unknown = (recording(tmp_path / name, known=name == "known") for name in ("known", "unknown"))
    mine, theirs = assume_camera([known, unknown], (60.0, 1.2, -5.0))
    assert mine is known
    assert (theirs.session.camera.fov, theirs.session.camera.z, theirs.session.camera.pitch) == (60.0, 1.2, -5.0)
    assert theirs.session.camera_known
    assert not unknown.session.camera_known
    with pytest.raises(AlvinnError, match="leave it out"):
        assume_camera([known], (60.0, 1.2, -5.0))


def test_views_are_not_shifted_where_the_camera_mount_is_unknown(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert can_shift_views([recording(tmp_path / "known", known=True)])
    assert not can_shift_views([recording(tmp_path / "unknown", known=False)])
    assert "training without shifted views" in " ".join(capfd.readouterr().out.split())
