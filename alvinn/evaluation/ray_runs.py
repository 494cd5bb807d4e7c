"""Runs on a Ray cluster, the counterpart of `runs.run_in_parallel`.

A node needs alvinn with the extra `ray`, but no shared disk: the model is sent as bytes and the files of a run come
back as bytes. One actor per core drives run after run and keeps its server, as a local worker does, so the figures
are the same.
"""

from __future__ import annotations

import logging
import os
import socket
import tempfile
from collections.abc import Generator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from alvinn.console import CONSOLE
from alvinn.errors import AlvinnError, UsageError, explain, name_extra
from alvinn.evaluation.runs import ProgressCallback, RunSpec, drive_run, pick_next
from alvinn.metrics.referee import Result, unfinished_result
from alvinn.networks.inference import Network
from alvinn.settings import is_address
from alvinn.world.embedded_server import KeptServer

Files = dict[str, bytes]
"""Path within a folder -> what the file holds."""

LOCAL, AUTO = "local", "auto"  # the addresses that start a cluster on this machine, and that find one there
OPEN_PORTS = (
    "Ray listens on all network interfaces of this machine, and whoever reaches it can run programs here: "
    "use --ray local on a trusted network only; --jobs N opens no ports to it."
)
NOBODY = "no Ray cluster answers at {}: start one with `ray start --head`, or say --ray local"
PATIENCE = 5.0  # s, for the address of a cluster to answer
STORE = 200 * 1024 * 1024  # bytes of shared memory: models and films are small


def run_on_ray(specs: Sequence[RunSpec], address: str, on_progress: ProgressCallback) -> Generator[Result, None, None]:
    """Drive runs on a Ray cluster, one per core; yields results as runs end.

    Args:
        specs: the runs to drive.
        address: HOST:PORT of the cluster, `auto` for the one of this machine, or `local` to start one.
        on_progress: called after each run.

    Raises:
        AlvinnError: it is not an address, Ray is not installed, or no cluster answers.
    """
    ray = _connect(address)
    try:
        waiting, busy = list(specs), dict[Any, tuple[Any, RunSpec]]()
        model = ray.put(_pack(specs[0].model) if specs and specs[0].model is not None else None)
        remote = ray.remote(num_cpus=1)(Node)

        def give(node: Any, last: RunSpec | None) -> None:
            spec = pick_next(waiting, last, [spec for _, spec in busy.values()])
            busy[node.drive_run.remote(spec, model)] = node, spec

        for _ in range(min(len(waiting), int(ray.cluster_resources().get("CPU", 1)))):
            give(remote.remote(), None)
        while busy:
            (ready,), _ = ray.wait(list(busy), num_returns=1)
            node, spec = busy.pop(ready)
            result, is_alive = _collect(ray, ready, spec)
            if waiting:
                give(node if is_alive else remote.remote(), spec if is_alive else None)
            on_progress(spec.run, 1.0)
            yield result
    finally:
        ray.shutdown()


class Node:
    """Drives runs on a node of the cluster."""

    def __init__(self) -> None:
        self._kept = KeptServer()

    def drive_run(self, spec: RunSpec, model: Files | None) -> tuple[Result, Files]:
        """Drive a run; returns its result and its files."""
        with tempfile.TemporaryDirectory() as name:
            called = spec.model.name if spec.model is not None else ""  # films show the model's name
            home, out = Path(name) / "model" / called, Path(name) / "out"
            there = replace(
                spec,
                model=home if model is not None else None,
                folder=out,
                film=out / spec.film.name if spec.film is not None else None,
            )
            try:
                network = None
                if model is not None:
                    _unpack(model, home)
                    network = Network(home)
                result = drive_run(there, network, lambda *_: None, self._kept)
            except (AlvinnError, OSError) as error:
                self._kept.drop()
                result = unfinished_result(spec.run, "failed", explain(error))
            return result, _pack(out)


def require_ray(address: str) -> Any:
    """The module `ray`, to drive at an address: to be asked for before anything is replaced.

    Raises:
        UsageError: it is not an address.
        AlvinnError: Ray is not installed, or nothing listens at the address.
    """
    is_named = address not in {LOCAL, AUTO}
    if is_named and not is_address(address):
        raise UsageError(f"--ray must be local, or HOST:PORT such as 10.0.0.1:6379, not {address!r}")
    try:
        import ray
    except ImportError as error:
        raise AlvinnError(f"--ray requires Ray, {name_extra('ray')}") from error
    if is_named:  # Ray itself would try for minutes without a word
        host, _, port = address.rpartition(":")
        try:
            socket.create_connection((host, int(port)), PATIENCE).close()
        except OSError as error:
            raise AlvinnError(NOBODY.format(address)) from error
    return ray


def _connect(address: str) -> Any:
    ray = require_ray(address)
    if address == LOCAL:
        CONSOLE.print(OPEN_PORTS, style="yellow")
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    of_its_own: dict[str, Any] = {"include_dashboard": False, "object_store_memory": STORE} if address == LOCAL else {}
    try:
        ray.init(address=address, log_to_driver=False, logging_level=logging.ERROR, **of_its_own)
    except ConnectionError as error:
        raise AlvinnError(NOBODY.format(address)) from error
    except (ValueError, RuntimeError) as error:  # such as a cluster of another version
        why = " ".join(str(error).split())
        raise AlvinnError(f"Ray could not join the cluster at {address}: {why}") from error
    return ray


def _collect(ray: Any, ready: Any, spec: RunSpec) -> tuple[Result, bool]:
    """Result of a run, after its files are written here; and whether its node is still alive."""
    try:
        result, files = ray.get(ready)
    except ray.exceptions.RayError as error:
        return unfinished_result(spec.run, "failed", f"its node was lost: {type(error).__name__}"), False
    try:
        _unpack(files, spec.folder)
    except OSError as error:
        return unfinished_result(spec.run, "failed", explain(error)), True
    return result, True


def _pack(folder: Path) -> Files:
    """All files of a folder and its subfolders."""
    paths = sorted(path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}


def _unpack(files: Files, folder: Path) -> None:
    for name, data in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
