"""InfluxDB away under load and restarted empty, in short; tests/influx_fault.py is the long run."""

from __future__ import annotations

from pathlib import Path

from tests.influx_fault import fault


def test_nothing_is_lost_and_a_rebuild_brings_every_point_back(tmp_path: Path) -> None:
    found = fault(tmp_path, 1.0, 60)
    assert found.stored == found.sent > 0
    assert found.failed > 0  # it was away, and the projection noticed
    assert len(found.during) >= 60  # and judging went on
    assert found.points == found.expected
    assert {name.split()[1] for name in found.expected} == {"reading", "finding"}
