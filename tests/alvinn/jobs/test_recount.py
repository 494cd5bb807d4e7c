from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.alvinn.fixtures import ROOT
from tests.alvinn.jobs.cli import Shell
from tests.alvinn.judged import HEAD, judged, sum_up
from tests.conftest import Address

ONE = {"map": "oval", "direction": "forward", "weather": "ClearNoon", "seed": 0, "start": 0, "status": "done"}
ONE |= {"completed": True, "departures": 0, "interventions": 0, "distance_m": 9.0, "duration_s": 1.0}
ONE |= {"offset_mean_m": 0.0, "offset_sd_m": 0.1, "log": "runs/oval/log.csv"}


def write_laps(folder: Path, *runs: dict[str, Any]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    text = json.dumps({"schema": 1, **HEAD, "runs": runs, "summary": sum_up(judged([0.1] * 5))})
    (folder / "laps.json").write_text(text, encoding="utf-8")


def test_laps_are_recounted_by_their_models_name_and_whatever_was_reported_wrong_is_found(
    shell: Shell, tmp_path: Path, server: Address
) -> None:
    folder = tmp_path / "models" / "mine" / "laps"
    host, port = server
    words = ("laps", "--driver", "expert", "--carla", f"{host}:{port}", "--map", "oval", "--km", "0.05", "--headless")
    assert shell.run(*words, "--out", str(folder)).status == 0
    named = ("recount", "mine", "--home", str(tmp_path))
    said = shell.run(*named)
    assert (said.status, said.err) == (0, "")
    assert "1 of 1 runs recounted" in said.out

    told = json.loads((folder / "laps.json").read_text(encoding="utf-8"))
    (run,) = told["runs"]
    lost = run | {"seed": 1, "departures": run["departures"] + 1}
    wide = run | {"seed": 2, "offset_sd_m": run["offset_sd_m"] + 0.0011}
    runs = [run, lost, wide, run | {"status": "failed"}]
    (folder / "laps.json").write_text(json.dumps(told | {"runs": runs}), encoding="utf-8")
    for way in (named, ("recount", str(folder)), ("recount", str(folder / "laps.json"))):
        said = shell.run(*way)
        assert said.status == 1
        assert "2 of 3 runs disagree" in said.err
        assert said.out.count("DISAGREES") == 2
        assert said.out.count("agrees") == 1
        assert "3 of 4 runs recounted" in said.out

    log = folder / run["log"]
    said = shell.run("recount", str(log), "--carla", f"{host}:{port}")
    assert (said.status, said.err) == (0, "")
    assert "departures: 0" in said.out


def test_a_one_way_road_in_reverse_is_recounted_on_its_mirror_image_also_by_the_old_command(
    shell: Shell, tmp_path: Path
) -> None:
    laps = ("laps", "--driver", "expert", "--map", "path", "--both-directions", "--km", "0.03", "--no-films")
    assert shell.run(*laps, "--out", str(tmp_path)).status == 0
    command = [sys.executable, "-m", "tests.recount", "--out", str(tmp_path)]
    said = subprocess.run(command, cwd=ROOT, check=False, capture_output=True, text=True)
    assert said.returncode == 0, said.stderr
    assert said.stdout.count("agrees") == 2


@pytest.mark.parametrize(
    "words", [(), ("log.csv",), ("mine", "--width", "0"), ("log.csv", "--carla", "here")], ids=" ".join
)
def test_wrong_usage_ends_with_status_2(shell: Shell, words: tuple[str, ...]) -> None:
    assert shell.run("recount", *words).status == 2


def test_what_cannot_be_recounted_is_refused_in_a_sentence(shell: Shell, tmp_path: Path) -> None:
    home = ("--home", str(tmp_path))
    assert "is called nobody" in shell.refused("recount", "nobody", *home)
    write_laps(tmp_path / "laps", ONE | {"status": "failed"})
    assert "nothing to recount" in shell.refused("recount", "laps", *home)
    write_laps(tmp_path / "laps", ONE, ONE | {"log": None})
    assert "nothing to recount" in shell.refused("recount", "laps", *home)
    write_laps(tmp_path / "laps", ONE)
    assert "log.csv: No such file" in shell.refused("recount", "laps", *home)
    write_laps(tmp_path / "laps", ONE | {"map": "Town99"})
    assert "Town99" in shell.refused("recount", "laps", *home)
