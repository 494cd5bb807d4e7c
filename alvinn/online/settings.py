"""Settings of learning on the fly."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

import tyro

from alvinn.driving.types import Camera, Direction
from alvinn.online.pace import LearnedOnline
from alvinn.settings import CameraFlags, Driving, refuse_idle, require_above_zero

TeacherName = Literal["human", "expert"]


@dataclass(frozen=True)
class LearnSettings(Driving):
    """Whom the network watches, and where."""

    name: tyro.conf.Positional[str] = ""
    """name of the model, stored in models/NAME"""
    network: LearnedOnline = "conv"
    """conv, or alvinn1991 at the published pace"""
    driver: TeacherName | None = None
    """who is watched: human, or expert (default: human in a window, expert where --headless)"""
    fallback: str | None = None
    """prepared model that drives in its place if this one does not converge"""
    patience: float = 300.0
    """seconds of watching after which the network counts as not converging"""
    direction: Direction = "forward"
    """forward, or reverse: the opposite lane"""
    camera: CameraFlags = field(default_factory=CameraFlags)
    """camera"""
    device: str = "auto"
    """input device: auto, keyboard, mouse, wheel, or part of a device name"""
    slow: float = 1.0
    """slow motion: how many times slower than real time"""
    step: bool = False
    """tick by tick: each press of the full stop drives one, P runs on"""
    overwrite: bool = False
    """replace a model of the same name, whose laps go with it"""

    def __post_init__(self) -> None:
        super().__post_init__()
        require_above_zero("--patience", self.patience)
        require_above_zero("--slow", self.slow)
        if self.headless and (self.step or self.slow != 1.0):
            raise ValueError("--step and --slow are for those who watch: leave --headless out")
        if self.headless:
            refuse_idle(self, ("device",), "with --headless, as nobody sits at the wheel")
        if self.headless and self.driver == "human":
            raise ValueError("--driver human requires a window: leave --headless out, or choose --driver expert")

    @property
    def teacher(self) -> TeacherName:
        """Who is watched."""
        return self.driver or ("expert" if self.headless else "human")

    def make_camera(self) -> Camera:
        """The car's camera."""
        return self.camera.on(Camera())
