from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from threading import Event, Thread

import pytest

from dashboards import projection
from dashboards.influx import InfluxSink
from dashboards.lines import lines_of
from dashboards.projection import PartlyWritten, Projection, Unavailable
from tests.dashboards.entries import (
    DAY,
    DAY_ONE,
    batch,
    exceeded,
    finding,
    reading,
    silent,
    transition,
)
from tests.dashboards.influx_servers import free_ports, victoria_metrics
from tolich.ports import Entry


class MemoryRecord:
    """A record in memory, with the same promises as the real one."""

    def __init__(self, entries: Sequence[Entry]) -> None:
        self.entries = list(entries)
        self.positions: dict[str, int] = {}

    def head(self) -> int:
        return self.entries[-1].seq if self.entries else 0

    def follow(self, after: int, limit: int, kinds: Sequence[str]) -> list[Entry]:
        return [e for e in self.entries if e.seq > after and e.kind in kinds][:limit]

    def position(self, follower: str) -> int:
        return self.positions.get(follower, 0)

    def advance(self, follower: str, seq: int) -> None:
        assert seq > self.position(follower)
        self.positions[follower] = seq


class Sink:
    """Keeps the lines of every confirmed write; `answers` may raise for a write."""

    def __init__(self, answer: Callable[[int], None] = lambda _: None) -> None:
        self.lines: list[str] = []
        self.calls = 0
        self._answer = answer

    def write(self, lines: Sequence[str]) -> None:
        self.calls += 1
        self._answer(self.calls)
        self.lines.extend(lines)


@contextmanager
def writing_to(port: int) -> Iterator[InfluxSink]:
    """The real sink; VictoriaMetrics asks for no token and keeps no buckets."""
    sink = InfluxSink(f"http://127.0.0.1:{port}", "any", "any", "tolich", timeout=5)
    try:
        yield sink
    finally:
        sink.close()


def _registered(seq: int) -> Entry:
    return Entry(seq, "register", {})


def test_everything_is_written_once_and_in_order() -> None:
    record = MemoryRecord([batch(1, reading()), _registered(2), finding(3), transition(4)])
    sink = Sink()
    following = Projection(record, sink)
    assert following.step() == 3
    assert sink.lines == [line for entry in record.entries for line in lines_of(entry)]
    assert record.positions == {"influxdb": 4}
    assert following.step() == 0
    assert following.tally == projection.Tally(written=3)


def test_entries_that_are_not_shown_do_not_hold_the_position_back() -> None:
    record = MemoryRecord([finding(1), _registered(2), _registered(3)])
    following = Projection(record, Sink())
    following.step()
    assert record.positions["influxdb"] == 3
    assert following.tally.lag == 0


def test_a_full_answer_moves_only_to_its_last_entry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(projection, "ENTRIES", 2)
    record = MemoryRecord([finding(seq, start=DAY_ONE + seq * DAY) for seq in range(1, 6)])
    sink = Sink()
    following = Projection(record, sink)
    assert [following.step(), following.tally.lag] == [2, 3]
    assert record.positions["influxdb"] == 2
    assert [following.step(), following.step(), following.step()] == [2, 1, 0]
    assert len(sink.lines) == 5


def test_an_entry_committed_meanwhile_is_not_skipped() -> None:
    class Busy(MemoryRecord):
        """Commits a finding after a follower looked, before it moves on."""

        def follow(self, after: int, limit: int, kinds: Sequence[str]) -> list[Entry]:
            found = super().follow(after, limit, kinds)
            if len(self.entries) == 1:
                self.entries.append(finding(2, start=DAY_ONE + DAY))
            return found

    record = Busy([_registered(1)])
    sink = Sink()
    following = Projection(record, sink)
    assert [following.step(), record.positions["influxdb"]] == [0, 1]
    assert [following.step(), len(sink.lines)] == [1, 1]


