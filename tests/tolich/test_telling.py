"""Who is told of what: queued with what causes it, climbing while nobody receives it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from rules.roles import Role
from tests.callers import caller
from tests.cast import DAY0, DAY1, HOUR, MINUTE, Stage, alerts, hours_of, run_of, stage
from tolich.accounts import StoreAccounts
from tolich.pipeline import Pipeline
from tolich.ports import AccountAsked, Caller
from tolich.store.peopleschema import notification, told
from tolich.store.proof import verify_chain
from tolich.telling import Telling
from tolich.working import Worker
from tolich.workports import Deed

EIGHT = 8 * HOUR
CLUSTER = "ccn-mau-01"
URL = "https://x.vn"


@dataclass
class Post:
    """A monitor whose people have addresses."""

    on: Stage
    pipeline: Pipeline = field(init=False)
    accounts: StoreAccounts = field(init=False)

    def __post_init__(self) -> None:
        self.pipeline = self.on.pipeline()
        self.pipeline.telling = self.telling()
        self.accounts = StoreAccounts(
            self.on.engine, lambda: self.pipeline.registered.register, self.on.clock
        )

    def telling(self) -> Telling:
        """Who tells, with two channels."""
        return Telling(lambda: self.pipeline.registered, ["email", "sms"], URL, self.on.clock.now)

    def person(self, name: str, role: Role, **more: Any) -> None:
        """Somebody with an address."""
        asked = AccountAsked(role, contacts={"email": f"{name}@example.org"}, **more)
        self.accounts.create(caller(), name, asked, "mưa tháng bảy gãy cành trám")

    def everybody(self) -> None:
        """An operator, an investor, an officer, and two who have nothing to do with the plant."""
        self.person("operator", Role.OPERATOR, plants=["mau-01"])
        self.person("investor", Role.INVESTOR, clusters=[CLUSTER])
        self.person("officer", Role.CITY_OFFICER)
        self.person("neighbour", Role.INVESTOR, clusters=["ccn-mau-02"])
        self.person("viewer", Role.VIEWER, clusters=[CLUSTER])

    def pass_time(self, until: int, step: int = 10 * MINUTE, connected: int | None = None) -> None:
        """Plant time goes on, and the writer looks; nobody is called silent unless connected."""
        while self.on.clock.now() < until:
            self.on.clock.set(min(self.on.clock.now() + step, until))
            self.pipeline.tick(connected, fill=True)

    def said(self, *kinds: str) -> list[tuple[str, str]]:
        """Kind and receiver of what was queued, in order."""
        query = select(notification.c.kind, notification.c.address).order_by(notification.c.id)
        with self.on.engine.connect() as connection:
            rows = [(kind, to.partition("@")[0]) for kind, to in connection.execute(query)]
        return [row for row in rows if not kinds or row[0] in kinds]

    def told(self) -> list[tuple[str, str]]:
        """Kind and name of everybody told, as the record has it."""
        with self.on.engine.connect() as connection:
            return [(k, n) for k, n in connection.execute(select(told.c.kind, told.c.name))]


@pytest.fixture
def post(tmp_path: Path) -> Iterator[Post]:
    on = stage(tmp_path, DAY0)
    made = Post(on)
    made.everybody()
    yield made
    on.close()


def exceed_hour(post: Post) -> str:
    """One hour above the limit, judged when it closes; the alert's name."""
    for one in hours_of("MAU01", "COD", EIGHT, [140]):
        post.on.clock.set(one.received_at)
        post.pipeline.submit([one])
    post.pass_time(DAY0 + EIGHT + HOUR + 11 * MINUTE)
    (found,) = alerts(post.on.reads(post.pipeline), kind="exceedance")
    return str(found["id"])


def sender(name: str, role: Role, post: Post) -> Caller:
    """An account as it asks."""
    made = post.accounts.new_key(caller(), name, "test", None, 1)
    assert made is not None
    found = post.accounts.by_key(made["key"])
    assert found is not None
    assert found.role is role
    return found


def test_an_early_warning_climbs_while_nobody_receives_it(post: Post) -> None:
    exceed_hour(post)
    assert post.said("raised") == [("raised", "operator")]
    start = post.on.clock.now()
    post.pass_time(start + 30 * MINUTE)
    assert post.said("escalated") == []
    post.pass_time(start + 70 * MINUTE)
    assert post.said("escalated") == [("escalated", "investor")]
    post.pass_time(start + 4 * HOUR + 10 * MINUTE)
    assert post.said("escalated") == [("escalated", "investor"), ("escalated", "officer")]
    post.pass_time(start + 9 * HOUR, HOUR)
    assert len(post.said("escalated")) == 2


