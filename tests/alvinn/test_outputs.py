from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from alvinn.hill import Hill
from alvinn.outputs import Scalar, described, output_of


@pytest.mark.parametrize("output", [Hill(), Hill(units=30, span=0.1), Scalar()])
def test_an_output_comes_back_from_its_description(output: Hill | Scalar) -> None:
    assert output_of(described(output)) == output


@given(st.lists(st.floats(-0.15, 0.15), min_size=1, max_size=20))
def test_a_curvature_comes_back_from_either_code(curvatures: list[float]) -> None:
    for output in (Hill(), Scalar()):
        units = output.encode(np.array(curvatures))
        assert units.shape == (len(curvatures), output.units)
        assert np.abs(output.decode(units) - curvatures).max() < 1e-4


@pytest.mark.parametrize(
    "description", [{"kind": "cliff"}, {}, {"kind": "hill", "cliffs": 2}, {"kind": "hill", "units": 1}]
)
def test_a_description_of_nothing_known_is_refused(description: dict[str, object]) -> None:
    with pytest.raises((KeyError, TypeError, ValueError)):
        output_of(description)
