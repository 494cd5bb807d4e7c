from __future__ import annotations

import math

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from alvinn.networks.encodings import Encoding, Hill, Hill1989, Scalar

HILL = Hill()


HILLS = st.builds(Hill, units=st.integers(15, 60), span=st.floats(0.05, 0.3))


def decoded(hill: Hill, curvature: float) -> float:
    return float(hill.decode(hill.encode([curvature]))[0])


@given(st.floats(-1.0, 1.0), HILLS)
def test_a_curvature_becomes_a_hill_and_comes_back(share: float, hill: Hill) -> None:
    assert decoded(hill, share * hill.span) == pytest.approx(share * hill.span, abs=1e-4)


@pytest.mark.parametrize("side", [-1.0, 1.0])
def test_a_hill_whose_top_lies_beyond_the_last_unit_is_the_largest_curvature(side: float) -> None:
    beyond = np.exp(-((np.arange(HILL.units) - (HILL.units - 0.5)) ** 2) / 10.0).astype(np.float32)
    found = float(HILL.decode(beyond[None] if side > 0 else beyond[None, ::-1])[0])
    assert found == pytest.approx(side * HILL.span, abs=1e-6)


@given(st.floats(0.15, 10.0), st.sampled_from([-1.0, 1.0]))
def test_beyond_the_span_a_curvature_is_clipped(size: float, side: float) -> None:
    assert decoded(HILL, side * size) == pytest.approx(side * 0.15, abs=1e-4)


@given(st.floats(-0.14, 0.14), st.integers(0, 2**32 - 1))
def test_a_noisy_hill_is_read_to_a_fraction_of_a_unit(curvature: float, seed: int) -> None:
    noise = np.random.default_rng(seed).normal(scale=0.05, size=HILL.units)
    noisy = (HILL.encode([curvature]) + noise).astype(np.float32)
    assert abs(float(HILL.decode(noisy)[0]) - curvature) < 0.5 * HILL.spacing


@given(st.floats(-0.15, 0.15), st.floats(0.05, 20.0))
def test_the_height_of_a_hill_does_not_matter(curvature: float, height: float) -> None:
    assert float(HILL.decode(height * HILL.encode([curvature]))[0]) == pytest.approx(curvature, abs=1e-4)


def test_a_hill_peaks_at_its_curvature_with_the_right_on_the_right() -> None:
    hills = HILL.encode([-0.15, 0.0, 0.15])
    assert hills.shape == (3, 45)
    assert hills.argmax(axis=1).tolist() == [0, 22, 44]
    assert hills.max() == pytest.approx(1.0)


def test_a_mirrored_hill_is_the_opposite_curvature() -> None:
    curvature = np.linspace(-0.15, 0.15, 101)
    assert HILL.decode(HILL.encode(curvature)[:, ::-1]) == pytest.approx(-curvature, abs=1e-4)


def test_many_hills_are_decoded_as_each_alone() -> None:
    curvature = np.random.default_rng(0).uniform(-0.15, 0.15, 50)
    hills = HILL.encode(curvature)
    one_by_one = [float(HILL.decode(hill[None])[0]) for hill in hills]
    assert HILL.decode(hills) == pytest.approx(one_by_one, abs=1e-6)


@pytest.mark.parametrize("wrong", [{"units": 2}, {"span": 0.0}, {"span": -1.0}])
def test_a_hill_of_no_size_is_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="at least 3 units"):
        Hill(**wrong)  # type: ignore[arg-type]


def test_silent_units_say_straight_on() -> None:
    assert Hill().decode(np.zeros((1, 45), dtype=np.float32))[0] == pytest.approx(0.0, abs=1e-6)


@given(st.floats(-0.1, 0.1))
def test_a_clean_hill_is_trusted(curvature: float) -> None:
    trust = HILL.trust(HILL.encode([curvature])[0])
    assert trust.fit == pytest.approx(1.0, abs=1e-3)
    assert trust.second < 0.02
    assert trust.spread == pytest.approx(math.sqrt(5.0) * HILL.spacing, rel=0.01)  # the hill's own sigma
    assert trust.doubt < 0.03


