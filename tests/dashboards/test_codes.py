from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise

import pytest

from dashboards.codes import OUTCOMES, REASONS, SEVERITIES, State, state_of, status_code
from rules.model import Outcome, Reason, Severity, Status


@pytest.mark.parametrize(
    "words, codes", [(Outcome, OUTCOMES), (Reason, REASONS), (Severity, SEVERITIES)]
)
def test_every_word_has_a_code_of_its_own(words: type, codes: Mapping[object, int]) -> None:
    assert set(codes) == set(words)  # type: ignore[call-overload]
    assert len(set(codes.values())) == len(codes)


def test_severities_rise() -> None:
    assert all(SEVERITIES[low] < SEVERITIES[high] for low, high in pairwise(Severity))


@pytest.mark.parametrize(
    "outcome, reason, period, state",
    [
        (Outcome.COMPLIANT, Reason.WITHIN_LIMIT, "day", State.WITHIN),
        (Outcome.NEAR, Reason.NEAR_LIMIT, "day", State.NEAR),
        (Outcome.EXCEEDED, Reason.ABOVE_LIMIT, "day", State.SUSPECTED),
        (Outcome.EXCEEDED, Reason.PROVEN, "day", State.SUSPECTED),
        (Outcome.EXCEEDED, Reason.ABOVE_LIMIT, "hour", State.EARLY_WARNING),
        (Outcome.NOT_ASSESSABLE, Reason.NO_DATA, "day", State.NOT_ASSESSABLE),
        (Outcome.NOT_ASSESSABLE, Reason.INTERNAL_ERROR, "hour", State.NOT_ASSESSABLE),
        (Outcome.NOT_ASSESSABLE, Reason.LIMIT_MISSING, "day", State.LIMIT_MISSING),
        (Outcome.NOT_ASSESSABLE, Reason.CONTESTED, "day", State.CONTESTED),
        (Outcome.NOT_APPLICABLE, Reason.NO_DISCHARGE, "day", State.NOT_APPLICABLE),
    ],
)
def test_state_of_a_finding(outcome: Outcome, reason: Reason, period: str, state: State) -> None:
    assert state_of(outcome, reason, period) is state


@pytest.mark.parametrize("reason", Reason)
def test_what_was_not_assessed_outranks_compliance(reason: Reason) -> None:
    assert state_of(Outcome.NOT_ASSESSABLE, reason, "day").code > State.WITHIN.code


def test_states_are_told_apart() -> None:
    for aspect in ("code", "vi", "en", "colour"):
        assert len({getattr(state, aspect) for state in State}) == len(State), aspect


@pytest.mark.parametrize("state", State)
def test_black_or_white_text_is_readable_on_the_colour(state: State) -> None:
    light = _luminance(state.colour)
    assert max((light + 0.05) / 0.05, 1.05 / (light + 0.05)) >= 4.5


def _luminance(colour: str) -> float:
    """Relative luminance as WCAG 2 defines it."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize(
    "status, code",
    [
        (0, Status.MEASURING),
        (9, Status.UNKNOWN),
        ("01", Status.CALIBRATING),
        ("03", Status.UNKNOWN),
    ],
)
def test_status_codes(status: int | str, code: Status) -> None:
    assert status_code(status) == code


def test_a_status_that_nobody_defined_is_refused() -> None:
    with pytest.raises(ValueError, match="7"):
        status_code(7)
