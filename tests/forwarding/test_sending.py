"""What is owed arrives: oldest first, once, again when it changed, whatever happens in between."""

from __future__ import annotations

import random
import threading
from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.exc import OperationalError

from api.forwarding import ForwardedPage
from rules.days import rfc3339
from tests.cast import (
    DAY0,
    DAY1,
    HOUR,
    MINUTE,
    Said,
    Stage,
    cast_register,
    full_disk,
    message,
)
from tests.forwarding.stage import NAME, WALL, Inbox, Play, cod, name_of, play, tt10
from tolich.forwarding.choice import Choice
from tolich.forwarding.destination import LASTING, Kind, Outgoing, Sent, Trouble
from tolich.forwarding.follower import PATIENCE, Forwarding
from tolich.forwarding.remedies import REMEDIES
from tolich.forwarding.sender import LONGEST, LONGEST_LASTING, back_off
from tolich.metrics import metrics_text
from tolich.ports import EVERYTHING, Scope
from tolich.store.forwarding import backlog
from tolich.store.reads.forwarding import ForwardingReads
from tolich.store.schema import forward

AWAY = Trouble(Kind.UNREACHABLE, "nobody answers")
NO = Trouble(Kind.REFUSED, "550 no such folder")
SLOT = 15 * MINUTE


@pytest.fixture
def inbox() -> Inbox:
    return Inbox()


@pytest.fixture
def at(tmp_path: Path, inbox: Inbox) -> Iterator[Play]:
    yield from play(tmp_path, inbox, DAY1)


def owed(of: Play) -> int:
    return backlog(of.on.engine, NAME)


def test_what_comes_in_goes_out_byte_for_byte(at: Play, inbox: Inbox) -> None:
    sent = tt10("MAU01", 8 * HOUR, "COD 61.5 mg/L 00", "FlowOut 0.25 m3/h 02", "pH 7.21 - 01")
    at.take(sent)
    at.push()
    path = f"MAU01/2026/03/10/{name_of('MAU01', 8 * HOUR)}"
    assert inbox.came == [(path, sent.payload.replace(b"FlowOut", b"Flow"))]
    line = at.line("MAU01")
    assert line["newest_sent"] == rfc3339(DAY0 + 8 * HOUR)
    assert (line["state"], line["backlog"], line["error"]) == ("sent", 0, None)
    assert line["receipt"] == f"{len(inbox.came[0][1])} bytes"
    assert line["sent_at"] == rfc3339(WALL)


def test_a_reading_of_any_way_in_goes_out(at: Play, inbox: Inbox) -> None:
    at.take(message("MAU02", Said("COD", HOUR, 12.5), Said("TSS", HOUR + SLOT, 3)))
    at.push()
    assert inbox.names() == [name_of("MAU02", HOUR), name_of("MAU02", HOUR + SLOT)]


# --- a server that is away ----------------------------------------------------------------------


def pass_time(of: Play, until: int) -> int:
    """Let wall time pass up to `until`, sending whenever something may be; how many turns."""
    turns = 0
    while of.wall.now < until:
        of.push()
        of.wall.now = max(of.wall.now + 1, min(until, of.queue.pause().due))
        turns += 1
    return turns


def test_a_server_that_is_down_for_a_day_gets_everything_oldest_first(
    at: Play, inbox: Inbox
) -> None:
    inbox.away = AWAY
    slots = random.Random(4).sample(range(96), 96)  # in any order, as late data come
    for some in (slots[:50], slots[50:]):
        at.take(*(cod(s, slot * SLOT, slot) for slot in some for s in ("MAU01", "MAU02")))
    pass_time(at, WALL + 86_400)
    assert inbox.came == []
    assert 80 < inbox.calls < 250  # patient: about one attempt in ten minutes, not thousands
    line = at.line("MAU02")
    assert (line["backlog"], line["state"]) == (96, "pending")
    assert line["oldest_waiting"] == rfc3339(DAY0)
    assert line["error"]["kind"] == "unreachable"
    assert line["error"]["since"] == rfc3339(WALL)
    assert line["error"]["remedy"] == REMEDIES[Kind.UNREACHABLE]

    inbox.away = None
    pass_time(at, WALL + 86_400 + LONGEST)
    expected = [name_of(s, slot * SLOT) for slot in range(96) for s in ("MAU01", "MAU02")]
    assert inbox.names() == expected
    assert (owed(at), at.line("MAU01")["error"]) == (0, None)


