"""Chance by name: the same numbers whoever asks, whoever else there is."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from simulators.draws import chances, exp, gauss, keys, log10, normals, uniforms

NAMES = [f"CCN Mẫu {number:02}" for number in range(70)]


def test_normal_draws_are_standard_normal() -> None:
    drawn = normals(keys(1, NAMES, "noise"), 20_000, 4000)
    assert abs(float(drawn.mean())) < 0.01
    assert abs(float(drawn.std()) - 1.0) < 0.01
    assert abs(float((np.abs(drawn) > 1.96).mean()) - 0.05) < 0.003


def test_a_shorter_draw_is_the_beginning_of_a_longer_one() -> None:
    streams = keys(1, NAMES[:3], "noise")
    assert np.array_equal(normals(streams, 5, 9), normals(streams, 5, 200)[:, :9])


def test_seed_name_purpose_and_day_each_change_the_numbers() -> None:
    usual = normals(keys(1, ["A"], "noise"), 5, 50)
    for other in (
        normals(keys(2, ["A"], "noise"), 5, 50),
        normals(keys(1, ["B"], "noise"), 5, 50),
        normals(keys(1, ["A"], "weather"), 5, 50),
        normals(keys(1, ["A"], "noise"), 6, 50),
    ):
        assert abs(float(np.corrcoef(usual[0], other[0])[0, 1])) < 0.5


@given(st.lists(st.integers(0, 69), min_size=1, max_size=70, unique=True))
def test_a_name_draws_the_same_among_any_others(places: list[int]) -> None:
    streams = keys(1, NAMES, "noise")
    some = keys(1, [NAMES[place] for place in places], "noise")
    assert np.array_equal(normals(streams, 5, 20)[places], normals(some, 5, 20))
    assert np.array_equal(uniforms(streams, "size", 3)[places], uniforms(some, "size", 3))


@given(st.lists(st.floats(-30, 30), min_size=1, max_size=67))
def test_exp_and_log_do_not_depend_on_the_place_in_the_array(powers: list[float]) -> None:
    many = np.array(powers)
    assert exp(many).tolist() == [exp(many[i : i + 1])[0] for i in range(len(many))]
    values = exp(many / 5).astype(np.float32)
    assert log10(values).tolist() == [log10(values[i : i + 1])[0] for i in range(len(many))]


def test_exp_and_log_are_right() -> None:
    powers = np.linspace(-20, 20, 2001)
    assert np.allclose(exp(powers), np.exp(powers), rtol=1e-9)
    values = np.linspace(0.01, 500, 5001).astype(np.float32)
    assert np.allclose(log10(values), np.log10(values), atol=1e-6)


def test_single_draws_cover_their_range_evenly() -> None:
    share = uniforms(keys(1, ["A"], "fault"), "at", np.arange(20_000))
    assert np.allclose(np.histogram(share, 10, (0, 1))[0], 2000, atol=200)
    assert abs(float(gauss(share).std()) - 1.0) < 0.02
    assert abs(float(chances(keys(1, ["A"], "fault"), np.arange(20_000)).mean())) < 0.03
