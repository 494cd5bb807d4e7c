"""`refine`: reinforcement from a clone. It drives, and learns what to add to the clone's steering."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path

from alvinn.console import CONSOLE, print_next
from alvinn.errors import UsageError
from alvinn.networks.inference import read_card
from alvinn.reinforcement.settings import RefineSettings
from alvinn.settings import refuse_idle, require_above_zero
from alvinn.util.quiet import quiet
from alvinn.world.opening import require_server


@dataclass(frozen=True)
class Refine(RefineSettings):
    """Refine a model by reinforcement: it learns what to add to its steering."""

    study: bool = False
    """measure what it is worth beside DAgger and random weights; resumes where it was interrupted"""
    seeds: int = 5
    """of the study"""
    out: Path = Path("docs/experiments/refine")
    """folder of what the study finds: a JSON file for each cell, and table.md"""

    def __post_init__(self) -> None:
        super().__post_init__()
        require_above_zero("--seeds", self.seeds)
        if not self.study:
            refuse_idle(self, ("seeds", "out"), "without --study")
            return
        if any((self.name, self.model, self.from_scratch, self.seed, self.resume, self.overwrite)):
            raise ValueError(
                "--study makes its own clones, counts its own seeds and resumes by itself: leave out NAME, --model, "
                "--from-scratch, --seed, --resume and --overwrite"
            )
        if self.carla is not None:
            raise ValueError("--study drives circuits of the embedded server, two at once: leave out --carla")
        if self.weathers is not None:
            raise ValueError("--study teaches every way in one weather: give --weather in place of --weathers")

    def run(self) -> None:
        """Do the job.

        Raises:
            AlvinnError: it cannot be done.
        """
        if self.study:
            from alvinn.jobs.refinement_study import Study

            shared = {one.name: getattr(self, one.name) for one in fields(RefineSettings)}
            Study(RefineSettings(**shared), self.out, self.seeds).run()
            return
        if not self.name or not (self.model or self.from_scratch):
            raise UsageError("refine requires a name and a clone: alvinn refine NAME --model M, or --from-scratch")
        self.require_room()
        require_server(self, [*self.circuits(), *self.exam_circuits()])
        with quiet():
            from alvinn.reinforcement.run import refine  # TensorFlow takes seconds: only when it is needed

        folder = refine(self)
        CONSOLE.print(f"the model is in {folder}: {judge_exams(read_card(folder).metrics)}")
        print_next("laps", self.name, "--maps", "random:400,random:401", "--both-directions", home=self.home)


def judge_exams(metrics: Mapping[str, float | None]) -> str:
    """What the exams of a refinement found, in a sentence.

    Args:
        metrics: of its card.
    """
    if not metrics["exam_minute"]:
        return "no exam was better than the clone's own, so it drives as its clone does; more --minutes may help"
    figures = {name: metrics[f"exam_{name}"] or 0.0 for name in ("minute", "offset_sd_m", "jerk_rms_mps3")}
    return (
        f"its exam after minute {figures['minute']:g} was the best, offset sd {figures['offset_sd_m']:.3f} m, "
        f"requested jerk {figures['jerk_rms_mps3']:.2f} m/s3 rms"
    )
