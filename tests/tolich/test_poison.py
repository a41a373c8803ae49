"""What cannot be understood, stored or judged stands alone: its neighbours go on."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, MutableMapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event, select
from structlog.testing import capture_logs

from ingest.decode import decode
from rules.judge import Sheet, judge
from rules.model import Period
from rules.parameters import Catalogue
from rules.window import Window
from tests.cast import (
    DAY0,
    DAY1,
    DAY2,
    HOUR,
    Said,
    Stage,
    alerts,
    findings,
    full_disk,
    hours_of,
    message,
    name_of,
    stage,
    stored,
)
from tests.stores import Kind
from tolich.pipeline import Decode, Pipeline
from tolich.ports import (
    EVERYTHING,
    Arrival,
    Decoded,
    Delivery,
    Measured,
    NotDurable,
    Receipt,
    Registered,
)
from tolich.room import room_in
from tolich.settle import Judge, Settler
from tolich.store.health import health
from tolich.store.ledger import Append
from tolich.store.proof import verify_chain
from tolich.store.schema import raw, rejection
from tolich.tracks import Tracks
from tolich.writer import Writer

POISON = b"666"


@pytest.fixture
def on(tmp_path: Path, either_store: Kind) -> Iterator[Stage]:
    of = stage(tmp_path, DAY0 + 12 * HOUR)
    yield of
    verify_chain(of.engine, lambda _: None)
    of.close()


@pytest.fixture(autouse=True)
def said() -> Iterator[list[MutableMapping[str, Any]]]:
    """What is logged; nobody prints the tracebacks of planted mistakes."""
    with capture_logs() as lines:
        yield lines


def spoiling(spoil: Callable[[Decoded], Decoded]) -> Decode:
    """A decoder that does something else with messages in which the poison stands."""

    def decoding(
        delivery: Delivery, registered: Registered, catalogue: Catalogue, now: int
    ) -> Decoded:
        found = decode(delivery, registered, catalogue, now)
        return spoil(found) if POISON in delivery.payload else found

    return decoding


def raising(_: Decoded) -> Decoded:
    raise ZeroDivisionError("a mistake of ours")


def too_large(found: Decoded) -> Decoded:
    """A value that no column can hold."""
    return Decoded(found.station, [Measured("COD", DAY0 + 8 * HOUR, 2**70, 0)])


def poisoned_batch() -> list[Delivery]:
    batch = hours_of("MAU01", "COD", 8 * HOUR, [50, 60])
    batch.insert(3, message("MAU02", Said("COD", 8 * HOUR, 666)))
    return batch


def kept_rejections(of: Stage) -> list[tuple[str, bytes]]:
    with of.engine.connect() as connection:
        query = select(rejection.c.reason, rejection.c.payload)
        return [(reason, bytes(payload)) for reason, payload in connection.execute(query)]


def kept_payloads(of: Stage) -> list[bytes]:
    with of.engine.connect() as connection:
        return [bytes(one) for one in connection.execute(select(raw.c.payload)).scalars()]


# --- one message --------------------------------------------------------------------------------


@pytest.mark.parametrize("spoil", [raising, too_large])
def test_a_message_that_breaks_us_is_kept_and_stops_nobody(
    on: Stage, spoil: Callable[[Decoded], Decoded]
) -> None:
    pipeline = on.pipeline(spoiling(spoil))
    batch = poisoned_batch()
    receipts = pipeline.submit(batch)
    assert [receipt.accepted for receipt in receipts] == [1, 1, 1, 0, 1, 1, 1, 1, 1]
    assert [refused.reason for refused in receipts[3].rejected] == ["internal_error"]
    assert receipts[3].rejected[0].remedy_en
    assert receipts[3].rejected[0].remedy_vi
    assert kept_rejections(on) == [("internal_error", batch[3].payload)]
    assert sorted(kept_payloads(on)) == sorted(one.payload for one in batch)
    assert stored(on) == (9, 8)
    assert pipeline.counters.poison == 1
    pipeline.settle(everything=True)
    hour = on.reads(pipeline).finding(EVERYTHING, name_of("MAU01", "COD", "hour", 8 * HOUR))
    assert hour is not None
    assert hour["outcome"] == "compliant"


def test_what_was_stored_of_a_halved_batch_is_judged_as_ever(on: Stage, tmp_path: Path) -> None:
    pipeline = on.pipeline(spoiling(too_large))
    pipeline.submit([*hours_of("MAU01", "COD", 4 * HOUR, [140] * 6), *poisoned_batch()])
    on.clock.set(DAY2)
    pipeline.tick(None, fill=True)
    plain = stage(tmp_path / "plain", DAY0 + 12 * HOUR)
    other = plain.pipeline()
    good = [one for one in poisoned_batch() if POISON not in one.payload]
    other.submit([*hours_of("MAU01", "COD", 4 * HOUR, [140] * 6), *good])
    plain.clock.set(DAY2)
    other.tick(None, fill=True)
    outcomes = [
        [(f["id"], f["outcome"], f["mean"]) for f in findings(s.reads(p), station="MAU01")]
        for s, p in ((on, pipeline), (plain, other))
    ]
    plain.close()
    assert outcomes[0] == outcomes[1]


def test_only_poison_is_stored_too(on: Stage) -> None:
    pipeline = on.pipeline(spoiling(too_large))
    batch = [message("MAU01", Said("COD", 8 * HOUR + n, 666)) for n in range(3)]
    assert [receipt.accepted for receipt in pipeline.submit(batch)] == [0, 0, 0]
    assert stored(on) == (3, 0)


# --- one station-day ----------------------------------------------------------------------------


def failing_for(station: str) -> Judge:
    """The judgement, but with a mistake that shows at one station."""

    def judging(window: Window, now: int, periods: Sequence[Period], grace: int) -> list[Sheet]:
        if any(term.series.station == station for term in window.terms):
            raise IndexError("a mistake of ours")
        return judge(window, now, periods, grace)

    return judging


def with_judging(of: Stage, judging: Judge) -> Pipeline:
    pipeline = of.pipeline()
    pipeline.settler = Settler(pipeline.registered, pipeline.series, judging=judging)
    return pipeline


def both() -> list[Delivery]:
    return [
        *hours_of("MAU01", "COD", 8 * HOUR, [140, 50]),
        *hours_of("MAU03", "COD", 8 * HOUR, [140, 50]),
    ]


def outcome(of: Stage, pipeline: Pipeline, station: str, hour: int) -> tuple[str, str, int]:
    name = name_of(station, "COD", "hour", hour * HOUR)
    found = of.reads(pipeline).finding(EVERYTHING, name)
    assert found is not None
    return found["outcome"], found["reason"], found["revision"]


def test_a_day_that_cannot_be_judged_says_so_and_stops_no_other(
    on: Stage, said: list[MutableMapping[str, Any]]
) -> None:
    pipeline = with_judging(on, failing_for("MAU01"))
    pipeline.submit(both())
    assert outcome(on, pipeline, "MAU01", 8) == ("not_assessable", "internal_error", 1)
    assert outcome(on, pipeline, "MAU03", 8) == ("exceeded", "above_limit", 1)
    assert {one["station"] for one in alerts(on.reads(pipeline))} == {"MAU03"}
    assert pipeline.settler.broken == {("MAU01", DAY0): "IndexError: a mistake of ours"}
    assert {(line["event"], line["station"]) for line in said} == {
        ("day could not be judged", "MAU01")
    }


def test_only_closed_periods_are_given_up(on: Stage) -> None:
    pipeline = with_judging(on, failing_for("MAU01"))
    pipeline.submit(both())
    now = on.clock.now()
    given_up = [
        one for one in findings(on.reads(pipeline), station="MAU01")
        if one["reason"] == "internal_error"
    ]  # fmt: skip
    assert given_up
    assert all(one["final"] for one in given_up)
    on.clock.set(DAY1 + 599)
    pipeline.tick(None)
    assert on.clock.now() > now
    name = name_of("MAU01", "COD", "day", 0)
    found = on.reads(pipeline).finding(EVERYTHING, name)
    assert found is not None
    assert not found["final"]


def test_health_turns_red_without_naming_a_plant_and_the_log_names_it(on: Stage) -> None:
    pipeline = with_judging(on, failing_for("MAU01"))
    with capture_logs() as said:
        pipeline.submit(both())
    named = {(one["event"], one.get("station")) for one in said}
    assert named == {("day could not be judged", "MAU01")}
    Writer(pipeline, [], lambda: None).run(_stopped())
    with on.engine.connect() as connection:
        found = health(connection)
    assert found["status"] == "red"
    assert found["reasons"] == ["writer: 1 station-days could not be judged: the log names them"]


def _stopped() -> threading.Event:
    stop = threading.Event()
    stop.set()
    return stop


def test_it_heals_when_new_readings_come(on: Stage) -> None:
    pipeline = with_judging(on, failing_for("MAU01"))
    pipeline.submit(both())
    mended = with_judging(on, judge)
    mended.submit([message("MAU01", Said("COD", 10 * HOUR, 50))])
    mended.tick(None, fill=True)
    assert outcome(on, mended, "MAU01", 8) == ("exceeded", "above_limit", 2)
    assert mended.settler.broken == {}


def test_a_closed_day_heals_after_a_restart_with_nothing_new(on: Stage) -> None:
    pipeline = with_judging(on, failing_for("MAU01"))
    on.clock.set(DAY2)
    pipeline.submit(both())
    pipeline.tick(None, fill=True)
    assert outcome(on, pipeline, "MAU01", 8) == ("not_assessable", "internal_error", 1)
    mended = on.pipeline()
    mended.tick(None)
    assert outcome(on, mended, "MAU01", 8) == ("exceeded", "above_limit", 2)
    (raised,) = [a for a in alerts(on.reads(mended), station="MAU01") if a["period"] == "hour"]
    assert raised["kind"] == "exceedance"


# --- nothing durable ----------------------------------------------------------------------------


def test_what_did_not_commit_is_not_there_and_goes_through_afterwards(on: Stage) -> None:
    pipeline = on.pipeline()
    with full_disk(on), pytest.raises(NotDurable, match="disk is full"):
        pipeline.submit(both())
    assert stored(on) == (0, 0)
    assert findings(on.reads(pipeline), final=True) == []
    assert pipeline.counters.failed_batches == 1
    assert [receipt.accepted for receipt in pipeline.submit(both())] == [1] * 16
    assert outcome(on, pipeline, "MAU01", 8) == ("exceeded", "above_limit", 1)
    assert len([a for a in alerts(on.reads(pipeline)) if a["kind"] == "exceedance"]) == 2


def test_memory_forgets_what_did_not_commit(on: Stage) -> None:
    """The day is in memory when a batch on it fails: nothing of that batch may remain."""
    pipeline = on.pipeline()
    pipeline.submit(hours_of("MAU01", "COD", 8 * HOUR, [50]))
    with full_disk(on), pytest.raises(NotDurable):
        pipeline.submit([message("MAU01", Said("COD", 8 * HOUR + 300, 9000))])
    pipeline.submit(hours_of("MAU01", "COD", 9 * HOUR, [50]))
    assert outcome(on, pipeline, "MAU01", 8) == ("compliant", "within_limit", 1)


def test_nothing_is_judged_while_nothing_can_be_stored_and_later_it_is(on: Stage) -> None:
    pipeline = on.pipeline()
    pipeline.submit(hours_of("MAU01", "COD", 8 * HOUR, [50]))
    on.clock.set(DAY1 + HOUR)
    with full_disk(on), pytest.raises(NotDurable):
        pipeline.tick(None)
    pipeline.tick(None)
    found = on.reads(pipeline).finding(EVERYTHING, name_of("MAU01", "COD", "day", 0))
    assert found is not None
    assert (found["final"], found["revision"]) == (True, 1)


class Held:
    """A source that hands over what it is given, and counts how often it must come again."""

    def __init__(self, deliveries: Sequence[Delivery]) -> None:
        self.receipts: list[Receipt] = []
        self.again_times = 0
        self._deliveries = deliveries

    def start(self, put: Callable[[Arrival], None]) -> None:
        for delivery in self._deliveries:
            put(Arrival(delivery, self.receipts.append))

    def again(self) -> None:
        self.again_times += 1

    def stop(self) -> None:
        """Nothing to release."""


def test_the_writer_acknowledges_nothing_below_its_free_space(
    on: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tolich.writer.PAUSE", 0.0)
    source = Held(both())
    stop = threading.Event()
    pipeline = on.pipeline()
    pipeline.room = room_in(on.folder, 10**9)
    writer = Writer(pipeline, [source], lambda: None)
    monkeypatch.setattr(source, "again", stop.set)
    writer.run(stop)
    assert source.receipts == []
    assert stored(on) == (0, 0)
    assert "setting min_free_mb" in writer.problems[0]


def test_the_writer_acknowledges_after_the_commit(on: Stage) -> None:
    source = Held(both())
    committed: list[int] = []
    event.listen(on.engine, "commit", lambda _: committed.append(len(source.receipts)))
    writer = Writer(on.pipeline(), [source], lambda: None)
    source.start(writer._arrivals.put)
    assert writer.step() == 16
    assert len(source.receipts) == 16
    assert committed[0] == 0
    assert stored(on)[0] == 16


def test_a_fault_after_the_judgement_loses_no_reading_and_heals(
    on: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Deriving alerts fails for one station: its readings stay, its day stays due."""
    pipeline = on.pipeline()
    follow = Tracks.follow

    def failing(self: Tracks, append: Append, series: Any, changed: Any) -> None:
        if any(window.station == "MAU01" for window, _ in changed):
            raise ArithmeticError("planted")
        follow(self, append, series, changed)

    monkeypatch.setattr(Tracks, "follow", failing)
    batch = [*hours_of("MAU01", "COD", HOUR, [9000]), *hours_of("MAU03", "COD", HOUR, [50])]
    receipts = pipeline.submit(batch)
    assert all(receipt.accepted and not receipt.rejected for receipt in receipts)
    assert stored(on)[0] == len(batch)
    pipeline.settle(everything=True)
    assert [day[0] for day in pipeline.settler.broken] == ["MAU01"]
    assert {shape["station"] for shape in findings(on.reads(pipeline), final=True)} == {"MAU03"}
    monkeypatch.setattr(Tracks, "follow", follow)
    again = on.pipeline()
    again.tick(None)
    assert {shape["station"] for shape in findings(on.reads(again), final=True)} == {
        "MAU01",
        "MAU03",
    }
    assert alerts(on.reads(again))
