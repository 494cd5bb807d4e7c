"""Measured in a process of its own: the settings stay for its life."""

from __future__ import annotations

import subprocess
import sys

import pytest

from alvinn.util.malloc import keep_freed_memory

PROGRAM = """
import resource
from alvinn.util.malloc import keep_freed_memory

def zeroed_pages(times):
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    for _ in range(times):
        blocks = [bytearray(8 << 20) for _ in range(6)]
        del blocks
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before

usual = zeroed_pages(5)
keep_freed_memory()
zeroed_pages(2)
print(usual, zeroed_pages(5))
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="mallopt is glibc's")
def test_freed_blocks_are_used_again_without_the_system_zeroing_their_pages() -> None:
    said = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True).stdout
    usual, kept = map(int, said.split())
    assert usual > 5 * 6 * 1000, "8 MB are two thousand pages"
    assert kept < usual / 10


def test_another_system_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "win32")
    monkeypatch.setattr("ctypes.CDLL", lambda _: pytest.fail("asked for the C library"))
    keep_freed_memory()
