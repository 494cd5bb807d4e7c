"""`train`: trains a model from recordings."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.util import find_spec

from alvinn.console import CONSOLE
from alvinn.errors import AlvinnError
from alvinn.recording.summary import open_recording
from alvinn.training.model_folder import require_room
from alvinn.training.run import TrainSettings, train


@dataclass(frozen=True)
class Train(TrainSettings):
    """Train a network to steer from recordings."""

    def run(self) -> None:
        """Do the job.

        Raises:
            AlvinnError: it cannot be done.
        """
        if not self.name or not self.data:
            raise AlvinnError("train requires a name and recordings: alvinn train NAME --data RECORDING ...")
        require_room(self.model_folder(self.name), resume=self.resume, overwrite=self.overwrite)
        if self.tensorboard and find_spec("tensorboard") is None:
            raise AlvinnError("--tensorboard needs the package tensorboard: pip install tensorboard")
        recordings = [open_recording(self.recording_folder(name)) for name in self.data]
        folder = train(self, recordings)
        CONSOLE.print(f"the model is in {folder}")
