"""A small version of the scoring: few plants, the kinds that must be found."""

from __future__ import annotations

import numpy as np
import pytest

from rules.suspicion import HISTORY, LEARNT
from tests.suspicion.plants import AT, TAMPERED, TUNED_ON, Fleet, fleet
from tests.suspicion.scoring import (
    area,
    honest_statistics,
    notices,
    score_at,
    scores,
    tampered_statistics,
)


@pytest.fixture(scope="module")
def few() -> Fleet:
    return fleet(TUNED_ON, 3, AT + TAMPERED)


def test_honest_stations_have_nothing_to_inspect(few: Fleet) -> None:
    found = scores(honest_statistics(few))
    assert found.shape == (3, AT + TAMPERED - LEARNT)
    assert AT - HISTORY >= LEARNT, "the history of a tampered day lies outside the baseline"
    assert (found < 1).all()


@pytest.mark.parametrize("kind", ["dilution", "beaker_tap", "replay", "jittered_replay"])
def test_what_must_be_found_is_found(few: Fleet, kind: str) -> None:
    assert (scores(tampered_statistics(few, kind)) >= 1).any(axis=1).all()


def test_days_in_a_row_are_one_notice() -> None:
    days = np.array([[2.0, 2.0, 0.0, 2.0], [0.0, 0.0, 0.5, 0.5]])
    assert notices(days, 1.0) == 2
    assert notices(days, 0.5) == 3
    assert score_at(days, 0.5) == 2.0 or notices(days, score_at(days, 0.5)) <= 1


def test_the_area_is_one_when_every_tampered_day_comes_first() -> None:
    assert area(np.array([3.0, 2.0]), np.array([1.0, 0.5])) == 1
    assert area(np.array([1.0]), np.array([1.0])) == 0.5
