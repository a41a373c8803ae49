"""Metrics: what each process said of itself, in Prometheus's text form."""

from __future__ import annotations

from typing import Any

from tolich.metrics import metrics_text


def health(status: str = "green", **counters: dict[str, int]) -> dict[str, Any]:
    processes = {name: {"age": 3, "counters": said} for name, said in counters.items()}
    return {"status": status, "reasons": [], "seq": 41, "processes": processes}


def lines(of: dict[str, Any]) -> list[str]:
    text = metrics_text(lambda: of)().decode()
    return [line for line in text.splitlines() if not line.startswith("#")]


def test_health_and_head_are_shown() -> None:
    assert "tolich_healthy 1.0" in lines(health())
    assert "tolich_healthy 0.0" in lines(health("red"))
    assert "tolich_record_seq 41.0" in lines(health())


def test_counters_of_every_process_stand_side_by_side() -> None:
    shown = lines(health(writer={"messages": 7, "queue": 2}, web={"messages": 1}))
    assert 'tolich_messages_total{process="writer"} 7.0' in shown
    assert 'tolich_messages_total{process="web"} 1.0' in shown
    assert 'tolich_queue{process="writer"} 2.0' in shown
    assert 'tolich_heartbeat_age_seconds{process="web"} 3.0' in shown
    assert not [line for line in shown if line.startswith("tolich_queue") and "web" in line]


def test_every_scrape_asks_again() -> None:
    asked = iter([health("green"), health("red")])
    text = metrics_text(lambda: next(asked))
    assert b"tolich_healthy 1.0" in text()
    assert b"tolich_healthy 0.0" in text()
