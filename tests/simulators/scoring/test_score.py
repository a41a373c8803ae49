from __future__ import annotations

import json
from io import StringIO

import pytest
from rich.console import Console

from rules import model
from rules.model import Outcome, Refused
from simulators.scoring.accepted import load_table
from simulators.scoring.foreseen import warning_scores
from simulators.scoring.score import Score, as_json, figures, score
from simulators.scoring.seen import (
    Seen,
    Warned,
    alerts_of,
    missed_of,
    readings_of,
    refusals_of,
    verdicts_of,
    warned_of,
)
from simulators.scoring.showing import tables
from tests.simulators.scoring.stage import (
    CHECKS,
    HOUR,
    INTERVAL,
    START,
    TABLE,
    alert,
    at,
    daily,
    interval,
    readings,
    truth,
    verdict,
)

STAMP = "2026-03-02T08:00:00+07:00"


def small() -> Score:
    own = readings(tests={10.25: model.Test.SPIKE}, gone={10.25: "spike"})
    own.value[own.at == at(10.25)] += 80
    of = truth(
        interval("spike_large", 10, 0.5), interval("flagged", 30, 2),
        interval("new_kind", 30, 2), daily(0, 50, False), daily(1, 120, True),
    )  # fmt: skip
    seen = Seen(
        {("S0", "COD"): own},
        [verdict(0, Outcome.COMPLIANT, 50), verdict(1, Outcome.COMPLIANT, 99)],
        alerts=[alert("silence", 20)],
    )
    return score(of, seen, TABLE, CHECKS, INTERVAL)


def test_the_acceptance_figures_say_what_falls_short() -> None:
    found = {one.name: one for one in figures(small(), TABLE)}
    assert found["verdicts agree, of station-days"].measured == 0.5
    assert not found["verdicts agree, of station-days"].kept
    assert found["spike faults found"].kept
    assert (found["status faults found"].measured, found["status faults found"].kept) == (0, False)
    assert found["stuck faults found"].measured is None
    assert found["false alarms a station-day"].measured == 0.5
    assert found["good readings discarded"].kept


def test_what_instruments_cannot_tell_is_shown_apart() -> None:
    of = truth(daily(0, 103, True), daily(1, 150, True), daily(2, 50, False), days=3)
    said = [verdict(0, Outcome.COMPLIANT, 99), verdict(1, Outcome.COMPLIANT, 99),
            verdict(2, Outcome.COMPLIANT, 50)]  # fmt: skip
    found = score(of, Seen(verdicts=said), TABLE, CHECKS, INTERVAL)
    assert found.checked.share == pytest.approx(1 / 3)
    assert found.clear_share == pytest.approx(2 / 3)


def test_kinds_that_the_table_does_not_know_are_told() -> None:
    assert small().unknown == {"new_kind": 1}


def test_a_score_is_json_and_tables() -> None:
    found = json.loads(json.dumps(as_json(small(), TABLE)))
    assert [one["kept"] for one in found["figures"]].count(False) == 3
    assert found["missed"] == [
        {"id": "flagged-30", "kind": "flagged", "station": "S0", "channel": "COD",
         "start": "2026-03-03T06:00:00+07:00", "end": "2026-03-03T08:00:00+07:00",
         "taken_for": []},
    ]  # fmt: skip
    console = Console(width=160, record=True, file=StringIO())
    for table in tables(small(), TABLE):
        console.print(table)
    text = console.export_text()
    assert "SHORT" in text
    assert "mean 99, truly 120" in text


