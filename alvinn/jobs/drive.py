"""`drive`: a network drives and a person supervises; without a network the person drives."""

from __future__ import annotations

import getpass
from dataclasses import dataclass, field, replace

import tyro

from alvinn.cockpit.display.window import Window
from alvinn.cockpit.live_drive import LiveDrive, brake_at_end, drive_live
from alvinn.cockpit.start_screen import StartChoices
from alvinn.cockpit.turns import Turns
from alvinn.console import CONSOLE, print_next, progress
from alvinn.drivers.gates import LiveGateName
from alvinn.drivers.network import NetworkDriver
from alvinn.driving.cruise import SpeedController
from alvinn.driving.loop import run
from alvinn.driving.observers import Deadline, LaneEnd, TickCallback
from alvinn.driving.protocols import Observer
from alvinn.driving.types import Camera, Direction, Step
from alvinn.evaluation.inventory import find_models
from alvinn.networks.doubt import DoubtName, make_doubt
from alvinn.networks.inference import Network, read_card, warn_before_driving
from alvinn.recording.summary import print_quality
from alvinn.settings import (
    CameraFlags,
    Driving,
    Home,
    is_unchanged,
    refuse_idle,
    require_above_zero,
    require_distinct,
    require_start,
    split_names,
)
from alvinn.world.carla_world import DT
from alvinn.world.opening import open_world


@dataclass(frozen=True)
class Drive(Driving):
    """Drive in a window: alone, or supervising a network."""

    model: tyro.conf.Positional[str | None] = None
    """the model that drives while you supervise and can take over (default: you drive)"""
    gate: LiveGateName = "human"
    """what requests a take-over: human (only you decide), drift (position in the lane), doubt (of the network)"""
    doubt: float = 0.5
    """threshold of the gate doubt, 0 to 1"""
    doubt_by: DoubtName = "hill"
    """measure of doubt: shape of the hill, or irre (input reconstruction error; train --irre)"""
    record: str | None = None
    """name of a recording: of your corrections if a network drives, else of all your driving"""
    append: bool = False
    """append to an existing recording"""
    overwrite: bool = False
    """replace a recording that exists"""
    alias: str = "human"
    """your name or alias in the recording"""
    device: str = "auto"
    """input device: auto, keyboard, mouse, wheel, or part of a device name"""
    seconds: float | None = None
    """simulated seconds to drive (default: until you end it)"""
    direction: Direction = "forward"
    """forward, or reverse: the opposite lane"""
    start: int = 0
    """index of the map's starting point"""
    weathers: str | None = None
    """a,b: weathers that the weather key cycles through (default: six presets)"""
    camera: CameraFlags = field(default_factory=CameraFlags)
    """camera (default: the model's)"""

    def __post_init__(self) -> None:
        super().__post_init__()
        require_above_zero("--seconds", self.seconds)
        if not 0.0 < self.doubt <= 1.0:
            raise ValueError(f"--doubt must be above 0 and at most 1, not {self.doubt:g}")
        require_distinct("--weathers", split_names(self.weathers, self.weather))
        if self.append and self.overwrite:
            raise ValueError("--append keeps the recording and --overwrite replaces it: leave one out")
        if self.record is None:
            refuse_idle(self, ("append", "overwrite", "alias"), "without a recording: add --record NAME")
        if self.model is None:
            refuse_idle(self, ("gate", "doubt", "doubt_by"), "without a network: add --model M")
        if self.headless and (self.model is None or self.record is not None):
            raise ValueError(
                "--headless only lets a network drive: name one with --model, and leave --record out "
                "(nobody corrects without a window; alvinn record --driver expert needs none)"
            )
        if self.headless:
            refuse_idle(
                self,
                ("gate", "doubt", "doubt_by", "device", "weathers"),
                "with --headless, as nobody sits at the wheel: leave one or the other out",
            )
        require_start(self.start)

    def run(self) -> None:
        """Do the job.

        Raises:
            AlvinnError: it cannot be done, or something went away meanwhile.
        """
        if self.headless and (network := self.open_model()) is not None:  # one is required
            watch(self, network)
            return
        with Window("alvinn") as window:
            if self.is_bare():
                recording, trained = Turns(self, _login(), self.plan, describe_models).take(window)
            else:
                recording, trained = self.record if drive_live(self.to_live_drive(), window).rows else None, None
        if recording is not None:
            print_quality(self.recording_folder(recording))
            print_next(*self.propose(recording, trained), home=self.home)
        elif self.record is not None:
            CONSOLE.print("nothing was recorded")

    def propose(self, recording: str, trained: str | None = None) -> list[str]:
        """The command that comes next: train on a recording, or judge the model that was trained on it already."""
        if trained is not None:
            return ["laps", trained, "--maps", "country,oval", "--both-directions"]
        data = {self.recording_folder(name).resolve(): name for name in (*self._list_data_before(), recording)}
        return ["train", self.choose_model_name(recording), "--data", *data.values()]

    def _list_data_before(self) -> list[str]:
        """The recordings that the model learned from: of its corrections alone it would forget the rest."""
        if self.model is None:
            return []
        return self.select_recordings(read_card(self.find_model(self.model)).recording_names)

    def plan(self, choices: StartChoices) -> LiveDrive:
        """The live drive that was chosen on the start screen; the driver's name is also that of the score."""
        chosen = replace(
            self,
            map=choices.map,
            weather=choices.weather,
            device=choices.device,
            speed=self.speed if choices.speed is None else choices.speed,
            record=choices.recording,
            model=choices.model,
        )
        return replace(chosen.to_live_drive(), alias=choices.alias)

    def is_bare(self) -> bool:
        """Whether no flags are given except --home and --carla."""
        return is_unchanged(self, Drive())

    def open_model(self) -> Network | None:
        """Open the network that drives; None without --model.

        Raises:
            ModelError: it is missing, or was trained with another camera.
        """
        if self.model is None:
            return None
        network = Network(self.find_model(self.model))
        network.require_camera(self.camera.on(network.card.camera))
        warn_before_driving(network.card, self.speed)
        if self.gate == "doubt" or self.doubt_by != Drive.doubt_by:
            make_doubt(network, self.doubt_by)  # says so where it cannot
        return network

    def to_live_drive(self) -> LiveDrive:
        """The settings of the live drive."""
        network = self.open_model()
        return LiveDrive(
            settings=self,
            camera=network.card.camera if network is not None else self.camera.on(Camera()),
            network=network,
            gate=self.gate,
            doubt=self.doubt,
            doubt_by=self.doubt_by,
            recording=self.record,
            append=self.append,
            overwrite=self.overwrite,
            alias=self.alias,
            device=self.device,
            seconds=self.seconds,
            direction=self.direction,
            start=self.start,
            weathers=tuple(split_names(self.weathers, self.weather)) if self.weathers else (),
            cameras=network.card.cameras if network is not None else ("center",),
        )


