from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from alvinn.drivers.handicap import Handicap, HandicappedDriver
from alvinn.drivers.network import NetworkDriver
from alvinn.driving.cruise import SpeedController
from alvinn.driving.loop import run
from alvinn.driving.observers import TickCallback
from alvinn.driving.protocols import Observer, Verdict
from alvinn.driving.types import Image, Step
from alvinn.evaluation.answers import DrivenAnswers
from alvinn.evaluation.runs import FILM_PANEL_EVERY, make_view
from alvinn.evaluation.settings import LapSettings
from alvinn.metrics.worst import WorstStretch
from alvinn.networks.inference import Network
from alvinn.visualization.alvinn_panel import SIZE, AlvinnPanel
from alvinn.visualization.insight import Insight
from tests.alvinn.classroom.people import paper_car, shipped
from tests.alvinn.fakes import CAR, DT, Script

VERDICTS = [Verdict.CONTINUE] * 15 + [Verdict.RECOVER] + [Verdict.CONTINUE] * 24


@pytest.fixture
def marks(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Where the panel's mark was drawn [1/m]."""
    marks: list[float] = []

    def draw(_: AlvinnPanel, insight: Insight, *__: object) -> Image:
        marks.append(insight.curvature)
        return np.zeros((SIZE[1], SIZE[0], 3), dtype=np.uint8)

    monkeypatch.setattr(AlvinnPanel, "draw", draw)
    return marks


def test_the_panels_mark_is_the_driven_answer_though_it_is_drawn_every_second_tick(marks: list[float]) -> None:
    world, driver = paper_car(), NetworkDriver(shipped().network)
    assert driver.network.remembers
    answers, script, worst = DrivenAnswers(driver), Script(VERDICTS), WorstStretch(0.5)
    (one,) = LapSettings(map="oval").list_runs()
    draw = make_view(one, answers, world, every=FILM_PANEL_EVERY)

    def film(step: Step) -> None:
        draw(step)

    observers: list[Observer] = [script, worst, answers, TickCallback(film)]
    run(world, driver, observers, CAR, SpeedController(8.0, DT))
    driven = {step.observation.frame: step.decision.curvature for step in script.steps}
    assert marks == pytest.approx([*driven.values()][::FILM_PANEL_EVERY])
    marks.clear()
    again = make_view(one, answers, world)
    for step in worst.steps:
        again(step)
    assert marks == pytest.approx([driven[step.observation.frame] for step in worst.steps]), "of its worst stretch, too"


def test_films_of_a_drive_under_another_exposure_show_what_was_driven(
    model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    driver, script = NetworkDriver(Network(model)), Script(VERDICTS)
    handicapped = HandicappedDriver(driver, Handicap(exposure=2.0))
    answers = DrivenAnswers(driver, handicapped.expose)
    insights: list[Insight] = []

    def draw(_: AlvinnPanel, insight: Insight, *__: object) -> Image:
        insights.append(insight)
        return np.zeros((SIZE[1], SIZE[0], 3), dtype=np.uint8)

    monkeypatch.setattr(AlvinnPanel, "draw", draw)
    world = paper_car()
    run(world, handicapped, [script, answers], CAR, SpeedController(8.0, DT))
    step = script.steps[-1]
    make_view(next(iter(LapSettings(map="oval").list_runs())), answers, world)(step)
    (insight,) = insights
    assert insight.curvature == pytest.approx(step.decision.curvature)
    assert insight.seen.mean() > driver.network.card.preprocessing.prepare(step.observation).mean() + 10.0


def test_a_network_that_does_not_remember_is_asked_again(model: Path) -> None:
    driver, script = NetworkDriver(Network(model)), Script(VERDICTS)
    answers = DrivenAnswers(driver)
    run(paper_car(), driver, [script, answers], CAR, SpeedController(8.0, DT))
    for step in script.steps[::5]:
        assert answers.recall(step.observation).curvature == pytest.approx(step.decision.curvature)
