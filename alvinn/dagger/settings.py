"""Settings of the DAgger rounds, and the folders that follow from them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

import tyro

from alvinn.drivers.gates import LiveGateName
from alvinn.networks.architectures import ARCHITECTURES, NetworkName, OutputName, require_own_encoding
from alvinn.networks.doubt import DoubtName
from alvinn.networks.encodings import Scalar
from alvinn.settings import Driving, refuse_idle, require_above_zero, require_distinct, require_start, split_names
from alvinn.training.examples.attempts import Use

RoundGateName = Literal["drift", "doubt", "human", "always", "plain", "noise"]
PERSONAL: tuple[LiveGateName, ...] = get_args(LiveGateName)
"""Gates available with a human teacher."""


@dataclass(frozen=True)
class RoundSettings(Driving):
    """Settings of the DAgger rounds."""

    name: tyro.conf.Positional[str] = ""
    """name of the model; its rounds are stored in models/NAME/round-NNN"""
    data: tuple[str, ...] = ()
    """recordings to train the first network on"""
    rounds: int = 3
    """maximum number of rounds"""
    round_seconds: float = 60.0
    """simulated seconds of driving per round"""
    gate: RoundGateName = "drift"
    """when the teacher takes over: drift (position in the lane), doubt (of the network), human (the person decides),
    always (random mixing); as baselines, plain and noise: the teacher drives alone"""
    expert: Literal["scripted", "human"] = "scripted"
    """the teacher; a human teacher can also take over at any time, whatever the gate says"""
    alias: str = "human"
    """name of the person in the recording"""
    device: str = "auto"
    """input device: auto, keyboard, mouse, wheel, or part of a device name"""
    maps: str = "random:213,random:237,random:239,random:268,random:280,random:290"
    """a,b: circuits to drive the rounds on (default: six of random:200 to random:299, narrow and tight)"""
    start: int = 0
    """index of each map's starting point, for towns: what can be driven from it is the lane of the rounds"""
    starts: int = 1
    """number of starting points, counted up from --start"""
    judge: str = "random:7,random:8,random:9"
    """a,b: other circuits for evaluation laps in both directions after each round; stops once all laps pass"""
    views: Literal["on", "off"] = "on"
    """also train on shifted views"""
    use: Use = "corrections"
    """frames of the rounds to learn from, see train --use"""
    correction_weight: int = 6
    """how often a correction is shown for each time another frame is shown"""
    fresh: bool = False
    """train every round from random weights instead of the last round's"""
    epochs: int = 30
    """epochs when training from random weights"""
    more_epochs: int = 10
    """epochs when continuing from the last round's weights"""
    network: NetworkName = "conv"
    """network architecture"""
    output: OutputName = "hill"
    """encoding of curvature at the output"""
    doubt_by: DoubtName = "hill"
    """measure of the gate doubt: shape of the hill, or irre (input reconstruction error)"""
    members: int = 1
    """networks trained per round; with two or more, the gate doubt acts where they disagree"""
    retest: bool = True
    """test the network after each round at every take-over so far"""
    jobs: int = 1
    """number of laps driven in parallel"""

    def __post_init__(self) -> None:
        super().__post_init__()
        if len(Path(self.name).parts) > 1:  # rounds and models would lie in one folder
            raise ValueError(
                f"the rounds' models are in models/NAME and their recordings in data/NAME, so NAME is no path, unlike "
                f"{self.name}: give {Path(self.name).name}, and --home for another place"
            )
        more = ("epochs", "more_epochs", "members", "jobs", "correction_weight")
        for flag in ("rounds", "round_seconds", "starts", *more):
            require_above_zero(f"--{flag.replace('_', '-')}", getattr(self, flag))
        require_start(self.start)
        require_distinct("--data", self.data)
        self.require_one_or_many("map")
        require_distinct("--maps", self.circuits())
        require_distinct("--judge", self.judges())
        self._check_teacher()
        self._check_doubt()
        if self.fresh:
            refuse_idle(self, ("more_epochs",), "with --fresh, which trains every round for --epochs")
        if not self.judges():
            refuse_idle(self, ("jobs",), "without --judge, as no laps are driven")
        if self.jobs > 1 and self.carla is not None:
            raise ValueError("--jobs starts servers of its own: leave out --carla")
        if both := set(self.circuits()) & set(self.judges()):
            raise ValueError(f"{', '.join(sorted(both))}: --judge must name other circuits than --maps")

    def _check_teacher(self) -> None:
        if self.expert == "scripted":
            if self.gate == "human":
                raise ValueError("--gate human requires a person: add --expert human")
            refuse_idle(self, ("alias", "device"), "without a person who teaches: add --expert human")
        elif self.gate not in PERSONAL:
            raise ValueError(
                f"--gate {self.gate} requires the scripted expert; a human teacher has {', '.join(PERSONAL)}"
            )
        elif self.headless:
            raise ValueError("--expert human requires a window: leave out --headless")

    def _check_doubt(self) -> None:
        if self.members > 1 and self.doubt_by == "irre":
            raise ValueError("--members measures doubt by disagreement: leave out --doubt-by irre")
        require_own_encoding(self.network, self.output)
        needs_hill = self.gate == "doubt" and self.members == 1 and self.doubt_by == "hill"
        if needs_hill and isinstance(ARCHITECTURES[self.network].output(self.output), Scalar):
            raise ValueError(
                "--output scalar has no measure of doubt: use --output hill, --doubt-by irre or --members 3"
            )

    def circuits(self) -> list[str]:
        """Circuits that the rounds are driven on."""
        return split_names(self.maps, self.map)

    def starting_points(self) -> range:
        """Of each circuit, those that the rounds are driven from."""
        return range(self.start, self.start + self.starts)

    def judges(self) -> list[str]:
        """Circuits of the evaluation laps."""
        return [name.strip() for name in self.judge.split(",") if name.strip()]

    def model(self, number: int) -> Path:
        """Folder of a round's model."""
        return self.model_folder(self.name) / f"round-{number:03d}"

    def member(self, number: int, which: int) -> Path:
        """Folder of an ensemble member; member 0 is the round's model."""
        return self.model(number) / f"member-{which}" if which else self.model(number)

    def recording(self, number: int) -> Path:
        """Folder of a round's corrections."""
        return self.recording_folder(self.name) / f"round-{number:03d}"
