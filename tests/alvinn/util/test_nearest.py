from __future__ import annotations

from alvinn.util.nearest import find_name, suggest


def test_a_name_is_found_whatever_its_capitals() -> None:
    assert find_name("clearnoon", ["ClearNoon", "WetNoon"]) == "ClearNoon"
    assert find_name("clear", ["ClearNoon", "WetNoon"]) is None


def test_the_nearest_name_is_suggested_and_else_what_there_is_in_short() -> None:
    assert suggest("Mien", ["mine", "other"]) == "did you mean mine?"
    assert suggest("xyz", ["mine"]) == "there is mine"
    assert suggest("xyz", [f"model-{n}" for n in range(20)]).endswith("model-7, ...")
    assert suggest("xyz", []) == ""
