"""Training in a process of its own."""

from __future__ import annotations

from pathlib import Path

import pytest

from alvinn.dagger.background import BackgroundTrainer
from alvinn.dagger.settings import RoundSettings
from alvinn.errors import ModelError


def test_an_error_of_the_training_process_reaches_its_parent(tmp_path: Path) -> None:
    job = RoundSettings(home=tmp_path, name="mine", data=("ghost",))
    with BackgroundTrainer(job, 0) as trainer, pytest.raises(ModelError, match=r"round 0 was not trained: .*ghost"):
        trainer.wait()


def test_leaving_the_block_ends_the_training_process(tmp_path: Path) -> None:
    with BackgroundTrainer(RoundSettings(home=tmp_path, name="mine", data=("ghost",)), 0) as trainer:
        process = trainer._process
        assert process is not None
        assert process.is_alive()
    assert not process.is_alive()
