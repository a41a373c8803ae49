"""Amendments through the pipeline: what officers decide is judged, told, and can be taken back."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ingest.decode import decode
from rules.days import rfc3339
from rules.model import Refused
from tests.cast import (
    DAY0,
    DAY1,
    DAY2,
    HOUR,
    MINUTE,
    Said,
    Stage,
    alerts,
    cast_register,
    copied,
    findings,
    hours_of,
    message,
    name_of,
    run_of,
    stage,
    transitions,
)
from tests.stores import Kind
from tolich.amending import Amender
from tolich.pipeline import Pipeline
from tolich.ports import EVERYTHING, AlertQuery, Amend, AmendmentQuery, Delivery, Scope, Shape
from tolich.replaying import (
    as_received,
    replay_into,
    stored_amendments,
    stored_deliveries,
    verdicts,
)
from tolich.store.proof import verify_chain

NINE = 9 * HOUR
CONTESTED = name_of("MAU01", "COD", "hour", NINE)
AUTHOR = "Phòng Giám sát (mẫu)"


@pytest.fixture
def on(tmp_path: Path, either_store: Kind) -> Iterator[Stage]:
    of = stage(tmp_path, DAY0)
    yield of
    verify_chain(of.engine, lambda _: None)
    of.close()


def decision(act: str, start: int | None = NINE, end: int | None = None, **more: Any) -> Amend:
    """Of MAU01's COD; times in seconds after DAY0, one second long unless told otherwise."""
    usual = Amend("MAU01", "COD", act, AUTHOR, "hai giá trị cùng lúc (mẫu)")
    if start is not None:
        end = start + 1 if end is None else end
        usual = replace(usual, start=DAY0 + start, end=DAY0 + end)
    return replace(usual, **more)


def reversal(of: int) -> Amend:
    return decision("reverse", None, reverses=of)


def amend(on: Stage, pipeline: Pipeline, *asked: Amend) -> list[int]:
    """Enter amendments as the web process does, and let the writer see them; returns their ids."""
    web = Amender(on.taking())
    ids = [int(web.amend(EVERYTHING, one)["id"]) for one in asked]
    pipeline.tick(None, fill=True)
    return ids


def contested_morning(on: Stage, pipeline: Pipeline, right: float = 50, other: float = 900) -> None:
    """Exceeded at 8, contested at 9 (two values at 09:00), clean after; all closed."""
    on.clock.set(DAY0 + 15 * HOUR)
    hours = hours_of("MAU01", "COD", 8 * HOUR, [140, right, 50, 50, 50])
    pipeline.submit([*hours, message("MAU01", Said("COD", NINE, other))])
    pipeline.tick(None, fill=True)


def found(on: Stage, pipeline: Pipeline, name: str = CONTESTED) -> Shape:
    shape = on.reads(pipeline).finding(EVERYTHING, name)
    assert shape is not None, name
    return shape


def hourly(on: Stage, pipeline: Pipeline, kind: str) -> list[Shape]:
    """Alerts of hours that were not withdrawn."""
    some = alerts(on.reads(pipeline), kind=kind)
    return [one for one in some if one["period"] == "hour" and one["state"] != "withdrawn"]


def why(on: Stage, pipeline: Pipeline, revision: int | None = None) -> Shape:
    told = on.reads(pipeline).finding_why(EVERYTHING, CONTESTED, revision)
    assert told is not None
    return told


# --- a contested hour ---------------------------------------------------------------------------


def test_an_officer_settles_a_contested_hour_and_the_exceedance_clears(on: Stage) -> None:
    pipeline = on.pipeline()
    contested_morning(on, pipeline)
    assert found(on, pipeline)["reason"] == "contested"
    assert [one["state"] for one in hourly(on, pipeline, "integrity")] == ["active"]
    assert [one["state"] for one in hourly(on, pipeline, "exceedance")] == ["active"]

    (number,) = amend(on, pipeline, decision("confirm", value=50))
    after = found(on, pipeline)
    assert (after["outcome"], after["mean"], after["revision"]) == ("compliant", 50, 2)
    assert after["counts"]["conflicting"] == 0
    assert hourly(on, pipeline, "integrity") == []
    (exceedance,) = hourly(on, pipeline, "exceedance")
    assert (exceedance["state"], exceedance["ended_at"]) == ("ended", rfc3339(DAY0 + 11 * HOUR))

    (told,) = transitions(on.reads(pipeline), change="amended", finding=CONTESTED)
    assert told["cause"] == {
        "kind": "amendment", "amendments": [number], "by": AUTHOR,
        "reason": "hai giá trị cùng lúc (mẫu)",
    }  # fmt: skip


