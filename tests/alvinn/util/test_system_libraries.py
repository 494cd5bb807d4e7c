from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from alvinn.util import system_libraries
from alvinn.util.system_libraries import SYSTEM_LIBRARIES, SystemLibrary, main

ROOT = Path(__file__).resolve().parents[3]
NOBODY = SystemLibrary("libNobody.so.1", "OpenCV", "libnobody1")


def test_it_runs_before_anything_is_installed() -> None:
    """-I and -S: neither the site's packages nor the environment's."""
    path = ROOT / "alvinn" / "util" / "system_libraries.py"
    assert subprocess.run([sys.executable, "-I", "-S", str(path)], check=False).returncode == 0


def test_a_library_that_is_missing_is_named_with_its_package(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(system_libraries, "SYSTEM_LIBRARIES", (*SYSTEM_LIBRARIES, NOBODY))
    monkeypatch.setattr("platform.system", lambda: "Linux")
    assert main([]) == 1
    assert capsys.readouterr().err == "OpenCV needs libNobody.so.1: on Debian and Ubuntu, apt-get install libnobody1\n"
    assert main(["--packages"]) == 0
    assert capsys.readouterr().out == "libnobody1\n"


def test_windows_needs_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("platform.system", lambda: "Windows")
    assert system_libraries.needed_here() == ()


def test_ci_and_make_name_no_library_of_their_own() -> None:
    for path in (ROOT / "Makefile", ROOT / ".ci" / "run"):
        text = path.read_text(encoding="utf-8")
        assert "alvinn/util/system_libraries.py" in text
        assert not [library for library in SYSTEM_LIBRARIES if library.package in text.split()]