def test_after_a_start_it_is_tried_at_once(at: Play, inbox: Inbox) -> None:
    inbox.away = AWAY
    at.take(cod("MAU01", 0, 1))
    at.push()
    at.push()
    assert inbox.calls == 1
    inbox.away = None
    at.begin()
    at.push()
    assert inbox.names() == [name_of("MAU01", 0)]
    assert at.line("MAU01")["state"] == "sent"


@given(st.integers(0, 10_000), st.sampled_from(list(Kind)), st.integers(0, 2**32))
def test_waits_grow_are_bounded_and_never_zero(attempts: int, kind: Kind, seed: int) -> None:
    longest = LONGEST_LASTING if kind in LASTING else LONGEST
    wait = back_off(attempts, Trouble(kind, ""), random.Random(seed))
    assert 1 <= wait <= longest
    again = back_off(attempts, Trouble(kind, ""), random.Random(seed))
    assert wait == again
    assert wait >= longest // 2 or attempts < 10


# --- late data ----------------------------------------------------------------------------------


def test_a_late_reading_sends_its_file_again_under_its_name(at: Play, inbox: Inbox) -> None:
    at.take(cod("MAU01", HOUR, 10), cod("MAU01", 2 * HOUR, 20))
    at.push()
    at.take(tt10("MAU01", HOUR, "pH 7 - 00", "COD 11 mg/L 00"))
    at.push()
    assert inbox.names() == [name_of("MAU01", h * HOUR) for h in (1, 2, 1)]
    assert len(inbox.holds()) == 2
    last = inbox.came[-1][1].decode().splitlines()
    assert [line.split("\t")[:2] for line in last] == [["COD", "10"], ["COD", "11"], ["pH", "7"]]


def test_the_same_reading_again_sends_nothing(at: Play, inbox: Inbox) -> None:
    at.take(cod("MAU01", HOUR, 10))
    at.push()
    at.take(message("MAU01", Said("COD", HOUR, 10)), cod("MAU01", HOUR, 10.0))
    at.take(message("MAU01", Said("COD", HOUR, 12, "77")))  # changes nothing that is written
    assert owed(at) == 1
    at.push()
    assert (len(inbox.came), owed(at)) == (1, 0)


def test_older_late_readings_go_before_newer_ones_that_wait(at: Play, inbox: Inbox) -> None:
    inbox.away = AWAY
    at.take(cod("MAU01", 5 * HOUR, 10))
    at.push()
    at.take(cod("MAU01", 3 * HOUR, 10), cod("MAU02", 4 * HOUR, 10))
    inbox.away = None
    at.wall.now += LONGEST
    at.push()
    assert inbox.names() == [
        name_of("MAU01", 3 * HOUR), name_of("MAU02", 4 * HOUR), name_of("MAU01", 5 * HOUR),
    ]  # fmt: skip


def test_a_destination_that_wants_no_second_file_gets_none(tmp_path: Path, inbox: Inbox) -> None:
    for at in play(tmp_path, inbox, DAY1, resend=False):
        at.take(cod("MAU01", HOUR, 10))
        at.push()
        at.take(cod("MAU01", HOUR, 11))
        at.push()
        assert (len(inbox.came), owed(at)) == (1, 0)
        with at.on.engine.connect() as connection:
            assert connection.execute(select(forward.c.state)).scalars().all() == ["held"]


@settings(max_examples=20)
@given(st.permutations(range(6)), st.lists(st.integers(0, 6), max_size=4))
def test_the_order_of_arrival_does_not_matter(
    tmp_path_factory: pytest.TempPathFactory, order: Sequence[int], pushes: Sequence[int]
) -> None:
    """Six readings of two instants, competing values among them, sent in between or not."""
    said = [(instant, 10 + n) for n, instant in enumerate((1, 1, 1, 2, 2, 2))]
    inbox, whole = Inbox(), Inbox()
    for at in play(tmp_path_factory.mktemp("order"), inbox, DAY1):
        for step, n in enumerate(order):
            at.take(cod("MAU01", said[n][0] * HOUR, said[n][1]))
            if step in pushes:
                at.push()
        at.push()
    for at in play(tmp_path_factory.mktemp("whole"), whole, DAY1):
        at.take(*(cod("MAU01", hour * HOUR, value) for hour, value in said))
        at.push()
    assert inbox.holds() == whole.holds()
    assert len(whole.came) == 2


# --- stops --------------------------------------------------------------------------------------


