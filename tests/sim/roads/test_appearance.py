from __future__ import annotations

import numpy as np

from sim.roads import appearance
from sim.roads.appearance import Appearance


def test_maps_that_are_not_drawn_from_a_seed_look_as_usual() -> None:
    assert appearance.choose_appearance("country") == appearance.choose_appearance("Town01") == Appearance()


def test_a_map_always_looks_the_same_and_unlike_the_next() -> None:
    assert appearance.choose_appearance("random:7") == appearance.choose_appearance("random:7")
    assert appearance.choose_appearance("random:7") != appearance.choose_appearance("random:8")
    assert appearance.choose_appearance("random:7") != appearance.choose_appearance("wild:7")


def test_seeds_have_fresh_and_worn_paint_dark_and_bright_asphalt_few_and_many_plants() -> None:
    looks = [appearance.choose_appearance(f"random:{seed}") for seed in range(200)]
    for values, low, high in (
        ([look.wear for look in looks], 0.0, 0.45),
        ([look.asphalt for look in looks], 0.8, 1.2),
        ([look.plants for look in looks], 0.2, 1.6),
        ([look.fields[0] for look in looks], 1.0, 1.5),
    ):
        span = high - low
        assert low <= min(values) < low + 0.05 * span
        assert high - 0.05 * span < max(values) <= high
        assert np.std(values) > 0.2 * span
