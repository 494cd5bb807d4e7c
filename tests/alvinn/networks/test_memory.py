from __future__ import annotations

from dataclasses import replace

from alvinn.networks.memory import FORGOTTEN, REMEMBERED


def test_the_last_two_answers_are_remembered_newest_first_and_the_road_stays() -> None:
    lighter = replace(FORGOTTEN, intensity=1.0)
    told = lighter.after(0.25, 0.5).after(0.125, -0.5).after(-0.25, 1.0)
    assert (told.intensity, told.residuals, told.curvatures) == (1.0, (-0.25, 0.125), (1.0, -0.5))


def test_a_network_is_told_the_speed_before_its_answers() -> None:
    told = FORGOTTEN.after(0.25, 0.5).as_input(6.0)
    assert told.shape == (REMEMBERED,)
    assert told.tolist() == [6.0, 0.25, 0.0, 0.5, 0.0]