def test_a_stop_between_upload_and_commit_sends_the_same_bytes_once_more(
    at: Play, inbox: Inbox
) -> None:
    at.take(cod("MAU01", HOUR, 10), cod("MAU01", 2 * HOUR, 20))
    with full_disk(at.on), pytest.raises(OperationalError):
        at.sender.step()
    assert len(inbox.came) == 2
    assert owed(at) == 2
    at.begin()
    at.push()
    assert inbox.came[:2] == inbox.came[2:]
    assert (len(inbox.holds()), owed(at)) == (2, 0)


def test_a_stop_between_rows_and_position_owes_nothing_twice(at: Play, inbox: Inbox) -> None:
    at.take(cod("MAU01", HOUR, 10))
    at.push()
    at.on.record(at.taking).advance(f"forward:{NAME}", 0)
    at.begin()
    while at.follower.step():
        pass
    assert owed(at) == 0


def test_a_reading_that_comes_during_the_upload_is_not_forgotten(tmp_path: Path) -> None:
    class Slow(Inbox):
        def send(self, files: Sequence[Outgoing]) -> Sent:
            sent = super().send(files)
            if self.calls == 1:
                plays[0].take(cod("MAU01", HOUR, 11))
            return sent

    slow, plays = Slow(), list[Play]()
    for at in play(tmp_path, slow, DAY1):
        plays.append(at)
        at.take(cod("MAU01", HOUR, 10))
        at.push()
        assert [content.count(b"\n") for _, content in slow.came] == [1, 2]
        assert owed(at) == 0


# --- refusals -----------------------------------------------------------------------------------


def test_a_station_that_is_refused_holds_nobody_else(at: Play, inbox: Inbox) -> None:
    inbox.refuses["MAU01"] = NO
    at.take(*(cod(s, n * SLOT, n) for n in range(4) for s in ("MAU01", "MAU02")))
    at.push()
    assert inbox.names() == [name_of("MAU02", n * SLOT) for n in range(4)]
    line = at.line("MAU01")
    assert (line["state"], line["backlog"]) == ("failed", 4)
    assert (line["error"]["kind"], line["error"]["detail"]) == ("refused", NO.detail)
    assert line["error"]["remedy"] == REMEDIES[Kind.REFUSED]
    assert (at.line("MAU02")["state"], at.line("MAU02")["error"]) == ("sent", None)

    inbox.refuses.clear()
    at.take(cod("MAU01", HOUR, 1), tt10("MAU01", 0, "pH 7 - 00"))  # neither ends its wait
    at.push()
    assert len(inbox.came) == 4
    at.wall.now += LONGEST_LASTING
    at.push()
    assert inbox.names()[4:] == [name_of("MAU01", n * SLOT) for n in range(5)]
    assert at.line("MAU01")["error"] is None


def test_a_refused_login_concerns_everybody_and_is_said(at: Play, inbox: Inbox) -> None:
    inbox.away = Trouble(Kind.LOGIN_REFUSED, "530 who are you")
    at.take(cod("MAU01", 0, 1), cod("MAU02", 0, 1))
    at.push()
    for station in ("MAU01", "MAU02"):
        assert at.line(station)["error"]["detail"] == "530 who are you"
    assert at.line("MAU03")["error"] is None  # owes nothing


def test_a_station_without_a_name_for_its_files_waits_for_one(at: Play, inbox: Inbox) -> None:
    at.take(message("MAU03", Said("COD", HOUR, 1)), cod("MAU01", 2 * HOUR, 1))
    at.push()
    assert inbox.names() == [name_of("MAU01", 2 * HOUR)]
    line = at.line("MAU03")
    assert (line["state"], line["error"]["kind"]) == ("failed", "unwritable")
    assert "tt10.prefix" in line["error"]["detail"]
    mapping = cast_register()
    mapping["stations"]["MAU03"]["tt10"] = {"prefix": "HN_MAU03_NUO001"}
    at.on.enter(mapping)
    at.taking.refresh()
    at.wall.now += LONGEST_LASTING
    at.push()
    assert inbox.names()[1].startswith("HN_MAU03_NUO001_")


def test_readings_that_tt10_cannot_say_are_counted(at: Play, inbox: Inbox) -> None:
    at.take(message("MAU01", Said("COD", HOUR, 1), Said("pH", HOUR, 7, "03")))
    at.take(message("MAU01", Said("COD", 30 * MINUTE, 1, "77")))
    at.push()
    assert inbox.names() == [name_of("MAU01", HOUR)]
    assert (at.line("MAU01")["left_out"], owed(at)) == (1, 0)


# --- whose readings -----------------------------------------------------------------------------


