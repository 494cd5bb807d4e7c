"""`train`: recordings in, a model out."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.util import find_spec

from alvinn.console import CONSOLE
from alvinn.errors import AlvinnError, ModelError
from alvinn.recording.summary import recording_at
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
            raise AlvinnError("train wants a name and recordings: alvinn train NAME --data RECORDING ...")
        self._require_room()
        if self.tensorboard and find_spec("tensorboard") is None:
            raise AlvinnError("--tensorboard needs the package tensorboard: pip install tensorboard")
        recordings = [recording_at(self.recording_folder(name)) for name in self.data]
        folder = train(self, recordings)
        CONSOLE.print(f"the model is in {folder}")

    def _require_room(self) -> None:
        """See that no model is lost.

        Raises:
            ModelError: there is one of that name already.
        """
        folder = self.model_folder(self.name)
        if (folder / "card.json").exists() and not (self.overwrite or self.resume):
            raise ModelError(f"{folder} holds a model already: choose another name, or add --overwrite")
