"""How much memory a long recording takes to train on.

Ten hours are 720,000 rows and 11 GB of shrunk pictures, which is too much to make for a test. So half an hour and an
hour are opened, cache built and batches drawn, each in a process of its own, and the growth from one to the other is
carried on to ten hours. Pictures lie in a mapped file, whose pages the system takes back when it wants; what counts is
what it cannot take back (RssAnon): the rows of the table stay in memory, the pictures must not.
"""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from alvinn.recording import Recording
from alvinn.recording.rows import HEADER, encode_row
from tests.alvinn.fakes import write_recording

HOUR = 72_000  # rows at 20 Hz
PICTURES = 128 * 40 * 3  # bytes that a row's shrunk picture takes
MOST = 2e9  # bytes for ten hours
SCRIPT = """
import sys
from itertools import islice
from pathlib import Path
from alvinn.training.examples.batches import Batches, BatchSettings
from alvinn.training.examples.dataset import load_dataset
from alvinn.recording import Recording
from alvinn.networks.preprocessing import Preprocessing

def held():
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(1024 * int(line.split()[1]) for line in lines if line.startswith("RssAnon"))

most = 0
def look():
    global most, ticks
    ticks += 1
    if ticks % 2000 == 0:
        most = max(most, held())

ticks = 0
recording = Recording(Path(sys.argv[1]))
dataset = load_dataset([recording], Preprocessing.for_camera(recording.session.camera), look)
for _ in islice(Batches(dataset, BatchSettings(batch=32)).epoch(0), 300):
    pass
print(max(most, held()))
"""


def driven(folder: Path, rows: int) -> Path:
    """A recording whose rows share a few pictures."""
    write_recording(folder, 20)
    few = Recording(folder).rows
    with (folder / "drive.csv").open("wb") as table:
        table.write(HEADER + b"\n")
        for number in range(rows):
            row = few[number % len(few)]
            table.write(encode_row(replace(row, frame=number, time=0.05 * number, lane_s=0.4 * number % 1900.0)))
    return folder


@pytest.mark.long
@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="asks Linux what the process holds")
def test_ten_hours_train_in_bounded_memory(tmp_path: Path) -> None:
    held = []
    for rows in (HOUR // 2, HOUR):
        folder = driven(tmp_path / str(rows), rows)
        said = subprocess.run([sys.executable, "-c", SCRIPT, str(folder)], capture_output=True, text=True, check=True)
        held.append(int(said.stdout))
    a_row = (held[1] - held[0]) / (HOUR // 2)
    print(f"{held} bytes held; {a_row:.0f} a row, {held[1] + 9 * HOUR * a_row:.3g} for ten hours")
    assert a_row < PICTURES / 4, "pictures stay on disk"
    assert held[1] + 9 * HOUR * a_row < MOST