def test_only_the_chosen_stations_and_days_go_out(tmp_path: Path, inbox: Inbox) -> None:
    chosen = Choice(frozenset({"MAU01"}), date(2026, 3, 10))
    for at in play(tmp_path, inbox, DAY1, choice=chosen):
        at.take(cod("MAU01", -1, 1), cod("MAU01", 0, 1), cod("MAU02", 0, 1))
        at.push()
        assert inbox.names() == [name_of("MAU01", 0)]
        assert [line["station"] for line in at.lines()] == ["MAU01"]

        at.choice = Choice(frozenset({"MAU01", "MAU02"}), date(2026, 3, 9))
        at.begin()
        at.take(cod("MAU01", HOUR, 1))
        at.push()
        expected = [("MAU01", -1), ("MAU02", 0), ("MAU01", HOUR)]
        assert inbox.names()[1:] == [name_of(*one) for one in expected]


def test_what_is_no_longer_chosen_is_no_longer_owed(at: Play, inbox: Inbox) -> None:
    inbox.away = AWAY
    at.take(cod("MAU01", 0, 1), cod("MAU02", 0, 1))
    at.choice = Choice(frozenset({"MAU02"}), date(2026, 1, 1))
    at.begin()
    at.take(cod("MAU02", HOUR, 1))
    assert owed(at) == 2


def test_simulated_stations_go_out_only_by_name(tmp_path: Path, inbox: Inbox) -> None:
    for at in play(tmp_path, inbox, DAY1, choice=Choice(None, date(2026, 1, 1))):
        at.take(cod("MAU01", 0, 1))
        assert owed(at) == 0
        assert at.lines() == []


# --- what is seen -------------------------------------------------------------------------------


def test_lines_are_as_described_and_only_of_what_may_be_seen(at: Play, inbox: Inbox) -> None:
    inbox.away = AWAY
    at.take(cod("MAU01", 0, 1))
    at.push()
    shown = at.lines()
    ForwardedPage.model_validate({"items": shown, "next": None})
    assert [line["station"] for line in shown] == ["MAU01", "MAU02", "MAU03"]
    only = Scope(clusters=frozenset({"ccn-mau-02"}))
    assert [line["station"] for line in at.lines(only)] == ["MAU02"]
    assert at.lines(only, station="MAU01") == []
    assert at.lines(Scope(plants=frozenset())) == []
    assert at.lines(destination_name="another") == []


def test_pages_join(at: Play) -> None:
    reads: ForwardingReads = at.on.reads(at.taking)
    seen, cursor = [], None
    while True:
        page = reads.forwarding(EVERYTHING, None, None, cursor, 2)
        seen += [line["station"] for line in page.items]
        if page.next is None:
            break
        cursor = page.next
    assert seen == ["MAU01", "MAU02", "MAU03"]


def reasons(on: Stage, of: Play) -> list[str]:
    said = on.reads(of.taking).health()["reasons"]
    return [reason for reason in said if reason.startswith("forwarding")]


def test_health_says_what_has_failed_for_an_hour(at: Play, inbox: Inbox) -> None:
    whole = Forwarding(at.on.engine, [at.follower], at.wall)
    inbox.away, inbox.refuses["MAU01"] = AWAY, NO
    at.take(cod("MAU01", 0, 1), cod("MAU01", HOUR, 1), cod("MAU02", 0, 1))
    at.push()
    at.wall.now += PATIENCE - 1
    whole.tell()
    assert reasons(at.on, at) == []
    at.wall.now += 1
    whole.tell()
    assert reasons(at.on, at) == [f"forwarding: destination {NAME}: takes no files: {AWAY.detail}"]
    shown = metrics_text(at.on.reads(at.taking).health)().decode()
    assert 'tolich_forward_backlog{process="forwarding"} 3.0' in shown

    inbox.away = None
    at.push()
    at.wall.now += PATIENCE
    whole.tell()
    assert reasons(at.on, at) == [f"forwarding: destination {NAME}: station MAU01: {NO.detail}"]
    inbox.refuses.clear()
    at.push()
    whole.tell()
    assert reasons(at.on, at) == []


def test_forwarding_that_ended_in_good_order_is_not_missed(at: Play) -> None:
    whole = Forwarding(at.on.engine, [at.follower], at.wall)
    whole.tell()
    assert "forwarding" in at.on.reads(at.taking).health()["processes"]
    stop = threading.Event()
    stop.set()
    whole.run(stop)
    assert "forwarding" not in at.on.reads(at.taking).health()["processes"]
