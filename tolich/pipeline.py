"""The pipeline: deliveries in, one transaction a batch, receipts out.

decode -> raw, readings, rejections -> judge what became due -> findings, alerts -> commit,
and only then is anything acknowledged. A station-day that a stream of late data is still
filling is marked due and judged when the stream has moved on; the mark is in the store, so
a crash loses nothing and the next start judges it.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass

import structlog
from sqlalchemy import Engine, select
from sqlalchemy.exc import InterfaceError, OperationalError

from rules.days import midnight, rfc3339
from rules.judge import GRACE
from rules.model import PERIODS, Period, Refused, Series
from rules.parameters import Catalogue
from tolich.instruments import Instruments
from tolich.news import news_of
from tolich.owed import missing_days
from tolich.packs import load_instruments
from tolich.ports import Clock, Decoded, Delivery, NotDurable, Receipt, Registered, Rejection
from tolich.reminders import Reminders
from tolich.settle import Settler
from tolich.silence import Silence
from tolich.store.intake import StationDay, Taken, mark_due, take
from tolich.store.ledger import Append, appending
from tolich.store.registry import read_register, series_keys, version
from tolich.store.schema import head, station_day
from tolich.telling import Telling
from tolich.waiting import Waiting
from tolich.worktimes import WorkTimes

log = structlog.get_logger()

FILL_AFTER = 60.0
"""Seconds (monotonic) without a late reading before days a station skipped count as missing."""

AT_ONCE = 2000
"""Station-days judged in one transaction at most, so that acknowledgements keep flowing."""

Decode = Callable[[Delivery, Registered, Catalogue, int], Decoded]


@dataclass(slots=True)
class Counters:
    """What has gone through since the start, for metrics."""

    messages: int = 0
    readings: int = 0
    rejected: int = 0
    duplicates: int = 0
    batches: int = 0
    findings: int = 0
    poison: int = 0
    failed_batches: int = 0


def plenty() -> None:
    """There is room to store a batch; otherwise NotDurable is raised."""


class Taking:
    """The first half: takes deliveries in durably. The web process has only this."""

    def __init__(
        self, engine: Engine, decode: Decode, catalogue: Catalogue, registered: Registered,
        clock: Clock,
    ) -> None:  # fmt: skip
        self.engine = engine
        self.catalogue = catalogue
        self.registered = registered
        self.clock = clock
        self.counters = Counters()
        self.room: Callable[[], None] = plenty
        self.telling: Telling | None = None  # None: nobody is told, as in a replay
        self._decode = decode
        self.series: dict[Series, int] = series_keys(engine)
        self._register_version = self._version()
        self._doubtful = False  # what is remembered may not be what is in the store

    def submit(self, deliveries: Sequence[Delivery], busy: bool = False) -> list[Receipt]:
        """Store a batch; one receipt a delivery. Raises NotDurable when nothing was stored.

        `busy` says that more is waiting already. Where judging fails, the readings are stored
        all the same and their days stay due. Where storing fails, the batch is halved until the
        one delivery that cannot be stored stands alone; its bytes are kept, the others go on.
        """
        if not deliveries:
            return []
        try:
            self.room()
            return self._batch(deliveries, busy)
        except NotDurable:
            self.counters.failed_batches += 1
            self._recover()
            raise
        except Exception as error:  # supervisor: whatever went wrong, no reading may be lost
            self._recover()
            log.error("a batch was not judged with its commit", exc_info=error)
            return self._store_only(deliveries)

    def _store_only(self, deliveries: Sequence[Delivery]) -> list[Receipt]:
        """Store without judging; halves the batch until what cannot be stored stands alone."""
        try:
            return self._batch(deliveries, True, judging=False)
        except NotDurable:
            self._recover()
            raise
        except Exception as error:  # supervisor: isolates what cannot be stored
            self._recover()
            if len(deliveries) == 1:
                return [self._quarantine(deliveries[0], error)]
            half = len(deliveries) // 2
            return self._store_only(deliveries[:half]) + self._store_only(deliveries[half:])

    def refresh(self) -> bool:
        """Take a changed register; True when it changed. A broken one keeps the old."""
        newest = self._version()
        if newest == self._register_version:
            return False
        self._register_version = newest
        known = self.registered.regulations
        try:
            register = read_register(self.engine, self.catalogue, known)
        except Refused as refused:
            log.error("register not taken", problems=[str(p) for p in refused.problems])
            return False
        self.series.update(series_keys(self.engine))
        self.registered = Registered(register, known)
        return True

    def _version(self) -> int:
        with self.engine.connect() as connection:
            return version(connection)

    def _batch(
        self, deliveries: Sequence[Delivery], busy: bool, *, judging: bool = True
    ) -> list[Receipt]:
        self._certain()
        now = self.clock.now()
        decoded = [self._decoded(delivery, now) for delivery in deliveries]
        with self._appending(now) as append:
            taken = self._take(append, deliveries, decoded)
            self._after(append, taken, busy, judging)
        self._committed(append)
        self._count(decoded, taken)
        return [Receipt(len(content.readings), content.rejected) for content in decoded]

    def _appending(self, now: int | None = None) -> AbstractContextManager[Append]:
        """A transaction on the record; who has to be told of it is told in the same one."""
        return appending(self.engine, self.clock.now() if now is None else now, self.telling)

    def _take(
        self, append: Append, deliveries: Sequence[Delivery], decoded: Sequence[Decoded]
    ) -> Taken:
        return take(append, self.registered.register, self.series, deliveries, decoded)

    def _after(self, append: Append, taken: Taken, busy: bool, judging: bool) -> None:
        """What else belongs to the transaction of a batch: nothing, in the web process."""

    def _committed(self, append: Append) -> None:
        """The transaction is durable."""

    def _recover(self) -> None:
        """A transaction failed: what was remembered of it is forgotten."""
        self._doubtful = True
        with suppress(NotDurable):  # the store is away: before anything else is done, then
            self._certain()

    def _certain(self) -> None:
        """Remember nothing that may not be in the store. Raises NotDurable: it does not answer."""
        if self._doubtful:
            try:
                self._recall()
            except (OperationalError, InterfaceError) as error:
                raise NotDurable(str(error.orig)) from error
            self._doubtful = False

    def _recall(self) -> None:
        """Read anew what is remembered of the store: nothing, in the web process."""

    def _decoded(self, delivery: Delivery, now: int) -> Decoded:
        try:
            return self._decode(delivery, self.registered, self.catalogue, now)
        except Exception as error:  # supervisor: a decoder's own fault stops no neighbour
            return self._poisoned(delivery, error)

    def _quarantine(self, delivery: Delivery, error: Exception) -> Receipt:
        content = self._poisoned(delivery, error)
        with self._appending() as append:
            self._take(append, [delivery], [content])
        self._committed(append)
        return Receipt(0, content.rejected)

    def _poisoned(self, delivery: Delivery, error: Exception) -> Decoded:
        self.counters.poison += 1
        log.error("message kept but not understood", topic=delivery.topic, exc_info=error)
        detail = f"{type(error).__name__}: {error}"
        return Decoded(None, rejected=(Rejection("internal_error", detail, *INTERNAL),))

    def _count(self, decoded: Iterable[Decoded], taken: Taken) -> None:
        self.counters.batches += 1
        self.counters.duplicates += taken.duplicates
        for content in decoded:
            self.counters.messages += 1
            self.counters.readings += len(content.readings)
            self.counters.rejected += len(content.rejected)


INTERNAL = (
    "This is a fault of the monitor, not of the sender: the bytes are kept; tell the maintainers.",
    "Đây là lỗi của hệ thống giám sát, không phải của bên gửi: dữ liệu gốc được giữ lại; "
    "hãy báo cho nhóm phát triển.",
)


class Pipeline(Taking):
    """Both halves: what comes in is judged, what falls due is judged. The writer has this."""

    def __init__(
        self,
        engine: Engine,
        decode: Decode,
        catalogue: Catalogue,
        registered: Registered,
        clock: Clock,
        grace: int = GRACE,
        periods: Sequence[Period] = PERIODS,
    ) -> None:
        super().__init__(engine, decode, catalogue, registered, clock)
        self.settler = Settler(registered, self.series, periods, grace)
        self.silence = Silence(engine, self.series)
        self.reminders = Reminders(engine)
        self.work_times = WorkTimes(engine)
        allowed = load_instruments(catalogue)
        self.instruments = Instruments(engine, self.series, allowed, clock.now())
        self.waiting = Waiting()
        self._seq = self._head()
        self._settled: list[StationDay] = []
        self._filled = -FILL_AFTER
        self._latecomers: dict[str, float] = {}
        self._find_due(0.0)

    def tick(self, connected: int | None, *, fill: bool = False, busy: bool = False) -> None:
        """What the passing of plant time makes due: closing periods, silences, missing days.

        `connected` is since when our own connection is up; None while it is down, when nobody
        can be called silent. `fill` judges skipped days now instead of when it is quiet.
        """
        try:
            self._tick(connected, fill, busy)
        except Exception:
            self._recover()
            raise

    def _tick(self, connected: int | None, fill: bool, busy: bool) -> None:
        self._certain()
        if self.refresh():
            self.settler.replace_register(self.registered)
        mono = time.monotonic()
        if self._head() != self._seq:
            self._find_due(mono)
        self._add_days(mono, fill)
        self._find_closing(mono)
        self.settle(everything=fill, busy=busy)
        self._watch_silence(connected)
        self._remind()
        self._climb()
        self._watch_instruments(connected)
        self._time_work()

    def settle(self, *, everything: bool = False, busy: bool = False) -> int:
        """Judge what is ready (or all that waits); returns the number of findings written."""
        written = 0
        while True:
            waiting = self.waiting
            ready = list(waiting.due) if everything else waiting.ready(time.monotonic(), busy)
            if not ready:
                return written
            written += self._settle_some(ready[:AT_ONCE])

    def settle_some(self) -> int:
        """Judge some of what waits, the earliest days first; returns the findings written."""
        return self._settle_some(sorted(self.waiting.due, key=lambda day: day[1])[:AT_ONCE])

    def _settle_some(self, days: list[StationDay]) -> int:
        try:
            self._certain()
            with self._appending() as append:
                self._take_over(append)
                written = self._settle(append, days)
        except NotDurable:
            self._recover()
            raise
        except Exception as error:  # supervisor: one day that cannot be judged stops no other
            self._recover()
            if len(days) > 1:
                return sum(self._settle_some([day]) for day in days)
            self._give_up(days[0], error)
            return 0
        self._committed(append)
        return written

    def _give_up(self, day: StationDay, error: Exception) -> None:
        """A day whose verdicts cannot be written stays due in the store; health turns red."""
        self.waiting.due.pop(day, None)
        self.settler.broken[day] = f"{type(error).__name__}: {error}"
        log.error("day not written", station=day[0], day=rfc3339(day[1]), exc_info=error)

    def _settle(self, append: Append, days: list[StationDay]) -> int:
        written = self.settler.settle(append, {day: self.waiting.news(day) for day in days})
        self._settled = days
        self.counters.findings += written
        return written

    def _after(self, append: Append, taken: Taken, busy: bool, judging: bool) -> None:
        for day, rows in taken.rows.items():
            self.settler.windows.add(day, rows)
        mono, today = time.monotonic(), midnight(append.at)
        self._latecomers |= {station: mono for station, day in taken.rows if day < today}
        self.waiting.touch(news_of(taken.rows, taken.owed, today), mono)
        ready = self.waiting.ready(mono, busy)[:AT_ONCE] if judging else []
        if ready:
            self._settle(append, ready)
        self.silence.heard(append, taken)
        self.instruments.heard(taken)

    def _take(
        self, append: Append, deliveries: Sequence[Delivery], decoded: Sequence[Decoded]
    ) -> Taken:
        self._take_over(append)
        return super()._take(append, deliveries, decoded)

    def _take_over(self, append: Append) -> None:
        """Under the head's lock: if another process appended, its station-days are read again."""
        if append.seq == self._seq:
            return
        self.silence.catch_up(append)
        self.instruments.catch_up(append.connection)
        mono = time.monotonic()
        for day in self._due_days(append, 0):
            self.settler.windows.forget(day)
            self.waiting.add(day, mono)

    def _due_days(self, append: Append, until: int) -> list[StationDay]:
        query = select(station_day.c.station, station_day.c.day).where(station_day.c.due <= until)
        return [(station, day) for station, day in append.connection.execute(query)]

    def _committed(self, append: Append) -> None:
        self._seq = append.seq
        self.waiting.rest(time.monotonic())
        for day in self._settled:
            self.waiting.due.pop(day, None)
        self._settled = []

    def _recall(self) -> None:
        self._settled = []
        self.settler.forget()
        self.silence.recall()
        self.reminders.recall()
        self.work_times.recall()
        self.instruments.recall(self.clock.now())
        self.waiting.doubt()

    def _head(self) -> int:
        with self.engine.connect() as connection:
            return int(connection.execute(select(head.c.seq)).scalar() or 0)

    def _find_due(self, mono: float) -> None:
        """Station-days that wait in the store: after a start, or from another process."""
        with self.engine.connect() as connection:
            query = select(station_day.c.station, station_day.c.day).where(station_day.c.due == 0)
            found = [(station, day) for station, day in connection.execute(query)]
        for day in found:
            self.settler.windows.forget(day)
            self.waiting.add(day, mono)

    def _find_closing(self, mono: float) -> None:
        """Station-days of which a period has closed since they were last judged."""
        now = self.clock.now()
        query = select(station_day.c.station, station_day.c.day).where(
            station_day.c.due > 0, station_day.c.due <= now
        )
        with self.engine.connect() as connection:
            for station, day in connection.execute(query):
                self.waiting.add((station, day), mono)

    def _add_days(self, mono: float, fill: bool) -> None:
        """Today for every station ever heard; and the days a quiet station skipped."""
        if not fill and mono - self._filled < 1.0:
            return
        self._filled = mono
        today, register = midnight(self.clock.now()), self.registered.register
        with self.engine.connect() as connection:
            missing = missing_days(
                connection, register, today, lambda s: fill or mono - self._late(s) >= FILL_AFTER
            )
        if missing:
            with self._appending() as append:
                self._take_over(append)
                mark_due(append.connection, missing, 1)
            self._committed(append)

    def _late(self, station: str) -> float:
        """When (monotonic) a station last sent readings of an earlier day."""
        return self._latecomers.get(station, -FILL_AFTER)

    def _watch_silence(self, connected: int | None) -> None:
        if connected is None:
            return
        register, now = self.registered.register, self.clock.now()
        if self.silence.due(register, connected, now):
            with self._appending(now) as append:
                self._take_over(append)  # may have heard of somebody
                look = self.silence.due(register, connected, now)
                if look is not None:
                    self.silence.write(append, look)
            self._committed(append)

    def _watch_instruments(self, connected: int | None) -> None:
        if connected is None:
            return
        now = self.clock.now()
        found = self.instruments.look(self.registered, now)
        if found:
            with self._appending(now) as append:
                self._take_over(append)
                self.instruments.write(append, found)
            self._committed(append)

    def _climb(self) -> None:
        """Tell the next side of what nobody received, and every morning the digest."""
        telling, now = self.telling, self.clock.now()
        if telling is None:
            return
        with self.engine.connect() as connection:
            waiting = telling.waiting(connection, now)
        if waiting:
            with self._appending(now) as append:
                self._take_over(append)
                telling.catch_up(append)
            self._committed(append)

    def _remind(self) -> None:
        register, now = self.registered.register, self.clock.now()
        if self.reminders.waiting(register, now):
            with self._appending(now) as append:
                self._take_over(append)
                self.reminders.write(append, register)
            self._committed(append)

    def _time_work(self) -> None:
        register, now = self.registered.register, self.clock.now()
        if self.work_times.waiting(register, now, self._head()):
            with self._appending(now) as append:
                self._take_over(append)
                self.work_times.write(append, register)
            self._committed(append)
