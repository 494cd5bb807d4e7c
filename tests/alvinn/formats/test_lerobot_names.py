from __future__ import annotations

import pytest

from alvinn.formats.lerobot_names import L2D, LEROBOT, Names


@pytest.mark.parametrize("names", [LEROBOT, L2D])
def test_the_actions_numbers_stand_under_their_names(names: Names) -> None:
    action = dict(zip(names.action, names.action_of(0.1, 0.2, 0.3), strict=True))
    found = {key: value for word in ("steer", "brake") for key, value in action.items() if word in key}
    assert list(found.values()) == [0.1, 0.3]
    assert sorted(action.values()) == [0.1, 0.2, 0.3]


@pytest.mark.parametrize("names", [LEROBOT, L2D])
def test_every_feature_names_as_many_elements_and_units_as_its_shape_has(names: Names) -> None:
    for feature in names.features().values():
        assert len(feature["names"]) == len(feature["units"]) == feature["shape"][0]


def test_the_unit_of_speed_and_its_scale_agree() -> None:
    assert (LEROBOT.state_units[0], LEROBOT.speed_scale) == ("m/s", 1.0)
    assert (L2D.state_units[0], L2D.speed_scale) == ("km/h", 3.6)


def test_the_centre_camera_has_each_formats_name_and_the_others_lerobots() -> None:
    assert L2D.camera("center") == "observation.images.front_forward"
    assert LEROBOT.camera("center") == "observation.images.center"
    assert L2D.camera("left") == LEROBOT.camera("left") == "observation.images.left"
