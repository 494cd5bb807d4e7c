"""What a network answered while it drove, for films that are drawn of some ticks only, or when the run is over."""

from __future__ import annotations

from collections.abc import Callable

from alvinn.drivers.network import NetworkDriver
from alvinn.driving.protocols import Verdict
from alvinn.driving.types import Observation, Step
from alvinn.networks.inference import Answer

Expose = Callable[[Observation], Observation]


class DrivenAnswers:
    """An observer that keeps the answers of a network that remembers; any other answers the same whenever it is asked.

    Args:
        driver: the network that drives.
        expose: what it gets of an observation, where that is not all.
    """

    def __init__(self, driver: NetworkDriver, expose: Expose = lambda seen: seen) -> None:
        self.network, self.expose, self._driver = driver.network, expose, driver
        self._kept: dict[int, Answer] = {}  # by frame

    def see(self, step: Step) -> Verdict:
        """Keep the answer of a tick."""
        if self._driver.answer is not None:
            self._kept[step.observation.frame] = self._driver.answer
        return Verdict.CONTINUE

    def on_recovery(self) -> None:
        """Do nothing: frames go on counting."""

    def recall(self, seen: Observation) -> Answer:
        """The answer that was driven at an observation of this run, as the network got it."""
        return self._kept.get(seen.frame) or self.network.answer(seen)
