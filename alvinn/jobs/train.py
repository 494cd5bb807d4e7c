"""`train`: trains a model from recordings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from importlib.util import find_spec

from alvinn.console import CONSOLE, print_next
from alvinn.errors import AlvinnError, UsageError, name_extra
from alvinn.networks.inference import read_card
from alvinn.recording.summary import open_recording
from alvinn.training.examples.attempts import require_marks
from alvinn.training.model_folder import require_room
from alvinn.training.run import TrainSettings, train

HOPELESS = 0.9  # share of wrong frames; networks that keep their lane have 0.5 to 0.8


@dataclass(frozen=True)
class Train(TrainSettings):
    """Train a network to steer from recordings."""

    def run(self) -> None:
        """Do the job.

        Raises:
            AlvinnError: it cannot be done.
        """
        if not self.name or not self.data:
            raise UsageError("train requires a name and recordings: alvinn train NAME --data RECORDING ...")
        require_room(self.model_folder(self.name), resume=self.resume, overwrite=self.overwrite)
        if self.tensorboard and find_spec("tensorboard") is None:
            raise AlvinnError(f"--tensorboard requires TensorBoard, {name_extra('tensorboard')}")
        recordings = [open_recording(self.recording_folder(name)) for name in self.data]
        require_marks(recordings, self.use)
        folder = train(self, recordings)
        CONSOLE.print(f"the model is in {folder}: {judge_errors(read_card(folder).metrics)}")
        print_next("laps", self.name, "--maps", "country,oval", "--both-directions", home=self.home)


def judge_errors(metrics: Mapping[str, float | None]) -> str:
    """Whether a network can be expected to drive, in a sentence.

    Args:
        metrics: of its card.
    """
    wrong = metrics.get("held_out_relative_error")
    if wrong is None:
        return "nothing was held out, so only driving shows whether it learned"
    found = f"{wrong:.0%} of the frames held out are wrong by over a tenth"
    if wrong < HOPELESS:
        return f"{found}; networks that drive have as many: laps show whether it does"
    return f"{found}: it will not drive; record more, or with --noise"