def test_confirming_the_other_value_prolongs_the_exceedance(on: Stage) -> None:
    pipeline = on.pipeline()
    contested_morning(on, pipeline)
    amend(on, pipeline, decision("confirm", value=900))
    assert found(on, pipeline)["outcome"] == "exceeded"
    assert hourly(on, pipeline, "integrity") == []
    (exceedance,) = hourly(on, pipeline, "exceedance")
    assert exceedance["started_at"] == rfc3339(DAY0 + 8 * HOUR)
    assert exceedance["ended_at"] == rfc3339(DAY0 + 12 * HOUR)


def test_an_amendment_can_raise_an_alert_of_its_own(on: Stage) -> None:
    pipeline = on.pipeline()
    on.clock.set(DAY0 + 15 * HOUR)
    pipeline.submit(hours_of("MAU01", "COD", 8 * HOUR, [50, 50, 50]))
    pipeline.tick(None, fill=True)
    assert hourly(on, pipeline, "exceedance") == []
    amend(on, pipeline, decision("value", NINE, 10 * HOUR, value=140))
    (raised,) = hourly(on, pipeline, "exceedance")
    assert raised["finding"] == CONTESTED
    (told,) = transitions(on.reads(pipeline), alert=raised["id"])
    assert told["change"] == "raised_late"


def test_a_reversal_brings_back_what_was_and_its_reversal_what_was_decided(on: Stage) -> None:
    pipeline = on.pipeline()
    contested_morning(on, pipeline)
    before = found(on, pipeline)
    (first,) = amend(on, pipeline, decision("exclude", value=900))
    settled = found(on, pipeline)
    (back,) = amend(on, pipeline, reversal(first))
    content = [name for name in before if name not in ("revision", "judged_at")]
    contested = found(on, pipeline)
    assert [contested[name] for name in content] == [before[name] for name in content]
    assert [one["state"] for one in hourly(on, pipeline, "integrity")] == ["active"]
    assert contested["revision"] == 3
    amend(on, pipeline, reversal(back))
    again = found(on, pipeline)
    assert [again[name] for name in content] == [settled[name] for name in content]
    causes = [one["cause"] for one in transitions(on.reads(pipeline), finding=CONTESTED)
              if one["change"] == "amended" and one["alert"] is None]  # fmt: skip
    assert [cause["amendments"] for cause in causes] == [[1], [2], [3]]


def test_a_closed_day_is_opened_again_by_an_amendment(on: Stage) -> None:
    pipeline = on.pipeline()
    on.clock.set(DAY1 + HOUR)
    pipeline.submit(hours_of("MAU01", "COD", 0, [104] * 24))
    pipeline.tick(None, fill=True)
    day = name_of("MAU01", "COD", "day", 0)
    assert found(on, pipeline, day)["outcome"] == "exceeded"
    on.clock.set(DAY2 + HOUR)
    amend(on, pipeline, decision("value", 0, 6 * HOUR, value=20))
    assert (found(on, pipeline, day)["outcome"], found(on, pipeline, day)["revision"]) == (
        "compliant",
        2,
    )


# --- the web enters, the writer judges ----------------------------------------------------------


def test_a_writer_that_was_down_judges_what_was_amended_meanwhile(on: Stage) -> None:
    contested_morning(on, on.pipeline())
    Amender(on.taking()).amend(EVERYTHING, decision("confirm", value=50))
    fresh = on.pipeline()
    fresh.tick(None, fill=True)
    assert found(on, fresh)["outcome"] == "compliant"


def test_a_running_writer_sees_an_amendment_with_its_next_batch(on: Stage) -> None:
    pipeline = on.pipeline()
    contested_morning(on, pipeline)
    Amender(on.taking()).amend(EVERYTHING, decision("confirm", value=50))
    pipeline.submit([message("MAU02", Said("COD", 14 * HOUR, 50))])
    pipeline.settle(everything=True)
    assert found(on, pipeline)["outcome"] == "compliant"


