from __future__ import annotations

import json

import pytest

from simulators.scoring.truth import BadTruth, read_truth
from tests.simulators.scoring.stage import DAY, START, daily, interval, scenario, truth


def test_a_log_is_read_whole_and_its_intervals_come_in_order() -> None:
    found = truth(
        interval("stuck", 5, 8, "pH", leigh="B", effect={"max_abs": 0.4}),
        interval("outage", 1, 2, None, layer="transport"),
        daily(1, 71.3, False, limit=(None, 75)),
        days=3,
    )
    assert (found.name, found.start, found.end) == ("by hand", START, START + 3 * DAY)
    assert [one.kind for one in found.intervals] == ["outage", "stuck"]
    assert found.intervals[1].effect == {"max_abs": 0.4}
    assert found.days[0].day == START + DAY
    assert (found.days[0].low, found.days[0].high) == (None, 75)
    assert found.intervals[0].concerns("COD")
    assert not found.intervals[1].concerns("COD")


def test_both_ends_of_a_range_are_known() -> None:
    found = truth(daily(0, 7.1, False, limit=(6, 9), channel="pH"))
    assert (found.days[0].low, found.days[0].high) == (6, 9)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"t0": "yesterday"}, "line 2: t0 is no RFC 3339 time: 'yesterday'"),
        ({"layer": "sensors"}, "line 2: layer is 'sensors'; did you mean 'sensor'?"),
        ({"type": "intervall"}, "line 2: type is 'intervall'; did you mean 'interval'?"),
        ({"station": 7}, "line 2: station must be a text"),
        ({"t0": "2026-03-02"}, "line 2: t0 is no RFC 3339 time: '2026-03-02'"),
        ({"t1": "2026-03-01T00:00:00+07:00"}, "line 2: t1 lies before t0"),
    ],
)
def test_a_row_that_is_wrong_is_named_with_its_line(change: dict[str, object], said: str) -> None:
    row = interval("stuck", 5, 8) | change
    with pytest.raises(BadTruth) as caught:
        read_truth([json.dumps(scenario()), json.dumps(row)], "t.jsonl")
    assert said in str(caught.value)
    assert str(caught.value).startswith("t.jsonl")


def test_a_file_of_something_else_is_not_taken_for_a_log() -> None:
    with pytest.raises(BadTruth, match="no row of type 'scenario'"):
        read_truth([json.dumps(daily(0, 1.0, False))])
    with pytest.raises(BadTruth, match="line 1: not JSON"):
        read_truth(["topic,payload"])
