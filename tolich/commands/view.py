"""The live terminal view of the demonstration: plants, states, alerts, throughput."""

from __future__ import annotations

import json
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from rich.console import Group
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from tolich.app import Place
from tolich.children import Child
from tolich.console import out
from tolich.ports import EVERYTHING, AlertQuery, Clock, Shape
from tolich.settings import Settings
from tolich.store.reads import StoreReads
from tolich.writer import Writer

STATES = {
    "no_signal": ("–", "Mất tín hiệu", "No signal", "dim"),
    "suspected_exceedance": ("!", "Nghi vượt giới hạn", "Suspected exceedance", "bold red"),
    "early_warning": ("!", "Cảnh báo sớm (giờ)", "Early warning (hour)", "red"),
    "awaiting_verification": ("≠", "Chờ xác minh", "Awaiting verification", "magenta"),
    "near": ("↗", "Gần giới hạn", "Near limit", "yellow"),
    "measuring": ("✓", "Đang đo", "Measuring", "green"),
}
ORDER = list(STATES)
SHOWN_ALERTS = 8


@dataclass(frozen=True, slots=True)
class Stage:
    """What the view looks at."""

    settings: Settings
    folder: Path
    writer: Writer
    clock: Clock
    accounts: Path  # the file that holds names, passwords and keys
    days: int  # of history

    def reads(self) -> StoreReads:
        """The store, as the API sees it."""
        return Place(self.settings, self.clock).reads(self.writer.pipeline)


class TerminalView:
    """Shows the demonstration until it is stopped."""

    def __init__(self, stage: Stage, stations: Child, *, headless: bool) -> None:
        self._stage = stage
        self._stations = stations
        self._headless = headless or not out.is_terminal
        self._share = 0.0  # of the history that the stations have sent
        self._sent = 0  # messages that was
        self._began = time.monotonic()
        self._ready: float | None = None

    def run(self, stop: threading.Event) -> None:
        """Until `stop` is set, or the simulated stations end by themselves."""
        output = self._stations.process.stdout
        if output is not None:
            threading.Thread(target=self._listen, args=(output,), daemon=True).start()
        if self._headless:
            self._run_plainly(stop)
        else:
            self._run_live(stop)

    def _listen(self, output: IO[bytes]) -> None:
        for line in output:
            said = json.loads(line)
            self._share = said["history"]
            self._sent = said.get("sent", self._sent)

    def _run_plainly(self, stop: threading.Event) -> None:
        told, where = 0, self._address()
        out.print(f"{where}\nsending {self._stage.days} days of history ...")
        while not stop.wait(0.2) and not self._stations.ended:
            tenth = int(self._judged() * 10)
            if tenth > told:
                told = tenth
                out.print(f"history {tenth * 10} %")
            if self._is_ready() and self._ready is None:
                self._ready = time.monotonic() - self._began
                out.print(f"live after {self._ready:.0f} s; Ctrl-C stops everything")

    def _run_live(self, stop: threading.Event) -> None:
        reads = self._stage.reads()
        with Live(console=out, auto_refresh=False, screen=False) as live:
            while not stop.wait(0.5) and not self._stations.ended:
                live.update(self._picture(reads), refresh=True)

    def _is_ready(self) -> bool:
        """Whether the history is judged, not only sent."""
        pipeline = self._stage.writer.pipeline
        taken = pipeline.counters.messages >= self._sent
        return self._share >= 1.0 and taken and not pipeline.waiting.due

    def _judged(self) -> float:
        """The share of the history that the monitor has taken in."""
        if not self._sent:
            return 0.0
        return self._share * min(1.0, self._stage.writer.pipeline.counters.messages / self._sent)

    def _address(self) -> str:
        http, mqtt = self._stage.settings.http, self._stage.settings.mqtt
        broker = f"mqtt://{mqtt.host}:{mqtt.port}" if mqtt else "no broker"
        address = f"API http://{http.host}:{http.port}/docs   {broker}"
        return f"{address}   data {self._stage.folder}   accounts {self._stage.accounts}"

    def _hint(self) -> str:
        """What may be done beside it, in another terminal."""
        mqtt = self._stage.settings.mqtt
        broker = f" --broker {mqtt.host}:{mqtt.port}" if mqtt else ""
        order = f'tolich simulate inject "MAU03 aeration_failure 10h"{broker}'
        return f"Ctrl-C: stop   Let something happen: {order}"

    def _picture(self, reads: StoreReads) -> Group:
        counters = self._stage.writer.pipeline.counters
        elapsed = max(0.1, time.monotonic() - self._began)
        line = (
            f"{counters.messages:,} messages   {counters.readings:,} readings   "
            f"{counters.findings:,} findings   {counters.rejected} rejected   "
            f"{counters.readings / elapsed:,.0f} readings/s since the start"
        )
        parts: list[object] = [
            Text("TÔ LỊCH   DỮ LIỆU MÔ PHỎNG · SIMULATED DATA", style="bold"),
            Text(self._address(), style="cyan"),
        ]
        if not self._is_ready() and self._ready is None:
            judged = self._judged()
            days = self._stage.days
            parts += [Text(f"{days} days of history / {days} ngày lịch sử")]
            parts += [ProgressBar(1.0, judged)]
        elif self._ready is None:
            self._ready = time.monotonic() - self._began
        parts += [_plants(reads), _alerts(reads), Text(line, style="dim"), Text(self._hint())]
        return Group(*parts)  # type: ignore[arg-type]  # every part is something rich can render


def _plants(reads: StoreReads) -> Table:
    table = Table("plant / trạm", "state", "trạng thái", "alerts", "last heard", expand=False)
    stations = reads.stations(EVERYTHING, None, 100).items
    for shape in sorted(stations, key=lambda shape: ORDER.index(shape["state"])):
        mark, vi, en, style = STATES[shape["state"]]
        heard = (shape["last_heard"] or "–")[5:16].replace("T", " ")
        table.add_row(
            shape["name"], f"{mark} {en}", vi, str(shape["active_alerts"]), heard, style=style
        )
    return table


def _alerts(reads: StoreReads) -> Table:
    table = Table("alert", "station", "parameter", "period", "since", "state", title="Alerts")
    for shape in reads.alerts(EVERYTHING, AlertQuery(), None, SHOWN_ALERTS).items:
        table.add_row(*_alert_cells(shape))
    return table


def _alert_cells(shape: Shape) -> list[str]:
    return [
        f"{shape['id']} {shape['kind']}",
        shape["station"],
        shape["parameter"] or "–",
        shape["period"] or "–",
        shape["started_at"][:16].replace("T", " "),
        shape["state"],
    ]
