from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboards.codes import OUTCOMES, REASONS, State
from dashboards.lines import COUNTS, Malformed, field_value, lines_of, tag_value
from rules.model import Outcome, Reason
from tests.dashboards.entries import (
    DAY,
    DAY_ONE,
    batch,
    exceeded,
    finding,
    reading,
    rejection,
    silent,
    transition,
)
from tests.dashboards.influx_servers import InfluxOne, influxdb_one
from tolich.ports import Entry


@pytest.fixture(scope="module")
def influx(tmp_path_factory: pytest.TempPathFactory) -> Iterator[InfluxOne]:
    with influxdb_one(Path(tmp_path_factory.mktemp("influxdb"))) as server:
        yield server


def test_a_batch_is_one_line_a_reading() -> None:
    entry = batch(
        1, reading(), reading(parameter="pH", value=Decimal("7.20"), status="01", observed_at=5)
    )
    assert lines_of(entry) == [
        "reading,cluster=ccn-mau-01,station=MAU01,parameter=COD "
        f"value=61.5,status=0i,late=3i {DAY_ONE}",
        "reading,cluster=ccn-mau-01,station=MAU01,parameter=pH "
        f"value=7.2,status=1i,late={DAY_ONE - 2}i 5",
    ]


def test_a_finding_in_full() -> None:
    (line,) = lines_of(exceeded(counts={"valid": 280, "faulty": 8}, completeness=0.972222))
    series, fields, at = _parsed(line)
    assert series == {
        "": "finding",
        "cluster": "ccn-mau-01",
        "station": "MAU01",
        "parameter": "COD",
        "period": "day",
    }
    assert int(at) == DAY_ONE
    assert fields == {
        "outcome": f"{OUTCOMES[Outcome.EXCEEDED]}i",
        "reason": f"{REASONS[Reason.ABOVE_LIMIT]}i",
        "state": f"{State.SUSPECTED.code}i",
        "assessable": "1i",
        "owed": "1i",
        "mean": "150.5",
        "ratio": "1.505",
        "limit_low": "-1.0",
        "limit_high": "100.0",
        "expected": "288i",
        "received": "288i",
        "valid": "280i",
        "calibrating": "0i",
        "faulty": "8i",
        "failed": "0i",
        "unknown": "0i",
        "conflicting": "0i",
        "completeness": "0.972222",
        "revision": "1i",
        "final": "1i",
        "simulated": "1i",
    }


def test_what_a_finding_lacks_is_written_as_the_sentinel() -> None:
    (line,) = lines_of(silent(limit=None))
    _, fields, _ = _parsed(line)
    assert {fields[name] for name in ("mean", "ratio", "limit_low", "limit_high")} == {"-1.0"}
    assert fields["assessable"] == "0i"


SHAPES = st.fixed_dictionaries(
    {
        "outcome": st.sampled_from([str(outcome) for outcome in Outcome]),
        "reason": st.sampled_from([str(reason) for reason in Reason]),
        "mean": st.none() | st.integers(0, 9999) | st.floats(0, 1e9),
        "ratio": st.none() | st.floats(0, 1e6),
        "limit": st.none() | st.just({"low": 5.5, "high": 9}),
        "counts": st.fixed_dictionaries({name: st.integers(0, 1440) for name in COUNTS}),
        "completeness": st.integers(0, 1) | st.floats(0, 1),
        "revision": st.integers(1, 99),
        "final": st.booleans(),
    }
)


@given(shape=SHAPES)
def test_every_revision_writes_every_field_in_the_same_type(shape: dict[str, Any]) -> None:
    _, fields, _ = _parsed(lines_of(finding(**shape))[0])
    _, reference, _ = _parsed(lines_of(finding())[0])
    assert {name: value.endswith("i") for name, value in fields.items()} == {
        name: value.endswith("i") for name, value in reference.items()
    }


def test_a_count_the_contract_does_not_promise_may_be_missing() -> None:
    entry = finding()
    del entry.content["counts"]["unknown"]
    assert ",unknown=0i," in lines_of(entry)[0]


END = "2026-11-22T00:00:00+07:00"


@pytest.mark.parametrize(
    "state, ended_at, code, ended",
    [("active", None, 1, -1), ("ended", END, 2, (DAY_ONE + 2 * DAY) * 1000), ("withdrawn", None, 3, -1)],
)  # fmt: skip
def test_a_transition_is_its_alert_as_it_is_now(
    state: str, ended_at: str | None, code: int, ended: int
) -> None:
    moved = transition()
    moved.content["after"] |= {"state": state, "ended_at": ended_at}
    assert lines_of(moved) == [
        "alert,station=MAU01,parameter=COD,period=day exceedance_severity=4i,"
        f"exceedance_state={code}i,exceedance_started={DAY_ONE * 1000}i,"
        f"exceedance_ended={ended}i {DAY_ONE}"
    ]


def test_an_alert_with_another_start_leaves_the_old_one_withdrawn() -> None:
    moved = transition()
    moved.content["before"] = moved.content["after"] | {"started_at": "2026-11-21T00:00:00+07:00"}
    old, new = lines_of(moved)
    assert old.endswith(f" {DAY_ONE + DAY}")
    assert "exceedance_state=3i" in old
    assert "exceedance_state=1i" in new


