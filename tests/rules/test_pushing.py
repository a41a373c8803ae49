"""What reaches the officer at once, and that trouble comes in one message a day."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.model import AlertKind, Change, Severity
from rules.pushing import TROUBLE, Message, News, messages, pushed

INFO, WARNING, MAJOR, CRITICAL = Severity
SILENCE, OUTAGE, INSTRUMENT = AlertKind.SILENCE, AlertKind.OUTAGE, AlertKind.INSTRUMENT
EXCEEDANCE = AlertKind.EXCEEDANCE
UP = Change.ESCALATED


@pytest.mark.parametrize(
    ("kind", "severity", "change", "before", "told"),
    [
        (EXCEEDANCE, CRITICAL, Change.RAISED, None, True),
        (EXCEEDANCE, CRITICAL, Change.RAISED_LATE, None, True),
        (EXCEEDANCE, CRITICAL, Change.REOPENED, CRITICAL, True),
        (EXCEEDANCE, CRITICAL, Change.REMINDED, CRITICAL, True),
        (EXCEEDANCE, CRITICAL, Change.WITHDRAWN, CRITICAL, True),
        (EXCEEDANCE, CRITICAL, Change.AMENDED, CRITICAL, False),
        (EXCEEDANCE, CRITICAL, Change.ENDED, CRITICAL, False),
        (EXCEEDANCE, WARNING, Change.RAISED, None, False),  # an hour is for the operator
        (AlertKind.NEAR, INFO, Change.RAISED, None, False),
        (SILENCE, INFO, Change.RAISED, None, False),
        (SILENCE, WARNING, UP, INFO, False),
        (SILENCE, MAJOR, UP, WARNING, True),
        (SILENCE, MAJOR, Change.RAISED, None, True),  # noticed late, after our own stop
        (SILENCE, CRITICAL, UP, INFO, True),  # slept through the hour
        (SILENCE, CRITICAL, UP, MAJOR, False),  # told already
        (SILENCE, MAJOR, Change.ENDED, MAJOR, False),
        (SILENCE, MAJOR, Change.REOPENED, MAJOR, True),
        (SILENCE, INFO, Change.AMENDED, MAJOR, False),  # it became part of an outage
        (OUTAGE, WARNING, Change.RAISED, None, False),
        (OUTAGE, MAJOR, UP, WARNING, True),
        (OUTAGE, CRITICAL, UP, MAJOR, False),
        (INSTRUMENT, WARNING, Change.RAISED, None, False),
        (INSTRUMENT, MAJOR, Change.RAISED, None, False),
        (AlertKind.INTEGRITY, MAJOR, Change.RAISED, None, False),
        (AlertKind.SUSPICION, MAJOR, Change.RAISED, None, False),
    ],
)
def test_what_is_told_at_once(
    kind: AlertKind, severity: Severity, change: Change, before: Severity | None, told: bool
) -> None:
    assert pushed(News(0, 1, kind, severity, change, before)) is told


def quiet(at: int, alert: int) -> Sequence[News]:
    """A silence that reaches an hour at `at`, and two hours after that."""
    return (
        News(at - 3000, alert, SILENCE, INFO, Change.RAISED),
        News(at, alert, SILENCE, MAJOR, UP, INFO),
        News(at + 3600, alert, SILENCE, CRITICAL, UP, MAJOR),
    )


DRIFT = News(2000, 7, INSTRUMENT, WARNING, Change.RAISED)
HIGH = News(9000, 8, EXCEEDANCE, CRITICAL, Change.RAISED)


@pytest.mark.parametrize(
    ("day", "sent"),
    [
        pytest.param([], [], id="nothing"),
        pytest.param([DRIFT], [], id="an instrument alone is not urgent"),
        pytest.param(quiet(5000, 1), [Message(5000, MAJOR, 1)], id="a silence, once"),
        pytest.param(
            [*quiet(6000, 1), *quiet(5000, 2), *quiet(20000, 3), DRIFT],
            [Message(5000, MAJOR, 2, (1, 3, 7))],
            id="the first urgent one sends it, the rest of the day is read in it",
        ),
        pytest.param(
            [*quiet(5000, 1), HIGH, DRIFT],
            [Message(5000, MAJOR, 1, (7,)), Message(9000, CRITICAL, 8)],
            id="an exceedance is a message of its own",
        ),
        pytest.param(
            [HIGH, HIGH._replace(alert=9), HIGH._replace(at=9100, change=Change.WITHDRAWN)],
            [Message(9000, CRITICAL, 8), Message(9000, CRITICAL, 9), Message(9100, CRITICAL, 8)],
            id="exceedances are never grouped, and taken back aloud",
        ),
        pytest.param(
            [News(100, 1, OUTAGE, MAJOR, UP, INFO), News(100, 2, SILENCE, CRITICAL, Change.RAISED)],
            [Message(100, CRITICAL, 2, (1,))],
            id="of one instant what matters most speaks",
        ),
        pytest.param(
            [*quiet(5000, 1), News(8000, 4, SILENCE, MAJOR, Change.ENDED, MAJOR)],
            [Message(5000, MAJOR, 1)],
            id="what only ends is no news of trouble",
        ),
        pytest.param([HIGH, HIGH], [Message(9000, CRITICAL, 8)], id="the same twice is once"),
    ],
)
def test_messages_of_a_day(day: Sequence[News], sent: list[Message]) -> None:
    assert messages(day) == sent


def changes() -> st.SearchStrategy[list[News]]:
    """Anything that can happen to a few alerts in a few seconds, so that much coincides."""
    return st.lists(
        st.builds(
            News,
            st.integers(0, 4),
            st.integers(1, 4),
            st.sampled_from(AlertKind),
            st.sampled_from(Severity),
            st.sampled_from(Change),
            st.none() | st.sampled_from(Severity),
        ),
        max_size=12,
    )


@given(changes(), st.randoms(use_true_random=False))
def test_neither_order_nor_repetition_changes_what_is_sent(
    day: list[News], any_order: Random
) -> None:
    again = [*day, *day[:3]]
    any_order.shuffle(again)
    assert messages(again) == messages(day)


@given(changes())
def test_no_suspected_exceedance_is_dropped(day: list[News]) -> None:
    sent = {(message.at, message.because) for message in messages(day)}
    for news in day:
        if news.kind is EXCEEDANCE and news.severity is CRITICAL and news.change is Change.RAISED:
            assert (news.at, news.alert) in sent


@given(changes())
def test_trouble_comes_in_one_message_and_all_of_it(day: list[News]) -> None:
    trouble = [news for news in day if news.kind in TROUBLE]
    sent = messages(trouble)
    assert len(sent) == (1 if any(pushed(news) for news in trouble) else 0)
    came_up = {
        news.alert
        for news in trouble
        if news.change in (Change.RAISED, Change.RAISED_LATE, Change.REOPENED, UP, Change.REMINDED)
    }
    for message in sent:
        assert {message.because, *message.also} == came_up
        assert message.because not in message.also
        assert message.at == min(news.at for news in trouble if pushed(news))
