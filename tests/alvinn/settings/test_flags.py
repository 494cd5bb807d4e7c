from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from alvinn.jobs.demo import Demo
from alvinn.jobs.drive import Drive
from alvinn.jobs.shift import Shift
from alvinn.settings import Driving
from alvinn.training.run import TrainSettings


def test_a_job_is_bare_without_flags_other_than_home_and_carla_whatever_maps_the_server_has(tmp_path: Path) -> None:
    assert Drive(home=tmp_path, carla="somewhere:2000").is_bare()
    assert not Drive(carla="somewhere:2000", map="Town05").is_bare()
    assert not Drive(seconds=3.0).is_bare()


@pytest.mark.parametrize("make", [Driving, TrainSettings, Demo, Shift])
@pytest.mark.parametrize("seed", [-1, 2**32])
def test_a_seed_out_of_range_is_refused_before_anything_is_done(make: Callable[..., object], seed: int) -> None:
    with pytest.raises(ValueError, match="--seed must be from 0 to 4294967295"):
        make(seed=seed)
