"""How fast learning and answering are, beside the bare libraries in the same run.

    python -m tests.bench.learning [--out FILE.json]

Training: frames a second with views and light on and the allocator set as `train` sets it, over bare `model.fit` on
arrays in memory with the same network and batch; and the CPU time of both, which a busy machine distorts less.
Answering: camera frame in, curvature out, against bare LiteRT with a bare resize. And what it looks at
(VisualBackProp), and from a fresh Python to the first steering.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from alvinn.driving.types import Camera, Image
from alvinn.networks.encodings import Hill
from alvinn.networks.inference import Card, Network, write_card
from alvinn.networks.preprocessing import Preprocessing
from alvinn.training.examples.batches import Batches, BatchSettings
from alvinn.training.examples.dataset import Dataset, Examples
from alvinn.visualization.saliency import SaliencyModel

FRAMES, BATCH, EPOCHS, TURNS = 2048, 32, 3, 3  # the batch that `train` has
CAMERA, HILL = Camera(), Hill()
PREPARE = Preprocessing.for_camera(CAMERA)


def made_up() -> Dataset:
    """Noise with labels: how long it takes does not depend on what is to be seen."""
    rng = np.random.default_rng(0)
    images = rng.integers(0, 255, (FRAMES, PREPARE.height, PREPARE.width, 3), dtype=np.uint8)
    examples = Examples((images,), np.array([0]), rng.uniform(-0.1, 0.1, FRAMES), np.tile([8.0, 0.0], (FRAMES, 1)))
    return Dataset(examples, np.arange(FRAMES), np.arange(0), CAMERA, PREPARE)


@dataclass(frozen=True)
class Turn:
    """What a fit did."""

    fps: float
    cpu_us: float
    """CPU time of all threads a picture"""


def time_fit(fit: Callable[[int], Any]) -> Turn:
    """The throughput of a fit over some epochs, after one that compiles."""
    fit(1)
    start, cpu = time.perf_counter(), time.process_time()
    fit(EPOCHS)
    pictures = FRAMES * EPOCHS
    return Turn(pictures / (time.perf_counter() - start), (time.process_time() - cpu) / pictures * 1e6)


def training_turn(ours: bool) -> Turn:
    """One turn of our training, or of bare `model.fit`; in a process of its own, as we set the allocator."""
    from alvinn.networks import keras_models
    from alvinn.training import trainer
    from alvinn.util.malloc import keep_freed_memory

    dataset, model = made_up(), keras_models.conv(PREPARE.shape, HILL)
    model.compile(optimizer="adam", loss="binary_crossentropy")
    if not ours:
        images, targets = dataset.examples.blocks[0].astype(np.float32), HILL.encode(dataset.examples.curvature)
        return time_fit(lambda epochs: model.fit(images, targets, batch_size=BATCH, epochs=epochs, verbose=0))
    keep_freed_memory()
    batches = Batches(dataset, BatchSettings(batch=BATCH))
    with trainer.stream_batches(batches, HILL, PREPARE.shape, first=0) as stream:
        return time_fit(
            lambda epochs: model.fit(stream, steps_per_epoch=len(batches), epochs=epochs, shuffle=False, verbose=0)
        )


def training_speed() -> dict[str, float]:
    """Our training beside bare `model.fit`, in turns; the median."""
    with multiprocessing.get_context("spawn").Pool(1, maxtasksperchild=1) as pool:
        turns = pool.map(training_turn, [False, True] * TURNS, chunksize=1)
    bare, ours = turns[::2], turns[1::2]
    plain, augmented = (statistics.median(turn.fps for turn in found) for found in (bare, ours))
    cpu, more = (statistics.median(turn.cpu_us for turn in found) for found in (bare, ours))
    figures = {"bare_fit_fps": plain, "training_fps": augmented, "training_ratio": augmented / plain}
    return figures | {"bare_fit_cpu_us": cpu, "training_cpu_us": more, "training_cpu_ratio": cpu / more}


def answering_speed(folder: Path) -> dict[str, float]:
    """Our network driver's answer beside bare LiteRT and a bare resize; the median of many, interleaved."""
    from alvinn.networks import keras_models

    built = keras_models.conv(PREPARE.shape, HILL)
    (folder / "network.tflite").write_bytes(keras_models.to_litert(built))
    (folder / "visual.tflite").write_bytes(keras_models.export_saliency_model(built) or b"")
    write_card(folder, Card("conv", HILL, CAMERA, PREPARE, 0, {}, (), "embedded", {}, "0", ""))
    ours = Network(folder)
    interpreter = ours._interpreter
    first, last = interpreter.get_input_details()[0]["index"], interpreter.get_output_details()[0]["index"]
    frame = np.random.default_rng(0).integers(0, 255, (CAMERA.height, CAMERA.width, 3), dtype=np.uint8)

    def bare() -> None:
        small = cv2.resize(frame, (PREPARE.width, PREPARE.height))
        interpreter.set_tensor(first, small[None].astype(np.float32))
        interpreter.invoke()
        interpreter.get_tensor(last)

    visual = SaliencyModel(folder)
    answers: dict[str, Callable[[], object]] = {
        "bare": bare,
        "ours": lambda: ours.curvature(frame),
        "visual": lambda: visual.compute(frame),
    }
    times: dict[str, list[float]] = {name: [] for name in answers}
    for _ in range(2000):
        for name, answer in answers.items():
            start = time.perf_counter()
            answer()
            times[name].append(time.perf_counter() - start)
    bare_ms, ours_ms, visual_ms = (float(np.median(taken)) * 1e3 for taken in times.values())
    return {
        "bare_answer_ms": bare_ms,
        "answer_ms": ours_ms,
        "answer_extra_ms": ours_ms - bare_ms,
        "visual_ms": visual_ms,
        "opening_s": opening_seconds(folder, frame),
    }


def opening_seconds(folder: Path, frame: Image) -> float:
    """From a fresh Python to the first steering of a model: what a person waits for at the wheel."""
    code = (
        "import sys, time; start = time.perf_counter()\n"
        "from pathlib import Path; import numpy as np; from alvinn.networks.inference import Network\n"
        "Network(Path(sys.argv[1])).curvature(np.load(sys.argv[2])); print(time.perf_counter() - start)"
    )
    np.save(folder / "frame.npy", frame)
    command = [sys.executable, "-c", code, str(folder), str(folder / "frame.npy")]
    told = [float(subprocess.run(command, capture_output=True, text=True, check=True).stdout) for _ in range(3)]
    return min(told)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path)
    out = parser.parse_args().out
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    with tempfile.TemporaryDirectory() as folder:
        figures = training_speed() | answering_speed(Path(folder))
    for name, value in figures.items():
        print(f"{name:20} {value:10.3f}")
    if out is not None:
        out.write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
