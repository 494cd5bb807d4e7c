from __future__ import annotations

from itertools import pairwise

from alvinn.driving.protocols import Verdict


def test_of_several_verdicts_the_loop_takes_a_stop_over_a_recovery_and_that_over_going_on() -> None:
    rising = [Verdict.CONTINUE, Verdict.RECOVER, Verdict.STOP]
    assert all(lower < higher for lower, higher in pairwise(rising))
    assert set(rising) == set(Verdict)
