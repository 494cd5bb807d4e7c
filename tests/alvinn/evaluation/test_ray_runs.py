"""The same sweep over a Ray cluster: a real one, started on this machine, where Ray is installed."""

from __future__ import annotations

import builtins
import importlib.util
import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from alvinn.driving.types import Camera
from alvinn.errors import AlvinnError
from alvinn.evaluation.laps import drive_laps
from alvinn.evaluation.ray_runs import Node, _collect, require_ray, run_on_ray
from alvinn.evaluation.runs import RunSpec
from alvinn.jobs.laps import Laps
from alvinn.metrics.referee import Result, Run
from alvinn.metrics.results import write_laps
from alvinn.settings import CameraFlags, Driving
from tests.alvinn.jobs.cli import Shell
from tests.alvinn.judged import HEAD, judged, sum_up

TINY = CameraFlags(width=64, height=32)
CLOCKED = {"realtime_factor", "latency_ms_p50", "latency_ms_p99"}

needs_ray = pytest.mark.skipif(importlib.util.find_spec("ray") is None, reason="Ray is not installed: an extra")


def figures(results: list[Result]) -> list[dict[str, Any]]:
    return [{key: value for key, value in one.as_json().items() if key not in CLOCKED} for one in results]


def test_a_node_calls_a_model_as_it_is_called_at_home_since_films_show_the_name(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    called = []

    def drive(spec: RunSpec, network: Any, *_: object) -> Result:
        called.append((spec.model, network))
        raise AlvinnError("seen")

    monkeypatch.setattr("alvinn.evaluation.ray_runs.Network", lambda folder: folder.name)
    monkeypatch.setattr("alvinn.evaluation.ray_runs.drive_run", drive)
    run = Run("oval", "forward", "ClearNoon", 0, 0)
    spec = RunSpec(Driving(), run, tmp_path / "models" / "mine", Camera(64, 32), 1, 10.0, tmp_path / "out")
    result, _ = Node().drive_run(spec, {})
    assert result.reason == "seen"
    ((model, name),) = called
    assert model is not None
    assert (model.name, name) == ("mine", "mine")


def test_files_of_a_run_that_cannot_be_written_here_fail_that_run_and_its_node_goes_on(tmp_path: Path) -> None:
    run = Run("oval", "forward", "ClearNoon", 0, 0)
    (tmp_path / "out").write_text("a file where the folder is to be", encoding="utf-8")
    spec = RunSpec(Driving(), run, None, Camera(64, 32), 1, 10.0, tmp_path / "out")

    class Ray:
        exceptions = SimpleNamespace(RayError=LookupError)

        @staticmethod
        def get(_: object) -> tuple[Result, dict[str, bytes]]:
            return judged([0.1] * 20, run), {"runs/oval/log.csv": b""}

    result, is_alive = _collect(Ray, None, spec)
    assert (result.status, is_alive) == ("failed", True)
    assert str(tmp_path / "out") in str(result.reason)


@needs_ray
@pytest.mark.long
@pytest.mark.filterwarnings("ignore")  # Ray's own: sockets that it leaves open
def test_a_cluster_measures_what_jobs_here_measure_and_sends_the_files_home(tmp_path: Path) -> None:
    job = Laps(driver="expert", map="oval", both_directions=True, km=0.03, camera=TINY, out=tmp_path / "here")
    here = drive_laps(job, None)
    there = drive_laps(Laps(**vars(job) | {"ray": "local", "out": tmp_path / "there"}), None)
    assert figures(there) == figures(here)
    logs = [
        {path.parent.name: path.read_bytes() for path in tmp_path.glob(f"{at}/runs/*/log.csv")}
        for at in ("here", "there")
    ]
    assert logs[0] == logs[1]
    assert len(logs[0]) == 2
    assert {path.name for path in (tmp_path / "there").iterdir()} >= {"laps.json", "report.html", "lap.mp4", "lap.jpg"}


@needs_ray
@pytest.mark.long
def test_a_cluster_that_is_not_there_is_said(shell: Shell, tmp_path: Path) -> None:
    said = shell.refused("laps", "--driver", "expert", "--ray", "auto", "--out", str(tmp_path))
    assert "no Ray cluster answers at auto" in said


def test_where_nothing_listens_that_is_said_before_ray_tries_for_minutes(monkeypatch: pytest.MonkeyPatch) -> None:
    """A module in Ray's place, which must not be asked for anything."""
    monkeypatch.setitem(sys.modules, "ray", ModuleType("ray"))
    with pytest.raises(AlvinnError, match=r"no Ray cluster answers at 127\.0\.0\.1:1: start one"):
        require_ray("127.0.0.1:1")


@pytest.mark.parametrize("address", ["foo", "10.0.0.1", ":6379", "10.0.0.1:port", "10.0.0.1:99999", ""])
def test_an_address_that_is_none_is_said_before_ray_is_asked_for(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)  # as where it was not installed
    with pytest.raises(AlvinnError, match=f"--ray must be local, or HOST:PORT such as 10.0.0.1:6379, not '{address}'"):
        next(run_on_ray([], address, lambda *_: None))


def test_a_cluster_of_another_version_is_called_so(monkeypatch: pytest.MonkeyPatch) -> None:
    class Newer(ModuleType):
        @staticmethod
        def init(**_: object) -> None:
            raise RuntimeError("Version mismatch: the cluster was started with:\n    Ray: 9.9.9")

    monkeypatch.setitem(sys.modules, "ray", Newer("ray"))
    with pytest.raises(AlvinnError, match=r"could not join the cluster at auto: Version mismatch: .* Ray: 9\.9\.9"):
        next(run_on_ray([], "auto", lambda *_: None))


@pytest.mark.parametrize(("address", "expected"), [("local", True), ("10.0.0.1:6379", False)])
def test_a_cluster_started_here_is_said_to_listen_on_the_network(
    address: str, expected: bool, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    class NoCluster(ModuleType):
        @staticmethod
        def init(**_: object) -> None:
            raise ConnectionError("none")

    monkeypatch.setitem(sys.modules, "ray", NoCluster("ray"))
    with pytest.raises(AlvinnError, match="no Ray cluster answers"):
        next(run_on_ray([], address, lambda *_: None))
    assert ("all network interfaces" in capsys.readouterr().out) is expected


def test_without_a_cluster_that_can_be_asked_earlier_results_stay(
    shell: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    earlier = tmp_path / "laps.json"
    result = judged([0.1] * 5)
    write_laps(tmp_path, HEAD, [result.as_json()], sum_up(result))
    before = earlier.read_bytes()
    words = ("laps", "--driver", "expert", "--map", "oval", "--out", str(tmp_path), "--overwrite", "--ray")
    assert "--ray must be local, or" in shell.misused(*words, "foo")
    assert "--ray requires Ray" in shell.refused(*words, "local")
    assert earlier.read_bytes() == before


def test_without_ray_it_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def without(name: str, *rest: Any, **more: Any) -> Any:
        if name == "ray":
            raise ImportError(name)
        return real(name, *rest, **more)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(
        AlvinnError, match=r"""requires Ray, an extra: pip install "\.\[ray\]" in the project's folder$"""
    ):
        next(run_on_ray([], "local", lambda *_: None))