def test_a_crash_between_entering_and_judging_loses_nothing(on: Stage, tmp_path: Path) -> None:
    """The store as it lay there between the two, and a new writer on it, say the same."""
    pipeline = on.pipeline()
    contested_morning(on, pipeline)
    Amender(on.taking()).amend(EVERYTHING, decision("confirm", value=50))
    crashed = copied(on, tmp_path / "crashed")
    pipeline.tick(None, fill=True)
    fresh = crashed.pipeline()
    fresh.tick(None, fill=True)
    assert list(verdicts(crashed.reads(fresh))) == list(verdicts(on.reads(pipeline)))
    assert found(crashed, fresh) == found(on, pipeline)
    crashed.close()


def test_the_cause_survives_a_restart_and_is_told_once(on: Stage) -> None:
    contested_morning(on, on.pipeline())
    Amender(on.taking()).amend(EVERYTHING, decision("confirm", value=50))
    on.pipeline().tick(None, fill=True)
    fresh = on.pipeline()
    fresh.submit([message("MAU01", Said("COD", NINE + 5 * MINUTE, 60))])
    fresh.tick(None, fill=True)
    first, second = (
        one["cause"] for one in transitions(on.reads(fresh), change="amended", finding=CONTESTED)
    )
    assert (first["kind"], second["kind"]) == ("amendment", "readings")


def test_both_readings_and_an_amendment_are_told(on: Stage) -> None:
    pipeline = on.pipeline()
    contested_morning(on, pipeline)
    on.taking().submit([message("MAU01", Said("COD", NINE + 5 * MINUTE, 60))])
    amend(on, pipeline, decision("confirm", value=50))
    (told,) = transitions(on.reads(pipeline), change="amended", finding=CONTESTED)
    assert (told["cause"]["kind"], told["cause"]["count"]) == ("amendment", 1)
    assert told["cause"]["readings"][0]["value"] == 60


def test_an_amendment_of_the_flow_is_told_where_it_changes_what_is_owed(on: Stage) -> None:
    """Below 0.5 MAU03 does not discharge; the officer says that it did."""
    pipeline = on.pipeline()
    on.clock.set(DAY0 + 12 * HOUR)
    flow = hours_of("MAU03", "FlowOut", 8 * HOUR, [0.0, 0.0])
    pipeline.submit([*flow, *hours_of("MAU03", "COD", 8 * HOUR, [140, 140])])
    pipeline.tick(None, fill=True)
    name = name_of("MAU03", "COD", "hour", NINE)
    assert found(on, pipeline, name)["reason"] == "no_discharge"
    of_the_flow = {"station": "MAU03", "parameter": "FlowOut", "unit": "m3/h"}
    amend(on, pipeline, decision("value", NINE, 10 * HOUR, value=12, **of_the_flow))
    assert found(on, pipeline, name)["outcome"] == "exceeded"
    (told,) = transitions(on.reads(pipeline), change="amended", finding=name)
    assert (told["cause"]["kind"], told["cause"]["amendments"]) == ("amendment", [1])


# --- quality checks -----------------------------------------------------------------------------


def checked_register() -> dict[str, Any]:
    """MAU01's COD may not stand still for six hours."""
    changed = cast_register()
    changed["stations"]["MAU01"]["series"]["COD"] = {
        "checks": {"flat_line": {"suspect": "3h", "fail": "6h"}}
    }
    return changed


def flat_night(on: Stage, pipeline: Pipeline) -> None:
    """The same value from 16:00 of DAY0 to 08:00 of DAY1."""
    on.enter(checked_register())
    on.clock.set(DAY1 + 9 * HOUR)
    pipeline.tick(None)  # takes the changed register
    pipeline.submit(hours_of("MAU01", "COD", 16 * HOUR, [50] * 16))
    pipeline.tick(None, fill=True)


def test_an_amendment_of_the_evening_changes_the_morning_and_says_quality(on: Stage) -> None:
    pipeline = on.pipeline()
    flat_night(on, pipeline)
    morning = name_of("MAU01", "COD", "hour", 25 * HOUR)
    assert found(on, pipeline, morning)["counts"]["failed"] == 4
    amend(on, pipeline, decision("exclude", 16 * HOUR, 24 * HOUR))
    assert found(on, pipeline, morning)["counts"]["failed"] == 0
    (told,) = transitions(on.reads(pipeline), change="amended", finding=morning)
    assert told["cause"] == {"kind": "quality"}


