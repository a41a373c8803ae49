"""Looking up what was said: one's own, and with the right to it, of the plants one sees."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from rules.roles import RIGHTS, Role
from tests.cast import DAY0, HOUR, Stage, alerts, hours_of, stage
from tests.stores import Kind
from tests.tolich.notify.outbox import Heard, Office, notice
from tolich.notify.channel import Message, Undeliverable
from tolich.pipeline import Pipeline
from tolich.ports import BadCursor, Caller, NotificationQuery, Page, Scope
from tolich.store.deliveries import StoreDeliveries

NOBODY = Scope(plants=frozenset())
EVERY = NotificationQuery()


@pytest.fixture
def on(tmp_path: Path, either_store: Kind) -> Iterator[Stage]:
    of = stage(tmp_path, DAY0 + 12 * HOUR)
    yield of
    of.close()


@pytest.fixture
def pipeline(on: Stage) -> Pipeline:
    """Two exceedances: A1 at MAU01 and A2 at MAU03."""
    found = on.pipeline()
    found.submit(hours_of("MAU01", "COD", 8 * HOUR, [140]))
    found.submit(hours_of("MAU03", "COD", 8 * HOUR, [140]))
    found.settle(everything=True)
    return found


def refuse(message: Message) -> None:
    if message.alert == "A2":
        raise Undeliverable("no such number")


@pytest.fixture
def deliveries(on: Stage, pipeline: Pipeline) -> StoreDeliveries:
    """Of A1 to account 1, of A2 to account 2, a digest to account 3; A2's failed."""
    assert [one["station"] for one in alerts(on.reads(pipeline))] == ["MAU01", "MAU03"]
    office = Office(on, {"sms": Heard(refuse)})
    office.queue(
        [
            notice(1, alert=1, account=1),
            notice(2, alert=2, account=2),
            notice(3, alert=None, account=3, kind="digest"),
        ]
    )
    office.turn()
    return StoreDeliveries(on.engine, lambda: pipeline.registered)


def caller(account: int, role: Role, scope: Scope) -> Caller:
    return Caller(account, "x", role, RIGHTS[role], scope)


def seen(of: StoreDeliveries, by: Caller, **asked: Any) -> list[int]:
    page = of.notifications(by, NotificationQuery(**asked), None, 10)
    return [one["id"] for one in page.items]


def plants(on: Stage, station: str) -> Scope:
    return Scope(plants=frozenset({on.registered().register.stations[station].plant}))


def test_one_sees_what_one_was_told(deliveries: StoreDeliveries) -> None:
    for account in (1, 2, 3):
        assert seen(deliveries, caller(account, Role.OPERATOR, Scope())) == [account]
    assert seen(deliveries, caller(9, Role.INVESTOR, Scope())) == []


def test_with_the_right_to_it_what_others_were_told_of_ones_plants(
    on: Stage, deliveries: StoreDeliveries
) -> None:
    assert seen(deliveries, caller(9, Role.WARD_OFFICER, plants(on, "MAU03"))) == [2]
    assert seen(deliveries, caller(1, Role.WARD_OFFICER, plants(on, "MAU03"))) == [2, 1]
    assert seen(deliveries, caller(9, Role.WARD_OFFICER, NOBODY)) == []
    assert seen(deliveries, caller(9, Role.CITY_OFFICER, Scope())) == [3, 2, 1]


def test_filters_never_widen(deliveries: StoreDeliveries) -> None:
    city = caller(9, Role.CITY_OFFICER, Scope())
    assert seen(deliveries, city, state="failed") == [2]
    assert seen(deliveries, city, kind="digest") == [3]
    assert seen(deliveries, city, alert="A1") == [1]
    assert seen(deliveries, city, alert="nonsense") == []
    assert seen(deliveries, city, channel="email") == []
    assert seen(deliveries, caller(1, Role.VIEWER, Scope()), alert="A2") == []


def test_pages(deliveries: StoreDeliveries) -> None:
    city, found, cursor = caller(9, Role.CITY_OFFICER, Scope()), [], None
    while True:
        page: Page = deliveries.notifications(city, EVERY, cursor, 2)
        found += [one["id"] for one in page.items]
        cursor = page.next
        if cursor is None:
            break
    assert found == [3, 2, 1]
    with pytest.raises(BadCursor):
        deliveries.notifications(city, EVERY, "x", 2)


def test_a_failure_says_why(deliveries: StoreDeliveries) -> None:
    (shape,) = deliveries.notifications(caller(2, Role.VIEWER, Scope()), EVERY, None, 9).items
    expected = {"state": "failed", "attempts": 1, "error": "no such number", "sent_at": None,
                "next_at": None, "alert": "A2", "kind": "raised", "channel": "sms"}  # fmt: skip
    assert {key: shape[key] for key in expected} == expected