def test_what_is_received_climbs_no_further(post: Post) -> None:
    name = exceed_hour(post)
    Worker(post.pipeline, post.on.reads(post.pipeline)).act(
        sender("operator", Role.OPERATOR, post), Deed(name, "acknowledge")
    )
    post.pass_time(post.on.clock.now() + 6 * HOUR, HOUR)
    assert post.said("escalated") == []


def test_a_plant_without_an_operator_account_tells_the_investor_at_once(post: Post) -> None:
    post.accounts.change(caller(), "operator", AccountAsked(contacts={}))
    exceed_hour(post)
    assert post.said("raised") == [("raised", "investor")]


def exceed_day(post: Post) -> str:
    """A day whose mean is proven above the limit; the alert's name."""
    for one in run_of("MAU01", "COD", 0, [300] * 40):
        post.on.clock.set(one.received_at)
        post.pipeline.submit([one])
    post.pass_time(post.on.clock.now() + 10 * MINUTE)
    found = alerts(post.on.reads(post.pipeline), kind="exceedance")
    return next(str(one["id"]) for one in found if one["period"] == "day")


def test_a_suspected_exceedance_reaches_all_three_at_once_and_nobody_else(post: Post) -> None:
    name = exceed_day(post)
    with post.on.engine.connect() as connection:
        rows = connection.execute(
            select(notification).where(notification.c.alert == int(name[1:]))
        ).mappings()
        found = {row["address"].partition("@")[0]: row for row in rows if row["kind"] == "raised"}
    assert set(found) == {"operator", "investor", "officer"}
    body = json.loads(found["officer"]["body"])
    assert "Nghi vượt giới hạn, chờ xác minh" in body["title"]
    assert "> 100" in body["title"]
    assert body["link"] == f"{URL}/a/{name}"
    assert found["officer"]["severity"] == "critical"


def test_who_was_told_is_on_record_and_proved(post: Post) -> None:
    exceed_day(post)
    names = {name for kind, name in post.told() if kind == "raised"}
    assert names == {"operator", "investor", "officer"}
    verify_chain(post.on.engine, lambda _: None)


def test_quiet_hours_hold_back_what_is_not_critical(post: Post) -> None:
    for name in ("operator", "officer"):
        post.accounts.change(caller(), name, AccountAsked(quiet_from="00:00", quiet_to="23:00"))
    exceed_day(post)
    with post.on.engine.connect() as connection:
        rows = connection.execute(
            select(notification.c.severity, notification.c.not_before, notification.c.address)
        ).all()
    held = {(severity, at > 0) for severity, at, to in rows if to.startswith("operator")}
    assert ("critical", False) in held
    assert ("warning", True) in held


def test_a_text_message_is_only_for_what_is_urgent(post: Post) -> None:
    post.accounts.change(
        caller(), "operator", AccountAsked(contacts={"email": "o@example.org", "sms": "0901234567"})
    )
    exceed_hour(post)
    exceed_day(post)
    with post.on.engine.connect() as connection:
        rows = connection.execute(
            select(notification.c.severity).where(notification.c.channel == "sms")
        )
        assert {severity for (severity,) in rows} == {"critical"}


def test_trouble_reaches_an_officer_in_one_message_a_day(post: Post) -> None:
    post.person("operator2", Role.OPERATOR, plants=["mau-02"])
    for station in ("MAU01", "MAU02"):
        post.pipeline.submit(run_of(station, "COD", 0, [50]))
    post.pass_time(DAY0 + 6 * HOUR, connected=DAY0)
    silences = alerts(post.on.reads(post.pipeline), kind="silence")
    assert {one["severity"] for one in silences} >= {"critical"}
    to_officer = [kind for kind, to in post.said() if to == "officer" and kind != "digest"]
    assert len(to_officer) == 1
    assert len([kind for kind, to in post.said() if to == "operator"]) > 1


def test_an_explanation_that_is_asked_for_reaches_the_plant(post: Post) -> None:
    name = exceed_day(post)
    deadline = post.on.clock.now() + 2 * HOUR
    post.pipeline.telling = post.telling()
    Worker(post.pipeline, post.on.reads(post.pipeline)).act(
        sender("officer", Role.CITY_OFFICER, post),
        Deed(name, "request_explanation", text="Giải trình COD", deadline=deadline),
    )
    asked = [to for kind, to in post.said("explanation_requested")]
    assert sorted(asked) == ["investor", "operator"]
    post.pass_time(deadline + 10 * MINUTE)
    overdue = [to for kind, to in post.said("overdue")]
    assert sorted(overdue) == ["investor", "officer", "operator"]


