"""What a user waits for at the prompt: `python -m tests.bench.commands [--out FILE.json]`.

`alvinn --help`, and whole sweeps of the shipped model over eight runs, start, films, logs and report included, in one
process and in two; how many times real time they drive is hours of driving an hour of computing.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

MAPS = ("country", "oval", "random:11", "random:42")
HELPS = 5  # of which the quickest counts: the first reads the modules from the disk


def run(*words: str) -> float:
    """Seconds that a command of ours takes."""
    began = time.perf_counter()
    subprocess.run([sys.executable, "-m", "alvinn", *words], check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - began


def sweep(jobs: int, km: float) -> float:
    """How many times real time a sweep drives."""
    with tempfile.TemporaryDirectory() as name:
        words = ("--maps", ",".join(MAPS), "--both-directions", "--km", f"{km:g}", "--jobs", str(jobs), "--out", name)
        seconds = run("laps", "--model", "shipped", *words)
        driven = json.loads((Path(name) / "laps.json").read_text(encoding="utf-8"))["summary"]["duration_s"]
    return float(driven / seconds)


def main(argv: Sequence[str] | None = None) -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.commands", description=__doc__)
    parser.add_argument("--out", type=Path, help="write the figures as JSON")
    parser.add_argument("--km", type=float, default=1.4, help="length of a run (default 1.4)")
    options = parser.parse_args(argv)
    figures = {"help_s": min(run("--help") for _ in range(HELPS))}
    print(f"alvinn --help: {figures['help_s']:.2f} s", flush=True)
    for jobs in (1, 2):
        figures[f"sweep_jobs_{jobs}"] = sweep(jobs, options.km)
        print(f"sweep, --jobs {jobs}: {figures[f'sweep_jobs_{jobs}']:.1f} times real time", flush=True)
    if options.out is not None:
        options.out.write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
