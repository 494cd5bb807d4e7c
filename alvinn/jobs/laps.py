"""`laps`: drives and judges laps, on maps that the driver may never have seen."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from alvinn.console import CONSOLE, print_next
from alvinn.errors import AlvinnError
from alvinn.evaluation.laps import drive_laps, judge_baselines, judge_recorded_laps, require_room
from alvinn.evaluation.outcome import (
    compare_with_earlier,
    describe_departures,
    describe_verdict,
    read_earlier,
    tabulate,
)
from alvinn.evaluation.ray_runs import require_ray
from alvinn.evaluation.settings import LapSettings
from alvinn.metrics.results import read_laps
from alvinn.metrics.summary import pool_metrics, summarize
from alvinn.networks.inference import read_card
from alvinn.settings import split_names
from alvinn.util.opening import OpenFlag, open_file
from alvinn.visualization.report import Baseline, describe_spreads
from alvinn.world.opening import require_server


@dataclass(frozen=True)
class Laps(LapSettings):
    """Drive laps and judge them: completion, departures, offset."""

    open_it: OpenFlag = False
    """open the report when it is written"""

    def run(self) -> None:
        """Do the job.

        Raises:
            AlvinnError: it cannot be done, it is worse than before, or not every lap was driven to its end.
        """
        before = read_earlier(self.against) if self.against is not None else None  # it may be the file written next
        if self.is_recording_only():
            baselines: list[Baseline] = []
            results = judge_recorded_laps(self)
        else:
            if self.ray is not None:
                require_ray(self.ray)
            network = self.open_network()
            require_room(self, network)
            if self.recording is not None:
                self.open_recording()
            require_server(self, split_names(self.maps, self.map))
            baselines = judge_baselines(self)
            results = drive_laps(self, network, baselines)
        CONSOLE.print(tabulate(results))
        CONSOLE.print(describe_departures(summarize(results, np.random.default_rng(self.seed))), highlight=False)
        if baselines:
            CONSOLE.print(describe_spreads(self.driver_name(), pool_metrics(results), baselines))
        report = self.results_folder() / "report.html"
        films = ", with films" if self.films else ""
        CONSOLE.print(f"{describe_verdict(results)}. The report{films}: {report}")
        self._print_next(passed=all(result.faultless for result in results))
        if self.open_it:
            open_file(report)
        if before is not None:
            compare_with_earlier(before, read_laps(self.results_folder()))
        missed = [r for r in results if not r.completed]
        if missed:
            raise AlvinnError(f"{len(missed)} of {len(results)} runs were not driven to their end")

    def _print_next(self, *, passed: bool) -> None:
        """Suggest to watch a model that passed, and to correct one that failed on what it learned from."""
        if self.driver == "expert" or self.model is None:
            return
        there = self.select_recordings(read_card(self.find_model(self.model)).recording_names)
        if passed or not there:
            print_next("drive", self.model, home=self.home)
        else:
            print_next("correct", f"{Path(self.model).name}-corrected", "--data", *there, home=self.home)
