"""A teacher with human hands: what a network learns from keys that come late, and which cure helps.

    python -m tests.laps.hands --home DIR

A bot at the keys of the real window (`key_bot.py`: 0.2 s late, coarse, weaving) records three minutes of `country` for
each seed. Networks are trained on its labels as they are and after each cure, and judged on development circuits, which
choose; what was chosen is the default of `train` for keys. Then the bot corrects such a network through
`correct --gate human`; before and after, it is judged on circuits that chose nothing, beside the bot itself and the
expert. Whatever is done lies in DIR: the same command resumes after an interruption. Every cell is in OUT as soon as it
is known.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import groupby
from pathlib import Path
from typing import Any

import numpy as np
import tyro

from alvinn.cockpit.start_screen import KEY_SPEED
from alvinn.console import CONSOLE
from alvinn.dagger.rounds import train_round
from alvinn.drivers.expert import ExpertDriver
from alvinn.driving.cruise import SpeedController
from alvinn.driving.loop import run
from alvinn.driving.types import Camera, GroundTruth, Observation
from alvinn.evaluation.laps import drive_laps
from alvinn.jobs.correct import Correct, correct
from alvinn.jobs.laps import Laps
from alvinn.jobs.record import Record, record
from alvinn.metrics.recorded import judge_recording
from alvinn.metrics.referee import Referee, Result, Run, judge
from alvinn.metrics.summary import summarize
from alvinn.networks.architectures import ARCHITECTURES
from alvinn.recording import Recording, Row
from alvinn.recording.rows import HEADER, encode_row
from alvinn.settings import Driving
from alvinn.training.model_folder import is_trained, is_unfinished
from alvinn.training.run import TrainSettings, train
from alvinn.util.files import write_json
from alvinn.world.carla_world import DT
from alvinn.world.embedded_server import KeptServer
from alvinn.world.opening import open_world
from tests.alvinn.controls.key_hands import circuit
from tests.alvinn.fakes import CAR
from tests.laps.cures import CURES, Cure, Labels
from tests.laps.key_bot import KeyDriver, at_the_keys

CHOOSING = "random:100,random:110,random:120"
JUDGING = "random:400,random:401,random:402"
KM = 0.3  # of each lap
FIGURES = ("departures", "km", "offset_mean_m", "offset_sd_m", "offset_p95_m", "offset_max_m")


@dataclass(frozen=True)
class Study:
    """A teacher with human hands."""

    home: Path = Path("models/hands")
    """where data and models go"""
    out: Path = Path("docs/experiments/hands.json")
    """the figures"""
    seeds: int = 1
    """recordings of the bot, each with trainings of its own"""
    seconds: float = 180.0
    """of each recording"""
    corrected: int = 1
    """seeds that are also corrected by the bot"""
    rounds: int = 3
    """of the bot's corrections"""
    only: tuple[str, ...] = ()
    """cures to try (default: all)"""


class Table:
    """The figures so far, cell by cell.

    Args:
        out: the file.
    """

    def __init__(self, out: Path) -> None:
        self._out = out
        self.cells: dict[str, Any] = {}
        if out.is_file():
            self.cells = json.loads(out.read_text(encoding="utf-8"))["cells"]

    def fill(self, name: str, cell: Callable[[], dict[str, Any]]) -> dict[str, Any]:
        """Compute a cell, unless it is known."""
        if name not in self.cells:
            self.cells[name] = cell()
            write_json(self._out, {"schema": 1, "speed": KEY_SPEED, "km_per_lap": KM, "cells": self.cells})
        CONSOLE.print(f"{name}: {self.cells[name]}")
        found: dict[str, Any] = self.cells[name]
        return found


def figures(results: Sequence[Result]) -> dict[str, Any]:
    """What is told of some runs."""
    summary = summarize(results, np.random.default_rng(0))
    return {key: summary[key] if isinstance(summary[key], int) else round(summary[key], 4) for key in FIGURES}


