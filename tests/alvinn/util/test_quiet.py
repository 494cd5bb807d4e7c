from __future__ import annotations

import os

import pytest

from alvinn.util.quiet import quiet


def test_what_native_code_prints_meanwhile_is_dropped_and_nothing_else(capfd: pytest.CaptureFixture[str]) -> None:
    print("before")
    with quiet():
        os.write(1, b"native out\n")
        os.write(2, b"native err\n")
    print("after")
    assert capfd.readouterr() == ("before\nafter\n", "")


def test_an_error_comes_through_and_the_streams_come_back(capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(ValueError, match="loud"), quiet():
        raise ValueError("loud")
    os.write(2, b"heard\n")
    assert capfd.readouterr().err == "heard\n"