def test_a_late_reading_of_the_evening_changes_the_morning_and_says_quality(on: Stage) -> None:
    pipeline = on.pipeline()
    flat_night(on, pipeline)
    morning = name_of("MAU01", "COD", "hour", 25 * HOUR)
    pipeline.submit([message("MAU01", Said("COD", 23 * HOUR + 5 * MINUTE, 70))])
    pipeline.tick(None, fill=True)
    assert found(on, pipeline, morning)["counts"]["failed"] == 0
    (told,) = transitions(on.reads(pipeline), change="amended", finding=morning)
    assert told["cause"] == {"kind": "quality"}


def test_a_period_that_closes_says_closed_whatever_came_around_it(on: Stage) -> None:
    pipeline = on.pipeline()
    on.clock.set(DAY0 + 8 * HOUR + 16 * MINUTE)
    pipeline.submit(run_of("MAU01", "COD", 8 * HOUR, [3000, 3000]))
    pipeline.tick(None, fill=True)
    hour = name_of("MAU01", "COD", "hour", 8 * HOUR)
    assert found(on, pipeline, hour)["reason"] == "proven"
    on.clock.set(DAY0 + 9 * HOUR + 10 * MINUTE)
    pipeline.submit([message("MAU01", Said("COD", 7 * HOUR, 50))])
    pipeline.tick(None, fill=True)
    (told,) = transitions(on.reads(pipeline), change="amended", finding=hour)
    assert told["cause"] == {"kind": "closed"}


# --- order and replay ---------------------------------------------------------------------------


def test_amending_before_or_after_a_late_reading_is_the_same(tmp_path: Path) -> None:
    late = message("MAU01", Said("COD", NINE, 700))
    said = []
    for order in (0, 1):
        of = stage(tmp_path / str(order), DAY0)
        pipeline = of.pipeline()
        contested_morning(of, pipeline)
        if order:
            amend(of, pipeline, decision("confirm", value=50))
        pipeline.submit([late])
        pipeline.tick(None, fill=True)
        if not order:
            amend(of, pipeline, decision("confirm", value=50))
        said.append(list(verdicts(of.reads(pipeline))))
        of.close()
    assert said[0] == said[1]
    assert any(one.get("id") == CONTESTED and one["mean"] == 50 for one in said[0])


def replayed(on: Stage, folder: Path) -> list[Shape]:
    """What a new pipeline makes of the record, from nothing."""
    again = stage(folder, on.clock.now())
    pipeline = again.pipeline(as_received(decode))
    kept = stored_amendments(on.engine)
    replay_into(pipeline, stored_deliveries(on.engine), lambda _: None, kept)
    told = list(verdicts(again.reads(pipeline)))
    assert len(stored_amendments(again.engine)) == len(kept)
    verify_chain(again.engine, lambda _: None)
    again.close()
    return told


def test_a_replay_amends_again(on: Stage, tmp_path: Path) -> None:
    pipeline = on.pipeline()
    contested_morning(on, pipeline)
    amend(on, pipeline, decision("confirm", value=900), reversal(1), decision("exclude", value=900))
    assert found(on, pipeline)["outcome"] == "compliant"
    assert replayed(on, tmp_path / "again") == list(verdicts(on.reads(pipeline)))


LATE: list[Delivery] = [
    message("MAU01", Said("COD", NINE, 900)),
    message("MAU01", Said("COD", NINE, 50)),
    message("MAU01", Said("COD", NINE + 15 * MINUTE, 300, "02")),
    message("MAU01", Said("COD", NINE + 15 * MINUTE, 60)),
]
ASKED = [
    decision("confirm", value=900),
    decision("value", NINE, 10 * HOUR, value=140),
    decision("exclude", NINE, NINE + 20 * MINUTE),
    decision("confirm", NINE + 15 * MINUTE),
]
steps = st.lists(
    st.one_of(
        st.sampled_from([("reading", n) for n in range(len(LATE))]),
        st.sampled_from([("amend", n) for n in range(len(ASKED))]),
        st.sampled_from([("reverse", n) for n in range(1, 4)]),
        st.just(("restart", 0)),
    ),
    min_size=2,
    max_size=8,
)


