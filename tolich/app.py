"""Composition: the one place where ports get their adapters."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

import httpx
import structlog
from fastapi import FastAPI
from sqlalchemy import Engine
from sqlalchemy.exc import OperationalError

from api.app import create_app
from api.view import Parts
from dashboards.influx import InfluxSink
from dashboards.projection import Projection, Tally
from ingest.decode import decode
from ingest.folder import FolderSource
from ingest.mqtt import MqttPublisher, MqttSettings, MqttSource
from rules.model import Problem, Refused
from rules.parameters import Catalogue
from rules.register import Register
from rules.regulation import known_periods
from tolich.accounts import StoreAccounts
from tolich.amending import Amender
from tolich.checkpointing import Checkpointer
from tolich.clock import RealClock
from tolich.evidence.keys import made_or_read
from tolich.forwarding.running import forwarding
from tolich.forwarding.sender import Registry
from tolich.leaving import TIMEOUT, FolderLeaving, Leaving, MailLeaving, WebhookLeaving
from tolich.lock import alone_on, writer_lock
from tolich.metrics import metrics_text
from tolich.notify.channel import Channel
from tolich.notify.sections import Notify
from tolich.notify.ways import channels, sender
from tolich.oidc import Client, OpenIdProvider
from tolich.outbox import Outbox
from tolich.packs import load_catalogue, load_regulations
from tolich.pipeline import Decode, Pipeline, Taking
from tolich.ports import Clock, Registered, Source
from tolich.registrar import Registrar
from tolich.reports.documents import Documents
from tolich.room import all_of, room_in
from tolich.settings import Influx, Mqtt, Oidc, Settings
from tolich.steady import steadily
from tolich.store.database import (
    AWAY,
    migrate,
    newest_schema,
    open_engine,
    refuse_lossy,
    schema_version,
    sqlite_url,
)  # fmt: skip
from tolich.store.deliveries import StoreDeliveries
from tolich.store.health import beat, forget
from tolich.store.reads import StoreReads
from tolich.store.record import StoreRecord
from tolich.store.registry import enter, read_register, series_keys, unsaid
from tolich.store.wal import LogKeeper
from tolich.suspecting import StoreSuspicions, Suspecting
from tolich.telling import Telling
from tolich.working import Worker
from tolich.writer import Writer
from tolich.yamlfile import read_yaml

log = structlog.get_logger()

PROJECTION = "projection"
"""The name under which the copying to InfluxDB gives signs of life."""

PATIENCE = 60.0
"""Seconds that a web process of its own waits for a writer to prepare the store."""

REFRESH = 1.0
"""Seconds between looks for a changed register, and signs of life, in the web process."""


class Place:
    """An opened store with its law: what every process begins with."""

    def __init__(self, settings: Settings, clock: Clock) -> None:
        self.settings = settings
        self.clock = clock
        self.catalogue: Catalogue = load_catalogue()
        self.regulations = load_regulations(extra=settings.regulations)
        self.periods = known_periods(self.regulations)
        settings.data.mkdir(parents=True, exist_ok=True)
        self.engine: Engine = store_of(settings)

    def registered(self) -> Registered:
        """The register as it stands in the store."""
        return Registered(
            read_register(self.engine, self.catalogue, self.regulations), self.regulations
        )

    def pipeline(self, decoding: Callable[[Decode], Decode] = lambda of: of) -> Pipeline:
        """Both halves of the pipeline, for the one writer."""
        registered, grace = self.registered(), self.settings.close_after
        return Pipeline(
            self.engine, decoding(decode), self.catalogue, registered, self.clock, grace,
            self.periods,
        )  # fmt: skip

    def reads(self, taking: Taking) -> StoreReads:
        """The reading side, seeing the register that `taking` keeps fresh."""
        return StoreReads(
            self.engine,
            self.catalogue,
            lambda: taking.registered,
            lambda: taking.series,
            self.clock,
            self.periods,
            self.settings.close_after,
        )


def store_of(settings: Settings) -> Engine:
    """The store that settings name, opened when it is first asked."""
    return open_engine(settings.store or sqlite_url(settings.data), settings.store_password_file)


@contextmanager
def opened_store(settings: Settings) -> Iterator[Engine]:
    """The same, let go in the end."""
    engine = store_of(settings)
    try:
        yield engine
    finally:
        engine.dispose()


def prepare(place: Place, by: str = "settings") -> None:
    """Migrate the store and take in what is new in the register files.

    What a file said before and people changed since stays changed. Raises Refused with every
    problem.
    """
    refuse_lossy(place.engine)
    migrate(place.engine)
    problems: list[Problem] = []
    for path in place.settings.register_files:
        try:
            raw = unsaid(place.engine, _mapping(path), by)
            enter_mapping(place, raw, str(path), by)
        except Refused as refused:
            problems += refused.problems
    if problems:
        raise Refused(problems)


def enter_file(place: Place, path: Path, by: str) -> int:
    """Take one register file into the store; returns how many entries are new or changed."""
    return enter_mapping(place, _mapping(path), str(path), by)


def _mapping(path: Path) -> dict[str, Any]:
    raw = read_yaml(path)
    if not isinstance(raw, dict):
        raise Refused([Problem(str(path), "(top)", "expected a mapping of keys to values")])
    return raw


def enter_mapping(place: Place, raw: dict[str, Any], document: str, by: str) -> int:
    """Take a parsed register into the store; returns how many entries are new or changed."""
    return enter(
        place.engine,
        raw,
        place.catalogue,
        place.regulations,
        document=document,
        by=by,
        now=place.clock.now(),
    )


# --- the writer ---------------------------------------------------------------------------------


@contextmanager
def writing_process(settings: Settings, clock: Clock) -> Iterator[Writer]:
    """The writer, ready to run, with everything that follows its record. One per data folder."""
    with ExitStack() as stack:
        stack.enter_context(writer_lock(settings.data))
        place = Place(settings, clock)
        alone = stack.enter_context(alone_on(place.engine))
        prepare(place)
        pipeline = place.pipeline()
        sources, connected = _sources(settings, clock, pipeline)
        stop = threading.Event()
        stack.callback(stop.set)
        record = StoreRecord(place.engine, lambda: pipeline.registered, lambda: pipeline.series)
        registry = Registry(lambda: pipeline.registered.register, lambda: pipeline.series)
        forwards = forwarding(settings.forward, place.engine, record, registry)
        key = made_or_read(settings.data)
        leaving = _leaving(settings, stack)
        checkpointer = Checkpointer(place.engine, key, clock, record, leaving)
        keeper = LogKeeper(place.engine)
        suspecting = Suspecting(
            place.engine, lambda: pipeline.registered, lambda: pipeline.series, clock
        )
        ours = (keeper.run, checkpointer.run, suspecting.run)
        for follow in (*ours, *_followers(place, record, stack), *forwards):
            run = steadily(follow)
            thread = threading.Thread(target=run, args=(stop,), name="follower", daemon=True)
            thread.start()
            stack.callback(thread.join, 5.0)
            stack.callback(stop.set)
        pipeline.room = all_of(room_in(settings.data, settings.min_free_mb), alone)
        pipeline.telling = _telling(settings.notify, lambda: pipeline.registered)
        notifier = sender(place.engine, settings.notify)
        telling = threading.Thread(target=notifier.run, args=(stop,), name="notify", daemon=True)
        telling.start()
        stack.callback(telling.join, 5.0)
        stack.callback(stop.set)
        yield Writer(pipeline, sources, connected, notifier.counted)


def _sources(
    settings: Settings, clock: Clock, pipeline: Pipeline
) -> tuple[list[Source], Callable[[], int | None]]:
    """Where readings come from, and since when we can hear stations at all."""
    sources: list[Source] = []
    begun = clock.now()
    connected: Callable[[], int | None] = lambda: begun  # noqa: E731 - one of two answers
    if settings.mqtt is not None:
        source = MqttSource(mqtt_settings(settings.mqtt), clock, _tell_connection)
        sources.append(source)
        connected = source.connected_since
    if settings.folder is not None:
        sources.append(FolderSource(settings.folder, lambda: pipeline.registered, clock))
    return sources, connected


def _tell_connection(up: bool, why: str) -> None:
    log.info("broker", connected=up, why=why)


def mqtt_settings(section: Mqtt) -> MqttSettings:
    """The broker's settings as the adapter takes them."""
    return MqttSettings(**section.model_dump())


