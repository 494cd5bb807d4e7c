from __future__ import annotations

import json
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pytest

from alvinn.errors import MixedError, TakenError
from alvinn.jobs.ablation import CELLS, Ablation, format_markdown
from alvinn.metrics.summary import summarize
from tests.alvinn.jobs.cli import Shell
from tests.alvinn.judged import RUN, judged


def test_every_cell_but_the_first_differs_from_it() -> None:
    base, *others = (asdict(cell) | {"name": ""} for cell in CELLS)
    assert CELLS[0].name == "conv"
    assert all(other != base for other in others)
    assert len({cell.name for cell in CELLS}) == len(CELLS)


def test_cells_that_learn_from_the_same_driving_share_its_recording() -> None:
    names = {cell.name: cell.recording for cell in CELLS}
    assert names["conv"] == names["pilotnet"] == names["conv-no-views"]
    assert names["conv-no-noise"] != names["conv"]


def test_a_cell_that_there_is_not_is_wrong_usage(shell: Shell) -> None:
    said = shell.run("ablation", "--cells", "conv,perceptron")
    assert said.status == 2
    assert "perceptron" in said.err


def test_an_ablation_without_a_weather_to_judge_in_is_wrong_usage(
    shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Ablation, "run", lambda _: pytest.fail("it was begun"))
    assert "--weathers names nothing: name at least one" in shell.misused("ablation", "--weathers", "")


def test_a_row_of_the_table_tells_what_was_measured() -> None:
    laps = [judged([0.0, 0.1] * 400), judged([0.0, 3.0] + [0.0] * 800, replace(RUN, map="country"))]
    summed = summarize(laps, np.random.default_rng(0))
    row = {
        "name": "conv",
        "training_seconds": [60.0, 62.0],
        "held_out_mae": [0.004, None],
        "laps": 2,
        "faultless": 1,
        "all": summed,
        "by_seed": [summed],
    }
    *_, line = format_markdown([row]).splitlines()
    cells = [cell.strip() for cell in line.strip("|").split("|")]
    assert cells[:4] == ["conv", "61 s", "0.0040 1/m", "1 of 2"]
    assert cells[4].startswith(f"{summed['departures_per_km']:.2f} (")
    assert cells[6] == f"{summed['offset_sd_m']:.3f}"


def test_what_was_begun_with_other_settings_is_not_mixed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Ablation, "_measure", lambda _: None)
    Ablation(out=tmp_path).run()
    Ablation(out=tmp_path, seeds=9, cells="conv").run()
    with pytest.raises(MixedError, match=r"was begun with epochs none \(now 5\): choose another --out"):
        Ablation(out=tmp_path, epochs=5).run()
    for model in ("conv-0", "mine"):
        (tmp_path / "models" / model).mkdir(parents=True)
    Ablation(out=tmp_path, epochs=5, overwrite=True).run()
    assert [path.name for path in (tmp_path / "models").iterdir()] == ["mine"]


@pytest.mark.parametrize("overwrite", [True, False])
def test_what_no_study_made_is_not_replaced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, overwrite: bool
) -> None:
    monkeypatch.setattr(Ablation, "_measure", lambda _: None)
    mine = tmp_path / "models" / "conv-0"
    mine.mkdir(parents=True)
    Ablation(out=tmp_path, overwrite=overwrite).run()
    assert mine.is_dir()
    (tmp_path / "begun.json").unlink()
    (tmp_path / "table.md").write_text("mine", encoding="utf-8")
    with pytest.raises(TakenError, match=r"holds table\.md but no begun\.json"):
        Ablation(out=tmp_path, overwrite=overwrite).run()
    assert (tmp_path / "table.md").read_text(encoding="utf-8") == "mine"


@pytest.mark.long
def test_killed_it_goes_on_where_it_was(shell: Shell, tmp_path: Path) -> None:
    small = ("--cells", "conv", "--seeds", "1", "--seconds", "16", "--epochs", "1", "--km", "0.02", "--jobs", "1")
    command = ("ablation", "--out", str(tmp_path), *small, "--maps", "oval")
    assert shell.run(*command, "--weathers", "ClearNoon").status == 0
    before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*") if path.suffix in {".csv", ".keras"}}
    assert shell.run(*command, "--weathers", "ClearNoon,WetNoon").status == 0
    kept = {path: path.stat().st_mtime_ns for path in before if path.name != "laps.csv"}
    assert kept == {path: before[path] for path in kept}, "recording, model and laps are reused"
    (row,) = json.loads((tmp_path / "table.json").read_text(encoding="utf-8"))["cells"]
    assert row["laps"] == 4
    assert set(row["by_weather"]) == {"ClearNoon", "WetNoon"}
    assert Ablation(out=tmp_path).select_cells() == CELLS