@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps)
def test_any_mixture_of_readings_and_amendments_is_replayed_and_is_as_of_now(
    tmp_path_factory: pytest.TempPathFactory, mixture: list[tuple[str, int]]
) -> None:
    folder = tmp_path_factory.mktemp("mixture")
    of = stage(folder / "live", DAY0 + 15 * HOUR)
    pipeline = of.pipeline()
    pipeline.submit(hours_of("MAU01", "COD", 8 * HOUR, [140, 50, 50, 50]))
    wrong: set[str] = set()
    for kind, number in mixture:
        if kind == "reading":
            pipeline.submit([LATE[number]])
        elif kind == "restart":
            pipeline = of.pipeline()
        else:
            asked = ASKED[number] if kind == "amend" else reversal(number)
            try:
                amend(of, pipeline, asked)
            except Refused as refused:
                wrong |= {one.key for one in refused.problems}
    assert wrong <= {"reverses", "value"}  # nothing to reverse, or no such reading yet
    of.clock.set(DAY1 + HOUR)
    pipeline.tick(None, fill=True)
    reads = of.reads(pipeline)
    assert replayed(of, folder / "again") == list(verdicts(reads))
    for as_of in (of.clock.now(), of.clock.now() + 5):
        assert findings(reads, as_of=as_of) == findings(reads)
        assert alerts(reads, as_of=as_of) == alerts(reads)
    of.close()


# --- why ----------------------------------------------------------------------------------------


def test_why_tells_who_decided_what_and_what_counted(on: Stage) -> None:
    pipeline = on.pipeline()
    contested_morning(on, pipeline)
    amend(on, pipeline, decision("value", value=75))
    told = why(on, pipeline)
    first, second = (
        one for one in told["readings"] if one["observed_at"].startswith("2026-03-10T09:00")
    )
    assert (first["value"], first["used"], first["reason"]) == (50, 75, "value_by_officer")
    assert (second["value"], second["used"], second["counted"]) == (900, None, False)
    who = {"id": 1, "by": AUTHOR, "reason": "hai giá trị cùng lúc (mẫu)"}
    assert first["amendment"] == second["amendment"] == who
    (listed,) = told["amendments"]
    assert (listed["id"], listed["act"], listed["value"], listed["holds"]) == (1, "value", 75, True)
    assert "An officer decided" in told["summary"]["en"]
    assert "Cán bộ đã quyết định" in told["summary"]["vi"]


def test_why_lists_what_was_taken_back_but_does_not_say_that_it_holds(on: Stage) -> None:
    pipeline = on.pipeline()
    contested_morning(on, pipeline)
    amend(on, pipeline, decision("value", value=75), reversal(1))
    told = why(on, pipeline)
    assert [(one["id"], one["holds"]) for one in told["amendments"]] == [(1, False), (2, False)]
    assert {one["amendment"] for one in told["readings"]} == {None}
    assert "An officer decided" not in told["summary"]["en"]


def test_a_decision_that_changes_no_verdict_is_told_at_once(on: Stage) -> None:
    pipeline = on.pipeline()
    contested_morning(on, pipeline)
    reads = on.reads(pipeline)
    ten = name_of("MAU01", "COD", "hour", 10 * HOUR)
    before = reads.finding_why(EVERYTHING, ten)
    Amender(on.taking()).amend(EVERYTHING, decision("confirm", 10 * HOUR))
    after = reads.finding_why(EVERYTHING, ten)
    assert before is not None
    assert after is not None
    assert (len(before["amendments"]), len(after["amendments"])) == (0, 1)
    assert before["revision"] == after["revision"] == 1


def test_why_of_a_revision_knows_what_was_known_then(on: Stage) -> None:
    pipeline = on.pipeline()
    on.clock.set(DAY0 + 12 * HOUR)
    pipeline.submit(hours_of("MAU01", "COD", NINE, [50, 50]))
    pipeline.tick(None, fill=True)
    on.clock.set(DAY0 + 13 * HOUR)
    pipeline.submit([message("MAU01", Said("COD", NINE, 900))])
    pipeline.tick(None, fill=True)
    on.clock.set(DAY0 + 14 * HOUR)
    amend(on, pipeline, decision("exclude", value=900))
    first, second, third = (why(on, pipeline, number) for number in (1, 2, 3))
    values = [[one["value"] for one in told["readings"]] for told in (first, second, third)]
    assert [len(some) for some in values] == [4, 5, 5]
    assert 900 not in values[0]
    assert [one["reason"] for one in second["readings"]][:2] == ["contested", "contested"]
    assert [len(told["amendments"]) for told in (first, second, third)] == [0, 0, 1]
    assert third["readings"] == why(on, pipeline)["readings"]


# --- time travel --------------------------------------------------------------------------------


