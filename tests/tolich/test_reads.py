"""Every read: pages without loss or repeats, and nothing outside the scope."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.cast import (
    DAY0,
    DAY1,
    HOUR,
    Said,
    Stage,
    hours_of,
    message,
    name_of,
    stage,
)
from tests.stores import Kind
from tolich.ports import (
    EVERYTHING,
    AlertQuery,
    BadCursor,
    Delivery,
    FindingQuery,
    Page,
    Scope,
    Shape,
)
from tolich.store.cursors import decode, encode
from tolich.store.reads import StoreReads

Paged = Callable[[StoreReads, Scope, str | None, int], Page]

NOTHING = Scope(clusters=frozenset())
FIRST = Scope(clusters=frozenset({"ccn-mau-01"}))


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory, either_store: Kind) -> Iterator[Stage]:
    """Two days of two stations, with exceedances, rejections, silences and an open day."""
    of = stage(tmp_path_factory.mktemp("told"), DAY0 + 10 * HOUR)
    pipeline = of.pipeline()
    pipeline.submit(hours_of("MAU01", "COD", 4 * HOUR, [140, 50, 50, 140]))
    pipeline.submit(hours_of("MAU03", "COD", 4 * HOUR, [50, 140, 50, 50]))
    pipeline.submit(
        [Delivery("mqtt", f"tolich/v1/{cluster}/{name}/readings", bytes([n]), DAY0)
         for n in range(1, 4)
         for cluster, name in (("ccn-mau-01", "MAU01"), ("ccn-mau-03", "MAU03"), ("x", "y"))]
    )  # fmt: skip
    of.clock.set(DAY1 + 10 * HOUR)
    pipeline.submit([message("MAU01", Said("COD", 34 * HOUR, 50))])
    pipeline.tick(DAY0, fill=True)
    yield of
    of.close()


@pytest.fixture(scope="module")
def reads(told: Stage) -> StoreReads:
    return told.reads(told.taking())


def readings(reads: StoreReads, scope: Scope, cursor: str | None, limit: int) -> Page:
    page = reads.readings(scope, "MAU01", None, None, None, cursor, limit)
    return Page() if page is None else page


LISTS: dict[str, Paged] = {
    "stations": lambda r, s, c, n: r.stations(s, c, n),
    "readings": readings,
    "findings": lambda r, s, c, n: r.findings(s, FindingQuery(), c, n),
    "alerts": lambda r, s, c, n: r.alerts(s, AlertQuery(), c, n),
    "rejected": lambda r, s, c, n: r.rejected(s, None, c, n),
    "permits": lambda r, s, c, n: r.permits(s, c, n),
    "transitions": lambda r, s, c, n: r.transitions(s, int(c or 0), n),
}


def everything(paged: Paged, reads: StoreReads, scope: Scope, limit: int) -> list[Shape]:
    found: list[Shape] = []
    cursor: str | None = None
    while True:
        page = paged(reads, scope, cursor, limit)
        assert len(page.items) <= limit
        found += page.items
        if page.next is None:
            return found
        assert page.items
        cursor = page.next


@pytest.mark.parametrize("name", LISTS)
@pytest.mark.parametrize("limit", [1, 3, 7])
def test_pages_lose_nothing_and_repeat_nothing(reads: StoreReads, name: str, limit: int) -> None:
    whole = LISTS[name](reads, EVERYTHING, None, 1000)
    assert whole.next is None
    assert whole.items
    step = limit * 9 if name == "findings" else limit
    assert everything(LISTS[name], reads, EVERYTHING, step) == whole.items
    spelled = [json.dumps(one) for one in whole.items]
    assert len(set(spelled)) == len(spelled)


@pytest.mark.parametrize("name", LISTS)
def test_a_page_of_exactly_everything_is_the_last(reads: StoreReads, name: str) -> None:
    whole = LISTS[name](reads, EVERYTHING, None, 1000).items
    assert LISTS[name](reads, EVERYTHING, None, len(whole)).next is None


@pytest.mark.parametrize("name", LISTS)
def test_nothing_outside_the_scope_is_seen(reads: StoreReads, name: str) -> None:
    assert LISTS[name](reads, NOTHING, None, 1000).items == []
    assert LISTS[name](reads, Scope(plants=frozenset()), None, 1000).items == []
    whole = LISTS[name](reads, EVERYTHING, None, 1000).items
    own = [one for one in whole if one.get("cluster") == "ccn-mau-01" or name == "permits"]
    if name == "permits":
        own = [one for one in whole if one["plant"] == "mau-01"]
    for scope in (FIRST, Scope(plants=frozenset({"mau-01"}))):
        assert everything(LISTS[name], reads, scope, 5 if name != "findings" else 50) == own
        assert own


def test_cluster_and_plant_must_both_fit(reads: StoreReads) -> None:
    crossed = Scope(clusters=frozenset({"ccn-mau-01"}), plants=frozenset({"mau-03"}))
    assert reads.stations(crossed, None, 10).items == []


def test_what_is_foreign_is_as_absent_as_what_does_not_exist(reads: StoreReads) -> None:
    foreign = name_of("MAU03", "COD", "hour", 5 * HOUR)
    (alert,) = [
        one["id"]
        for one in reads.alerts(EVERYTHING, AlertQuery(station="MAU03"), None, 100).items
        if one["period"] == "hour"
    ]
    for scope, seen in ((EVERYTHING, True), (FIRST, False), (NOTHING, False)):
        answers = [
            reads.station(scope, "MAU03"),
            reads.readings(scope, "MAU03", None, None, None, None, 10),
            reads.finding(scope, foreign),
            reads.finding_why(scope, foreign),
            reads.alert(scope, alert),
            reads.alert_why(scope, alert),
        ]
        assert [answer is not None for answer in answers] == [seen] * 6


@pytest.mark.parametrize(
    "name",
    [
        "", "x", "MAU01:COD:hour", "MAU01:COD:hour:yesterday", "MAU01:COD:hour:2026-03-10T04:00:00",
        "MAU01:COD:week:2026-03-10T04:00:00+07:00", "MAU01:TSS:hour:2026-03-10T04:00:00+07:00",
        "MAU01:COD:hour:2026-03-10T04:00:01+07:00", "NOBODY:COD:hour:2026-03-10T04:00:00+07:00",
        "MAU01:COD:hour:9999-12-31T23:59:59-23:59", "MAU01:COD:hour:0001-01-01T00:00:00+23:59",
    ],
)  # fmt: skip
def test_a_name_of_no_finding_finds_none(reads: StoreReads, name: str) -> None:
    assert reads.finding(EVERYTHING, name) is None
    assert reads.finding_why(EVERYTHING, name) is None


@pytest.mark.parametrize("name", ["", "A", "A0", "a1", "1", "A999", "A" + "9" * 30, "A1 ", "A٣"])
def test_a_name_of_no_alert_finds_none(reads: StoreReads, name: str) -> None:
    assert reads.alert(EVERYTHING, name) is None
    assert reads.alert_why(EVERYTHING, name) is None


def test_what_is_open_is_not_final_and_what_is_closed_is(reads: StoreReads) -> None:
    now = "2026-03-11T10:00:00+07:00"
    items = reads.findings(EVERYTHING, FindingQuery(), None, 1000).items
    assert {one["final"] for one in items} == {True, False}
    for one in items:
        assert one["final"] == (one["end"] < now), one["id"]
        assert one == reads.finding(EVERYTHING, one["id"])
    split = [
        reads.findings(EVERYTHING, FindingQuery(final=final), None, 1000).items
        for final in (True, False)
    ]
    assert len(split[0]) + len(split[1]) == len(items)


@pytest.mark.parametrize(
    "asked",
    [
        {"station": "MAU01"},
        {"cluster": "ccn-mau-03"},
        {"parameter": "COD"},
        {"period": "day"},
        {"outcome": "exceeded"},
        {"outcome": "not_assessable"},
    ],
)
def test_a_filter_gives_what_it_names(reads: StoreReads, asked: dict[str, str]) -> None:
    ((key, value),) = asked.items()
    whole = reads.findings(EVERYTHING, FindingQuery(), None, 1000).items
    some = reads.findings(EVERYTHING, FindingQuery(**asked), None, 1000).items  # type: ignore[arg-type]
    assert some == [one for one in whole if one[key] == value]
    assert some


def test_times_filter_half_open(reads: StoreReads) -> None:
    start, end = DAY0 + 5 * HOUR, DAY0 + 7 * HOUR
    query = FindingQuery(station="MAU01", period="hour", start_from=start, start_to=end)
    items = reads.findings(EVERYTHING, query, None, 100).items
    assert {one["start"][11:13] for one in items} == {"05", "06"}
    page = reads.readings(EVERYTHING, "MAU01", "COD", start, end, None, 100)
    assert page is not None
    assert [one["observed_at"][11:16] for one in page.items][::7] == ["06:45", "05:00"]


def crafted(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode()


CRAFTED = [
    "x", "!!!!", "đ", "\ud800", "=", "[", crafted([]), crafted({}), crafted(None), crafted("x"),
    crafted(["findings"]), crafted(["findings", 1]), crafted(["findings", 1, 2, 3, 4]),
    crafted(["findings", "1", 2, "hour"]), crafted(["findings", 1, 2, None]),
    crafted(["findings", True, 2, "hour"]), crafted(["findings", 2**70, 2, "hour"]),
    crafted(["findings", 1.5, 2, "hour"]), crafted(["findings", 1, 2, "\ud800"]),
    crafted(["alerts", 1, "A1"]), crafted(["stations", 5]), crafted(["stations", "\ud800"]),
    crafted(["rejected", -(2**64)]), crafted(["readings", 1, 2, 3]), crafted(["permits", []]),
    base64.urlsafe_b64encode(b"[" * 100_000).decode(),
    base64.urlsafe_b64encode(b"[" * 700).decode(),
    base64.urlsafe_b64encode(b"9" * 10_000).decode(),
]  # fmt: skip


@pytest.mark.parametrize("name", [name for name in LISTS if name != "transitions"])
@pytest.mark.parametrize("cursor", CRAFTED, ids=range(len(CRAFTED)))
def test_a_crafted_cursor_is_refused(reads: StoreReads, name: str, cursor: str) -> None:
    with pytest.raises(BadCursor):
        LISTS[name](reads, EVERYTHING, cursor, 10)


@given(st.lists(st.integers(-(2**63) + 1, 2**63 - 1), min_size=3, max_size=3))
def test_a_cursor_comes_back_as_it_was(place: list[int]) -> None:
    assert decode(encode("readings", *place), "readings", int, int, int) == place


def test_regulations_are_everybodys(reads: StoreReads) -> None:
    listed = reads.regulations()
    assert [one["id"] for one in listed] == sorted(one["id"] for one in listed)
    found = reads.regulation(listed[0]["id"])
    assert found is not None
    assert found["id"] == listed[0]["id"]
    assert reads.regulation("QCVN 99:2099/BTNMT") is None
