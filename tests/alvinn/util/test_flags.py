from __future__ import annotations

import math
from dataclasses import dataclass, field

import pytest

from alvinn.util.flags import (
    SEEDS,
    list_given,
    refuse_idle,
    require_above_zero,
    require_address,
    require_distinct,
    require_seed,
    require_start,
)


@dataclass(frozen=True)
class Job:
    more_epochs: int = 10
    alias: str = "human"
    weights: list[float] = field(default_factory=lambda: [1.0])


@pytest.mark.parametrize("wrong", [0, -1, math.nan, math.inf])
def test_a_flag_that_says_how_much_is_above_zero(wrong: float) -> None:
    require_above_zero("--laps", 1)
    require_above_zero("--laps", None)
    with pytest.raises(ValueError, match="--laps must be a number above 0"):
        require_above_zero("--laps", wrong)


@pytest.mark.parametrize("wrong", ["localhost", ":2000", "localhost:", "localhost:port", "localhost:0", "a:65536", ""])
def test_an_address_is_a_host_and_a_port(wrong: str) -> None:
    for right in (None, "localhost:2000", "[::1]:65535"):
        require_address(right)
    with pytest.raises(ValueError, match="--carla must be HOST:PORT"):
        require_address(wrong)


def test_seeds_and_starting_points_are_counted_from_0() -> None:
    for number in (0, 7):
        require_seed(number)
        require_start(number)
    with pytest.raises(ValueError, match="--start must be 0 or more, not -1"):
        require_start(-1)
    for wrong in (-1, SEEDS):
        with pytest.raises(ValueError, match=f"--seed must be from 0 to 4294967295, not {wrong}"):
            require_seed(wrong)


def test_a_name_that_is_given_twice_is_named() -> None:
    require_distinct("--maps", ["oval", "country"])
    with pytest.raises(ValueError, match="--maps names oval twice: name it once"):
        require_distinct("--maps", ["oval", "country", "oval"])


def test_only_flags_that_differ_from_their_default_are_given_and_named_as_they_are_typed() -> None:
    names = ("more_epochs", "alias", "weights")
    assert list_given(Job(), names) == []
    assert list_given(Job(more_epochs=3, weights=[]), names) == ["--more-epochs", "--weights"]
    assert list_given(Job(more_epochs=3), ("alias",)) == []


def test_flags_that_have_nothing_to_do_are_refused_in_a_sentence_that_says_why() -> None:
    refuse_idle(Job(more_epochs=3), ("alias",), "without a recording")
    with pytest.raises(ValueError, match=r"^--alias and --more-epochs would do nothing without a recording$"):
        refuse_idle(Job(3, "bob"), ("alias", "more_epochs"), "without a recording")
