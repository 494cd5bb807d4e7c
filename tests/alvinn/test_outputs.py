from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from alvinn.hill import Hill
from alvinn.outputs import Code, Hill1989, Scalar, described, output_of


@pytest.mark.parametrize("output", [Hill(), Hill(units=30, span=0.1), Scalar(), Hill1989()])
def test_an_output_comes_back_from_its_description(output: Code) -> None:
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


def test_the_hill_of_1989_is_nine_units_wide_and_its_last_unit_is_the_intensity() -> None:
    units = Hill1989().encode([0.0, -0.15], [1.0, 0.0])
    assert units.shape == (2, 46)
    assert units[0, 18:27] == pytest.approx([0.1, 0.32, 0.61, 0.89, 1.0, 0.89, 0.61, 0.32, 0.1])
    assert not units[0, :18].any()
    assert not units[0, 27:45].any()
    assert units[:, 45].tolist() == [1.0, 0.0]
    assert units[1, :5] == pytest.approx([1.0, 0.89, 0.61, 0.32, 0.1])


@given(st.floats(-0.3, 0.3), st.floats(0.0, 1.0))
def test_the_most_active_of_its_units_decodes_whatever_the_intensity(curvature: float, intensity: float) -> None:
    code = Hill1989()
    back = float(code.decode(code.encode([curvature], [intensity]))[0])
    assert abs(back - min(0.15, max(-0.15, curvature))) <= 0.15 / 44 + 1e-6
    assert code.trust(code.encode([back], [intensity])[0]).fit > 0.97
