from __future__ import annotations

import numpy as np
import pytest

from alvinn.driving.cruise import SpeedController
from alvinn.driving.loop import run
from alvinn.driving.protocols import Verdict
from tests.alvinn.fakes import CAR, DT, PaperWorld, Script, SteadyDriver, circle, picture

CONTINUE, RECOVER, STOP = Verdict.CONTINUE, Verdict.RECOVER, Verdict.STOP


def drive(world: PaperWorld, driver: SteadyDriver, *scripts: Script) -> None:
    run(world, driver, scripts, CAR, SpeedController(8.0, DT))


def test_row_t_is_frame_t_and_its_control_makes_frame_t_plus_1() -> None:
    world, script = PaperWorld(circle(50.0)), Script([CONTINUE] * 10)
    drive(world, SteadyDriver(0.02), script)
    assert [one.observation.frame for one in script.steps] == list(range(11))
    for t, one in enumerate(script.steps):
        assert np.array_equal(one.observation.image, picture(t))
    # the last step's control is never applied: the loop ended on seeing it
    assert world.applied == [one.control for one in script.steps[:-1]]


def test_the_driver_sees_what_the_observers_see() -> None:
    driver, script = SteadyDriver(), Script([CONTINUE] * 3)
    drive(PaperWorld(circle(50.0)), driver, script)
    assert [seen.frame for seen in driver.seen] == [one.observation.frame for one in script.steps]


def test_the_truth_is_of_the_same_frame_as_the_picture() -> None:
    world, script = PaperWorld(circle(50.0)), Script([CONTINUE] * 5)
    drive(world, SteadyDriver(0.02), script)
    for one in script.steps:
        assert one.truth.lane_s == pytest.approx(one.observation.frame * DT * 8.0, abs=0.5)


def test_a_disturbance_is_applied_but_is_not_what_the_driver_meant() -> None:
    script = Script([CONTINUE])
    drive(PaperWorld(circle(50.0)), SteadyDriver(0.02, disturbance=0.05), script)
    one = script.steps[0]
    assert one.decision.curvature == 0.02
    assert CAR.curvature(one.steer_meant, 8.0) == pytest.approx(0.02)
    assert CAR.curvature(one.control.steer, 8.0) == pytest.approx(0.07)


@pytest.mark.parametrize(
    ("verdicts", "outcome"),
    [
        ((CONTINUE, CONTINUE), "applied"),
        ((CONTINUE, RECOVER), "recovered"),
        ((RECOVER, CONTINUE), "recovered"),
        ((RECOVER, STOP), "stopped"),
        ((STOP, CONTINUE), "stopped"),
    ],
)
def test_the_strongest_verdict_wins(verdicts: tuple[Verdict, Verdict], outcome: str) -> None:
    world, one, other = PaperWorld(circle(50.0)), Script([verdicts[0]]), Script([verdicts[1]])
    drive(world, SteadyDriver(), one, other)
    assert len(one.steps) == len(other.steps), "every observer sees every step"
    happened = "applied" if world.applied else "recovered" if world.recoveries else "stopped"
    assert happened == outcome


def test_a_recovery_resets_the_driver_and_is_told_to_every_observer() -> None:
    world, driver = PaperWorld(circle(50.0), offset=1.0), SteadyDriver()
    one, other = Script([CONTINUE, RECOVER, CONTINUE]), Script([CONTINUE, CONTINUE, CONTINUE])
    drive(world, driver, one, other)
    assert (driver.resets, world.recoveries) == (2, 1)
    assert one.recovered_after == other.recovered_after == [2]
    assert [round(step.truth.offset, 1) for step in one.steps[:3]] == [1.0, 1.0, 0.0]
    assert len(world.applied) == 2, "what was decided before a recovery is not applied after it"


def test_an_error_of_the_driver_comes_through() -> None:
    class Asleep(SteadyDriver):
        def reset(self) -> None:
            raise RuntimeError("asleep")

    with pytest.raises(RuntimeError, match="asleep"):
        drive(PaperWorld(circle(50.0)), Asleep(), Script())
