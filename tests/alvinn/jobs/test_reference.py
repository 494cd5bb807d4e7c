from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from alvinn.jobs.record import Record
from alvinn.jobs.reference import measure_reference
from alvinn.recording import RecordingWriter
from tests.alvinn.fakes import session, step


def test_the_digest_follows_from_what_is_seen_and_done_but_not_from_when_the_server_was_started(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Nothing is driven here: the recording is written by hand."""

    def measure(*, since: int = 0, steer: float = 0.0, light: int = 0) -> str:
        def record(job: Record) -> Path:
            folder = job.recording_folder(job.name)
            with RecordingWriter(folder, session()) as writer:
                for number in range(3):
                    one = step(number, steer=steer)
                    seen = one.observation
                    seen = replace(seen, frame=seen.frame + since, time=seen.time + since, image=seen.image + light)
                    writer.add(replace(one, observation=seen), lane="oval/forward", weather="ClearNoon")
            return folder

        monkeypatch.setattr("alvinn.jobs.reference.record_once", record)
        return measure_reference()

    assert measure() == measure(since=100)
    assert len({measure(), measure(steer=0.01), measure(light=50)}) == 3
