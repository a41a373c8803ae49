"""From a delivery to the readings of one registered station: pure, by topic."""

from __future__ import annotations

from ingest.message import Parts, decode_message
from ingest.rejections import Refusal, quoted
from ingest.topics import NOBODY, Address, parse_topic
from ingest.tt10 import check_name, decode_tt10
from rules.parameters import Catalogue
from rules.register import Station
from tolich.ports import Decoded, Delivery, Registered

MAX_PAYLOAD = 1 << 20
"""Bytes of the largest payload that is read; a day of one station at 1 minute takes less."""


def decode(delivery: Delivery, registered: Registered, catalogue: Catalogue, now: int) -> Decoded:
    """What a delivery says at plant time `now`; never raises on account of its content.

    The station is the topic's: nothing in the payload overrides it.
    """
    try:
        address = _address(delivery.topic)
        station = _station(address, registered)
    except Refusal as refusal:
        return Decoded(None, (), (refusal.rejection(),))
    try:
        readings, rejected = _parts(delivery.payload, address, station, catalogue, now)
    except Refusal as refusal:
        return Decoded(station.id, (), (refusal.rejection(),))
    return Decoded(station.id, readings, rejected)


def _address(topic: str) -> Address:
    address = parse_topic(topic)
    if address is None:
        raise Refusal("topic_unknown", f"nothing is taken in at {quoted(topic)}")
    return address


def _station(address: Address, registered: Registered) -> Station:
    station = registered.station(address.cluster, address.station)
    if station is not None:
        return station
    if address.station == NOBODY and address.filename is not None:
        found = f"{quoted(address.filename)} fits the prefix of no registered station"
        raise Refusal("tt10_name_mismatch", found)
    # No "did you mean" here: the ids of other people's stations are not everybody's business.
    where = f"cluster {quoted(address.cluster)}"
    raise Refusal("station_unknown", f"no station {quoted(address.station)} in {where}")


def _parts(
    payload: bytes, address: Address, station: Station, catalogue: Catalogue, now: int
) -> Parts:
    if len(payload) > MAX_PAYLOAD:
        found = f"{len(payload)} bytes, at most {MAX_PAYLOAD} are read"
        raise Refusal("payload_too_large", found)
    if address.form == "readings":
        return decode_message(payload, station, catalogue, now)
    if address.filename is not None:
        check_name(address.filename, station)
    return decode_tt10(payload, station, catalogue, now)
