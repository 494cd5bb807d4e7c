from __future__ import annotations

from alvinn.visualization.learning_curves import plot_curves


def test_a_line_goes_through_the_means_over_seeds_and_a_band_from_the_least_to_the_most() -> None:
    figure = plot_curves({"refine": [[(0, 0.5), (4, 0.9)], [(0, 0.7), (4, 0.8), (8, 1.0)]]}, "return of an exam")
    band, line = figure.data
    assert list(line.x) == [0, 4, 8]
    assert [round(y, 9) for y in line.y] == [0.6, 0.85, 1.0]
    assert list(band.y) == [0.7, 0.9, 1.0, 1.0, 0.8, 0.5]
    assert figure.layout.yaxis.title.text == "return of an exam"


def test_each_way_has_a_line_and_its_own_colour() -> None:
    figure = plot_curves({"a": [[(0, 1.0)]], "b": [[(0, 2.0)]]}, "y")
    lines = [trace for trace in figure.data if not trace.fill]
    assert [trace.name for trace in lines] == ["a", "b"]
    assert len({trace.line.color for trace in lines}) == 2
