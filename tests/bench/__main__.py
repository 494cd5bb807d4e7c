"""Every benchmark, one after another: `python -m tests.bench [--out bench.json] [--only NAME,NAME]`.

Prints a table of our figures with their peers beside them, measured in the same run, and writes all figures to one
JSON file. A benchmark that fails is named at the end, and the others still count.
"""

from __future__ import annotations

import argparse
import json
import platform
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

BENCHES: dict[str, tuple[str, ...]] = {
    "wire": (),
    "server": ("--ticks", "20000"),
    "learning": (),
    "laps": (),
    "recording": (),
    "gym": (),
    "commands": (),
}


@dataclass(frozen=True)
class Line:
    """A line of the table: where its figures are found in a benchmark's JSON, and in which direction they are good."""

    bench: str
    what: str
    ours: Callable[[Any], float]
    unit: str
    peer: str = ""
    theirs: Callable[[Any], float] | None = None


def _round(case: int, what: str) -> Line:
    """A case of the wire's benchmark."""
    return Line(
        "wire",
        what,
        lambda f: float(f["figures"][case]["drawn"]),
        "rounds/s",
        "bare wire",
        lambda f: float(f["figures"][case]["constant"]),
    )


LINES = (
    _round(0, "control, tick, frame"),
    _round(1, "the same in HardRainNoon"),
    _round(2, "three cameras"),
    _round(3, "800x600"),
    Line("server", "server to its first frame", lambda f: float(f["first_frame_s"]), "s"),
    Line(
        "learning",
        "training, all augmentation",
        lambda f: float(f["training_fps"]),
        "pictures/s",
        "bare fit",
        lambda f: float(f["bare_fit_fps"]),
    ),
    Line(
        "learning",
        "its CPU time",
        lambda f: float(f["training_cpu_us"]),
        "us a picture",
        "bare fit",
        lambda f: float(f["bare_fit_cpu_us"]),
    ),
    Line(
        "learning",
        "frame in, steering out",
        lambda f: float(f["answer_ms"]),
        "ms",
        "bare LiteRT and resize",
        lambda f: float(f["bare_answer_ms"]),
    ),
    Line(
        "laps",
        "closed loop, network and referee",
        lambda f: float(f["closed"]["ticks_a_second"]),
        "ticks/s",
        "bare loop",
        lambda f: float(f["bare"]["ticks_a_second"]),
    ),
    Line(
        "recording",
        "recording in lockstep",
        lambda f: float(f["recorded_fps"]),
        "frames/s",
        "not recording",
        lambda f: float(f["bare_fps"]),
    ),
    Line(
        "gym",
        "alvinn/LaneKeeping-v0",
        lambda f: float(f["steps_a_second"]["alvinn/LaneKeeping-v0"]),
        "steps/s",
        "CarRacing-v3",
        lambda f: float(f["steps_a_second"].get("CarRacing-v3", "nan")),
    ),
    Line("commands", "alvinn --help", lambda f: float(f["help_s"]), "s"),
    Line("commands", "a sweep, --jobs 1", lambda f: float(f["sweep_jobs_1"]), "times real time"),
    Line("commands", "a sweep, --jobs 2", lambda f: float(f["sweep_jobs_2"]), "times real time"),
)


def measure(name: str, folder: Path) -> Any:
    """The figures of a benchmark; None if it failed."""
    out = folder / f"{name}.json"
    print(f"\n{name}:", flush=True)
    command = [sys.executable, "-m", f"tests.bench.{name}", *BENCHES[name], "--out", str(out)]
    if subprocess.run(command, check=False).returncode or not out.is_file():
        return None
    return json.loads(out.read_text(encoding="utf-8"))


def tabulate(figures: dict[str, Any]) -> Table:
    """Our figures beside their peers'."""
    table = Table("what", "ours", "", "peer", "theirs", "ours / theirs")
    for line in LINES:
        if (found := figures.get(line.bench)) is None:
            continue
        ours, theirs = line.ours(found), line.theirs(found) if line.theirs is not None else float("nan")
        known = theirs == theirs  # noqa: PLR0124 - not NaN: the peer is installed
        beside = (line.peer, f"{theirs:.4g}", f"{ours / theirs:.2f}") if known else ("", "", "")
        table.add_row(line.what, f"{ours:.4g}", line.unit, *beside)
    return table


def main(argv: Sequence[str] | None = None) -> int:
    """Measure everything, print the table, write the file."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("bench.json"), help="all figures (default bench.json)")
    parser.add_argument("--only", default=",".join(BENCHES), help=f"some of {','.join(BENCHES)}")
    options = parser.parse_args(argv)
    names = options.only.split(",")
    if unknown := [name for name in names if name not in BENCHES]:
        parser.error(f"there is no benchmark {unknown[0]}: {', '.join(BENCHES)}")
    with tempfile.TemporaryDirectory() as folder:
        figures = {name: measure(name, Path(folder)) for name in names}
    machine = {"system": platform.platform(), "python": platform.python_version()}
    options.out.write_text(json.dumps({"schema": 1, "machine": machine} | figures, indent=2) + "\n", encoding="utf-8")
    Console().print(tabulate(figures))
    failed = [name for name, found in figures.items() if found is None]
    print(f"{options.out} holds all figures" + (f"; failed: {', '.join(failed)}" if failed else ""))
    return int(bool(failed))


if __name__ == "__main__":
    sys.exit(main())
