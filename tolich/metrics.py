"""Prometheus metrics, from the signs of life in the store: one scrape shows every process."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from tolich.ports import Shape

GAUGES = {"queue", "due", "lag", "projection_lag", "notifications_pending", "forward_backlog"}
"""Counters of a process that may fall: how much waits, how far behind a follower is."""


class StoreCollector(Collector):
    """Reads health once a scrape."""

    def __init__(self, health: Callable[[], Shape]) -> None:
        self._health = health

    def collect(self) -> Iterator[Metric]:
        """The families of this scrape."""
        health = self._health()
        yield GaugeMetricFamily(
            "tolich_healthy", "1 when nothing is wrong, 0 otherwise", health["status"] == "green"
        )
        yield GaugeMetricFamily("tolich_record_seq", "Entries in the ordered record", health["seq"])
        age = GaugeMetricFamily(
            "tolich_heartbeat_age_seconds", "Seconds since a process last spoke", labels=["process"]
        )
        for name, process in health["processes"].items():
            age.add_metric([name], process["age"])
        yield age
        yield from _counted(health)


def _counted(health: Shape) -> Iterator[Metric]:
    names = sorted({key for p in health["processes"].values() for key in p["counters"]})
    for name in names:
        kind = GaugeMetricFamily if name in GAUGES else CounterMetricFamily
        family = kind(f"tolich_{name}", f"{name.replace('_', ' ')} since start", labels=["process"])
        for process, said in health["processes"].items():
            if name in said["counters"]:
                family.add_metric([process], said["counters"][name])
        yield family


def metrics_text(health: Callable[[], Shape]) -> Callable[[], bytes]:
    """A function that gives the metrics in Prometheus's text form."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(StoreCollector(health))
    return lambda: generate_latest(registry)