def test_two_hills_are_a_fork_and_the_lower_one_tells_how_much_of_one() -> None:
    left, right = HILL.encode([-0.08, 0.08])
    assert HILL.trust(left + right).second == pytest.approx(1.0, abs=1e-3)
    assert HILL.trust(left + 0.5 * right).second == pytest.approx(0.5, abs=1e-3)
    assert HILL.trust(left + right).doubt > HILL.trust(left + 0.5 * right).doubt > HILL.trust(left).doubt


def test_a_hill_smeared_over_many_curvatures_is_broad_and_fits_less() -> None:
    clean, smeared = HILL.encode([0.02])[0], HILL.encode(np.linspace(-0.03, 0.07, 30)).mean(axis=0)
    assert HILL.trust(smeared).spread > 1.5 * HILL.trust(clean).spread
    assert HILL.trust(smeared).fit < 0.95 * HILL.trust(clean).fit
    assert HILL.trust(smeared).doubt > 0.2


def test_silence_and_noise_are_not_trusted() -> None:
    noise = np.random.default_rng(0).random(HILL.units).astype(np.float32)
    silent = HILL.trust(np.zeros(HILL.units, dtype=np.float32))
    assert (silent.fit, silent.spread, silent.second, silent.doubt) == (0.0, 0.0, 0.0, 1.0)
    assert HILL.trust(noise).doubt > 0.5


@given(st.lists(st.floats(0.0, 1.0, width=32), min_size=45, max_size=45))
def test_whatever_the_units_say_doubt_is_a_share(units: list[float]) -> None:
    trust = HILL.trust(np.array(units, dtype=np.float32))
    assert 0.0 <= trust.doubt <= 1.0
    assert trust.spread >= 0.0


@pytest.mark.parametrize("output", [Hill(), Hill(units=30, span=0.1), Scalar(), Hill1989()])
def test_an_output_comes_back_from_its_description(output: Encoding) -> None:
    assert msgspec.convert(msgspec.to_builtins(output), Encoding) == output


@given(st.lists(st.floats(-0.15, 0.15), min_size=1, max_size=20))
def test_a_curvature_comes_back_from_either_code(curvatures: list[float]) -> None:
    for output in (Hill(), Scalar()):
        units = output.encode(np.array(curvatures))
        assert units.shape == (len(curvatures), output.units)
        assert np.abs(output.decode(units) - curvatures).max() < 1e-4


@pytest.mark.parametrize(
    "description", [{"kind": "cliff"}, {}, {"kind": "hill", "units": 2.5}, {"kind": "hill", "units": 1}]
)
def test_a_description_of_nothing_known_is_refused(description: dict[str, object]) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(description, Encoding)


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


@given(st.sampled_from([HILL, Hill(30), Scalar(), Hill1989()]), st.integers(0, 2**32 - 1), st.floats(-0.3, 0.3))
def test_one_answer_is_read_as_in_a_batch(output: Encoding, seed: int, curvature: float) -> None:
    rng = np.random.default_rng(seed)
    clean = output.encode([curvature])[0]
    for noise in (0.0, 0.1, 2.0):
        answer = (clean + rng.normal(scale=noise, size=output.units)).astype(np.float32)
        assert output.decode_one(answer) == pytest.approx(float(output.decode(answer[None])[0]), abs=1e-5)


def test_one_answer_of_little_height_is_still_read() -> None:
    for height in (0.3, 0.03):
        assert HILL.decode_one(height * HILL.encode([0.05])[0]) == pytest.approx(0.05, abs=1e-4)


@pytest.mark.parametrize("output", [HILL, Hill1989()], ids=["hill", "hill1989"])
def test_units_that_are_no_numbers_are_no_answer_rather_than_straight_on(output: Encoding) -> None:
    for wrong in (np.full(output.units, np.nan, np.float32), np.append(np.zeros(output.units - 1), np.nan)):
        assert math.isnan(output.decode_one(wrong.astype(np.float32)))
        assert np.isnan(output.decode(wrong.astype(np.float32)[None])).all()


@pytest.mark.parametrize("value", [0.0, -1.0])
def test_one_answer_without_activation_is_straight_on(value: float) -> None:
    assert HILL.decode_one(np.full(HILL.units, value, dtype=np.float32)) == 0.0
