from __future__ import annotations

from typing import Any

from alvinn.jobs.refinement_table import HEADINGS, curves, tabulate

KINDS = ("exam", "learning")


WEIGHTS = {"middle": 5.0, "smooth": 15.0, "residual": 0.02, "departure": 20.0}


def found(way: str, seed: int, departures: int, *, history: Any = ()) -> dict[str, Any]:
    summary = {"km": 1.6, "departures": departures, "offset_sd_m": 0.1 + seed / 100, "offset_max_m": 0.3, "ci": {}}
    judged = {"laps": 8, "faultless": 8 - departures, "jerk_rms_mps3": 1.5, "steering_rate_ps": None}
    told = {"summary": summary, "history": list(history), "settings": {"reward": WEIGHTS}}
    return {"way": way, "seed": seed, "minutes": 20, **told, **judged}


def test_the_table_has_a_row_for_each_way_with_its_spread_over_seeds_and_a_bound_of_its_departures() -> None:
    exam = {"kind": "exam", "return": 0.6, "residual_mean_1pm": 0.004}
    minutes = [{"kind": "learning", "minute": 3, "return": 2.5}, exam]
    clone, refined = tabulate([found("clone", 0, 2), found("clone", 1, 0), found("refine", 0, 0, history=minutes)])
    assert clone[:6] == ["clone", "2", "20", "14 of 16", "0.62 (up to 1.97)", "0.105 (0.1 to 0.11)"]
    assert clone[-3:] == ["-", "-", "-"]
    assert refined[:6] == ["refine", "1", "20", "8 of 8", "0.00 (up to 1.87)", "0.1"]
    assert refined[-2:] == ["0.0040", "0.50"]


def test_the_residual_is_that_of_the_model_which_was_judged() -> None:
    def residual(*exams: tuple[float, float]) -> str:
        history = [
            {"kind": "exam", "minute": n, "return": value, "residual_mean_1pm": size}
            for n, (value, size) in enumerate(exams)
        ]
        ((*_, mean, _),) = tabulate([found("refine", 0, 0, history=history)])
        return mean

    assert residual((4.0, 0.0), (4.5, 0.002), (4.2, 0.009)) == "0.0020"
    assert residual((4.6, 0.0), (4.5, 0.002), (4.2, 0.009)) == "0.0000", "no exam beat the clone's"


def test_returns_are_shares_of_the_greatest_possible_whatever_the_weight_of_the_middle() -> None:
    def driven(way: str, value: float) -> dict[str, Any]:
        minutes = [{"kind": kind, "minute": 4, "return": value, "residual_mean_1pm": 0.0} for kind in KINDS]
        return found(way, 0, 0, history=minutes)

    cells = [driven("refine", 4.5), driven("scratch", 0.9), driven("no-smooth", 4.0), driven("no-middle", -0.5)]
    assert curves(cells, "exam") == {"refine": [[(4, 0.9)]], "scratch": [[(4, 0.9)]], "no-smooth": [[(4, 0.8)]]}
    assert [row[-1] for row in tabulate(cells)] == ["0.90", "0.90", "0.80", "-"]
    assert "share of the greatest" in HEADINGS[-1]


def test_curves_are_those_of_the_ways_that_have_any() -> None:
    exams = [{"kind": "exam", "minute": n, "return": 0.5 * n} for n in (0, 4)]
    cells = [found("clone", 0, 0), found("refine", 0, 0, history=exams), found("refine", 1, 0, history=exams[:1])]
    assert curves(cells, "exam") == {"refine": [[(0, 0.0), (4, 0.4)], [(0, 0.0)]]}
    assert curves(cells, "learning") == {}
