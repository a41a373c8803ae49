"""The sender: in order, patient, never held up by what is dead, and nothing sent unseen."""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from random import Random

import pytest
from sqlalchemy import Connection, event
from sqlalchemy.exc import OperationalError

from tests.cast import DAY0, Stage, stage
from tests.stores import Kind
from tests.tolich.notify.kinds import BODY
from tests.tolich.notify.outbox import EXPIRE, WALL, Heard, Office, notice
from tolich.notify.channel import Message, Retry, Sent, Undeliverable
from tolich.notify.sender import FIRST_PAUSE, LONGEST_PAUSE, LONGEST_REST, Sender
from tolich.store.database import writing
from tolich.store.ledger import appending
from tolich.store.notifications import FLOOD, again, queue
from tolich.store.proof import verify_chain


@pytest.fixture
def on(tmp_path: Path, either_store: Kind) -> Iterator[Stage]:
    of = stage(tmp_path, DAY0)
    yield of
    of.close()


def refuse(_: Message) -> None:
    raise Undeliverable("the number is wrong")


def down(_: Message) -> None:
    raise Retry("connection refused")


# --- queueing ------------------------------------------------------------------------------------


def test_queueing_twice_is_queueing_once(on: Stage) -> None:
    office = Office(on, {"sms": Heard()})
    assert office.queue([notice(1), notice(2), notice(1)]) == 2
    assert office.queue([notice(2), notice(3)]) == 1
    office.turn()
    assert office.states() == ["sent"] * 3


def test_what_is_rolled_back_is_not_said(on: Stage) -> None:
    heard = Heard()
    office = Office(on, {"sms": heard})

    def given_up() -> None:
        with appending(on.engine, DAY0) as append:
            queue(append, [notice(1)], WALL)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        given_up()
    office.turn()
    assert (office.rows(), heard.asked) == ([], [])


def test_the_record_stays_whole(on: Stage) -> None:
    office = Office(on, {"sms": Heard()})
    office.queue([notice(1)])
    office.turn()
    assert verify_chain(on.engine, lambda _: None) > 0


# --- one message ---------------------------------------------------------------------------------


def test_a_sent_one_says_when_and_what_the_receiver_called_it(on: Stage) -> None:
    office = Office(on, {"sms": Heard()})
    office.queue([notice(1)])
    office.now += 3
    office.turn()
    (row,) = office.rows()
    found = (row["state"], row["attempts"], row["sent_at"], row["receipt"], row["created_at"])
    assert found == ("sent", 1, WALL + 3, "r1", DAY0)


def test_a_refused_one_is_seen_and_not_tried_again(on: Stage) -> None:
    heard = Heard(refuse)
    office = Office(on, {"sms": heard})
    office.queue([notice(1)])
    office.run(EXPIRE * 2, 3600)
    (row,) = office.rows()
    assert (row["state"], row["attempts"], row["error"]) == ("failed", 1, "the number is wrong")
    assert office.sender.counters.notifications_failed == 1


def test_pauses_double_up_to_a_cap_and_are_spread(on: Stage) -> None:
    heard = Heard(down)
    office = Office(on, {"sms": heard})
    office.queue([notice(1)])
    pauses = []
    for _ in range(12):
        before = office.now
        office.turn()
        at = office.rows()[0]["next_at"]
        pauses.append(at - before)
        office.now = at + int(LONGEST_REST)
    expected = [min(LONGEST_PAUSE, FIRST_PAUSE * 2**n) for n in range(12)]
    assert all(want / 2 <= got <= want + 1 for got, want in zip(pauses, expected, strict=True))
    assert len({got / want for got, want in zip(pauses, expected, strict=True)}) > 5
    assert len(heard.asked) == 12
    assert len({one.key for one in heard.asked}) == 1


def test_a_receiver_that_names_a_time_is_not_asked_before(on: Stage) -> None:
    def busy(_: Message) -> None:
        raise Retry("429", 1000)

    heard = Heard(busy)
    office = Office(on, {"sms": heard})
    office.queue([notice(1)])
    office.turn()
    assert office.rows()[0]["next_at"] >= WALL + 1000
    office.run(999, 37)
    assert len(heard.asked) == 1


