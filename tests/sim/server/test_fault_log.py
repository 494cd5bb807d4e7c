"""A fault of ours is logged once with its traceback, and nothing ends because of it."""

from __future__ import annotations

import pytest

from sim.server.fault_log import FaultLog


def divide(by: int) -> float:
    return 1 / by


def test_the_same_fault_is_logged_once(capsys: pytest.CaptureFixture[str]) -> None:
    log = FaultLog()
    for _ in range(3):
        with log.logged():
            divide(0)
    text = capsys.readouterr().err
    assert text.count("ZeroDivisionError") == 1
    assert "in divide" in text


def test_a_fault_of_another_kind_or_at_another_place_is_logged_as_well(capsys: pytest.CaptureFixture[str]) -> None:
    log = FaultLog()
    for by in (0, "0"):
        with log.logged():
            divide(by)  # type: ignore[arg-type]  # a text is another kind of error at the same place
    with log.logged():
        int("elsewhere")
    assert capsys.readouterr().err.count("Traceback") == 3


def test_a_block_without_a_fault_writes_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    with FaultLog().logged():
        divide(1)
    assert capsys.readouterr().err == ""


def test_a_stop_of_the_program_is_not_a_fault() -> None:
    with pytest.raises(KeyboardInterrupt), FaultLog().logged():
        raise KeyboardInterrupt
