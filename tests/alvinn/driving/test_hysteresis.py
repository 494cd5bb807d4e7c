from __future__ import annotations

import pytest

from alvinn.driving.hysteresis import Hysteresis


def test_it_switches_on_above_the_high_threshold_and_off_at_the_low_one() -> None:
    is_on = Hysteresis(1.0, 0.5)
    assert [is_on(level) for level in (0.9, 1.1, 0.9, 0.51, 0.5, 0.9)] == [False, True, True, True, False, False]


def test_a_reset_switches_it_off() -> None:
    is_on = Hysteresis(1.0, 0.5)
    assert is_on(1.1)
    is_on.reset()
    assert not is_on(0.9)


def test_a_low_threshold_above_the_high_one_is_refused() -> None:
    with pytest.raises(ValueError, match="low must not exceed high"):
        Hysteresis(0.5, 1.0)
