"""`learn`: a network learns to steer while somebody drives, then drives itself, as ALVINN did in 1991."""

from __future__ import annotations

from dataclasses import dataclass, fields
from pathlib import Path

from alvinn.errors import UsageError
from alvinn.online.run import learn_alone
from alvinn.online.settings import LearnSettings
from alvinn.online.table import make_table
from alvinn.settings import refuse_idle, require_above_zero


@dataclass(frozen=True)
class Learn(LearnSettings):
    """Learn to steer while somebody drives, then drive (ALVINN, 1991)."""

    table: bool = False
    """teach every network with several seeds, without a window; resumes where it was interrupted"""
    seeds: int = 10
    """of the table"""
    out: Path = Path("docs/experiments/learn")
    """folder of the table and of a JSON file for each of its cells"""

    def __post_init__(self) -> None:
        super().__post_init__()
        require_above_zero("--seeds", self.seeds)
        if self.table and (self.name or self.driver == "human" or self.fallback):
            raise ValueError("--table names its models itself and watches the expert: leave NAME and the like out")
        if self.table:
            refuse_idle(
                self,
                ("network", "seed", "slow", "step", "device", "overwrite"),
                "with --table, which holds lessons of every network, from seed 0 and with nobody watching",
            )
        else:
            refuse_idle(self, ("seeds", "out"), "without --table")

    def run(self) -> None:
        """Do the job.

        Raises:
            AlvinnError: it cannot be done, or the network did not converge.
        """
        shared = {one.name: getattr(self, one.name) for one in fields(LearnSettings)}
        if self.table:
            make_table(LearnSettings(**shared | {"headless": True}), self.out, self.seeds)
            return
        if not self.name:
            raise UsageError("learn requires a name for the model: alvinn learn NAME")
        if self.headless:
            learn_alone(LearnSettings(**shared))
            return
        from alvinn.cockpit.display.window import Window  # pygame: only where there is a window
        from alvinn.online.live import learn_live

        with Window("alvinn") as window:
            learn_live(LearnSettings(**shared), window)