def test_alerts_of_two_kinds_that_begin_together_are_both_kept(influx: InfluxOne) -> None:
    silence = transition(finding=None, parameter="COD", period="day")
    silence.content["after"] |= {"kind": "silence", "severity": "major"}
    influx.write([*lines_of(transition()), *lines_of(silence)])
    (row,) = influx.rows('SELECT "exceedance_severity", "silence_severity" FROM "alert"')
    assert (row["exceedance_severity"], row["silence_severity"]) == (4, 3)


def test_an_alert_of_a_whole_station_has_no_parameter() -> None:
    moved = transition(finding=None, cluster="ccn-mau-01")
    assert lines_of(moved)[0].startswith(
        "alert,cluster=ccn-mau-01,station=MAU01 exceedance_severity="
    )


def test_rejections_of_one_second_are_counted_on_their_local_day(influx: InfluxOne) -> None:
    at = "2026-11-21T23:59:59+07:00"
    influx.write([line for id_ in (7, 8) for line in lines_of(rejection(id=id_, received_at=at))])
    asked = 'SELECT sum("count") FROM "rejection" WHERE time >= {0}s AND time < {0}s + 1d'
    (row,) = influx.rows(asked.format(DAY_ONE + DAY))
    assert row["sum"] == 2


def test_an_amended_finding_has_no_line_of_its_own() -> None:
    assert lines_of(transition(alert=None, change="amended")) == []


def test_other_kinds_have_no_lines() -> None:
    assert lines_of(Entry(1, "register", {"reason": "not_json"})) == []


@pytest.mark.parametrize(
    "entry, said",
    [
        (batch(41, reading(value=float("nan"))), "entry 41 (batch): nan is not a number"),
        (batch(41, reading(value="61.5")), "expected a number, found '61.5'"),
        (batch(41, reading(observed_at=1.5)), "expected a whole number, found 1.5"),
        (batch(41, reading(status=True)), "True is not a status"),
        (batch(41, reading(station="A\nreading value=1")), "cannot be a tag"),
        (batch(41, {"station": "MAU01"}), "no key 'cluster'"),
        (finding(41, outcome="fine"), "entry 41 (finding): 'fine'"),
        (finding(41, start=DAY_ONE, final=1), "expected true or false, found 1"),
        (finding(41, counts={"valid": 2**63}), "does not fit into 64 bits"),
        (rejection(41, received_at="2026-11-21T00:00:00"), "names no time zone"),
    ],
)  # fmt: skip
def test_what_cannot_be_a_line_is_named(entry: Entry, said: str) -> None:
    with pytest.raises(Malformed, match=re.escape(said)):
        lines_of(entry)


TAGS = st.text(min_size=1, max_size=30).filter(
    lambda text: not re.search(r"[\x00-\x1f\x7f]", text) and not text.endswith("\\")
)


@given(text=TAGS)
def test_a_tag_comes_back_as_it_was(text: str) -> None:
    series, fields, _ = _parsed(f"m,a=b,tag={tag_value(text)},z=z f=1i 1")
    assert series == {"": "m", "a": "b", "tag": text, "z": "z"}
    assert fields == {"f": "1i"}


@given(text=st.text(max_size=30))
def test_no_tag_begins_another_point(text: str) -> None:
    try:
        written = tag_value(text)
    except ValueError:
        return
    assert "\n" not in written
    assert "\r" not in written


@given(value=st.floats(allow_nan=False, allow_infinity=False))
def test_floats_keep_every_bit(value: float) -> None:
    assert float(field_value(value)) == value


def test_awkward_tags_and_numbers_survive_a_real_server(influx: InfluxOne) -> None:
    names = ["a b", "a,b", "a=b", "Cụm Mẫu 01", r"a\,b", r"a\b", '"a"', "#a", ",", "= ,"]
    values = [0.1, 1e-07, 1.7976931348623157e308, -0.5, 123456789.123456]
    influx.write(
        [
            f"awkward,name={tag_value(name)} value={field_value(value)} {at}"
            for name in names
            for at, value in enumerate(values)
        ]
    )
    rows = influx.rows('SELECT * FROM "awkward"')
    assert {row["name"] for row in rows} == set(names)
    assert [row["value"] for row in rows if row["name"] == ","] == values


def test_a_later_revision_leaves_nothing_of_the_earlier_one(influx: InfluxOne) -> None:
    first = lines_of(exceeded(final=False))
    second = lines_of(silent(revision=2))
    influx.write([*first, *second])
    (row,) = influx.rows('SELECT * FROM "finding"')
    _, fields, _ = _parsed(second[0])
    assert {name: float(value.rstrip("i")) for name, value in fields.items()} == {
        name: row[name] for name in fields
    }


def _parsed(line: str) -> tuple[dict[str, str], dict[str, str], str]:
    """A line taken apart by the protocol's own rules: tags by name, fields by name, time."""
    series, fields, at = re.split(r"(?<!\\) ", line)
    measurement, *tags = re.split(r"(?<!\\),", series)
    found = {"": measurement}
    for tag in tags:
        name, value = re.split(r"(?<!\\)=", tag)
        found[name] = re.sub(r"\\([,= ])", r"\1", value)
    return found, dict(field.split("=") for field in fields.split(",")), at
