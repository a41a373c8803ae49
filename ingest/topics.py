"""Where things are said: the topics of the outside contract, read and written in one place.

HTTP and folder deliveries carry these topics too, so that there is one decoder.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

ROOT = "tolich/v1"
NOBODY = "-"
"""Stands for cluster and station in the topic of a file that no station's name fits."""

_BELOW = f"{ROOT}/"


class Address(NamedTuple):
    """What a topic says: whose message, of which form; `filename` only where it is told."""

    cluster: str
    station: str
    form: Literal["readings", "tt10"]
    filename: str | None = None


def readings_topic(cluster: str, station: str) -> str:
    """Where a station's JSON messages go."""
    return f"{ROOT}/{cluster}/{station}/readings"


def tt10_topic(cluster: str, station: str, filename: str | None = None) -> str:
    """Where a station's TT10 files go; a file name keeps no slash, which would end it."""
    name = "" if filename is None else f"/{filename.replace('/', '_')}"
    return f"{ROOT}/{cluster}/{station}/tt10{name}"


def parse_topic(topic: str) -> Address | None:
    """The address of a topic; None when nothing is taken in there."""
    if not topic.startswith(_BELOW):
        return None
    cluster, *parts = topic[len(_BELOW) :].split("/")
    if len(parts) == 2 and parts[1] in ("readings", "tt10"):
        return Address(cluster, parts[0], "readings" if parts[1] == "readings" else "tt10")
    if len(parts) == 3 and parts[1] == "tt10":
        return Address(cluster, parts[0], "tt10", parts[2])
    return None