def test_what_never_comes_through_expires_and_says_why(on: Stage) -> None:
    office = Office(on, {"sms": Heard(down)})
    office.queue([notice(1)])
    office.run(EXPIRE + 3600, 1800)
    (row,) = office.rows()
    assert (row["state"], row["error"]) == ("failed", "expired: connection refused")
    assert office.sender.counters.notifications_failed == 1


def test_a_failed_one_is_sent_again_on_request_under_its_key(on: Stage) -> None:
    heard = Heard(refuse)
    office = Office(on, {"sms": heard})
    office.queue([notice(1)])
    office.turn()
    heard.opinion = lambda _: None
    office.now += EXPIRE * 3
    with writing(on.engine).begin() as connection:
        assert not again(connection, 99, office.now)
        assert again(connection, 1, office.now)
        assert not again(connection, 1, office.now)
    office.turn()
    assert office.states() == ["sent"]
    assert [one.key for one in heard.asked] == [notice(1).key] * 2


def test_a_channel_that_is_not_set_up_fails_visibly(on: Stage) -> None:
    office = Office(on, {"sms": Heard()})
    office.queue([notice(1, channel="pigeon")])
    office.turn()
    (row,) = office.rows()
    assert row["state"] == "failed"
    assert "no channel 'pigeon' is set up" in row["error"]


def test_a_mistake_of_ours_loses_nothing(on: Stage) -> None:
    def wrong(_: Message) -> None:
        raise ZeroDivisionError

    heard = Heard(wrong)
    office = Office(on, {"sms": heard})
    office.queue([notice(1)])
    office.turn()
    assert (office.states(), office.rows()[0]["error"][:14]) == (["pending"], "internal error")
    heard.opinion = lambda _: None
    office.run(60)
    assert office.states() == ["sent"]


# --- order ---------------------------------------------------------------------------------------


def test_a_receiver_that_is_down_for_an_hour_gets_everything_in_order_per_alert(on: Stage) -> None:
    """Transitions of five alerts all the while, to a program that hears of each singly."""
    random, until = Random(3), WALL + 3601

    def sometimes(_: Message) -> None:
        if office.now < until or random.random() < 0.2:
            raise Retry("connection refused")

    heard = Heard(sometimes)
    office = Office(on, {"webhook": heard})
    said = defaultdict(list)
    for number in range(120):
        alert = random.randrange(5)
        one = notice(number, alert=alert, channel="webhook", address="https://x")
        said[f"A{alert}"].append(one.key)
        office.queue([one])
        office.run(30, 15)
    assert heard.took == []
    office.run(7200, 20)
    assert office.states() == ["sent"] * 120
    heard_of = defaultdict(list)
    for message in heard.took:
        heard_of[message.alert].append(message.key)
    assert heard_of == said


def test_a_dead_address_costs_one_attempt_a_minute(on: Stage) -> None:
    heard = Heard(down)
    office = Office(on, {"webhook": heard})
    office.queue(notice(n, channel="webhook", address="https://x") for n in range(500))
    office.run(3600, 6)
    assert 50 <= len(heard.asked) <= 3600 / LONGEST_REST + 10


def test_one_poisonous_message_holds_up_only_its_alert(on: Stage) -> None:
    def poisoned(message: Message) -> None:
        if message.key == notice(0).key:
            raise Retry("500")

    heard = Heard(poisoned)
    office = Office(on, {"sms": heard})
    office.queue([notice(0), replace(notice(1), alert=0), notice(2), notice(3)])
    office.run(600)
    assert office.states() == ["pending", "pending", "sent", "sent"]
    assert heard.keys == [notice(2).key, notice(3).key]


def test_one_that_failed_for_good_no_longer_holds_up_its_alert(on: Stage) -> None:
    def poisoned(message: Message) -> None:
        if message.key == notice(0).key:
            refuse(message)

    office = Office(on, {"sms": Heard(poisoned)})
    office.queue([notice(0), replace(notice(1), alert=0)])
    office.turn()
    assert office.states() == ["failed", "sent"]


