"""An invented register of any size and its messages, for measurements."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from rules.days import local_date, rfc3339
from simulators.message import Outgoing
from tolich.app import Place, enter_mapping, prepare
from tolich.ports import Clock
from tolich.settings import Settings

LIMITS = {"COD": 150, "TSS": 100, "NH4": 10, "TN": 40, "TP": 6, "Temp": 40, "Color": 150}
INTERVAL = 300


def register(stations: int, since: int) -> dict[str, Any]:
    """`stations` invented stations with eight limited series each, registered from `since`."""
    day = local_date(since).isoformat()
    limits: dict[str, Any] = {key: {"max": high, "page": "1"} for key, high in LIMITS.items()}
    limits["pH"] = {"min": 6, "max": 9, "page": "1"}
    permit = {"document": "Giấy phép (mẫu)", "date": day, "page": "1", "from": day}
    return {
        "schema": 1,
        "clusters": {"do": {"name": "CCN Đo", "province": "mẫu"}},
        "plants": {
            f"P{n}": {"cluster": "do", "name": f"Mẫu {n}", "capacity": 500} for n in range(stations)
        },
        "stations": {
            f"S{n}": {
                "plant": f"P{n}",
                "name": f"Trạm {n}",
                "from": day,
                "simulated": True,
                "interval": INTERVAL,
                "series": {**{key: {"high": 3 * top} for key, top in LIMITS.items()}, "pH": {}},
            }
            for n in range(stations)
        },
        "permits": {
            f"G{n}": {**permit, "plant": f"P{n}", "number": str(n), "limits": limits}
            for n in range(stations)
        },
    }


def place(folder: Path, stations: int, since: int, clock: Clock) -> Place:
    """An empty store in a folder with that register."""
    return registered(Place(Settings(data=folder, mqtt=None), clock), stations, since)


def registered(made: Place, stations: int, since: int) -> Place:
    """An empty store of any kind with that register."""
    prepare(made)
    enter_mapping(made, register(stations, since), "bench", "bench")
    return made


def messages(stations: int, count: int, start: int) -> Iterator[Outgoing]:
    """`count` messages of eight readings from `start` on; no station twice at one instant."""
    for number in range(count):
        step, station = divmod(number, stations)
        at = start + step * INTERVAL
        wave = abs((step + station * 13) % 100 - 50)  # rises and falls over hours, as water does
        readings = [
            {"p": key, "v": round(high * (0.3 + wave / 200), 1)} for key, high in LIMITS.items()
        ]
        readings.append({"p": "pH", "v": 7 + wave / 100})
        body = json.dumps({"ts": rfc3339(at), "seq": number, "readings": readings}).encode()
        yield Outgoing(f"tolich/v1/do/S{station}/readings", body, at)
