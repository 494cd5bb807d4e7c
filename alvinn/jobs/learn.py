"""`learn`: a network learns to steer while somebody drives, then drives itself, as ALVINN did in 1991."""

from __future__ import annotations

from dataclasses import dataclass

from alvinn.errors import AlvinnError
from alvinn.online.run import learn_alone
from alvinn.online.settings import LearnSettings


@dataclass(frozen=True)
class Learn(LearnSettings):
    """Learn to steer while somebody drives, then drive (ALVINN, 1991)."""

    def run(self) -> None:
        """Do the job.

        Raises:
            AlvinnError: it cannot be done, or the network did not converge.
        """
        if not self.name:
            raise AlvinnError("learn requires a name for the model: alvinn learn NAME")
        learn_alone(self)
