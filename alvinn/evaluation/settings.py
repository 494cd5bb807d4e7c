"""The settings of a sweep of laps: the runs, the driver, and where the results go."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Literal

import tyro

from alvinn.drivers.handicap import Handicap
from alvinn.driving.types import Direction
from alvinn.errors import UsageError
from alvinn.metrics.referee import Run
from alvinn.metrics.results import run_folder
from alvinn.networks.inference import Network, warn_before_driving
from alvinn.recording import Recording
from alvinn.settings import (
    CameraFlags,
    Driving,
    list_given,
    refuse_idle,
    require_above_zero,
    require_distinct,
    require_start,
    split_names,
)

DRIVING_FLAGS = (
    *("carla", "map", "maps", "weather", "weathers", "speed", "laps", "km", "direction", "both_directions"),
    *("seeds", "start", "starts", "jobs", "ray", "with_expert", "camera", "other_camera", "handicap"),
)
"""The flags that say how laps are driven."""


@dataclass(frozen=True)
class LapSettings(Driving):
    """Which laps to drive, who drives them, and where the results go."""

    model: tyro.conf.Positional[str | None] = None
    """the model that drives"""
    driver: Literal["network", "expert"] = "network"
    """network, or expert: a baseline that knows the map"""
    recording: str | None = None
    """a recording whose driver is judged by the same rule, beside the model or alone"""
    with_expert: bool = False
    """also drive every run with the expert, as a baseline in the same report"""
    maps: str | None = None
    """a,b: maps to drive on (default: --map)"""
    laps: int = 1
    """laps per run"""
    km: float | None = None
    """maximum length of a run (default: none)"""
    direction: Direction = "forward"
    """forward, or reverse: the opposite lane"""
    both_directions: bool = False
    """drive forward and reverse"""
    seeds: int = 1
    """number of seeds, counted up from --seed"""
    weathers: str | None = None
    """a,b: weather presets (default: --weather)"""
    start: int = 0
    """index of the map's starting point"""
    starts: int = 1
    """number of starting points, counted up from --start"""
    jobs: int = 1
    """number of parallel runs, each with its own embedded server"""
    ray: str | None = None
    """HOST:PORT of a Ray cluster to drive the runs on, instead of --jobs (`local` starts one here; extra: ray)"""
    films: bool = True
    """film the first run and the worst ten seconds of each run"""
    resume: bool = False
    """keep the finished runs of an earlier laps.json, driven with the same settings, and drive the rest"""
    overwrite: bool = False
    """replace earlier results in the same folder"""
    against: Path | None = None
    """an earlier laps.json to compare with, beyond noise; significantly worse is a failure"""
    camera: CameraFlags = field(default_factory=CameraFlags)
    """camera geometry (default: the model's own camera)"""
    other_camera: bool = False
    """drive with another camera than the model's own, to see how much of that it tolerates"""
    handicap: Handicap = field(default_factory=Handicap)
    """late answers, fewer of them, another exposure: how much of that does the model tolerate?"""
    out: Path | None = None
    """folder for laps.json, report and film (default: laps/ in the model's folder)"""

    def __post_init__(self) -> None:
        super().__post_init__()
        for flag in ("laps", "km", "seeds", "starts", "jobs"):
            require_above_zero(f"--{flag}", getattr(self, flag))
        require_start(self.start)
        self.require_one_or_many("map", "weather")
        require_distinct("--maps", split_names(self.maps, self.map))
        require_distinct("--weathers", split_names(self.weathers, self.weather))
        if self.resume and self.overwrite:
            raise ValueError("--resume keeps earlier results and --overwrite replaces them: leave one out")
        if self.both_directions:
            refuse_idle(self, ("direction",), "with --both-directions")
        self._check_driver()
        self._check_servers()

    def _check_driver(self) -> None:
        if self.driver == "expert" and self.model is not None:
            raise ValueError("--driver expert drives without the model: leave out --model, or add --with-expert to it")
        if self.driver == "expert":
            refuse_idle(self, ("with_expert", "other_camera"), "with --driver expert")
        if self.is_recording_only() and (driven := list_given(self, DRIVING_FLAGS)):
            raise ValueError(
                f"--recording is judged as it was driven: leave out {', '.join(driven)}, or name a model that drives"
            )
        if self.other_camera and self.camera == CameraFlags():
            raise ValueError("--other-camera would do nothing without --camera.pitch or the like, which say what it is")

    def _check_servers(self) -> None:
        if (self.jobs > 1 or self.ray) and self.carla is not None:
            raise ValueError("--jobs and --ray start their own servers: leave out --carla")
        if self.carla is not None and self.seeds > 1:
            raise ValueError(
                "--seeds varies what an embedded server draws; on a server that runs already it would drive the same "
                "run again and again: leave out --carla, or take other --starts"
            )
        if self.jobs > 1 and self.ray:
            raise ValueError("--ray uses all cores of its cluster: leave out --jobs")

    def open_network(self) -> Network | None:
        """Load the model's network and check the camera; None for the expert.

        Raises:
            ModelError: the model does not exist, or was trained with another camera.
        """
        if self.driver == "expert":
            return None
        if self.model is None:
            raise UsageError("laps requires --model M, --driver expert or --recording D")
        network = Network(self.find_model(self.model))
        if not self.other_camera:
            network.require_camera(self.camera.on(network.card.camera))
        warn_before_driving(network.card, self.speed)
        return network

    def is_recording_only(self) -> bool:
        """Whether only a recording is judged and nothing is driven."""
        return self.recording is not None and self.model is None and self.driver != "expert"

    def open_recording(self) -> Recording:
        """Open the recording to judge; raises RecordingError if it does not exist."""
        return Recording(self.recording_folder(self.recording or ""))

    def results_folder(self) -> Path:
        """Folder of the results."""
        if self.out is not None:
            return self.out
        return self.model_folder(self.model) / "laps" if self.model is not None else self.home / "laps"

    def driver_name(self) -> str:
        """Name of the driver in the results."""
        if self.is_recording_only():
            return name_driver(self.open_recording())
        return self.model if self.model is not None and self.driver == "network" else self.driver

    def shown_name(self) -> str:
        """Name of the driver in reports; of a model given by its folder, without the folders above `models`."""
        name = self.driver_name()
        path = Path(name)
        if not path.is_absolute():
            return name
        return path.name if path.parent.name == "models" else f"{path.parent.name}/{path.name}"

    def list_runs(self) -> Iterator[Run]:
        """Every requested run."""
        directions: tuple[Direction, ...] = ("forward", "reverse") if self.both_directions else (self.direction,)
        for name in split_names(self.maps, self.map):
            for direction in directions:
                for weather in split_names(self.weathers, self.weather):
                    for seed in range(self.seed, self.seed + self.seeds):
                        for start in range(self.start, self.start + self.starts):
                            yield Run(map=name, direction=direction, weather=weather, seed=seed, start=start)

    def command_for(self, run: Run) -> str:
        """The command that repeats a single run, with its results in a separate folder."""
        flags: dict[str, object] = {"driver": "expert"} if self.driver == "expert" else {"model": self.model}
        flags |= asdict(run) | {"speed": f"{self.speed:g}", "laps": self.laps, "km": self.km, "carla": self.carla}
        flags |= {f"camera.{key}": value for key, value in asdict(self.camera).items()}
        flags |= {f"handicap.{key}": value or None for key, value in asdict(self.handicap).items()}
        if self.is_recording_only():
            flags = {"recording": self.recording}
        flags |= {"home": self.home if self.home != Path() else None}
        flags |= {"out": f"again/{run_folder(Path(), run).name}"}
        words = [word for key, value in flags.items() if value is not None for word in (f"--{key}", str(value))]
        words += ["--other-camera"] if self.other_camera else []
        return shlex.join(["python", "-m", "alvinn", "laps", *words])


def name_driver(recording: Recording) -> str:
    """Name a recording's drivers ("you" for a person), and mention disturbances."""
    driver = " and ".join("you" if name == "human" else name for name in recording.session.drivers)
    pushed = ", pushed by disturbances" if any(row.disturbance for row in recording.rows) else ""
    return f"{driver} in {recording.folder.name}{pushed}"