def _followers(
    place: Place, record: StoreRecord, stack: ExitStack
) -> Iterator[Callable[[threading.Event], None]]:
    settings = place.settings
    if settings.mqtt is not None:
        publisher = MqttPublisher(mqtt_settings(settings.mqtt))
        publisher.start()
        stack.callback(publisher.stop)
        yield Outbox(record, publisher, settings.mqtt.root).run
    if settings.influx.url is not None:
        sink = influx_sink(settings.influx, settings.influx.url, place.registered().register)
        stack.callback(sink.close)
        yield Projection(record, sink, told=lambda tally: _tell_projection(place, tally)).run
    else:
        forget(place.engine, PROJECTION)


def _leaving(settings: Settings, stack: ExitStack) -> dict[str, Leaving]:
    """The ways in which checkpoints leave; the data folder itself is always one of them."""
    section = settings.checkpoints
    ways: dict[str, Leaving] = {"data": FolderLeaving(settings.data / "checkpoints")}
    if section.folder is not None:
        ways["folder"] = FolderLeaving(section.folder)
    if section.webhook is not None:
        client = stack.enter_context(httpx.Client(timeout=TIMEOUT))
        ways["webhook"] = WebhookLeaving(section.webhook, client)
    if section.email is not None:
        ways["email"] = MailLeaving(_mail(settings), section.email)
    return ways


