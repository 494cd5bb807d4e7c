from __future__ import annotations

import shutil
from pathlib import Path

from alvinn.networks.inference import read_card
from alvinn.settings import Home


def test_the_shipped_model_is_read_from_the_package_and_its_results_go_to_the_users_folder(tmp_path: Path) -> None:
    home = Home(home=tmp_path)
    assert read_card(home.find_model("shipped")).network == "conv"
    assert home.model_folder("shipped") == tmp_path / "models" / "shipped"
    assert home.find_model("other") == tmp_path / "models" / "other"


def test_results_of_the_shipped_model_do_not_hide_it(tmp_path: Path) -> None:
    home = Home(home=tmp_path)
    (home.model_folder("shipped") / "laps").mkdir(parents=True)
    assert (home.find_model("shipped") / "network.tflite").is_file()


def test_a_users_own_model_named_shipped_takes_its_place(tmp_path: Path) -> None:
    home = Home(home=tmp_path)
    own = Path(shutil.copytree(home.find_model("shipped"), home.model_folder("shipped")))
    assert home.find_model("shipped") == own


def test_the_models_to_choose_from_are_the_users_and_the_shipped_one(tmp_path: Path) -> None:
    home = Home(home=tmp_path)
    assert home.model_names() == ["shipped"]
    shutil.copytree(home.find_model("shipped"), home.model_folder("mine"))
    assert home.model_names() == ["mine", "shipped"]
