"""InfluxDB away under load and restarted empty, in short; tests/influx_fault.py is the long run."""

from __future__ import annotations

from pathlib import Path

import pytest

from dashboards import projection
from tests.influx_fault import fault


def test_nothing_is_lost_and_a_rebuild_brings_every_point_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(projection, "LONGEST_WAIT", projection.FIRST_WAIT)
    found = fault(tmp_path, 0.5, 100)  # some hours of plant time: their alerts too
    assert found.stored == found.sent > 0
    assert found.failed > 0  # it was away, and the projection noticed
    assert len(found.during) >= 100  # and judging went on
    assert set(found.points) == {
        "do/raw reading",
        *(
            f"{owner}/findings {what}"
            for owner in ("do", "tolich")
            for what in ("alert", "finding", "rejection")
        ),
    }
    for name, points in found.points.items():
        assert points.same == points.found == points.expected > 0, name
