from __future__ import annotations

import pytest

from sim.episode.blueprints import LIBRARY, RGB_CAMERA, AttributeValue, BlueprintError, Description, find_blueprint


def test_blueprints_have_their_own_numbers_and_names() -> None:
    assert len({entry.uid for entry in LIBRARY} - {0}) == len(LIBRARY) == len({entry.id for entry in LIBRARY})


def test_attributes_of_a_blueprint_have_different_names() -> None:
    for entry in LIBRARY:
        names = [attribute.id for attribute in entry.attributes]
        assert len(names) == len(set(names))


def test_an_unknown_blueprint_is_an_error_that_lists_the_known() -> None:
    with pytest.raises(BlueprintError, match=r"no blueprint 'vehicle.x'; there are vehicle.tesla.model3, "):
        find_blueprint("vehicle.x")


def test_a_completed_description_has_every_attribute_and_the_clients_values() -> None:
    given = (AttributeValue("fov", 3, "60"), AttributeValue("unheard_of", 99, "x"))
    complete = Description(0, RGB_CAMERA, given).complete()
    assert len(complete.attributes) == len(find_blueprint(RGB_CAMERA).attributes)
    assert (complete.text("fov"), complete.text("image_size_x"), complete.text("unheard_of")) == ("60", "800", "")


def test_what_cannot_be_modified_stays_as_the_blueprint_has_it() -> None:
    wheels = AttributeValue("number_of_wheels", 2, "18")
    assert Description(1, "vehicle.tesla.model3", (wheels,)).complete().text("number_of_wheels") == "4"


@pytest.mark.parametrize("text", ["", "wide", "nan", "inf", "-1", "181"])
def test_a_number_out_of_its_range_is_an_error_that_says_both(text: str) -> None:
    description = Description(2, RGB_CAMERA, (AttributeValue("fov", 3, text),))
    with pytest.raises(BlueprintError, match=rf"fov is '{text}', expected a number from 1 to 179"):
        description.number("fov", 1, 179)
