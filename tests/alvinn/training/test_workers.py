"""What the pinned Keras does with two local workers: docs/learning.md says that it cannot, and this is the proof.

Should this fail one day because they do train, `train` can be taught TF_CONFIG.
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from contextlib import ExitStack

import pytest

WORKER = """
import keras, numpy as np, tensorflow as tf
with tf.distribute.MultiWorkerMirroredStrategy().scope():
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(2)])
    model.compile("sgd", "mse")
model.fit(np.zeros((64, 4)), np.zeros((64, 2)), batch_size=16, epochs=1, verbose=0)
print("trained")
"""


def free_ports(count: int) -> list[int]:
    with ExitStack() as stack:
        sockets = [stack.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in range(count)]
        return [one.getsockname()[1] for one in sockets]


@pytest.mark.long
def test_two_local_workers_do_not_train_with_the_pinned_keras() -> None:
    cluster = {"worker": [f"127.0.0.1:{port}" for port in free_ports(2)]}
    workers = [
        subprocess.Popen(
            [sys.executable, "-c", WORKER],
            env=os.environ
            | {"TF_CONFIG": json.dumps({"cluster": cluster, "task": {"type": "worker", "index": index}})}
            | {"CUDA_VISIBLE_DEVICES": "", "TF_CPP_MIN_LOG_LEVEL": "3"},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for index in range(2)
    ]
    try:
        for worker in workers:
            out, err = worker.communicate(timeout=300)
            assert worker.returncode == 1
            assert "trained" not in out
            assert "unsupported type (<class 'tensorflow.python.distribute.values.PerReplica'>)" in err
    finally:
        for worker in workers:
            worker.kill()
            worker.wait()
