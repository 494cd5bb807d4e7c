"""`make interop-lerobot`: a drive of ours in the genuine LeRobot, and datasets that it made in ours.

    python -m tests.interop.try_lerobot PYTHON [FOLDER]

PYTHON is that of an environment with lerobot[dataset,training].
"""

from __future__ import annotations

import math
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from alvinn import cli
from alvinn.driving.types import CameraName
from alvinn.formats.conversion_log import ConversionLog
from alvinn.jobs.convert import Convert, convert
from alvinn.recording import Recording

GENUINE = Path(__file__).with_name("genuine_lerobot.py")
CAMERAS: tuple[CameraName, ...] = ("center", "left", "right")
RATE = 20.0  # frames a second
EVERY = 25  # rows, besides those at the borders of episodes


def record(folder: Path) -> Recording:
    """Three stretches of driving with three cameras."""
    for at in range(3):
        more = ["--append"] if at else []
        arguments = ["record", "drive", "--driver", "expert", "--seconds", "6", "--headless", "--home", str(folder)]
        cli.main([*arguments, "--cameras", ",".join(CAMERAS), *more])
    return Recording(folder / "data" / "drive")


def write_reference(recording: Recording, path: Path) -> None:
    """What the export must hold: all steering, some pictures."""
    rows, begin, starts = recording.rows, 0, []
    for at, row in enumerate(rows):
        begin = at if at and row.segment != rows[at - 1].segment else begin
        starts.append(begin)
    borders = {at + step for at in {*starts, len(rows)} for step in (-2, -1, 0, 1, 2) if 0 <= at + step < len(rows)}
    chosen = sorted(borders | set(range(0, len(rows), EVERY)))
    held: dict[str, Any] = {
        f"observation.images.{camera}": np.stack([recording.read_picture(rows[at], camera) for at in chosen])
        for camera in CAMERAS
    }
    held |= {"time_in_episode": [(at - starts[at]) / RATE for at in chosen], "rows": chosen}
    np.savez(path, allow_pickle=False, steering=[row.steer_meant for row in rows], **held)


def check_import(made: Path, home: Path) -> str:
    """A dataset that LeRobot made comes in whole."""
    job = Convert(
        src=str(made), dst=made.name, source_format="lerobot", right_positive=True, speed_unit="m/s", home=home
    )
    log = ConversionLog()
    recording, reference = Recording(convert(job, log)), np.load(made / "reference.npz")
    steering = np.array([row.steer for row in recording.rows])
    assert np.array_equal(steering.astype(np.float32), reference["steering"].astype(np.float32)), log
    errors = [
        float(np.mean((recording.read_picture(row).astype(float) - picture) ** 2))
        for row, picture in zip(recording.rows, reference["pictures"], strict=True)
    ]
    segments = len({row.segment for row in recording.rows})
    worst = 10.0 * math.log10(255.0**2 / max(errors))
    return f"{made.name} comes in: {len(steering)} rows, {segments} segments, steering equal, worst PSNR {worst:.1f} dB"


def main(python: str, folder: Path) -> None:
    """Both ways."""
    recording = record(folder)
    convert(Convert(src=str(recording.folder), dst=str(folder / "export"), target_format="lerobot"), ConversionLog())
    write_reference(recording, folder / "reference.npz")
    offline = {"HF_HUB_OFFLINE": "1", "HF_HOME": str(folder / "hub"), "HF_DATASETS_OFFLINE": "1"}
    subprocess.run([python, GENUINE, folder], check=True, env=os.environ | offline)
    for made in ("made-films", "made-pictures"):
        print(check_import(folder / made, folder))


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as scratch:
        main(sys.argv[1], Path(sys.argv[2] if len(sys.argv) > 2 else scratch))
