from __future__ import annotations

from typing import Any

from alvinn.jobs.refinement_table import curves, tabulate


def found(way: str, seed: int, departures: int, *, history: Any = ()) -> dict[str, Any]:
    summary = {"km": 1.6, "departures": departures, "offset_sd_m": 0.1 + seed / 100, "offset_max_m": 0.3, "ci": {}}
    judged = {"laps": 8, "faultless": 8 - departures, "jerk_rms_mps3": 1.5, "steering_rate_ps": None}
    return {"way": way, "seed": seed, "minutes": 20, "summary": summary, "history": list(history), **judged}


def test_the_table_has_a_row_for_each_way_with_its_spread_over_seeds_and_a_bound_of_its_departures() -> None:
    minutes = [{"kind": "learning", "return": 0.5}, {"kind": "exam", "return": 0.6, "residual_mean_1pm": 0.004}]
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


def test_curves_are_those_of_the_ways_that_have_any() -> None:
    exams = [{"kind": "exam", "minute": n, "return": 0.1 * n} for n in (0, 4)]
    cells = [found("clone", 0, 0), found("refine", 0, 0, history=exams), found("refine", 1, 0, history=exams[:1])]
    assert curves(cells, "exam") == {"refine": [[(0, 0.0), (4, 0.4)], [(0, 0.0)]]}
    assert curves(cells, "learning") == {}
