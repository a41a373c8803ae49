from __future__ import annotations

import json
from collections import Counter
from functools import cache
from itertools import takewhile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.days import DAY_SECONDS, day_start, local_date
from rules.register import Register
from simulators.events import Conflict, Duplicate, Event, Missing, Order, Outage, Silence
from simulators.message import Outgoing
from simulators.script import Script, quiet_script
from simulators.stream import history, live
from tests.simulators.stage import (
    NOON,
    decoded,
    demo_history,
    example,
    first_second,
    loaded,
    sent_since,
)

TODAY = day_start(local_date(NOON))
YESTERDAY = TODAY - DAY_SECONDS
HOUR = 3600


def few(*stations: str, **changes: object) -> Register:
    """The example with only some of its stations, 5-minute intervals."""
    raw = example()
    raw["stations"] = {key: {**raw["stations"][key], **changes} for key in stations}
    return loaded(raw)


def scripted(*events: Event) -> Script:
    by_station: dict[str, list[Event]] = {}
    for event in events:
        by_station.setdefault(event.station, []).append(event)
    return Script(1, {key: tuple(found) for key, found in by_station.items()}, {})


def day(script: Script, register: Register | None = None) -> list[Outgoing]:
    """What a small register sends yesterday and until six today."""
    return list(history(register or few("MAU01"), script, YESTERDAY, TODAY + 6 * HOUR))


def up_to(script: Script, register: Register, now: int, until: int) -> list[Outgoing]:
    return list(takewhile(lambda message: message.due <= until, live(register, script, now)))


# --- the whole demonstration --------------------------------------------------------------------


def test_the_same_start_gives_the_same_bytes_also_for_a_part() -> None:
    start = TODAY - 8 * DAY_SECONDS
    assert sent_since(NOON, start) == tuple(m for m in demo_history(NOON) if m.due >= start)


def test_messages_are_sent_in_order_of_time_and_none_before_it_was_measured() -> None:
    dues = [message.due for message in demo_history(NOON)]
    assert dues == sorted(dues)
    assert dues[-1] <= NOON
    assert all(seen.due >= seen.at for seen in decoded(demo_history(NOON)[-300:]))


def test_payloads_are_small_and_messages_few() -> None:
    messages = demo_history(NOON)
    assert max(len(message.payload) for message in messages) < 18_000
    assert 10_000 < len(messages) < 25_000


def test_the_history_reaches_from_the_first_second_to_now() -> None:
    seen = [s.at for s in decoded(demo_history(NOON), "MAU12") if s.parameter == "COD"]
    assert (min(seen), max(seen)) == (first_second(NOON), NOON - NOON % 60)
    assert len(seen) == len(set(seen)) == 35 * 288 + (NOON - TODAY) // 60 + 1


# --- independence -------------------------------------------------------------------------------


@cache
def undisturbed() -> tuple[Register, list[Outgoing]]:
    return few("MAU01"), day(quiet_script())


@given(st.integers(1, 29))
def test_a_later_start_sends_the_same_from_there_on(hour: int) -> None:
    start = YESTERDAY + hour * HOUR
    register, whole = undisturbed()
    part = list(history(register, quiet_script(), start, TODAY + 6 * HOUR))
    assert part == [message for message in whole if message.due >= start]


def test_adding_a_station_changes_no_other() -> None:
    alone = day(quiet_script())
    together = day(quiet_script(), few("MAU01", "MAU02", "MAU03"))
    assert [m for m in together if "/MAU01/" in m.topic] == alone


def test_only_simulated_stations_are_spoken_for() -> None:
    assert day(quiet_script(), few("MAU01", simulated=False)) == []


def test_live_goes_on_where_the_history_stopped() -> None:
    now = TODAY + 6 * HOUR + 125
    register = few("MAU01", "MAU02", interval=60)
    before = {s[:5] for s in decoded(history(register, quiet_script(), TODAY, now))}
    after = {s[:5] for s in decoded(up_to(quiet_script(), register, now, now + 2 * HOUR))}
    assert not before & after
    whole = {s[:5] for s in decoded(history(register, quiet_script(), TODAY, now + 2 * HOUR))}
    late = {s for s in whole - before - after if s[2] > now + 2 * HOUR - 60}
    assert before | after | late == whole


def test_a_missing_quantity_is_left_out_and_the_others_are_sent() -> None:
    gap = Missing("MAU01", YESTERDAY + 2 * HOUR, YESTERDAY + 9 * HOUR, "TSS")
    usual, sent = list(decoded(day(quiet_script()))), list(decoded(day(scripted(gap))))
    inside = range(gap.start, gap.end)
    assert sent == [s for s in usual if s.parameter != "TSS" or s.at not in inside]
    assert len(usual) - len(sent) == 7 * 12


def test_what_is_missing_is_not_contradicted() -> None:
    gap = Missing("MAU01", YESTERDAY + 2 * HOUR, YESTERDAY + 4 * HOUR, "TSS")
    conflict = Conflict("MAU01", YESTERDAY + 3 * HOUR, YESTERDAY + 5 * HOUR, "TSS", 150.0)
    twice = Counter(s.at for s in decoded(day(scripted(gap, conflict))) if s.parameter == "TSS")
    told = range(YESTERDAY + 4 * HOUR, YESTERDAY + 5 * HOUR, 300)
    assert [at for at, times in twice.items() if times == 2] == list(told)
    assert not any(gap.start <= at < gap.end for at in twice)


