from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from alvinn.training.examples.examination import MOST_ROWS, VIEWS, describe_exam, draw_exam
from alvinn.training.examples.views import View
from tests.alvinn.fixtures import toy_dataset


def test_version_1_draws_these_views_for_ever() -> None:
    """Errors of models that name version 1 compare only as long as it stays what it is."""
    rows, views = draw_exam(toy_dataset(40))
    assert rows[: VIEWS + 2].tolist() == [0, 0, 0, 0, 4]
    first, *drawn = views[: VIEWS + 1]
    assert first is None
    found = [(v.across, v.turn, v.stretch, v.squeeze) for v in drawn if isinstance(v, View)]
    assert np.array(found) == pytest.approx(
        np.array(
            [
                (0.02364, 0.12579, 0.90046, 1.07946),
                (-0.37634, -0.02141, 1.13970, 0.86368),
                (0.09919, -0.13193, 1.11373, 0.91526),
            ]
        ),
        abs=1e-4,
    )


def test_where_views_cannot_be_made_the_frames_are_examined_as_they_were_taken() -> None:
    rows, views = draw_exam(replace(toy_dataset(40), shiftable=False))
    assert rows.tolist() == toy_dataset(40).held_out.tolist()
    assert set(views) == {None}


def test_of_many_rows_some_are_examined_from_the_first_to_the_last() -> None:
    dataset = toy_dataset(8)
    many = replace(dataset, held_out=np.arange(4 * MOST_ROWS))
    rows, views = draw_exam(replace(many, shiftable=False))
    assert len(rows) == len(views) == MOST_ROWS
    assert rows[[0, -1]].tolist() == [0, 4 * MOST_ROWS - 1]
    assert set(np.diff(rows)) <= {4, 5}, "evenly spaced"


def test_the_digest_is_that_of_rows_labels_and_views_and_not_of_the_network() -> None:
    dataset = toy_dataset(40)
    exam = describe_exam(dataset)
    assert (exam["version"], exam["rows"], exam["views"]) == (1, 10, 10 * VIEWS)
    smaller = replace(dataset, preprocessing=replace(dataset.preprocessing, width=64))
    assert describe_exam(smaller) == exam
    examples = dataset.examples
    others = (
        replace(dataset, held_out=dataset.held_out[1:]),
        replace(dataset, shiftable=False),
        replace(dataset, examples=replace(examples, curvature=examples.curvature + 1e-4)),
        replace(dataset, examples=replace(examples, goals=examples.goals + 1e-3)),
    )
    assert len({describe_exam(other)["sha256"] for other in (dataset, *others)}) == 5
