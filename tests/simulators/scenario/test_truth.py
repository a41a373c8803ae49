"""The truth log says what was done, and what the water really was."""

from __future__ import annotations

import json

import numpy as np
import pytest

from simulators.scenario.course import a_day, days
from simulators.scenario.truth import daily, exceeds, first_row, intervals, line, samples
from tests.simulators.scenario.small import built, opened, scenario

HAPPENING = {"at": "0d06:00", "for": "6h", "where": "MAU01"}


def test_everything_done_is_an_interval_of_its_layer() -> None:
    made = built(
        events=[{**HAPPENING, "id": "e", "kind": "toxic_shock", "strength": 9}],
        faults=[{**HAPPENING, "id": "f", "where": "MAU01.pH", "kind": "stuck"}],
        tamper=[
            {**HAPPENING, "id": "w", "kind": "dilution", "factor": 0.4},
            {**HAPPENING, "id": "c", "where": "MAU01.COD", "kind": "cap"},
        ],
        transport=[{**HAPPENING, "id": "t", "kind": "clock_jump", "by": "-7h"}],
    )
    rows = {row["id"]: row for row in intervals(made)}
    assert {name: row["layer"] for name, row in rows.items()} == {
        "e": "process", "f": "sensor", "w": "sample", "c": "signal", "t": "transport",
    }  # fmt: skip
    assert {name: row["channel"] for name, row in rows.items() if row["channel"]} == {
        "f": "pH", "c": "COD",
    }  # fmt: skip
    assert rows["f"]["leigh"] == "B"
    assert rows["e"]["effect"] == {"strength": 9.0}
    assert rows["t"]["effect"] == {"by": -25200.0}
    assert rows["c"]["effect"] == {"limit": 75.0}
    assert rows["w"]["t0"] == "2026-04-06T06:00:00+07:00"
    assert rows["w"]["t1"] == "2026-04-06T12:00:00+07:00"


def test_faults_of_chance_are_in_it_once() -> None:
    made = built(faults=[{"random": {"times": 300, "where": "MAU02", "kinds": ["gap", "noisy"]}}])
    rows = intervals(made)
    assert len(rows) > 2
    assert {row["kind"] for row in rows} <= {"gap", "noisy"}
    assert {row["station"] for row in rows} == {"MAU02"}
    assert len({row["id"] for row in rows}) == len(rows)


def test_a_day_is_its_true_mean_whatever_was_shown_or_sent() -> None:
    def rows(**changed: object) -> list[tuple[object, ...]]:
        made = built(clock={"start": "2026-04-06", "days": 1}, **changed)
        told, _ = a_day(made, opened(made), made.scenario.first)
        return [
            (r["station"], r["channel"], r["true_mean"], r["true_exceed"], r["limit"],
             r["sent_share"])
            for r in daily(made.scenario, told)
        ]  # fmt: skip

    calm = rows()
    assert len(calm) == 14
    cheated = rows(tamper=[{**HAPPENING, "kind": "beaker_tap"}])
    assert cheated == calm
    cut = rows(transport=[{**HAPPENING, "kind": "outage"}])
    assert [row[:5] for row in cut] == [row[:5] for row in calm]
    assert {row[5] for row in cut if row[0] == "MAU01"} == {0.75}
    flagged = rows(faults=[{**HAPPENING, "where": "MAU01.COD", "kind": "flagged"}])
    shares = {(row[0], row[1]): row[5] for row in flagged}
    assert shares["MAU01", "COD"] <= 0.75
    assert shares["MAU01", "FlowOut"] == 1.0


@pytest.mark.parametrize(
    ("name", "value", "over"),
    [("COD", 75.0, False), ("COD", 75.01, True), ("pH", 9.0, False), ("pH", 5.9, True)],
)
def test_exactly_at_the_limit_is_within(name: str, value: float, over: bool) -> None:
    low, high = (6.0, 9.0) if name == "pH" else (None, 75.0)
    assert exceeds(name, np.full(288, value), low, high) is over


def test_one_hour_outside_its_range_exceeds_for_ph_only() -> None:
    day = np.full(288, 7.0)
    day[100:130] = 9.5
    assert exceeds("pH", day, 6.0, 9.0)
    assert not exceeds("COD", day, None, 9.0)


def test_the_first_row_and_the_lines() -> None:
    found = first_row(scenario())
    assert json.loads(line(found)) == {
        "type": "scenario", "name": "small", "seed": 7, "version": 1, "start": "2026-04-06",
        "days": 2, "stations": ["MAU01", "MAU02"],
    }  # fmt: skip


def test_samples_are_every_true_value() -> None:
    gap = {**HAPPENING, "where": "MAU01.COD", "kind": "gap"}
    made = built(clock={"start": "2026-04-06", "days": 1}, faults=[gap])
    ((told, _),) = days(made, opened(made))
    rows = list(samples(made.scenario, told))
    assert len(rows) == 2 * 7 * 288
    missing = [row for row in rows if "shown" not in row]
    assert {(row["station"], row["channel"]) for row in missing} == {("MAU01", "COD")}
    assert len(missing) == 72