def describe_models(home: Home) -> dict[str, str]:
    """The models that a bare name can refer to, each with what it learned from and how its last laps were judged."""
    found = {one.name: one for one in find_models(home) if one.network}
    return {
        name: f"{one.network}, learned from {one.learned_from or 'what it watched'}; last laps {one.verdict}"
        for name in home.model_names()
        if (one := found.get(name)) is not None
    }


def _login() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError):  # no such user: a container, a service
        return "somebody"


def watch(job: Drive, network: Network) -> None:
    """Let a network drive without a window, as fast as possible.

    Raises:
        AlvinnError: it cannot be done, or something went away meanwhile.
    """
    with (
        open_world(
            job,
            camera=network.card.camera,
            map_name=job.map,
            direction=job.direction,
            weather=job.weather,
            seed=job.seed,
            start=job.start,
            cameras=network.card.cameras,
            learned_on=network.card.server,
        ) as world,
        brake_at_end(world),
        progress() as bars,
    ):
        total = None if job.seconds is None else round(job.seconds / DT)
        task = bars.add_task(f"drive {job.map}", total=total, note="")

        def on_step(step: Step) -> None:
            bars.update(task, advance=1, note=f"{step.observation.speed * 3.6:.0f} km/h, {step.truth.offset:+.2f} m")

        end = LaneEnd(world.lane, job.speed)
        observers: list[Observer] = [
            TickCallback(on_step),
            end,
            *([Deadline(job.seconds)] if job.seconds is not None else []),
        ]
        run(world, NetworkDriver(network), observers, world.geometry, SpeedController(job.speed, DT))
        if end.is_reached:
            bars.console.print(f"the lane of {job.map} {job.direction} ends here")