def _mail(settings: Settings) -> Channel:
    found = channels(settings.notify).get("email")
    if found is None:
        said = "needs a mail server: set notify.email"
        raise Refused([Problem("settings", "checkpoints.email", said)])
    return found


def influx_sink(section: Influx, url: str, register: Register) -> InfluxSink:
    """Where the record is copied to. Raises Refused for settings that cannot be."""
    if section.token_file is None:
        raise Refused([Problem("settings", "influx.token_file", "needed when influx.url is set")])
    if section.bucket in register.clusters:
        said = (
            f"a cluster is named {section.bucket!r}, and whoever may read its findings would read "
            "everybody's: choose another name here"
        )
        raise Refused([Problem("settings", "influx.bucket", said)])
    token = section.token_file.read_text().strip()
    return InfluxSink(url, token, section.org, section.bucket)


def _tell_projection(place: Place, tally: Tally) -> None:
    """A sign of life, for health and metrics; InfluxDB is named, and no plant."""
    problems = [] if tally.up else ["InfluxDB does not confirm; what it lacks is written later"]
    names = ("written", "dropped", "unreadable", "failed", "lag")
    beat(place.engine, PROJECTION, problems, {f"projection_{n}": getattr(tally, n) for n in names})


def record_of(place: Place) -> StoreRecord:
    """The ordered record as it stands, for a command that follows it."""
    registered, keys = place.registered(), series_keys(place.engine)
    return StoreRecord(place.engine, lambda: registered, lambda: keys)


# --- the web ------------------------------------------------------------------------------------


class WebIntake(Taking):
    """The taking half of the pipeline, as the web has it: it keeps itself fresh and visible."""

    def live(self, stop: threading.Event) -> None:
        """Look for a changed register and give a sign of life, until `stop` is set."""
        while not stop.wait(REFRESH):
            try:
                self.refresh()
                beat(self.engine, "web", [], asdict(self.counters))
            except OperationalError as error:
                log.error("the store did not answer", reason=str(error.orig))


def _telling(section: Notify, registered: Callable[[], Registered]) -> Telling:
    return Telling(registered, channels(section), section.public_url)


def wait_for_store(settings: Settings, stop: threading.Event, seconds: float = PATIENCE) -> None:
    """Wait until a writer has brought the store to this version. Raises Refused when none does.

    `stop` ends the waiting. Only looks: an empty database made here could be in the way of a
    writer that just starts.
    """
    with opened_store(settings) as engine:
        if not waited(lambda: stop.is_set() or _prepared(settings, engine), seconds):
            said = (
                f"no writer has prepared it within {seconds:g} s: start `tolich serve --only "
                "writer` with the same settings, and see its log"
            )
            raise Refused([Problem("store", "schema", said)])


def _prepared(settings: Settings, engine: Engine) -> bool:
    if settings.store is None and not (settings.data / "evidence.db").is_file():
        return False
    try:
        with engine.connect() as connection:
            return schema_version(connection) == newest_schema()
    except OperationalError:
        return False  # the server is starting as well


def web_app(settings: Settings, clock: Clock, stop: threading.Event) -> FastAPI:
    """The API on the store. The store must have been prepared by the writer."""
    place = Place(settings, clock)
    registered = place.registered()
    taking = WebIntake(place.engine, decode, place.catalogue, registered, clock)
    taking.room = room_in(settings.data, settings.min_free_mb)
    taking.telling = _telling(settings.notify, lambda: taking.registered)
    reads = place.reads(taking)
    threading.Thread(target=taking.live, args=(stop,), name="register", daemon=True).start()
    accounts = StoreAccounts(place.engine, lambda: taking.registered.register, clock)
    metrics, reports = metrics_text(reads.health), Documents(reads, clock)
    parts = Parts(
        reads, taking, Amender(taking), accounts, clock, metrics, Worker(taking, reads), reports,
        _provider(settings.oidc), StoreDeliveries(place.engine, lambda: taking.registered),
        StoreSuspicions(place.engine, lambda: taking.registered, clock), Registrar(taking),
    )  # fmt: skip
    return create_app(parts, away=AWAY)


def _provider(section: Oidc | None) -> OpenIdProvider | None:
    if section is None:
        return None
    back = f"{section.address.rstrip('/')}/api/v1/oidc/callback"
    secret = section.client_secret_file.read_text().strip()
    return OpenIdProvider(Client(section.issuer, section.client_id, secret, back))


def real_clock() -> Clock:
    """Plant time is wall time."""
    return RealClock()


def waited(until: Callable[[], bool], seconds: float) -> bool:
    """Wait for a condition; False when it did not come true in time."""
    deadline = time.monotonic() + seconds
    while not until():
        if time.monotonic() >= deadline:
            return False
        time.sleep(0.05)
    return True
