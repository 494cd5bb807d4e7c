from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from alvinn.jobs.demo import Demo
from alvinn.jobs.drive import Drive
from alvinn.jobs.shift import Shift
from alvinn.settings import Driving, list_given, refuse_idle, require_address
from alvinn.training.run import TrainSettings


def test_a_job_is_bare_without_flags_other_than_home_and_carla_whatever_maps_the_server_has(tmp_path: Path) -> None:
    assert Drive(home=tmp_path, carla="somewhere:2000").is_bare()
    assert not Drive(carla="somewhere:2000", map="Town05").is_bare()
    assert not Drive(seconds=3.0).is_bare()


@pytest.mark.parametrize("wrong", ["localhost", ":2000", "localhost:", "localhost:port", "localhost:0", "a:65536", ""])
def test_an_address_is_a_host_and_a_port(wrong: str) -> None:
    for right in (None, "localhost:2000", "[::1]:65535"):
        require_address(right)
    with pytest.raises(ValueError, match="--carla must be HOST:PORT"):
        require_address(wrong)


def test_only_flags_that_differ_from_their_default_are_given_and_named_as_they_are_typed() -> None:
    names = ("seed", "open_it", "epochs", "seconds")
    assert list_given(Demo(), names) == []
    assert list_given(Demo(seed=3, epochs=1), names) == ["--seed", "--epochs"]
    assert list_given(Demo(seed=3), ("epochs",)) == []


def test_flags_that_have_nothing_to_do_are_refused_in_a_sentence_that_says_why() -> None:
    refuse_idle(Demo(seed=3), ("epochs",), "without a recording")
    with pytest.raises(ValueError, match=r"^--epochs and --seed would do nothing without a recording$"):
        refuse_idle(Demo(seed=3, epochs=1), ("epochs", "seed"), "without a recording")


@pytest.mark.parametrize("make", [Driving, TrainSettings, Demo, Shift])
@pytest.mark.parametrize("seed", [-1, 2**32])
def test_a_seed_out_of_range_is_refused_before_anything_is_done(make: Callable[..., object], seed: int) -> None:
    with pytest.raises(ValueError, match="--seed must be from 0 to 4294967295"):
        make(seed=seed)