def test_the_same_alert_goes_to_other_addresses_meanwhile(on: Stage) -> None:
    def half(message: Message) -> None:
        if message.address == "0900000000":
            down(message)

    heard = Heard(half)
    office = Office(on, {"sms": heard})
    office.queue([notice(1, address="0900000000"), notice(2, alert=1)])
    office.turn()
    assert office.states() == ["pending", "sent"]


def test_a_dead_channel_holds_up_no_other(on: Stage) -> None:
    """Its threads hang with a message each; everything over another channel is sent meanwhile."""
    release, hanging = threading.Event(), threading.Semaphore(0)

    class Hanging:
        def send(self, message: Message) -> Sent:
            hanging.release()
            release.wait(60)
            return Sent("late")

    heard = Heard()
    office = Office(on, {"email": Hanging(), "sms": heard})
    office.queue(notice(n, channel="email", address=f"a{n}@x.vn", alert=None) for n in range(9))
    office.queue(notice(n, address=f"09000000{n:02}") for n in range(20, 40))
    stop = threading.Event()
    running = threading.Thread(target=office.sender.run, args=(stop,))
    running.start()
    try:
        for _ in range(2):
            assert hanging.acquire(timeout=30)
        assert _until(lambda: len(heard.took) == 20)
        assert not release.is_set()
        assert "sent" not in office.states()[:9]
    finally:
        release.set()
        stop.set()
        running.join()


def _until(true: object) -> bool:
    """Wait for a condition; every look waits for nothing but the other threads."""
    assert callable(true)
    ended = threading.Event()
    for _ in range(3000):
        if true():
            return True
        ended.wait(0.01)
    return False


def test_critical_ones_go_first_and_the_rest_by_age(on: Stage) -> None:
    heard = Heard()
    office = Office(on, {"sms": heard})
    office.queue([notice(1), notice(2, severity="major"), notice(3, severity="critical")])
    office.turn()
    assert heard.keys == [notice(n).key for n in (3, 1, 2)]


# --- the store fails, the process ends -----------------------------------------------------------


def test_what_was_on_its_way_at_a_stop_is_sent_again_under_its_key(on: Stage) -> None:
    """The process ends between the attempt's record and its outcome's."""
    heard = Heard()
    office = Office(on, {"sms": heard})
    office.queue([notice(1)])
    assert office.sender.step() == 1
    assert _until(lambda: heard.took)
    office.restart()  # the outcome was never written
    office.turn()
    assert heard.keys == [notice(1).key] * 2
    assert (office.states(), office.rows()[0]["attempts"]) == (["sent"], 2)


def test_an_outcome_that_cannot_be_written_is_written_later_and_not_sent_again(on: Stage) -> None:
    def locked(_: Connection) -> None:
        raise OperationalError("COMMIT", None, OSError("database is locked"))

    heard = Heard()
    office = Office(on, {"sms": heard})
    office.queue([notice(1)])
    assert office.sender.step() == 1
    assert _until(lambda: heard.took)
    event.listen(on.engine, "commit", locked)
    try:
        for _ in range(3):
            assert office.sender.step() == 0
    finally:
        event.remove(on.engine, "commit", locked)
    assert office.states() == ["pending"]
    office.turn()
    office.turn()
    assert (office.states(), len(heard.asked)) == (["sent"], 1)
    assert office.sender.counters.notifications_sent == 1


# --- floods --------------------------------------------------------------------------------------


def test_a_flood_becomes_one_message_that_lists_it(on: Stage) -> None:
    heard = Heard()
    office = Office(on, {"sms": heard})
    titled = [
        notice(n, body=replace(BODY, title=f"CCN Mẫu {n:02}: COD. Cảnh báo sớm"))
        for n in range(FLOOD + 2)
    ]
    office.queue(titled)
    office.turn()
    (message,) = heard.took
    assert message.kind == "grouped"
    assert [f"- {one.body.title}" for one in titled] == [
        line for line in message.body.text.splitlines() if line.startswith("- ")
    ]
    assert message.body.title.startswith(f"{FLOOD + 2} thông báo")
    group = office.rows()[-1]
    assert office.states() == ["superseded"] * (FLOOD + 2) + ["sent"]
    assert {row["merged_into"] for row in office.rows()[:-1]} == {group["id"]}
    assert office.sender.counters.notifications_merged == FLOOD + 2


