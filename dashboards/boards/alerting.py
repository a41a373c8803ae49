"""Alerts on dashboards: marked where they began and ended, and who is silent now."""

from __future__ import annotations

from typing import Any

from dashboards.boards.parts import Making
from dashboards.boards.queries import ONE, PLANTS
from dashboards.boards.words import Text
from dashboards.codes import State

KINDS: dict[str, tuple[Text, str, str]] = {
    "exceedance": (Text(State.SUSPECTED.vi, State.SUSPECTED.en), "#C62828", "parameter"),
    "near": (Text(State.NEAR.vi, State.NEAR.en), "#FB8C00", "parameter"),
    "silence": (Text("Mất tín hiệu", "No signal"), "#616161", "station"),
    "instrument": (Text("Thiết bị đo", "Instrument"), "#6A1B9A", "parameter"),
    "integrity": (Text("Chờ xác minh", "Awaiting verification"), "#6A1B9A", "parameter"),
    "outage": (Text("Gián đoạn", "Outage"), "#616161", "station"),
}
"""Kinds of alerts that are marked: words, colour, and the tag that names what each is about."""

SILENT = (
    f'SELECT count("silence_severity") AS "silent" FROM "alert" WHERE {PLANTS} '
    'AND "silence_state" = 1 AND time > ${__to}ms - 400d AND time <= ${__to}ms '
    'GROUP BY "cluster", "station"'
)
"""Stations whose silence goes on."""

_GOING_ON = -1
_WITHDRAWN = 3


def marks(making: Making) -> list[dict[str, Any]]:
    """Grafana's annotations of one station; the SDK has no type for those of InfluxDB.

    What has ended is marked from start to end; what goes on has no end to ask for.
    """
    found = []
    for kind, (said, colour, about) in KINDS.items():
        for ended in (True, False):
            found.append(_annotation(making.say(said), colour, _query(kind, about, ended=ended)))
            found[-1] |= {"textColumn": about, "tagsColumn": "period", "hide": not ended}
            if ended:
                found[-1] |= {"timeEndColumn": f"{kind}_ended"}
    return found


def _annotation(name: str, colour: str, query: str) -> dict[str, Any]:
    return {
        "name": name,
        "enable": True,
        "iconColor": colour,
        "datasource": {"type": "influxdb", "uid": "${source}"},
        "query": query,
        "rawQuery": True,
        "fromAnnotations": True,
    }


def _query(kind: str, about: str, *, ended: bool) -> str:
    compared = "<>" if ended else "="
    return (
        f'SELECT "{kind}_severity", "{kind}_ended", "{about}", "period" FROM "alert" '
        f'WHERE {ONE} AND "{kind}_state" < {_WITHDRAWN} AND "{kind}_ended" {compared} {_GOING_ON} '
        "AND $timeFilter"
    )