def test_a_warning_is_held_against_how_the_day_ended() -> None:
    of = truth(daily(0, 120, True), daily(1, 80, False), daily(0, 40, False, channel="TSS"))
    warned = [
        Warned("S0", "COD", START, at(6), 0.2, False),
        Warned("S0", "COD", START, at(12), 0.8, True),
        Warned("S0", "TSS", START, at(12), 0.5, True),
        Warned("S0", "COD", START + 24 * HOUR, at(36), None, False),
        Warned("S1", "COD", START, at(12), 1.0, True),  # of which nothing is known
    ]
    six, noon, day = warning_scores(of, warned)
    assert (six.hour, six.recall, six.precision) == (6, 0.0, None)
    assert six.brier == pytest.approx(0.64)
    assert (noon.days, noon.precision, noon.recall) == (3, 0.5, 1.0)
    assert noon.brier == pytest.approx((0.2**2 + 0.5**2) / 2)
    assert (day.hour, day.days, day.lead) == (None, 3, 12 * HOUR)
    assert warning_scores(of, []) == []


def test_the_shapes_of_the_api_are_read() -> None:
    finding = {
        "station": "S0", "parameter": "COD", "start": STAMP, "outcome": "near", "mean": 91.0,
        "counts": {"received": 11, "expected": 12},
    }  # fmt: skip
    assert verdicts_of([finding])[0] == ("S0", "COD", at(8), Outcome.NEAR, 91.0)
    assert missed_of([finding, finding | {"counts": {"received": 12, "expected": 12}}]) == [
        ("S0", "COD", at(8))
    ]
    assert refusals_of([{"station": None, "reason": "not_json", "received_at": STAMP}]) == [
        (None, "not_json", at(8))
    ]
    outlook = {
        "station": "S0", "parameter": "COD", "start": "2026-03-02T00:00:00+07:00", "at": STAMP,
        "probability": 0.4, "level": "amber", "certain": None,
    }  # fmt: skip
    silent = outlook | {"probability": None, "level": None}
    assert warned_of([outlook, silent]) == [("S0", "COD", START, at(8), 0.4, True)]


def test_an_alert_is_known_from_its_first_transition() -> None:
    shape = {
        "id": "A1", "kind": "instrument", "subject": "fault", "station": "S0", "parameter": "COD",
        "period": None, "severity": "warning", "state": "active", "started_at": STAMP,
        "ended_at": None,
    }  # fmt: skip
    steps: list[dict[str, str | None]] = [
        {"alert": None, "change": "amended", "at": STAMP},
        {"alert": "A1", "change": "raised", "at": "2026-03-02T12:00:00+07:00"},
        {"alert": "A1", "change": "reopened", "at": "2026-03-02T15:00:00+07:00"},
    ]
    (found,) = alerts_of([shape], steps)
    assert (found.name, found.began, found.known) == ("instrument_fault", at(8), at(12))
    hour = alerts_of([shape | {"kind": "near", "subject": None, "period": "hour"}], [])[0]
    assert (hour.name, hour.known) == ("near_hour", at(8))


def test_readings_come_from_explanations_once_each_and_in_order() -> None:
    one = {
        "observed_at": STAMP, "value": 12.5, "status": "00", "flag": 4,
        "tests": ["spike", "rate_of_change"], "counted": False, "reason": "spike",
    }  # fmt: skip
    later = one | {"observed_at": "2026-03-02T08:05:00+07:00", "status": "03", "tests": []}
    found = readings_of([later, one, one | {"reason": "contested"}, one])
    assert found.at.tolist() == [at(8), at(8), at(8) + 300]
    assert found.tests.tolist() == [6, 6, 0]
    assert found.status.tolist() == [0, 0, 9]
    assert found.contested.tolist() == [False, True, False]
    assert len(readings_of([]).at) == 0


def test_a_misspelt_table_is_refused_with_what_was_meant() -> None:
    with pytest.raises(Refused) as caught:
        load_table("t.yaml", {
            "schema": 1, "grace": 1, "merge": 1, "tolerance": 0.1, "groups": {"stuck": 0.9},
            "lead": {"mising": 5}, "kinds": {"stuck": {"by": ["flatline"], "groop": "stuck"}},
        })  # fmt: skip
    said = str(caught.value)
    for part in ("did you mean 'flat_line'", "did you mean 'group'", "did you mean 'missing'",
                 "lead.other"):  # fmt: skip
        assert part in said
