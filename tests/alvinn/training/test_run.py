"""What a training needs before TensorFlow is loaded; the command itself is tested in jobs/test_train.py."""

from __future__ import annotations

from typing import Any

import pytest

from alvinn.training.run import TrainSettings, _data_settings


def test_a_camera_is_parsed_and_a_malformed_one_shows_an_example() -> None:
    assert TrainSettings().parse_camera() is None
    assert TrainSettings(camera="60,1.2,-5").parse_camera() == (60.0, 1.2, -5.0)
    for wrong in ("60", "60,high,-5", "60,-1,-5", "400,1,0"):
        with pytest.raises(ValueError, match="--camera"):
            TrainSettings(camera=wrong)


def test_a_training_is_not_resumed_with_another_camera() -> None:
    for camera in (None, "60,1.2,-5"):
        settings = _data_settings(TrainSettings(camera=camera))
        assert settings.get("camera") == camera, "it decides views and labels"


@pytest.mark.parametrize("flag", [{"output": "scalar"}, {"labels": "keys"}])
def test_what_alvinn_of_1989_would_not_heed_is_refused(flag: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"alvinn1989 has .* of its own"):
        TrainSettings(name="m", network="alvinn1989", **flag)
