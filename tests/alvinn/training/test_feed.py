from __future__ import annotations

import threading
from collections.abc import Iterator
from itertools import count

import numpy as np
import pytest
import tensorflow as tf

from alvinn.networks.encodings import Floats
from alvinn.training.feed import AHEAD, Feed

SIGNATURE = (tf.TensorSpec((None, 2), tf.float32), tf.TensorSpec((None,), tf.float32))


def numbered(made: list[int]) -> Iterator[tuple[Floats, Floats]]:
    for number in count():
        made.append(number)
        yield np.full((3, 2), number, np.float32), np.zeros(3, np.float32)


def makers() -> list[str]:
    return [thread.name for thread in threading.enumerate() if thread.name == "batches"]


def test_batches_come_in_their_order_and_only_a_few_are_made_in_advance() -> None:
    made: list[int] = []
    with Feed(numbered(made), SIGNATURE) as dataset:
        assert dataset.element_spec == SIGNATURE
        taken = [int(batch[0][0, 0]) for batch, _ in zip(dataset, range(20), strict=False)]
    assert taken == list(range(20))
    assert len(made) <= 20 + 10 * AHEAD, "TensorFlow takes some ahead, too, and more of them on a busy machine"
    assert makers() == []


def test_what_goes_wrong_while_a_batch_is_made_is_raised_where_it_is_taken() -> None:
    def broken() -> Iterator[tuple[Floats, Floats]]:
        yield np.zeros((3, 2), np.float32), np.zeros(3, np.float32)
        raise OSError("the disk is gone")

    def take_all() -> None:
        with Feed(broken(), SIGNATURE) as dataset:
            for _ in dataset:
                pass

    with pytest.raises(OSError, match="the disk is gone"):
        take_all()
    assert makers() == []


def test_whoever_is_interrupted_leaves_no_thread_that_goes_on() -> None:
    def interrupt() -> None:
        with Feed(numbered([]), SIGNATURE):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupt()
    assert makers() == []
