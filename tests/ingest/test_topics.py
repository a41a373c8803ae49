from __future__ import annotations

import pytest

from ingest.topics import Address, parse_topic, readings_topic, tt10_topic


@pytest.mark.parametrize(
    "topic, address",
    [
        (readings_topic("c", "s"), Address("c", "s", "readings")),
        (tt10_topic("c", "s"), Address("c", "s", "tt10")),
        (tt10_topic("c", "s", "A.txt"), Address("c", "s", "tt10", "A.txt")),
        (tt10_topic("c", "s", "../x.txt"), Address("c", "s", "tt10", ".._x.txt")),
        ("tolich/v1/c/tt10/readings", Address("c", "tt10", "readings")),
        ("tolich/v1/c/tt10/tt10", Address("c", "tt10", "tt10")),
    ],
)  # fmt: skip
def test_a_topic_names_its_station(topic: str, address: Address) -> None:
    assert parse_topic(topic) == address


@pytest.mark.parametrize(
    "topic",
    ["", "tolich/v1", "tolich/v1/c/readings", "tolich/v2/c/s/readings", "tolich/v1/c/s/alerts",
     "tolich/v1/c/s/readings/x", "tolich/v1/c/s/tt10/a/b", "xtolich/v1/c/s/readings"],
)  # fmt: skip
def test_other_topics_name_none(topic: str) -> None:
    assert parse_topic(topic) is None
