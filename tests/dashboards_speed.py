"""`python -m tests.dashboards_speed`: how long each dashboard's queries take over a year.

Fills a real InfluxDB 1.6 with a year of findings and thirty days of readings of many invented
stations, through the projection's own lines, and prints each query's time for 24 hours, 30 and
365 days. Nothing here judges: the values are drawn by arithmetic.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import track
from rich.table import Table

from dashboards.boards.words import Language
from dashboards.built import OFFICERS_ONLY, boards
from dashboards.lines import lines_of
from rules.days import DAY_SECONDS, day_start, local_date, rfc3339
from tests.dashboards.entries import DAY_ONE, batch, exceeded, finding, reading, silent
from tests.dashboards.grafana_macros import Shown
from tests.dashboards.influx_accounts import Influx, influxdb_with_accounts

PARAMETERS = ("COD", "TSS", "pH", "NH4")
CLUSTER = "ccn-mau-01"
END = DAY_ONE
DAYS = 365
READING_DAYS = 30
CHUNK = 10_000
SLOW = 2.0

out, err = Console(), Console(stderr=True)


def _entries(stations: int) -> Iterator[list[str]]:
    for day in track(range(DAYS), "Writing a year", console=err):
        start = END - (DAYS - day) * DAY_SECONDS
        assert day_start(local_date(start)) == start
        for number in range(stations):
            names: dict[str, Any] = {"station": f"MAU{number:03}", "cluster": CLUSTER}
            for place, parameter in enumerate(PARAMETERS):
                yield _findings(start, day, number, names | {"parameter": parameter})
                if day >= DAYS - READING_DAYS:
                    yield _readings(start, names | {"parameter": parameter}, place)


def _findings(start: int, day: int, number: int, about: dict[str, Any]) -> list[str]:
    kind = (finding, finding, exceeded, finding, silent)[(day + number) % 5]
    lines = lines_of(kind(start=start, **about))
    for hour in range(24):
        begin = start + hour * 3600
        ends: dict[str, Any] = {"end": rfc3339(begin + 3600), "period": "hour"}
        lines += lines_of(kind(start=begin, **about, **ends))
    return lines


def _readings(start: int, about: dict[str, Any], place: int) -> list[str]:
    rows = [
        reading(
            observed_at=start + n * 300, received_at=start + n * 300 + 3,
            value=50.0 + n % 7 + place, **about,
        )
        for n in range(288)
    ]  # fmt: skip
    return lines_of(batch(1, *rows))


def _filled(server: Influx, stations: int) -> int:
    waiting: list[str] = []
    written = 0
    for lines in _entries(stations):
        waiting += lines
        if len(waiting) >= CHUNK:
            server.write(waiting)
            written += len(waiting)
            waiting = []
    server.write(waiting)
    return written + len(waiting)


def main(
    stations: Annotated[int, typer.Option(help="How many stations.", min=1, max=1000)] = 50,
) -> None:
    """Fill, ask, print."""
    with (
        tempfile.TemporaryDirectory(prefix="tolich-speed-") as name,
        influxdb_with_accounts(Path(name), [CLUSTER]) as server,
    ):
        begun = time.monotonic()
        points = _filled(server, stations)
        took = time.monotonic() - begun
        out.print(f"{points:,} points of {stations} stations in {took:.0f} s")
        _ask(server.asking("officer"))


def _ask(server: Influx) -> None:
    table = Table("dashboard", "panel", "query", "24 h", "30 d", "365 d")
    slowest = 0.0
    for board in boards(dict.fromkeys(PARAMETERS, "mg/L")):
        if board.language is not Language.EN or board.name in OFFICERS_ONLY:
            continue
        for panel in board.model["panels"]:
            for target in panel.get("targets", []):
                times = [
                    _timed(server, board.name, panel, target["query"], d) for d in (1, 30, 365)
                ]
                slowest = max(slowest, *times)
                cells = [f"{one:.2f}" for one in times]
                table.add_row(board.name, panel["title"], target["refId"], *cells)
    out.print(table)
    out.print(f"slowest {slowest:.2f} s; wanted under {SLOW:.0f} s each")


def _timed(server: Influx, name: str, panel: Any, query: str, days: int) -> float:
    everything: dict[str, str] = {"cluster": ".*", "station": ".*", "parameter": ".*"}
    if name == "plant":
        everything |= {"cluster": CLUSTER, "station": "MAU001"}
    shown = Shown(END - days * DAY_SECONDS, END, everything | {"near": CLUSTER})
    asked = shown.expand(query, panel)
    begun = time.monotonic()
    server.query(asked)
    return time.monotonic() - begun


if __name__ == "__main__":
    typer.run(main)
