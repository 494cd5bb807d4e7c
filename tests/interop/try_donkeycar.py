"""`make interop-donkeycar`: a drive of ours in the genuine donkeycar, and a tub that it made in ours.

    python -m tests.interop.try_donkeycar PYTHON [FOLDER]

PYTHON is that of an environment with donkeycar[pc].
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

from alvinn import cli
from alvinn.formats.conversion_log import ConversionLog
from alvinn.jobs.convert import Convert, convert
from alvinn.recording import Recording

GENUINE = Path(__file__).with_name("genuine_donkeycar.py")
EVERY = 20  # rows whose pictures are compared


def record(folder: Path) -> Recording:
    """A minute of driving."""
    cli.main(["record", "drive", "--driver", "expert", "--seconds", "60", "--headless", "--home", str(folder)])
    return Recording(folder / "data" / "drive")


def check_import(made: Path, home: Path) -> str:
    """A tub that donkeycar made comes in, without the records that were deleted in it."""
    job = Convert(src=str(made), dst=made.name, source_format="tub", home=home)
    recording, reference = Recording(convert(job, ConversionLog())), np.load(made / "reference.npz")
    assert [row.steer for row in recording.rows] == reference["steering"].tolist()
    for row, picture in zip(recording.rows, reference["pictures"], strict=True):
        assert np.abs(recording.read_picture(row).astype(int) - picture).max() <= 2, (
            "one JPEG, decoded by two libraries"
        )
    return f"{made.name} comes in: {len(recording.rows)} rows, steering equal, pictures the same files"


def main(python: str, folder: Path) -> None:
    """Both ways."""
    recording = record(folder)
    convert(Convert(src=str(recording.folder), dst=str(folder / "export"), target_format="tub"), ConversionLog())
    chosen = list(range(0, len(recording.rows), EVERY))
    pictures = [recording.read_picture(recording.rows[at]) for at in chosen]
    steering = [row.steer_meant for row in recording.rows]
    np.savez(folder / "reference.npz", steering=steering, rows=chosen, pictures=pictures)
    subprocess.run([python, GENUINE, folder], check=True, env=os.environ | {"TF_CPP_MIN_LOG_LEVEL": "3"})
    print(check_import(folder / "made", folder))


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as scratch:
        main(sys.argv[1], Path(sys.argv[2] if len(sys.argv) > 2 else scratch))
