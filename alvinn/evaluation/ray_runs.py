"""Runs over a Ray cluster: the errands of `sweep.side_by_side`, driven on its nodes.

A node needs alvinn and the extra `ray` installed, and no disk shared with us: the model travels to it as bytes, and
what a run leaves comes back as bytes. An actor a core drives one run after another and keeps its server, as a worker
of ours does, so the numbers are the same.
"""

from __future__ import annotations

import logging
import os
import tempfile
from collections.abc import Generator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from alvinn.errors import AlvinnError
from alvinn.evaluation.runs import Errand, Tell, drive, taken
from alvinn.metrics.referee import Result, unfinished
from alvinn.networks.inference import Network
from alvinn.world.embedded_server import KeptServer

Files = dict[str, bytes]
"""Path within a folder -> what the file holds."""

LOCAL = "local"  # the address that starts a cluster on this machine
STORE = 200 * 1024 * 1024  # bytes of its shared memory: models and films are small


def over_ray(errands: Sequence[Errand], address: str, tell: Tell) -> Generator[Result, None, None]:
    """Drive runs on a Ray cluster, one a core at a time; results come as they end.

    Args:
        errands: what to drive.
        address: HOST:PORT of the cluster, `auto` for the one of this machine, or `local` to start one.
        tell: told of every run that ended.

    Raises:
        AlvinnError: Ray is not installed, or no cluster answers.
    """
    ray = _joined(address)
    try:
        waiting, busy = list(errands), dict[Any, tuple[Any, Errand]]()
        model = ray.put(_packed(errands[0].model) if errands and errands[0].model is not None else None)
        remote = ray.remote(num_cpus=1)(Node)

        def give(node: Any, last: Errand | None) -> None:
            errand = taken(waiting, last, [errand for _, errand in busy.values()])
            busy[node.drive.remote(errand, model)] = node, errand

        for _ in range(min(len(waiting), int(ray.cluster_resources().get("CPU", 1)))):
            give(remote.remote(), None)
        while busy:
            (ready,), _ = ray.wait(list(busy), num_returns=1)
            node, errand = busy.pop(ready)
            result, lives = _received(ray, ready, errand)
            if waiting:
                give(node if lives else remote.remote(), errand if lives else None)
            tell(errand.run, 1.0)
            yield result
    finally:
        ray.shutdown()


class Node:
    """Drives runs on a node of the cluster."""

    def __init__(self) -> None:
        self._kept = KeptServer()

    def drive(self, errand: Errand, model: Files | None) -> tuple[Result, Files]:
        """A run's result, and the files that it left."""
        with tempfile.TemporaryDirectory() as name:
            home, out = Path(name) / "model", Path(name) / "out"
            there = replace(
                errand,
                model=home if model is not None else None,
                folder=out,
                film=out / errand.film.name if errand.film is not None else None,
            )
            try:
                network = None
                if model is not None:
                    _unpacked(model, home)
                    network = Network(home)
                result = drive(there, network, lambda *_: None, self._kept)
            except AlvinnError as error:
                self._kept.drop()
                result = unfinished(errand.run, "failed", str(error))
            return result, _packed(out)


def _joined(address: str) -> Any:
    try:
        import ray
    except ImportError as error:
        raise AlvinnError("--ray wants Ray, an extra: pip install 'alvinn[ray]'") from error
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    of_its_own: dict[str, Any] = {"include_dashboard": False, "object_store_memory": STORE} if address == LOCAL else {}
    try:
        ray.init(address=address, log_to_driver=False, logging_level=logging.ERROR, **of_its_own)
    except (ConnectionError, ValueError, RuntimeError) as error:
        raise AlvinnError(
            f"no Ray cluster answers at {address}: start one with `ray start --head`, or say --ray local"
        ) from error
    return ray


def _received(ray: Any, ready: Any, errand: Errand) -> tuple[Result, bool]:
    """What became of a run, its files laid where they belong; and whether its node lives."""
    try:
        result, files = ray.get(ready)
    except ray.exceptions.RayError as error:
        return unfinished(errand.run, "failed", f"its node was lost: {type(error).__name__}"), False
    _unpacked(files, errand.folder)
    return result, True


def _packed(folder: Path) -> Files:
    """The files of a folder, those of folders within it too."""
    paths = sorted(path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}


def _unpacked(files: Files, folder: Path) -> None:
    for name, data in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
