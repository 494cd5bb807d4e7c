"""`laps`: drives and judges laps, on maps that the driver may never have seen."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from alvinn.console import CONSOLE
from alvinn.errors import AlvinnError
from alvinn.evaluation.laps import drive_laps, judge_baselines, judge_recorded_laps, require_room
from alvinn.evaluation.outcome import compare_with_earlier, describe_departures, tabulate
from alvinn.evaluation.settings import LapSettings
from alvinn.metrics.results import read_laps
from alvinn.metrics.summary import pool_metrics, summarize
from alvinn.visualization.report import Baseline, describe_spreads


@dataclass(frozen=True)
class Laps(LapSettings):
    """Drive laps and judge them: completion, departures, offset."""

    def run(self) -> None:
        """Do the job.

        Raises:
            AlvinnError: it cannot be done, it is worse than before, or not every lap was driven to its end.
        """
        before = read_laps(self.against) if self.against is not None else None  # it may be the file written next
        if self.is_recording_only():
            baselines: list[Baseline] = []
            results = judge_recorded_laps(self)
        else:
            network = self.open_network()
            require_room(self, network)
            baselines = judge_baselines(self)
            results = drive_laps(self, network, baselines)
        CONSOLE.print(tabulate(results))
        CONSOLE.print(describe_departures(summarize(results, np.random.default_rng(self.seed))), highlight=False)
        if baselines:
            CONSOLE.print(describe_spreads(self.driver_name(), pool_metrics(results), baselines), markup=False)
        CONSOLE.print(f"laps.json, report and film are in {self.results_folder()}")
        if before is not None:
            compare_with_earlier(before, results)
        missed = [r for r in results if not r.completed]
        if missed:
            raise AlvinnError(f"{len(missed)} of {len(results)} runs were not driven to their end")
