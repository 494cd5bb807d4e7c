from __future__ import annotations

from alvinn.online.readiness import Readiness

DT = 0.05


def watch(readiness: Readiness, error: float | None, seconds: float) -> None:
    for _ in range(round(seconds / DT)):
        readiness.watch(error)


def is_ready(readiness: Readiness) -> bool:
    return readiness.is_ready


def test_an_error_that_stays_low_makes_ready() -> None:
    readiness = Readiness(low=0.01, seconds=2.0, least=3.0, dt=DT)
    watch(readiness, 0.05, 3.0)
    assert not is_ready(readiness)
    watch(readiness, 0.001, 1.0)
    assert not is_ready(readiness), "the mean of the last two seconds is still high"
    watch(readiness, 0.001, 1.0)
    assert is_ready(readiness)
    watch(readiness, 0.05, 1.0)
    assert not is_ready(readiness), "it is no longer low"


def test_nobody_is_ready_who_has_watched_too_little_or_without_weights() -> None:
    readiness = Readiness(low=0.01, seconds=1.0, least=3.0, dt=DT)
    watch(readiness, None, 10.0)
    assert not is_ready(readiness)
    assert readiness.error is None
    readiness.restart()
    watch(readiness, 0.0, 2.9)
    assert not is_ready(readiness)
    watch(readiness, 0.0, 0.1)
    assert is_ready(readiness)


def test_after_a_failed_attempt_it_watches_again() -> None:
    readiness = Readiness(low=0.01, seconds=1.0, least=3.0, dt=DT)
    watch(readiness, 0.0, 5.0)
    readiness.restart()
    watch(readiness, 0.0, 2.0)
    assert not is_ready(readiness)
    watch(readiness, 0.0, 1.0)
    assert is_ready(readiness)
