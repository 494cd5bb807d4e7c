"""`refine`: reinforcement from a clone. It drives, and learns what to add to the clone's steering."""

from __future__ import annotations

from dataclasses import dataclass

from alvinn.console import CONSOLE
from alvinn.errors import AlvinnError, ModelError
from alvinn.reinforcement.settings import RefineSettings
from alvinn.util.quiet import quiet


@dataclass(frozen=True)
class Refine(RefineSettings):
    """Refine a model by reinforcement: it learns what to add to its steering."""

    def run(self) -> None:
        """Do the job.

        Raises:
            AlvinnError: it cannot be done.
        """
        if not self.name or (self.model is None) != self.from_scratch:
            raise AlvinnError("refine requires a name and a clone: alvinn refine NAME --model M, or --from-scratch")
        self._require_room()
        with quiet():
            from alvinn.reinforcement.run import refine  # TensorFlow takes seconds: only when it is needed

        folder = refine(self)
        CONSOLE.print(f"the model is in {folder}")

    def _require_room(self) -> None:
        """See that no model is lost.

        Raises:
            ModelError: there is one of that name already, or it is the clone itself.
        """
        folder = self.model_folder(self.name)
        if self.model is not None and folder.absolute() == self.find_model(self.model).absolute():
            raise ModelError(f"the clone {self.model} stays as it is: give the refined model another name")
        if (folder / "card.json").exists() and not (self.overwrite or self.resume):
            raise ModelError(f"{folder} holds a model already: choose another name, or add --overwrite")
