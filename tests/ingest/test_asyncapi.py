"""The description of the MQTT side is held against what the code takes in and sends."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
import yaml

from ingest import mqtt
from ingest.decode import decode
from ingest.topics import ROOT, parse_topic
from rules.model import Change
from tests.cast import CATALOGUE, DAY0, DAY1, HOUR, Stage, hours_of, stage
from tolich.outbox import KINDS, Outbox, sampler_request
from tolich.ports import Delivery, Entry

DESCRIBED: dict[str, Any] = yaml.safe_load(
    (Path(__file__).parents[2] / "docs" / "asyncapi.yaml").read_text(encoding="utf-8")
)
KEYS = {"asyncapi", "id", "info", "defaultContentType", "servers", "channels", "operations"}


def references(found: object) -> Iterator[str]:
    """Every `$ref` of a part of the document."""
    if isinstance(found, dict):
        for key, value in found.items():
            if key == "$ref":
                yield value
            else:
                yield from references(value)
    elif isinstance(found, list):
        for one in found:
            yield from references(one)


def at(reference: str) -> Any:
    """What a reference leads to. Raises KeyError."""
    found: Any = DESCRIBED
    for part in reference.removeprefix("#/").split("/"):
        found = found[part]
    return found


def channels(action: str) -> dict[str, Any]:
    """The channels of a kind of operation, by their address."""
    operations = DESCRIBED["operations"].values()
    mine = [at(one["channel"]["$ref"]) for one in operations if one["action"] == action]
    return {one["address"]: one for one in mine}


def schema(name: str) -> jsonschema_rs.Validator:
    """A payload's schema."""
    return jsonschema_rs.validator_for(DESCRIBED["components"]["schemas"][name])


def filled(address: str) -> str:
    """An address with the examples of its parameters."""
    parameters = DESCRIBED["components"]["parameters"]
    return re.sub(r"\{(\w+)\}", lambda name: parameters[name[1]]["examples"][0], address)


def test_it_is_a_whole_document() -> None:
    assert DESCRIBED["asyncapi"] == "3.0.0"
    assert set(DESCRIBED) == KEYS | {"components"}
    for reference in references(DESCRIBED):
        assert at(reference), reference
    for name, channel in DESCRIBED["channels"].items():
        named = set(re.findall(r"\{(\w+)\}", channel["address"]))
        assert named == set(channel["parameters"]), name
        assert channel["messages"], name
    used = {one["channel"]["$ref"] for one in DESCRIBED["operations"].values()}
    assert used == {f"#/channels/{name}" for name in DESCRIBED["channels"]}


def test_what_is_taken_in_is_what_is_subscribed_to() -> None:
    patterns = {f"{ROOT}/{pattern}" for pattern in mqtt._PATTERNS}
    taken = channels("receive")
    assert {re.sub(r"\{\w+\}", "+", address) for address in taken} == patterns
    for address in taken:
        assert parse_topic(filled(address)) is not None, address


def test_what_goes_out_has_its_channel() -> None:
    leaves = {address.rpartition("/")[2] for address in channels("send")}
    assert leaves == {"alerts", "rejections", "sampler"}
    assert len(KINDS) == len(leaves)
    listed = DESCRIBED["components"]["schemas"]["transition"]["properties"]["change"]["enum"]
    assert set(listed) == {str(change) for change in Change}


@pytest.fixture(scope="module")
def on(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    of = stage(tmp_path_factory.mktemp("asyncapi"), DAY0 + 12 * HOUR)
    yield of
    of.close()


def test_every_example_that_comes_in_is_understood(on: Stage) -> None:
    registered = on.registered()
    for address, channel in channels("receive").items():
        for message in (at(one["$ref"]) for one in channel["messages"].values()):
            for example in message["examples"]:
                payload = example["payload"]
                body = payload if isinstance(payload, str) else json.dumps(payload)
                if not isinstance(payload, str):
                    schema("readings").validate(payload)
                delivery = Delivery("mqtt", filled(address), body.encode(), DAY1)
                found = decode(delivery, registered, CATALOGUE, DAY1)
                assert not found.rejected, (address, example["name"])
                assert found.readings, (address, example["name"])


def test_what_really_goes_out_is_as_described(on: Stage) -> None:
    pipeline = on.pipeline()
    pipeline.submit(hours_of("MAU01", "COD", 8 * HOUR, [140, 50, 50]))
    pipeline.submit([Delivery("mqtt", "tolich/v1/ccn-mau-01/MAU01/readings", b"{", DAY0)])
    pipeline.settle(everything=True)
    sent: list[tuple[str, bytes]] = []

    class Everything:
        def publish_many(self, messages: Any) -> int:
            sent.extend(messages)
            return len(messages)

    Outbox(on.record(pipeline), Everything(), ROOT).step()
    names = {"alerts": "transition", "rejections": "rejection"}
    for topic, body in sent:
        schema(names[topic.rpartition("/")[2]]).validate(json.loads(body))
    assert {topic.rpartition("/")[2] for topic, _ in sent} == set(names)


def test_a_request_for_a_sample_is_as_described() -> None:
    content = {
        "id": 7, "act": "request_sample", "body": {"sampler": True}, "alert": "A1",
        "station": "MAU01", "cluster": "ccn-mau-01", "parameter": "COD",
        "at": "2026-03-10T08:35:00+07:00", "simulated": True,
    }  # fmt: skip
    request = sampler_request(Entry(1, "action", content).content)
    schema("request").validate(request)


@pytest.mark.parametrize("wrong", [{"v": "61.5"}, {"v": None}, {"p": 3}])
def test_the_schema_refuses_what_the_decoder_refuses(wrong: dict[str, Any], on: Stage) -> None:
    reading = {"p": "COD", "v": 61.5} | wrong
    payload = {"ts": "2026-03-10T08:35:00+07:00", "readings": [reading]}
    assert not schema("readings").is_valid(payload)
    delivery = Delivery("mqtt", filled(f"{ROOT}/{{cluster}}/{{station}}/readings"),
                        json.dumps(payload).encode(), DAY1)  # fmt: skip
    assert decode(delivery, on.registered(), CATALOGUE, DAY1).rejected
