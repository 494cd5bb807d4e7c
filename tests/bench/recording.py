"""Whether writing keeps up: `python -m tests.bench.recording [--out FILE.json]`.

Lockstep: the expert drives `country` through the genuine client, with the recorder and without it, in turns in the same
run; what is lost between the two is the price of recording. Live: three cameras at 20 Hz on paper, with a disk that
stands still now and then; what counts is the longest that a tick was held up, against its 50 ms.
"""

from __future__ import annotations

import argparse
import json
import statistics
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import pytest

from alvinn.drivers.expert import ExpertDriver
from alvinn.driving.cruise import SpeedController
from alvinn.driving.loop import run
from alvinn.driving.observers import Deadline, TickCallback
from alvinn.driving.types import Camera, Step
from alvinn.recording import Recording, RecordingWriter
from alvinn.recording.observers import RecordingObserver
from alvinn.recording.writer_thread import WriterThread
from tests.alvinn.fakes import DT, picture, session, step
from tests.alvinn.fixtures import car_on
from tests.conftest import running_server

CAMERA = Camera()
TURNS, SECONDS = 5, 20.0  # simulated seconds of a turn
LIVE_TICKS, STALL_EVERY, STALL = 200, 60, 0.4  # ticks, rows, seconds


def lockstep(folder: Path) -> dict[str, float]:
    """Frames a second with and without the recorder, the median of the turns."""
    rates: dict[str, list[float]] = {"bare": [], "recorded": []}
    rows = 0
    with running_server("--map", "country") as address, car_on(address, camera=CAMERA) as world:
        driver = ExpertDriver.in_world(world)
        for turn in range(TURNS):
            for kind, found in rates.items():
                world.tick()  # the last turn has seen its last picture
                seen: list[int] = []
                watch = TickCallback(lambda one, seen=seen: seen.append(one.observation.frame))  # type: ignore[misc]
                begun = time.perf_counter()
                if kind == "bare":
                    run(world, driver, [watch, Deadline(SECONDS)], world.geometry, SpeedController(8.0, DT))
                else:
                    with RecordingWriter(folder, session(CAMERA), append=turn > 0) as writer:
                        recorder = RecordingObserver(writer, "country/forward", "ClearNoon")
                        run(
                            world,
                            driver,
                            [recorder, watch, Deadline(SECONDS)],
                            world.geometry,
                            SpeedController(8.0, DT),
                        )
                    rows += len(seen)
                found.append(len(seen) / (time.perf_counter() - begun))
    bare, recorded = (statistics.median(rates[kind]) for kind in ("bare", "recorded"))
    lost = rows - len(Recording(folder).rows)
    return {"bare_fps": bare, "recorded_fps": recorded, "recorded_ratio": recorded / bare, "rows_lost": float(lost)}


def with_three_cameras(number: int) -> Step:
    """A tick of a car with left, centre and right."""
    one = step(number, camera=CAMERA)
    others = {name: picture(number + at, CAMERA) for at, name in ((300, "left"), (600, "right"))}
    return replace(one, observation=replace(one.observation, others=others))  # type: ignore[arg-type] # dict of names


def live(folder: Path) -> dict[str, float]:
    """How long ticks are held up while the disk stands still for 0.4 s every 60 rows."""
    written, write_line = [0], WriterThread._write_line

    def stalling(thread: WriterThread, line: bytes) -> None:
        written[0] += 1
        if written[0] % STALL_EVERY == 0:
            time.sleep(STALL)
        write_line(thread, line)

    held: list[float] = []
    steps = [with_three_cameras(number) for number in range(LIVE_TICKS)]
    with pytest.MonkeyPatch.context() as patch, RecordingWriter(folder, session(CAMERA)) as writer:
        patch.setattr(WriterThread, "_write_line", stalling)
        due = time.perf_counter()
        for one in steps:
            begun = time.perf_counter()
            writer.add(one, lane="country/forward", weather="ClearNoon")
            held.append(time.perf_counter() - begun)
            due += DT
            time.sleep(max(0.0, due - time.perf_counter()))
    late = sum(one > DT for one in held)
    rows = len(Recording(folder).rows)
    return {
        "live_held_up_ms_max": max(held) * 1e3,
        "live_held_up_ms_p50": statistics.median(held) * 1e3,
        "live_late_by_the_disk": float(late),
        "live_rows_lost": float(LIVE_TICKS - rows),
    }


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path)
    out = parser.parse_args().out
    with tempfile.TemporaryDirectory() as folder:
        figures = lockstep(Path(folder) / "lockstep") | live(Path(folder) / "live")
    for name, value in figures.items():
        print(f"{name:24} {value:10.3f}")
    if out is not None:
        out.write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
