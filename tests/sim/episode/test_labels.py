"""Labels are the tags of CARLA's segmentation camera, as the genuine client names them."""

from __future__ import annotations

import carla
import pytest

from sim.episode.labels import Label

CLIENT_NAMES = {
    Label.NONE: "NONE",
    Label.ROAD: "Roads",
    Label.SIDEWALK: "Sidewalks",
    Label.BUILDING: "Buildings",
    Label.WALL: "Walls",
    Label.FENCE: "Fences",
    Label.POLE: "Poles",
    Label.VEGETATION: "Vegetation",
    Label.TERRAIN: "Terrain",
    Label.SKY: "Sky",
    Label.PEDESTRIAN: "Pedestrians",
    Label.CAR: "Car",
    Label.STATIC: "Static",
    Label.ROAD_LINE: "RoadLines",
    Label.GROUND: "Ground",
    Label.GUARD_RAIL: "GuardRail",
}


def test_every_label_has_a_name_in_the_client() -> None:
    assert set(CLIENT_NAMES) == set(Label)


@pytest.mark.parametrize("label", Label)
def test_a_label_has_the_clients_number(label: Label) -> None:
    assert int(getattr(carla.CityObjectLabel, CLIENT_NAMES[label])) == label