def test_the_digest_comes_once_a_morning_to_those_who_read(post: Post) -> None:
    exceed_hour(post)
    post.pass_time(DAY1 + 7 * HOUR - MINUTE, HOUR)
    before = post.said("digest")
    post.pass_time(DAY1 + 9 * HOUR, HOUR)
    assert sorted(post.said("digest")[len(before) :]) == [
        ("digest", "investor"), ("digest", "officer"), ("digest", "operator"),
    ]  # fmt: skip
    with post.on.engine.connect() as connection:
        (text,) = connection.execute(
            select(notification.c.body)
            .where(notification.c.kind == "digest", notification.c.address.like("operator%"))
            .order_by(notification.c.id.desc())
            .limit(1)
        ).one()  # fmt: skip
    assert "COD" in json.loads(text)["text"]


def test_history_that_is_sent_again_wakes_nobody(post: Post) -> None:
    post.on.clock.set(DAY1 + 40 * HOUR)
    post.pipeline.submit(hours_of("MAU01", "COD", EIGHT, [140, 50, 50, 50]))
    post.pipeline.tick(None, fill=True)
    assert alerts(post.on.reads(post.pipeline), kind="exceedance")
    assert [kind for kind, _ in post.said() if kind == "raised_late"] == []


def test_what_fails_takes_its_message_along(post: Post) -> None:
    exceed_hour(post)
    before = post.said()
    telling = post.telling()

    def broken(append: Any) -> None:
        telling(append)
        raise ValueError("mẫu")

    post.pipeline.telling = broken  # type: ignore[assignment]
    worker = Worker(post.pipeline, post.on.reads(post.pipeline))
    by = sender("officer", Role.CITY_OFFICER, post)
    name = alerts(post.on.reads(post.pipeline), kind="exceedance")[0]["id"]
    with pytest.raises(ValueError, match="mẫu"):
        worker.act(by, Deed(name, "acknowledge"))
    assert post.said() == before
    assert alerts(post.on.reads(post.pipeline))[0]["work"]["state"] == "unacknowledged"


def test_how_soon_it_was_answered_is_the_same_for_both_sides(post: Post) -> None:
    name = exceed_hour(post)
    reads = post.on.reads(post.pipeline)
    raised = reads.alert(caller().scope, name)
    assert raised is not None
    post.pass_time(post.on.clock.now() + 20 * MINUTE)
    operator = sender("operator", Role.OPERATOR, post)
    Worker(post.pipeline, reads).act(operator, Deed(name, "acknowledge"))
    officer = sender("officer", Role.CITY_OFFICER, post)
    seen = [reads.responses(one.scope, None, None, None).items for one in (operator, officer)]
    assert seen[0] == seen[1]
    (found,) = seen[0]
    assert (found["cluster"], found["severity"], found["alerts"]) == (CLUSTER, "warning", 1)
    assert found["received"] == {"count": 1, "median": 36 * MINUTE, "p90": 36 * MINUTE}
    assert found["explained"]["count"] == 0
    neighbour = sender("neighbour", Role.INVESTOR, post)
    assert reads.responses(neighbour.scope, None, None, None).items == []
    assert reads.responses(officer.scope, "ccn-mau-02", None, None).items == []


def test_everybody_sees_their_own_load_and_an_officer_of_the_city_all(post: Post) -> None:
    exceed_day(post)
    reads = post.on.reads(post.pipeline)
    own = reads.alarm_load(sender("operator", Role.OPERATOR, post), None, None).items
    assert [one["account"] for one in own] == ["operator"]
    assert own[0]["told"] >= 2
    assert own[0]["manageable"]
    every = reads.alarm_load(sender("officer", Role.CITY_OFFICER, post), None, None).items
    assert {one["account"] for one in every} == {"operator", "investor", "officer"}
    before = reads.alarm_load(caller(), None, DAY0).items
    assert before == []


def test_a_second_officer_is_asked_for_in_the_city(post: Post) -> None:
    post.person("ward", Role.WARD_OFFICER, clusters=[CLUSTER])
    post.person("elsewhere", Role.WARD_OFFICER, clusters=["ccn-mau-02"])
    name = exceed_day(post)
    ward = sender("ward", Role.WARD_OFFICER, post)
    worker = Worker(post.pipeline, post.on.reads(post.pipeline))
    worker.act(ward, Deed(name, "close", text="đã khắc phục"))
    assert post.said("second_needed") == [("second_needed", "officer")]
    officer = sender("officer", Role.CITY_OFFICER, post)
    done = worker.act(officer, Deed(name, "close", text="đồng ý"))
    assert done is not None
    assert done["work"]["state"] == "closed"
