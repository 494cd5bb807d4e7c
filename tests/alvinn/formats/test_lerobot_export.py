from __future__ import annotations

import json
import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from alvinn.formats.conversion_log import ConversionLog
from alvinn.formats.lerobot_export import write
from alvinn.formats.parquet import read_column_names, read_rows
from alvinn.util.video import frames
from tests.alvinn.fakes import SMALL
from tests.alvinn.formats.drives import SIDES, drive, road, steer_of
from tests.alvinn.formats.lerobot import DATA, EPISODES, info_of

STATISTICS = ("min", "max", "mean", "std", "count", "q01", "q10", "q50", "q90", "q99")


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Twelve rows in two episodes, three cameras."""
    folder = tmp_path_factory.mktemp("export")
    write(drive(folder / "ours", sides=SIDES), folder / "out", ConversionLog(), lambda: None)
    return folder / "out"


def test_the_names_are_lerobots_own_with_units_beside_them(dataset: Path) -> None:
    features = info_of(dataset)["features"]
    assert features["action"] == {
        "dtype": "float32",
        "shape": [3],
        "names": ["steering", "throttle", "brake"],
        "units": ["share of full lock or of full pedal"] * 3,
        "sign": "right positive",
    }
    assert features["observation.state"]["names"] == ["speed", "yaw_rate"]
    assert features["observation.state"]["units"] == ["m/s", "rad/s"]


def test_every_row_has_as_many_elements_as_its_feature_says(dataset: Path) -> None:
    features = info_of(dataset)["features"]
    for row in read_rows(dataset / DATA, ["action", "observation.state", "intervention"]):
        assert [len(row["action"])] == features["action"]["shape"]
        assert [len(row["observation.state"])] == features["observation.state"]["shape"]
        assert isinstance(row["intervention"], bool)


def test_the_names_of_l2d_are_written_where_they_are_asked_for_with_its_unit_of_speed(tmp_path: Path) -> None:
    write(drive(tmp_path / "ours", 4), tmp_path / "out", ConversionLog(), lambda: None, l2d_names=True)
    features = info_of(tmp_path / "out")["features"]
    assert features["action.continuous"]["names"][2] == "steering_angle_normalized"
    assert features["observation.state.vehicle"]["units"] == ["km/h", "rad/s"]
    assert features["observation.images.front_forward"]["dtype"] == "video"
    rows = read_rows(tmp_path / "out" / DATA, ["observation.state.vehicle", "action.continuous"])
    assert [row["observation.state.vehicle"][0] for row in rows] == pytest.approx([28.8] * 4)
    assert [row["action.continuous"] for row in rows] == pytest.approx(
        np.array([[0.5, 0.0, steer_of(number)] for number in range(4)])
    )


def test_every_camera_is_filmed(dataset: Path) -> None:
    for k, side in enumerate(("center", *SIDES)):
        film = dataset / f"videos/observation.images.{side}/chunk-000/file-000.mp4"
        seen = [image for _, image in frames(film)]
        assert len(seen) == 12
        for number, image in enumerate(seen):
            error = np.abs(image.astype(float) - road(number + 100 * k, SMALL)).mean()
            assert error < 6.0, "a picture of another row or camera differs by far more"


def test_a_camera_that_some_rows_lack_is_named_and_not_filmed(tmp_path: Path) -> None:
    recording = drive(tmp_path / "ours", 4, sides=SIDES)
    (recording.folder / recording.rows[2].left).unlink()
    write(recording, tmp_path / "out", log := ConversionLog(), lambda: None)
    assert "the left camera: 1 of 4 rows lack its picture" in log.lost
    assert sorted(path.name for path in (tmp_path / "out" / "videos").iterdir()) == [
        "observation.images.center",
        "observation.images.right",
    ]


def test_the_yaw_rate_is_that_of_the_recorded_poses_right_positive_and_never_crosses_an_episode(tmp_path: Path) -> None:
    recording = drive(tmp_path / "ours", 6, cut_at=3)
    yaws = [0.0, 0.01, 0.03, math.pi - 0.01, -math.pi + 0.01, -math.pi + 0.02]
    recording.rows = tuple(replace(row, yaw=yaw) for row, yaw in zip(recording.rows, yaws, strict=True))
    write(recording, tmp_path / "out", ConversionLog(), lambda: None)
    rates = [row["observation.state"][1] for row in read_rows(tmp_path / "out" / DATA, ["observation.state"])]
    assert rates == pytest.approx([0.2, 0.2, 0.4, 0.4, 0.4, 0.2], abs=1e-4)


def test_what_is_unknown_is_said_and_written_as_zero(tmp_path: Path) -> None:
    recording = drive(tmp_path / "ours", 3)
    recording.rows = tuple(replace(row, yaw=math.nan, speed=math.nan) for row in recording.rows)
    write(recording, tmp_path / "out", log := ConversionLog(), lambda: None)
    assert "yaw_rate is unknown in 3 rows: it is written as 0, LeRobot knows no gaps" in log.notes
    assert "speed is unknown in 3 rows: it is written as 0, LeRobot knows no gaps" in log.notes


def test_each_episode_has_the_statistics_of_its_own_rows(dataset: Path) -> None:
    features = info_of(dataset)["features"]
    names = read_column_names(dataset / EPISODES)
    assert {f"stats/{feature}/{word}" for feature in features for word in STATISTICS} <= set(names)
    first, second = read_rows(dataset / EPISODES, [name for name in names if name.startswith("stats/action/")])
    for episode, numbers in ((first, range(7)), (second, range(7, 12))):
        steers = np.array([steer_of(number) for number in numbers])
        assert episode["stats/action/mean"][0] == pytest.approx(steers.mean(), abs=1e-6)
        assert episode["stats/action/q90"][0] == pytest.approx(np.quantile(steers, 0.9), abs=1e-6)
        assert episode["stats/action/count"] == [len(steers)]


def test_the_statistics_of_pictures_are_shares_of_white_for_each_colour(dataset: Path) -> None:
    (first, _) = read_rows(dataset / EPISODES, ["stats/observation.images.left/mean"])
    (mean,) = first.values()
    sampled = road(100, SMALL)[::2, ::2].reshape(-1, 3) / 255.0  # the first of every ten rows
    assert np.array(mean).shape == (3, 1, 1)
    assert np.ravel(mean) == pytest.approx(sampled.mean(0), abs=0.02)


def test_the_statistics_of_all_rows_have_the_same_keys(dataset: Path) -> None:
    stats = json.loads((dataset / "meta" / "stats.json").read_text(encoding="utf-8"))
    assert set(stats) == set(info_of(dataset)["features"])
    assert all(tuple(sorted(STATISTICS)) == tuple(sorted(one)) for one in stats.values())