def test_alerts_are_told_as_they_stood(on: Stage) -> None:
    pipeline = on.pipeline()
    contested_morning(on, pipeline)
    reads, then = on.reads(pipeline), on.clock.now()
    stood = alerts(reads)
    assert {one["state"] for one in stood} == {"active"}
    on.clock.set(then + HOUR)
    amend(on, pipeline, decision("confirm", value=50))
    now = alerts(reads)
    assert {one["state"] for one in now} == {"ended", "withdrawn"}
    assert alerts(reads, as_of=then) == alerts(reads, as_of=then + HOUR - 1) == stood
    assert alerts(reads, as_of=then + HOUR) == now
    assert alerts(reads, as_of=then, state="ended") == []
    assert alerts(reads, as_of=then, kind="integrity") == [
        one for one in stood if one["kind"] == "integrity"
    ]
    assert alerts(reads, as_of=DAY0 - HOUR) == []


def test_pages_of_alerts_as_of_a_time_join(on: Stage) -> None:
    pipeline = on.pipeline()
    on.clock.set(DAY1)
    pipeline.submit(hours_of("MAU01", "COD", 0, [140, 50, 50] * 6))
    pipeline.tick(None, fill=True)
    reads = on.reads(pipeline)
    whole = alerts(reads, as_of=DAY1)[::-1]
    assert len(whole) >= 6
    paged: list[Shape] = []
    cursor: str | None = None
    while True:
        query = AlertQuery(as_of=DAY1)
        page = reads.alerts(EVERYTHING, query, cursor, 2)
        paged += page.items
        cursor = page.next
        if cursor is None:
            break
    assert paged == whole


def test_alerts_of_the_past_stay_within_the_scope(on: Stage) -> None:
    pipeline = on.pipeline()
    contested_morning(on, pipeline)
    elsewhere = Scope(clusters=frozenset({"ccn-mau-02"}))
    page = on.reads(pipeline).alerts(elsewhere, AlertQuery(as_of=on.clock.now()), None, 100)
    assert page.items == []


def test_revisions_say_what_changed_and_why(on: Stage) -> None:
    pipeline = on.pipeline()
    contested_morning(on, pipeline)
    late = message("MAU01", Said("COD", NINE + 5 * MINUTE, 60))
    pipeline.submit([late])
    pipeline.tick(None, fill=True)
    amend(on, pipeline, decision("confirm", value=50))
    page = on.reads(pipeline).revisions(EVERYTHING, CONTESTED)
    assert page is not None
    assert [one["revision"] for one in page.items] == [1, 2, 3][: len(page.items)]
    first, last = page.items[0], page.items[-1]
    assert (first["changed"], first["cause"]) == ({}, None)
    assert last["changed"]["outcome"] == {"before": "not_assessable", "after": "compliant"}
    assert last["changed"]["counts.conflicting"] == {"before": 1, "after": 0}
    assert last["cause"]["kind"] == "amendment"
    assert "revision" not in last["changed"]


def test_revisions_of_what_is_not_there_or_not_to_be_seen(on: Stage) -> None:
    pipeline = on.pipeline()
    contested_morning(on, pipeline)
    reads = on.reads(pipeline)
    elsewhere = Scope(clusters=frozenset({"ccn-mau-02"}))
    assert reads.revisions(elsewhere, CONTESTED) is None
    for name in ("x", name_of("MAU01", "COD", "hour", 20 * HOUR), "MAU01:XX:hour:2026-03-10"):
        assert reads.revisions(EVERYTHING, name) is None


# --- the list -----------------------------------------------------------------------------------


def test_the_list_says_what_was_taken_back_and_pages_join(on: Stage) -> None:
    pipeline = on.pipeline()
    contested_morning(on, pipeline)
    amend(on, pipeline, decision("value", value=75), decision("exclude"), reversal(1))
    reads = on.reads(pipeline)
    first = reads.amendments(EVERYTHING, AmendmentQuery(), None, 2)
    rest = reads.amendments(EVERYTHING, AmendmentQuery(), first.next, 2)
    items = [*first.items, *rest.items]
    assert [(one["id"], one["reversed_by"]) for one in items] == [(3, None), (2, None), (1, 3)]
    assert (rest.next, items[0]["reverses"], items[2]["value"]) == (None, 1, 75)
    assert items[0]["from"] == items[2]["from"] == rfc3339(DAY0 + NINE)
    for query in (AmendmentQuery("MAU02"), AmendmentQuery(parameter="pH")):
        assert reads.amendments(EVERYTHING, query, None, 9).items == []
    elsewhere = Scope(plants=frozenset({"mau-02"}))
    assert reads.amendments(elsewhere, AmendmentQuery(), None, 9).items == []
