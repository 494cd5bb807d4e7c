"""A digest of what the expert sees and does: figures of programs that draw or drive differently are never pooled."""

from __future__ import annotations

import hashlib
import tempfile
from dataclasses import replace
from pathlib import Path

from alvinn.jobs.record import Record, record_once
from alvinn.recording import Recording
from alvinn.recording.rows import encode_row

SEEN_IN = "ClearNoon,HardRainSunset,CloudyNight"


def measure_reference() -> str:
    """The digest of a short recording in three weathers: all that is recorded, trained and judged follows from it."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = record_once(Record(home=Path(scratch), name="reference", seconds=3.0, weathers=SEEN_IN, headless=True))
        rows = Recording(folder).rows  # a server counts frames and time from its start, which differs
        digest = hashlib.sha256(b"".join(encode_row(replace(row, frame=0, time=0.0)) for row in rows))
        for path in sorted((folder / "frames").iterdir()):
            digest.update(path.read_bytes())
    return digest.hexdigest()
