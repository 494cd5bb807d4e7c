from __future__ import annotations

import pytest

from alvinn.driving.departure import CrossingCounter, departure_margin


def test_the_margin_is_the_room_beside_a_centred_car_but_at_least_thirty_centimetres() -> None:
    assert departure_margin(3.5, 2.1) == pytest.approx(0.7)
    assert departure_margin(2.2, 2.1) == 0.3


def test_a_crossing_counts_once_until_the_car_has_been_back_inside() -> None:
    line = CrossingCounter()
    crossings = [line.update(beyond=beyond) for beyond in (False, True, True, False, True)]
    assert crossings == [False, True, False, False, True]


def test_after_a_reset_the_car_is_taken_to_be_inside() -> None:
    line = CrossingCounter()
    line.update(beyond=True)
    line.reset()
    assert line.update(beyond=True)
