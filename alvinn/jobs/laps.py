"""`laps`: the referee's job. A driver is judged on maps it may never have seen."""

from __future__ import annotations

from dataclasses import dataclass

from alvinn.console import CONSOLE
from alvinn.errors import AlvinnError
from alvinn.evaluation.laps import LapSettings, drive_laps, judge_recording
from alvinn.evaluation.outcome import hold_against, table
from alvinn.metrics.results import read_laps
from alvinn.metrics.summary import measures
from alvinn.visualization.page import Baseline, spreads


@dataclass(frozen=True)
class Laps(LapSettings):
    """Drive laps and judge them: completion, departures, offset."""

    def run(self) -> None:
        """Do the job.

        Raises:
            AlvinnError: it cannot be done, it is worse than before, or not every lap was driven to its end.
        """
        before = read_laps(self.against) if self.against is not None else None  # it may be the file written next
        if self.only_recorded():
            baselines: list[Baseline] = []
            results = judge_recording(self)
        else:
            network = self.open_network()
            baselines = self.baselines()
            results = drive_laps(self, network, baselines)
        CONSOLE.print(table(results))
        if baselines:
            CONSOLE.print(spreads(self.who(), measures(results), baselines), markup=False)
        CONSOLE.print(f"laps.json, report and film are in {self.folder()}")
        if before is not None:
            hold_against(before, results)
        missed = [r for r in results if not r.completed]
        if missed:
            raise AlvinnError(f"{len(missed)} of {len(results)} runs were not driven to their end")