def test_as_many_entries_are_read_as_make_about_one_write(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Large entries are read one at a time, so that a rebuild does not hold the store in memory."""
    monkeypatch.setattr(projection, "LINES", 40)
    asked: list[int] = []

    class Asked(MemoryRecord):
        def follow(self, after: int, limit: int, kinds: Sequence[str]) -> list[Entry]:
            asked.append(limit)
            return super().follow(after, limit, kinds)

    large = [batch(seq, *[reading()] * 50) for seq in range(1, 21)]
    small = [finding(seq, start=DAY_ONE + seq * DAY) for seq in range(21, 400)]
    sink = Sink()
    following = Projection(Asked([*large, *small]), sink)
    while following.step():
        pass
    assert asked[:4] == [8, 4, 2, 1]
    assert set(asked[4:9]) == {1}
    assert 20 < asked[-1] <= 40
    assert len(sink.lines) == 20 * 50 + 379


def test_nothing_moves_until_the_write_is_confirmed(monkeypatch: pytest.MonkeyPatch) -> None:
    """The second of three writes fails: the whole step comes again, and does no harm."""

    def second_fails(call: int) -> None:
        if call == 2:
            raise Unavailable("down")

    monkeypatch.setattr(projection, "LINES", 1)
    record = MemoryRecord([finding(seq, start=DAY_ONE + seq * DAY) for seq in (1, 2, 3)])
    sink = Sink(second_fails)
    following = Projection(record, sink)
    with pytest.raises(Unavailable):
        following.step()
    assert record.positions == {}
    assert (following.tally.failed, following.tally.lag) == (1, 3)
    assert following.step() == 3
    assert set(sink.lines) == {line for entry in record.entries for line in lines_of(entry)}
    assert (record.positions["influxdb"], following.tally.lag) == (3, 0)


def test_lines_the_server_will_never_take_do_not_stop_the_rest() -> None:
    def too_old(call: int) -> None:
        raise PartlyWritten(1, "points beyond retention policy")

    record = MemoryRecord([finding(1), finding(2, start=DAY_ONE + DAY)])
    following = Projection(record, Sink(too_old))
    following.step()
    assert record.positions["influxdb"] == 2
    assert (following.tally.written, following.tally.dropped) == (1, 1)


def test_an_entry_that_is_not_what_was_promised_is_counted_and_passed() -> None:
    record = MemoryRecord([finding(1, outcome="fine"), finding(2)])
    sink = Sink()
    following = Projection(record, sink)
    following.step()
    assert (following.tally.unreadable, len(sink.lines)) == (1, 1)
    assert record.positions["influxdb"] == 2


def test_running_waits_longer_and_longer_and_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    """The stop event stands in for time: it notes how long it was asked to wait."""
    waited: list[float] = []
    told: list[bool] = []
    monkeypatch.setattr(projection, "BEAT", projection.LONGEST_WAIT)

    class Patience(Event):
        def wait(self, timeout: float | None = None) -> bool:
            waited.append(timeout or 0)
            if timeout == projection.IDLE_WAIT and record.positions:
                self.set()
            return self.is_set()

    def away(call: int) -> None:
        if call <= 9:
            raise Unavailable("away")

    record = MemoryRecord([finding(1)])
    sink = Sink(away)
    following = Projection(record, sink, told=lambda tally: told.append(tally.up))
    following.run(Patience())
    *backoff, idle = waited
    assert idle == projection.IDLE_WAIT
    assert backoff[0] == projection.FIRST_WAIT
    assert all(later == min(2 * wait, 30) for wait, later in pairwise(backoff))
    assert backoff[-1] == projection.LONGEST_WAIT
    assert (following.tally.failed, following.tally.written) == (9, 1)
    assert not any(told)
    assert len(told) == 9  # a sign of life before each wait
    assert following.tally.up


def test_a_real_server_that_comes_late_gets_everything(tmp_path: Path) -> None:
    (port,) = free_ports(1)
    day_two = DAY_ONE + DAY
    record = MemoryRecord(
        [
            batch(1, reading(), reading(value=62, observed_at=DAY_ONE + 300)),
            exceeded(2),
            silent(3, start=day_two),
            transition(4, cluster="ccn-mau-01"),
        ]
    )
    with writing_to(port) as sink:
        following = Projection(record, sink)
        with pytest.raises(Unavailable, match=r"127\.0\.0\.1"):
            following.step()
        assert record.positions == {}
        with victoria_metrics(tmp_path, port) as server:
            assert following.step() == 4
            (values,) = server.exported("reading_value")
            assert values["metric"] == {
                "__name__": "reading_value",
                "cluster": "ccn-mau-01",
                "station": "MAU01",
                "parameter": "COD",
            }
            assert values["values"] == [61.5, 62]
            assert values["timestamps"] == [DAY_ONE * 1000, (DAY_ONE + 300) * 1000]
            assert _days(server.exported("finding_mean")) == {DAY_ONE: 150.5, day_two: -1}
            assert _days(server.exported("finding_assessable")) == {DAY_ONE: 1, day_two: 0}
            assert _days(server.exported("finding_received")) == {DAY_ONE: 288, day_two: 0}
            assert _days(server.exported("alert_exceedance_state")) == {DAY_ONE: 1}


def test_a_running_projection_survives_a_restart_of_the_server(tmp_path: Path) -> None:
    (port,) = free_ports(1)
    stop, written = Event(), Event()

    class Noting(MemoryRecord):
        def advance(self, follower: str, seq: int) -> None:
            super().advance(follower, seq)
            written.set()

    record = Noting([finding(1)])
    with writing_to(port) as sink:
        running = Thread(target=Projection(record, sink).run, args=[stop])
        try:
            with victoria_metrics(tmp_path, port):
                running.start()
                assert written.wait(20)
                written.clear()
            record.entries.append(finding(2, start=DAY_ONE + DAY))
            with victoria_metrics(tmp_path, port) as server:
                assert written.wait(20)
                assert set(_days(server.exported("finding_mean"))) == {DAY_ONE, DAY_ONE + DAY}
        finally:
            stop.set()
            running.join(20)
        assert not running.is_alive()


def _days(series: list[dict[str, list[int]]]) -> dict[int, float]:
    (only,) = series
    return {at // 1000: value for at, value in zip(only["timestamps"], only["values"], strict=True)}
