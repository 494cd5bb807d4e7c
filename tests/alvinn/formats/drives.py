"""Recordings to convert, and how far two of them differ."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from alvinn.driving.types import Camera, CameraName, Image
from alvinn.formats import importer
from alvinn.formats.conversion_log import ConversionLog
from alvinn.formats.importer import Source
from alvinn.formats.reading import Reading
from alvinn.jobs.convert import READERS, UDACITY_CAR, WRITERS
from alvinn.recording import Recording, RecordingWriter
from tests.alvinn.fakes import SMALL, session, step

LEAST_PSNR = 35.0  # dB
SIDES: tuple[CameraName, ...] = ("left", "right")


def steer_of(number: int) -> float:
    """A steering that no other of the first hundred rows has."""
    return math.sin(number * 0.7) * 0.45


def road(number: int, camera: Camera) -> Image:
    """A road under a sky, of the colours and the grain that cameras see; every number has a bend of its own."""
    rows, columns = np.mgrid[0.0 : 1.0 : complex(camera.height), 0.0 : 1.0 : complex(camera.width)]
    depth = np.clip((rows - 0.4) / 0.6, 0.0, 1.0)[..., None]
    side = np.abs(columns - 0.5 - steer_of(number) * (1.0 - rows))[..., None]
    asphalt, grass, sky = (np.array(colour, dtype=float) for colour in ((95, 95, 100), (70, 110, 55), (150, 180, 215)))
    ground = np.where(side < 0.1 + 0.4 * depth, asphalt, grass)
    picture = np.where(depth > 0.0, ground, sky) + np.random.default_rng(number).normal(0.0, 4.0, (*side.shape[:2], 1))
    return np.clip(picture, 0, 255).astype(np.uint8)


def drive(
    folder: Path, n: int = 12, *, cut_at: int | None = 7, camera: Camera = SMALL, sides: Sequence[CameraName] = ()
) -> Recording:
    """A recording of n rows, in two segments; the sides' pictures are those of later rows."""
    with RecordingWriter(folder, session(camera)) as writer:
        for number in range(n):
            if number == cut_at:
                writer.start_segment()
            one = step(number, steer=2.0 * steer_of(number), camera=camera)
            others: dict[CameraName, Image] = {
                side: road(number + 100 * k, camera) for k, side in enumerate(sides, start=1)
            }
            seen = replace(one.observation, image=road(number, camera), others=others)
            writer.add(replace(one, observation=seen), lane="oval/forward", weather="ClearNoon")
    return Recording(folder)


def exported(name: str, folder: Path, n: int = 12, **options: Any) -> Recording:
    """Write a drive as a foreign recording; returns the drive."""
    recording = drive(folder.with_name(f"{folder.name}-ours"), n)
    folder.mkdir()
    WRITERS[name](recording, folder, ConversionLog(), lambda: None, **options)
    return recording


def imported(name: str, source: Path, reading: Reading | None = None) -> tuple[Recording, ConversionLog]:
    """Read a foreign recording."""
    log = ConversionLog()
    samples = READERS[name](source, reading or Reading(), log, lambda: None)
    folder = source.with_name(f"{source.name}-in")
    importer.write(samples, Source(name, UDACITY_CAR, None), folder, log)
    return Recording(folder), log


def psnr(one: Recording, other: Recording) -> float:
    """The worst peak signal-to-noise ratio of their pictures, row by row [dB]."""
    pairs = zip(one.rows, other.rows, strict=True)
    errors = [float(np.mean((one.read_picture(a).astype(float) - other.read_picture(b)) ** 2)) for a, b in pairs]
    return 10.0 * math.log10(255.0**2 / max(*errors, 1e-9))
