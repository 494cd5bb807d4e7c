from __future__ import annotations

from collections.abc import Callable

import pytest

from alvinn.jobs.correct import Correct
from alvinn.jobs.laps import Laps
from alvinn.jobs.record import Record
from alvinn.jobs.refine import Refine
from alvinn.settings import Driving


@pytest.mark.parametrize(
    ("make", "answer"),
    [
        (lambda: Laps(map="oval", maps="country,path"), "--map oval and --maps country,path exclude each other"),
        (lambda: Laps(weather="WetNoon", weathers="ClearNoon"), "name all in --weathers"),
        (lambda: Correct(name="a", map="oval"), "--map oval and --maps random:213"),
        (lambda: Refine(name="a", model="b", map="oval"), "--map oval and --maps random:213"),
        (lambda: Record(weather="WetNoon", weathers="ClearNoon"), "name all in --weathers"),
    ],
)
def test_one_map_or_weather_beside_a_list_of_them_is_refused_and_not_ignored(
    make: Callable[[], object], answer: str
) -> None:
    with pytest.raises(ValueError, match=answer):
        make()


def test_the_maps_of_another_server_are_not_looked_up_here() -> None:
    assert Driving(carla="somewhere:2000", map="Town01").map == "Town01"