def test_live_messages_hold_one_instant_and_follow_the_midnight_to_a_new_interval() -> None:
    intervals = [{"from": "2026-01-01", "seconds": 300}, {"from": "2026-11-18", "seconds": 60}]
    register = few("MAU01", interval=intervals)
    messages = up_to(quiet_script(), register, TODAY - HOUR, TODAY + HOUR - 1)
    assert all("ts" not in r for m in messages for r in json.loads(m.payload)["readings"])
    counts = Counter(s.at >= TODAY for s in decoded(messages) if s.parameter == "pH")
    assert counts == {False: 11, True: 60}


def test_series_of_one_station_may_report_at_different_intervals() -> None:
    raw = example()["stations"]["MAU01"]["series"]
    register = few("MAU01", series={**raw, "COD": {**raw["COD"], "interval": 900}})
    counts = Counter(s.parameter for s in decoded(day(quiet_script(), register)))
    assert counts["COD"] == 30 * 4 + 1
    assert counts["pH"] == 30 * 12 + 1


# --- one event at a time ------------------------------------------------------------------------


def test_silence_sends_nothing_then_or_ever() -> None:
    start, end = YESTERDAY + 10 * HOUR, YESTERDAY + 13 * HOUR
    seen = list(decoded(day(scripted(Silence("MAU01", start, end)))))
    assert not [s for s in seen if start <= s.at < end]
    usual = [s for s in decoded(day(quiet_script())) if not start <= s.at < end]
    assert [s[:5] for s in seen] == [s[:5] for s in usual]


@pytest.mark.parametrize("order", [Order.OLDEST_FIRST, Order.NEWEST_FIRST])
def test_an_outage_is_sent_later_as_a_burst(order: Order) -> None:
    start, end, release = YESTERDAY + 8 * HOUR, YESTERDAY + 20 * HOUR, TODAY + 3 * HOUR
    messages = day(scripted(Outage("MAU01", start, end, release, order)))
    held = [s for s in decoded(messages) if start <= s.at < end]
    assert all(release <= s.due < release + 60 for s in held)
    hours = list(dict.fromkeys(s.at // HOUR for s in held))
    assert len(hours) == 12
    assert hours == sorted(hours, reverse=order is Order.NEWEST_FIRST)
    usual = {s[:5] for s in decoded(day(quiet_script()))}
    assert {s[:5] for s in decoded(messages)} == usual


@pytest.mark.parametrize("minutes", [60, 61, 70, 90])
def test_what_is_held_back_over_the_start_is_sent_once_after_it(minutes: int) -> None:
    """Whether the outage is over at the start or not, nothing is lost and nothing comes twice."""
    now = TODAY + 6 * HOUR + 90
    register = few("MAU01", interval=60)
    start = now - HOUR
    outage = Outage("MAU01", start, start + minutes * 60, start + 2 * HOUR, Order.NEWEST_FIRST)
    sent = list(history(register, scripted(outage), TODAY, now))
    sent += up_to(scripted(outage), register, now, now + 3 * HOUR)
    seen = Counter(s[:3] for s in decoded(sent))
    whole = Counter(
        s[:3] for s in decoded(history(register, quiet_script(), TODAY, now + 2 * HOUR))
    )
    assert set(whole) <= set(seen)
    assert set(seen.values()) == {1}


def test_a_shuffled_burst_is_out_of_order_and_complete() -> None:
    start, end = YESTERDAY + 14 * HOUR, YESTERDAY + 16 * HOUR
    messages = day(scripted(Outage("MAU01", start, end, end, Order.SHUFFLED)))
    times = [s.at for s in decoded(messages) if s.parameter == "pH" and start <= s.at < end]
    assert sorted(times) == list(range(start, end, 300))
    assert times != sorted(times)
    assert times != sorted(times, reverse=True)


def test_an_outage_cannot_end_after_its_release() -> None:
    with pytest.raises(ValueError, match="MAU01"):
        Outage("MAU01", TODAY, TODAY + 100, TODAY + 50)


def test_a_duplicate_is_the_same_message_to_the_byte() -> None:
    start, end = YESTERDAY + 9 * HOUR, YESTERDAY + 11 * HOUR
    messages = day(scripted(Duplicate("MAU01", start, end)))
    twice = [m for m, n in Counter(m[:2] for m in messages).items() if n == 2]
    assert len(twice) == 2
    assert {m[:2] for m in messages} == {m[:2] for m in day(quiet_script())}


def test_a_conflict_is_a_second_value_for_the_same_instant() -> None:
    start = YESTERDAY + 10 * HOUR + 1200
    messages = day(scripted(Conflict("MAU01", start, start + 600, "TSS", 90.0)))
    values: dict[int, list[str]] = {}
    for s in decoded(messages):
        if s.parameter == "TSS":
            values.setdefault(s.at, []).append(str(s.value))
    assert {at: v[1:] for at, v in values.items() if len(v) > 1} == {
        start: ["90.0"],
        start + 300: ["90.0"],
    }
    assert values[start][0] != "90.0"
