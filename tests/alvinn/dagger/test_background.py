"""Training in a process of its own."""

from __future__ import annotations

import errno
import os
import signal
import sys
from pathlib import Path

import pytest

from alvinn.dagger.background import BackgroundTrainer, _train_in_process
from alvinn.dagger.settings import RoundSettings
from alvinn.errors import ModelError


def test_an_error_of_the_training_process_reaches_its_parent(tmp_path: Path) -> None:
    job = RoundSettings(home=tmp_path, name="mine", data=("ghost",))
    with BackgroundTrainer(job, 0) as trainer, pytest.raises(ModelError, match=r"round 0 was not trained: .*ghost"):
        trainer.wait()


def test_a_full_disk_is_told_in_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "cache")

    monkeypatch.setattr("alvinn.dagger.background.train_round", full)
    monkeypatch.setattr("sys.stdout", sys.stdout)  # which the child process turns away
    monkeypatch.setattr("signal.signal", lambda *_: None)  # as it does Ctrl-C
    with pytest.raises(SystemExit):
        _train_in_process(RoundSettings(home=tmp_path, name="mine"), 0)
    sys.stdout.close()
    said = (tmp_path / "models" / "mine" / "round-000.error").read_text(encoding="utf-8")
    assert said.startswith("cache: No space left on device; free some space")


def test_leaving_the_block_ends_the_training_process(tmp_path: Path) -> None:
    with BackgroundTrainer(RoundSettings(home=tmp_path, name="mine", data=("ghost",)), 0) as trainer:
        process = trainer._process
        assert process is not None
        assert process.is_alive()
    assert not process.is_alive()


def test_ctrl_c_is_left_to_the_parent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found: list[object] = []
    monkeypatch.setattr(
        "alvinn.dagger.background.train_round", lambda *_: found.append(signal.getsignal(signal.SIGINT))
    )
    monkeypatch.setattr("sys.stdout", sys.stdout)
    before = signal.getsignal(signal.SIGINT)
    try:
        _train_in_process(RoundSettings(home=tmp_path, name="mine"), 0)
    finally:
        signal.signal(signal.SIGINT, before)
    sys.stdout.close()
    assert found == [signal.SIG_IGN]