def test_ten_are_no_flood(on: Stage) -> None:
    office = Office(on, {"sms": Heard()})
    office.queue(notice(n) for n in range(FLOOD))
    office.turn()
    assert office.states() == ["sent"] * FLOOD


def test_ten_and_later_one_more_are_no_flood(on: Stage) -> None:
    """Only what falls due within ten minutes is one: these wait for a receiver that is down."""
    heard = Heard(down)
    office = Office(on, {"sms": heard})
    for n in range(FLOOD + 5):
        office.queue([notice(n, alert=1)])  # only the first is ever tried
        office.run(70, 35)
    heard.opinion = lambda _: None
    office.run(3600, 30)
    assert "superseded" not in office.states()


def test_programs_hear_of_everything_singly(on: Stage) -> None:
    office = Office(on, {"webhook": Heard()})
    office.queue(notice(n, channel="webhook", address="https://x") for n in range(50))
    office.turn()
    assert office.states() == ["sent"] * 50


def test_critical_ones_stay_single_with_what_leads_up_to_them(on: Stage) -> None:
    heard = Heard()
    office = Office(on, {"sms": heard})
    urgent = notice(100, alert=0, severity="critical")
    office.queue([*(notice(n) for n in range(FLOOD + 2)), urgent])
    office.turn()
    assert [one.kind for one in heard.took] == ["raised", "raised", "grouped"]
    assert heard.keys[:2] == [notice(0).key, urgent.key]


def test_what_was_tried_is_not_merged(on: Stage) -> None:
    """It may have arrived: another message with another key would say it twice."""
    heard = Heard(down)
    office = Office(on, {"sms": heard})
    office.queue([notice(0)])
    office.turn()
    heard.opinion = lambda _: None
    office.now += 60
    office.queue(notice(n) for n in range(1, FLOOD + 2))
    office.run(60)
    assert office.states() == ["sent"] + ["superseded"] * (FLOOD + 1) + ["sent"]


def test_the_next_of_an_alert_waits_for_the_message_that_lists_the_last(on: Stage) -> None:
    heard = Heard(down)
    office = Office(on, {"sms": heard})
    office.queue(notice(n) for n in range(FLOOD + 1))
    office.turn()
    ended = notice(50, alert=3, severity="critical")
    office.queue([ended])
    heard.opinion = lambda _: None
    office.run(60)
    assert [one.kind for one in heard.took] == ["grouped", "raised"]


# --- quiet hours ---------------------------------------------------------------------------------


def test_quiet_hours_hold_back_all_but_what_is_critical(on: Stage) -> None:
    heard = Heard()
    office = Office(on, {"sms": heard})
    morning = WALL + 3600
    office.queue([notice(1, not_before=morning)])
    office.queue([notice(2, not_before=morning, severity="critical")])
    office.run(3500, 100)
    assert heard.keys == [notice(2).key]
    office.run(200, 100)
    assert heard.keys == [notice(2).key, notice(1).key]


def test_a_critical_one_takes_along_what_waits_of_its_alert(on: Stage) -> None:
    heard = Heard()
    office = Office(on, {"sms": heard})
    morning = WALL + 3600
    office.queue([notice(1, not_before=morning), notice(9, not_before=morning)])
    office.queue([notice(2, alert=1, severity="critical")])
    office.turn()
    assert heard.keys == [notice(1).key, notice(2).key]


def test_a_night_of_messages_is_one_in_the_morning(on: Stage) -> None:
    heard = Heard()
    office = Office(on, {"sms": heard})
    morning = WALL + 8 * 3600
    for n in range(16):
        office.queue([notice(n, not_before=morning)])
        office.run(1700, 850)
    office.run(3600, 600)
    assert [one.kind for one in heard.took] == ["grouped"]


def test_a_quiet_night_is_no_time_to_expire(on: Stage) -> None:
    office = Office(on, {"sms": Heard()})
    assert isinstance(office.sender, Sender)
    office.queue([notice(1, not_before=WALL + EXPIRE + 100)])
    office.run(EXPIRE + 3600, 3600)
    assert office.states() == ["sent"]