def record_by_keys(job: Study, seed: int) -> Recording:
    """Three minutes of the bot in the window, once."""
    home = Driving(home=job.home)
    folder = home.recording_folder(f"keys-{seed}")
    if not folder.exists():
        settings = Record(
            home=job.home, name=f"keys-{seed}-unfinished", driver="human", alias="bot", device="keyboard",
            seconds=job.seconds, speed=KEY_SPEED, both_directions=True, seed=seed, overwrite=True,
        )  # fmt: skip
        with at_the_keys():
            record(settings)
        home.recording_folder(settings.name).rename(folder)
    return Recording(folder).require_frames()


def judged(job: Study, seed: int) -> dict[str, Any]:
    """How the bot drove while it was recorded."""
    return figures(judge_recording(record_by_keys(job, seed)))


def against_expert(job: Study, seed: int) -> dict[str, Any]:
    """Each cure's labels beside what the expert would have answered in the bot's place, frame by frame.

    A network averages what is random; what is left is how the labels answer to an offset and to a heading error.
    """
    recording = record_by_keys(job, seed)
    segments = [list(group) for _, group in groupby(recording.rows, key=lambda row: row.segment)]
    true = np.concatenate([_ask_expert(segment) for segment in segments])
    places = np.array([(row.offset, row.heading_error, 1.0) for row in recording.rows])

    def compare(labels: Labels) -> dict[str, float]:
        gains = np.linalg.lstsq(places, labels, rcond=None)[0]
        return {
            "mae": round(float(np.abs(labels - true).mean()), 4),
            "per_m_of_offset": round(float(gains[0]), 3),
            "per_rad_of_heading": round(float(gains[1]), 3),
        }

    cures = {name: cure.labels for name, cure in CURES.items() if not cure.settings}
    return {"expert": compare(true)} | {
        name: compare(np.concatenate([labels(segment) for segment in segments])) for name, labels in cures.items()
    }


def _ask_expert(rows: Sequence[Row]) -> Labels:
    """What the expert answers where the car was."""
    name, _, direction = rows[0].lane.rpartition("/")
    lane = circuit(name, reverse=direction == "reverse")
    answers, place = [], lane.project(rows[0].x, rows[0].y)
    for row in rows:
        place = lane.project(row.x, row.y, near=place.s)  # the lane of the drive begins elsewhere
        where = GroundTruth(row.x, row.y, row.z, row.yaw, place.s, place.width, place.offset, row.heading_error)
        expert = ExpertDriver(lane, lambda where=where: where, CAR.wheelbase / 2.0)  # type: ignore[misc] # bound now
        seen = Observation(row.frame, row.time, np.zeros((1, 1, 3), np.uint8), row.speed)
        answers.append(expert.decide(seen).curvature)
    return np.array(answers)


def cured(job: Study, recording: Recording, name: str, cure: Cure) -> Recording:
    """The recording with other labels, its pictures the same files."""
    folder = job.home / "data" / f"{recording.folder.name}-{list(CURES).index(name)}"
    shutil.rmtree(folder, ignore_errors=True)
    (folder / "frames").mkdir(parents=True)
    for file in (recording.folder / "frames").iterdir():
        os.link(file, folder / "frames" / file.name)
    shutil.copy(recording.folder / "session.json", folder)
    rows = []
    for _, group in groupby(recording.rows, key=lambda row: row.segment):
        segment = list(group)
        labels = cure.labels(segment).tolist()
        rows += [replace(row, curvature=label) for row, label in zip(segment, labels, strict=True)]
    (folder / "drive.csv").write_bytes(HEADER + b"\n" + b"".join(map(encode_row, rows)))
    return Recording(folder)


def lapped(job: Study, model: Path, maps: str, out: str, speed: float = KEY_SPEED) -> dict[str, Any]:
    """A model's laps, both ways."""
    laps = Laps(
        home=job.home, model=str(model.absolute()), maps=maps, both_directions=True, km=KM, speed=speed,
        films=False, resume=True, out=model / out,
    )  # fmt: skip
    return figures(drive_laps(laps, laps.open_network()))


