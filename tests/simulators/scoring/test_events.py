from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from rules import model
from rules.model import Status
from simulators.scoring.events import Event, events_of, group_recall, kind_scores
from simulators.scoring.seen import Missed, Refusal, Seen
from tests.simulators.scoring.stage import (
    CHECKS,
    HOUR,
    TABLE,
    alert,
    at,
    interval,
    readings,
    seen,
    truth,
)


def events(said: Seen, *rows: dict[str, object]) -> list[Event]:
    return events_of(truth(*rows), said, TABLE, CHECKS)


def raised(hour: float, by: float) -> Seen:
    """Readings with one that stands out, and is flagged as a spike."""
    own = readings(tests={hour: model.Test.SPIKE})
    own.value[own.at == at(hour)] += by
    return seen(own)


def test_evidence_within_the_trouble_finds_it_and_tells_how_soon() -> None:
    (found,) = events(raised(10.25, 80), interval("spike_large", 10, 0.5))
    assert found.below is None
    assert found.latency == HOUR // 4
    assert found.taken_for == ("spike",)


@pytest.mark.parametrize(("hour", "hit"), [(9.9, False), (12.5, True), (13, False)])
def test_evidence_counts_from_its_start_until_the_grace_after_its_end(
    hour: float, hit: bool
) -> None:
    (found,) = events(raised(hour, 80), interval("spike_large", 10, 0.75))
    assert (found.known is not None) == hit


def test_evidence_of_another_kind_channel_or_station_does_not_find_it() -> None:
    rows = [
        interval("flagged", 10, 1),
        interval("spike_large", 10, 0.5, "TSS"),
        interval("spike_large", 10, 0.5, station="S1"),
    ]
    found = events(raised(10.25, 80), *rows)
    assert [one.known for one in found] == [None] * 3
    assert found[0].taken_for == ("spike",)  # but it is said what it was taken for


def test_a_spike_that_stays_within_its_tests_threshold_is_not_asked_for() -> None:
    low, high = raised(10.25, 5), raised(10.25, 9.5)  # six deviations of two steps of 0.5: 8.9
    assert events(low, interval("spike_small", 10, 0.5))[0].below == "lower than its test"
    assert events(high, interval("spike_small", 10, 0.5))[0].below is None


def test_what_was_never_sent_is_not_asked_for() -> None:
    own = readings()
    own.status[:] = Status.FAULT
    (found,) = events(seen(own), interval("stuck", 10, 8))
    assert found.below == "nothing measured was sent"


@pytest.mark.parametrize(
    ("hours", "level", "below"),
    [
        (2.9, 50, "shorter than its test"),
        (3.5, 50, None),
        (3.5, 1.0, "held where repeating is honest"),
    ],
)
def test_a_held_value_is_asked_for_once_its_flat_line_is_due(
    hours: float, level: float, below: str | None
) -> None:
    assert events(seen(readings(level=level)), interval("stuck", 10, hours))[0].below == below


def test_hours_that_lack_readings_are_dated_by_their_start() -> None:
    said = Seen(missed=[Missed("S0", "COD", at(10))])
    inside, before = events(said, interval("gap", 10.5, 1), interval("gap", 11.5, 1))
    assert inside.known == at(11) + 600
    assert before.known is None


def test_a_silence_of_the_whole_station_is_evidence_for_each_of_its_channels() -> None:
    said = Seen(alerts=[alert("silence", 9.9, known=10.1, channel=None)])
    found = events(said, interval("gap", 10, 2), interval("outage", 10, 2, None, layer="transport"))
    assert [one.latency for one in found] == [360, 360]


def test_rejections_and_instruments_are_evidence() -> None:
    said = Seen(
        alerts=[alert("instrument", 10, known=15, subject="fault")],
        refusals=[Refusal("S0", "not_json", at(20.5)), Refusal(None, "topic_unknown", at(10))],
    )
    flagged, cut = events(
        said, interval("flagged", 10, 8), interval("truncated", 20, 1, None, layer="transport")
    )
    assert (flagged.latency, cut.latency) == (5 * HOUR, HOUR // 2)


def test_status_is_evidence_though_nothing_is_tested() -> None:
    own = readings()
    own.status[own.at == at(11)] = Status.CALIBRATING
    (found,) = events(seen(own), interval("maintenance", 10, 2))
    assert found.taken_for == ("calibrating",)
    assert found.known == at(11)


def test_kinds_are_summed_up_with_their_latency_and_what_they_were_taken_for() -> None:
    own = readings(
        tests={10: model.Test.SPIKE, 20.5: model.Test.SPIKE, 30: model.Test.RATE_OF_CHANGE}
    )
    own.value[np.isin(own.at, [at(10), at(20.5), at(30), at(40)])] += 80
    rows = [interval("spike_large", hour, 0.5, leigh="A") for hour in (10, 20, 30, 40)]
    (found,) = kind_scores(events(seen(own), *rows))
    assert (found.all.found, found.all.events, found.leigh) == (3, 4, "A")
    assert found.latency == 0
    assert found.latency_p90 == pytest.approx(0.8 * HOUR / 2)
    assert found.taken_for == {"nothing": 1, "rate_of_change": 1, "spike": 2}


def test_an_acceptance_figure_counts_only_what_its_test_can_see() -> None:
    said = raised(10.25, 80)
    own = said.readings["S0", "COD"]
    rows = [interval("spike_large", 10, 0.5), interval("spike_small", 30, 0.5)]
    groups = group_recall(events(said, *rows), TABLE)
    assert (groups["spike"].found, groups["spike"].events) == (1, 1)
    assert groups["missing"].share is None
    said.readings["S0", "COD"] = replace(own, value=own.value + 80 * (own.at == at(30.25)))
    groups = group_recall(events(said, *rows), TABLE)
    assert (groups["spike"].found, groups["spike"].events) == (1, 2)
