from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from alvinn.errors import ModelError
from alvinn.online.process import Learned, LearnerProcess, Watched
from tests.alvinn.fakes import CAMERA
from tests.alvinn.online.road import SPEED, look, steer_back


@pytest.fixture(scope="module")
def learner() -> Iterator[LearnerProcess]:
    """One for all tests here: its start takes seconds."""
    with LearnerProcess("alvinn1991", CAMERA, 0, lockstep=True) as started:
        yield started


def frame(offset: float) -> Watched:
    return Watched(look(offset), steer_back(offset), SPEED)


def drain(learner: LearnerProcess) -> Learned | None:
    return learner.poll(patient=True)


def test_in_lockstep_each_request_is_answered_before_the_next(learner: LearnerProcess) -> None:
    drain(learner)
    passes = []
    for offset in (-0.2, 0.0, 0.2, 0.1):
        answer = learner.request(frame(offset))
        if answer is not None:
            passes.append(answer.passes)
    last = drain(learner)
    assert last is not None
    assert [*passes, last.passes] == list(range(last.passes - 3, last.passes + 1))
    assert last.loss is not None
    assert learner.skipped == 0


def test_in_real_time_a_late_learner_skips_turns_and_the_drive_does_not_wait(learner: LearnerProcess) -> None:
    drain(learner)
    learner._lockstep = False
    try:
        answers = [learner.request(frame(0.1)) for _ in range(50)]
        assert learner.skipped > 0
        assert sum(answer is not None for answer in answers) + learner.skipped >= 49
    finally:
        learner._lockstep = True


def test_a_label_that_is_no_number_is_told_and_learning_goes_on(learner: LearnerProcess) -> None:
    drain(learner)
    learner.request(Watched(look(0.0), float("nan"), SPEED))
    failed = drain(learner)
    assert failed is not None
    assert "must be a number, not nan" in failed.failure
    learner.request(frame(0.0))
    after = drain(learner)
    assert after is not None
    assert not after.failure
    assert np.isfinite(after.layers[0].kernel).all()


def test_a_process_that_ends_is_told() -> None:
    with LearnerProcess("alvinn1991", CAMERA, 0, lockstep=True) as learner:
        learner._process.terminate()
        with pytest.raises(ModelError, match="the learner's process ended with status"):
            learner.wait()
