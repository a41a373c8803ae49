"""What goes out over MQTT: in the order of the record, and nothing is lost by a stop."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from tests.cast import DAY0, HOUR, Stage, hours_of, stage
from tests.stores import Kind
from tolich.outbox import FOLLOWER, Message, Outbox
from tolich.pipeline import Pipeline
from tolich.ports import Delivery, Entry


class Broker:
    """Confirms as many messages of a call as it is told, or all."""

    def __init__(self) -> None:
        self.sent: list[Message] = []
        self.confirms: int | None = None

    def publish_many(self, messages: Sequence[Message]) -> int:
        self.sent += messages
        return len(messages) if self.confirms is None else min(self.confirms, len(messages))


@pytest.fixture
def on(tmp_path: Path, either_store: Kind) -> Iterator[Stage]:
    of = stage(tmp_path, DAY0 + 12 * HOUR)
    yield of
    of.close()


@pytest.fixture
def pipeline(on: Stage) -> Pipeline:
    """A record of two raised alerts, one ended, and three rejections, one of them nobody's."""
    found = on.pipeline()
    found.submit(hours_of("MAU01", "COD", 8 * HOUR, [140, 50, 50]))
    for topic in ("ccn-mau-01/MAU01/readings", "readings", "x/y/readings"):
        found.submit([Delivery("mqtt", f"tolich/v1/{topic}", b"{", DAY0)])
    found.submit(hours_of("MAU03", "COD", 8 * HOUR, [140]))
    found.settle(everything=True)
    return found


def entries(on: Stage, pipeline: Pipeline) -> list[Entry]:
    return on.record(pipeline).follow(0, 1000, ("transition", "rejection"))


def emptied(outbox: Outbox) -> None:
    while outbox.step():
        pass


def said(message: Message) -> object:
    body = json.loads(message[1])
    return body.get("seq", body.get("id"))


def test_everything_goes_to_its_own_station_in_order(on: Stage, pipeline: Pipeline) -> None:
    broker = Broker()
    emptied(Outbox(on.record(pipeline), broker, "tolich/v1"))
    expected = [
        (
            f"tolich/v1/{e.content['cluster']}/{e.content['station']}/"
            + ("alerts" if e.kind == "transition" else "rejections"),
            e.content,
        )
        for e in entries(on, pipeline)
        if e.content["station"]
    ]
    assert [(topic, json.loads(body)) for topic, body in broker.sent] == expected
    topics = {topic for topic, _ in broker.sent}
    assert {"tolich/v1/ccn-mau-01/MAU01/alerts", "tolich/v1/x/y/rejections"} <= topics
    assert len(expected) == len(entries(on, pipeline)) - 1  # what names no station has no reader


def test_what_was_not_confirmed_is_sent_again(on: Stage, pipeline: Pipeline) -> None:
    record, broker = on.record(pipeline), Broker()
    outbox = Outbox(record, broker, "tolich/v1")
    broker.confirms = 2
    assert not outbox.step()
    sendable = [e for e in entries(on, pipeline) if e.content["station"]]
    assert record.position(FOLLOWER) == sendable[1].seq
    broker.confirms, before = None, len(broker.sent)
    emptied(outbox)
    assert [said(m) for m in broker.sent[before:]] == [
        e.content.get("seq", e.content.get("id")) for e in sendable[2:]
    ]


def test_nothing_confirmed_moves_nothing(on: Stage, pipeline: Pipeline) -> None:
    record, broker = on.record(pipeline), Broker()
    broker.confirms = 0
    assert not Outbox(record, broker, "tolich/v1").step()
    assert record.position(FOLLOWER) == 0


def test_a_restart_goes_on_where_it_was(on: Stage, pipeline: Pipeline) -> None:
    first, second = Broker(), Broker()
    emptied(Outbox(on.record(pipeline), first, "tolich/v1"))
    pipeline.submit([Delivery("mqtt", "tolich/v1/ccn-mau-01/MAU01/readings", b"[", DAY0)])
    again = on.pipeline()
    emptied(Outbox(on.record(again), second, "tolich/v1"))
    assert [topic for topic, _ in second.sent] == ["tolich/v1/ccn-mau-01/MAU01/rejections"]
    emptied(Outbox(on.record(again), second, "tolich/v1"))
    assert len(second.sent) == 1
