"""A register of invented stations for the tests of the way in."""

from __future__ import annotations

from datetime import date

from ingest.decode import decode
from rules.days import day_start
from rules.register import load_register
from tolich.packs import load_catalogue
from tolich.ports import Decoded, Delivery, Registered

CATALOGUE = load_catalogue()

AT = day_start(date(2026, 11, 22)) + 8 * 3600 + 35 * 60  # 2026-11-22T08:35:00+07:00
STAMP = "20261122083500"
NOW = AT + 30

_SERIES: dict[str, dict[str, int]] = {
    key: {} for key in ("FlowIn", "FlowOut", "Temp", "pH", "TSS", "COD", "NH4", "TN")
}


def _station(**more: object) -> dict[str, object]:
    kept = {"plant": "mau-01", "name": "Trạm Mẫu", "from": "2026-01-01", "simulated": True}
    return {**kept, "interval": 300, "series": _SERIES, **more}


REGISTER = load_register(
    "plants",
    {
        "schema": 1,
        "clusters": {
            "ccn-mau-01": {"name": "CCN Mẫu 01", "province": "hanoi"},
            "ccn-mau-02": {"name": "CCN Mẫu 02", "province": "hanoi"},
        },
        "plants": {"mau-01": {"cluster": "ccn-mau-01", "name": "Nhà máy Mẫu 01", "capacity": 500}},
        "stations": {
            "MAU01": _station(
                tt10={"prefix": "HN_MAU01_NUO001", "symbols": {"Flow": "FlowOut", "F1": "FlowIn"}}
            ),
            "MAU02": _station(),
            "MAU03": _station(series={"FlowOut": {}, "COD": {}}),
        },
    },
    CATALOGUE,
    {},
)
REGISTERED = Registered(REGISTER, {})

READINGS = "tolich/v1/ccn-mau-01/MAU01/readings"
TT10 = "tolich/v1/ccn-mau-01/MAU01/tt10"


def decoded(payload: bytes | str, topic: str = READINGS, now: int = NOW) -> Decoded:
    """What a payload says under a topic."""
    content = payload if isinstance(payload, bytes) else payload.encode()
    return decode(Delivery("mqtt", topic, content, now), REGISTERED, CATALOGUE, now)


def reasons(found: Decoded) -> list[tuple[str, int | None]]:
    """The rejections of a payload: reason and index."""
    return [(rejection.reason, rejection.index) for rejection in found.rejected]