def learned(job: Study, seed: int, name: str, cure: Cure) -> dict[str, Any]:
    """A cure's network, trained once, on the circuits that choose."""
    folder = job.home / "models" / f"{seed}-{list(CURES).index(name)}"
    recording = record_by_keys(job, seed)
    if not is_trained(folder):
        begun = is_unfinished(folder)
        settings = TrainSettings(
            home=job.home, name=str(folder.absolute()), resume=begun, overwrite=not begun, seed=seed, labels="driven",
            **cure.settings,
        )  # fmt: skip
        copy = cured(job, recording, name, cure)
        train(settings, [copy])
        shutil.rmtree(copy.folder)
    return lapped(job, folder, CHOOSING, "laps-choosing")


def bots_own(job: Study, maps: str) -> dict[str, Any]:
    """The bot itself on some circuits, in lockstep."""
    with KeptServer() as kept:
        laps = Laps(home=job.home, maps=maps, both_directions=True).list_runs()
        return figures([_drive_bot(job, lap, kept) for lap in laps])


def _drive_bot(job: Study, lap: Run, kept: KeptServer) -> Result:
    settings = Driving(home=job.home, speed=KEY_SPEED)
    with open_world(
        settings, camera=Camera(64, 32), map_name=lap.map, direction=lap.direction, weather=lap.weather,
        seed=lap.seed, kept=kept,
    ) as world:  # fmt: skip
        start = world.truth().lane_s
        referee = Referee(world.lane, world.geometry.width, 1, settings.speed, start, KM * 1000.0)
        run(world, KeyDriver(world), [referee], world.geometry, SpeedController(settings.speed, DT))
    return judge(referee, lap, [], 0.0)


def experts(job: Study, maps: str) -> dict[str, Any]:
    """The expert on some circuits."""
    laps = Laps(
        home=job.home, driver="expert", maps=maps, both_directions=True, km=KM, speed=KEY_SPEED, films=False,
        overwrite=True, out=job.home / "expert",
    )  # fmt: skip
    return figures(drive_laps(laps, None))


def rounds(job: Study, seed: int) -> Correct:
    """What the bot corrects: a network that learned from its keys by `train`'s defaults."""
    return Correct(
        home=job.home, name=f"corrected-{seed}", data=(f"keys-{seed}",), expert="human", gate="human", alias="bot",
        device="keyboard", speed=KEY_SPEED, judge="", seed=seed, retest=False, rounds=job.rounds,
        epochs=ARCHITECTURES["conv"].epochs,
    )  # fmt: skip


def by_default(job: Study, seed: int, maps: str, out: str) -> dict[str, Any]:
    """The network before its corrections, on some circuits."""
    settings = rounds(job, seed)
    record_by_keys(job, seed)
    train_round(settings, 0)
    return lapped(job, settings.model(0), maps, out)


def corrected(job: Study, seed: int, number: int) -> dict[str, Any]:
    """The network after so many rounds of the bot's corrections, on the circuits that judge."""
    settings = replace(rounds(job, seed), rounds=number)
    with at_the_keys():
        entry = correct(settings).entries[number]
    driven = {"corrections": entry.corrections, "frames": entry.frames, "seconds": round(entry.seconds, 1)}
    return driven | lapped(job, settings.model(number), JUDGING, "laps-judging")


def main() -> int:
    """The study, the cells that choose first."""
    job = tyro.cli(Study)
    table = Table(job.out)
    for seed in range(job.seeds):
        table.fill(f"recording {seed}", partial(judged, job, seed))
        table.fill(f"labels {seed}", partial(against_expert, job, seed))
        for name in job.only or CURES:
            table.fill(f"{name}, seed {seed}", partial(learned, job, seed, name, CURES[name]))
    for seed in range(job.corrected):
        for name, maps in (("choosing", CHOOSING), ("judging", JUDGING)):
            cell = partial(by_default, job, seed, maps, f"laps-{name}")
            table.fill(f"as train takes keys, seed {seed}, {name}", cell)
        for number in range(1, job.rounds + 1):
            table.fill(f"corrected by the bot, seed {seed}, round {number}", partial(corrected, job, seed, number))
    for name, maps in (("choosing", CHOOSING), ("judging", JUDGING)):
        table.fill(f"bot, {name}", partial(bots_own, job, maps))
        table.fill(f"expert, {name}", partial(experts, job, maps))
    return 0


if __name__ == "__main__":
    sys.exit(main())
