from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from alvinn.errors import ResultsError
from alvinn.networks.inference import read_card
from alvinn.settings import Home
from tests.alvinn.fakes import write_recording


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


def test_recordings_in_data_are_named_once_each(tmp_path: Path) -> None:
    home = Home(home=tmp_path)
    write_recording(home.recording_folder("mine"), 1)
    assert home.select_recordings(["mine", "elsewhere", "mine"]) == ["mine"]


def test_a_model_is_named_so_that_it_is_found_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    home = Home()
    for typed in ("mine", "models/mine", "./models/mine/", str(tmp_path / "models" / "mine")):
        assert home.name_model(typed) == "mine"
    for typed in ("models/mine/round-003", "./mine", str(tmp_path / "elsewhere")):
        assert home.name_model(typed) == typed
        assert home.find_model(home.name_model(typed)) == home.find_model(typed)
    assert home.name_model("shipped") == "shipped"


def test_laps_are_found_by_their_models_name_by_a_folder_of_this_home_or_by_a_path(tmp_path: Path) -> None:
    home = Home(home=tmp_path)
    with pytest.raises(ResultsError, match="no model and no folder of laps is called mine"):
        home.find_laps("mine")
    for folder in (tmp_path / "mine", home.model_folder("mine") / "laps", tmp_path / "elsewhere"):
        folder.mkdir(parents=True)
        (folder / "laps.json").touch()
        assert home.find_laps(str(folder) if folder.name == "elsewhere" else "mine") == folder
    assert home.find_laps(str(tmp_path / "elsewhere" / "laps.json")) == tmp_path / "elsewhere" / "laps.json"
    with pytest.raises(ResultsError, match="did you mean mine"):
        home.find_laps("mime")


@pytest.mark.parametrize("name", ["./mine", "mine/", "there/mine"])
def test_a_name_with_a_separator_is_a_path(name: str) -> None:
    home = Home(home=Path("elsewhere"))
    assert home.model_folder(name) == home.recording_folder(name) == Path(name)
    assert home.model_folder("mine") == Path("elsewhere/models/mine")


def test_a_model_is_called_as_its_recording_and_replaces_none_nor_shares_its_folder(tmp_path: Path) -> None:
    home = Home(tmp_path)
    assert home.choose_model_name("drive-1") == home.choose_model_name("elsewhere/drive-1") == "drive-1"
    home.model_folder("drive-1").mkdir(parents=True)
    assert home.choose_model_name("drive-1") == "drive-1-2"
