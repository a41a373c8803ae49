"""The life cycle of alerts: tables of each machine, then what holds for any findings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.alerts import (
    DERIVED,
    Difference,
    Episode,
    Recorded,
    Step,
    episodes,
    is_clear,
    reconcile,
    severity_of,
    step_of,
)
from rules.model import AlertKind, Change, Outcome, Reason, Severity
from tests.rules.windows import COD, MONDAY, PH, day_finding, limit, readings, terms

HOUR = 3600
EXCEEDANCE, NEAR, INTEGRITY = AlertKind.EXCEEDANCE, AlertKind.NEAR, AlertKind.INTEGRITY

# A finding a letter: E exceeded, N near, c compliant (but not below 85 %), C compliant and
# clear, ? not assessable, ! contested, - not applicable. One finding an hour.
LETTERS = {
    "E": (Outcome.EXCEEDED, False, False),
    "N": (Outcome.NEAR, False, False),
    "c": (Outcome.COMPLIANT, False, False),
    "C": (Outcome.COMPLIANT, False, True),
    "?": (Outcome.NOT_ASSESSABLE, False, False),
    "!": (Outcome.NOT_ASSESSABLE, True, False),
    "-": (Outcome.NOT_APPLICABLE, False, False),
}


def steps(letters: str) -> list[Step]:
    return [
        Step(number * HOUR, (number + 1) * HOUR, *LETTERS[letter])
        for number, letter in enumerate(letters)
    ]


def intervals(kind: AlertKind, letters: str) -> list[tuple[int, int | None]]:
    """The episodes in hours."""
    return [
        (one.started_at // HOUR, None if one.ended_at is None else one.ended_at // HOUR)
        for one in episodes(kind, steps(letters))
    ]


# --- the machines -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("letters", "expected"),
    [
        pytest.param("", [], id="no findings"),
        pytest.param("CNc?-!", [], id="nothing exceeded"),
        pytest.param("E", [(0, None)], id="one exceedance"),
        pytest.param("CCE", [(2, None)], id="begins where the exceedance does"),
        pytest.param("EC", [(0, None)], id="one clean finding does not end it"),
        pytest.param("ECC", [(0, 3)], id="two clean findings end it"),
        pytest.param("ENN", [(0, 3)], id="near is at or below the limit, so clean"),
        pytest.param("ENc", [(0, 3)], id="near, then within"),
        pytest.param("ECEC", [(0, None)], id="an exceedance begins the count again"),
        pytest.param("ECECC", [(0, 5)], id="and two more end it"),
        pytest.param("EEEE", [(0, None)], id="it goes on"),
        pytest.param("E????", [(0, None)], id="not assessable does not end it"),
        pytest.param("EC?C", [(0, 4)], id="not assessable does not begin the count again"),
        pytest.param("E--", [(0, None)], id="not applicable does not end it"),
        pytest.param("EC-C", [(0, 4)], id="not applicable does not begin the count again"),
        pytest.param("EECCCCE", [(0, 4), (6, None)], id="a second episode"),
        pytest.param("ECCECC", [(0, 3), (3, 6)], id="one after the other"),
        pytest.param("E!CCCC", [(0, None)], id="contested holds"),
        pytest.param("EC!C", [(0, None)], id="contested holds between two clean ones"),
        pytest.param("!ECC", [(1, 4)], id="contested before it began holds nothing"),
        pytest.param("ECC!E", [(0, 3), (4, None)], id="contested after it ended holds nothing"),
    ],
)
def test_exceedance(letters: str, expected: list[tuple[int, int | None]]) -> None:
    assert intervals(EXCEEDANCE, letters) == expected


@pytest.mark.parametrize(
    ("letters", "expected"),
    [
        pytest.param("", [], id="no findings"),
        pytest.param("CEc?-!", [], id="nothing near"),
        pytest.param("N", [(0, None)], id="one near"),
        pytest.param("NNN", [(0, None)], id="it goes on"),
        pytest.param("Nc", [(0, None)], id="below 90 % but not below 85 %"),
        pytest.param("NcNc", [(0, None)], id="to and fro between 85 % and 90 %"),
        pytest.param("NC", [(0, 2)], id="below 85 % ends it at once"),
        pytest.param("NE", [(0, 1)], id="superseded where the exceedance begins"),
        pytest.param("NEN", [(0, 1), (2, None)], id="near again after the exceedance"),
        pytest.param("N?-", [(0, None)], id="not assessable, not applicable: neither ends it"),
        pytest.param("N!C", [(0, None)], id="contested holds"),
        pytest.param("N!E", [(0, 2)], id="an exceedance supersedes even what is held"),
        pytest.param("NCN", [(0, 2), (2, None)], id="a second episode"),
    ],
)
def test_near(letters: str, expected: list[tuple[int, int | None]]) -> None:
    assert intervals(NEAR, letters) == expected


@pytest.mark.parametrize(
    ("letters", "expected"),
    [
        pytest.param("ENCc?-", [], id="nothing contested"),
        pytest.param("C!", [(1, None)], id="a contested finding"),
        pytest.param("!CCCCE", [(0, None)], id="no finding ends it, an officer does"),
        pytest.param("!C!", [(0, None)], id="one interval while it is open"),
    ],
)
def test_integrity(letters: str, expected: list[tuple[int, int | None]]) -> None:
    assert intervals(INTEGRITY, letters) == expected


@pytest.mark.parametrize(
    ("kind", "period", "severity"),
    [
        (NEAR, "hour", Severity.INFO),
        (NEAR, "day", Severity.INFO),
        (EXCEEDANCE, "hour", Severity.WARNING),
        (EXCEEDANCE, "day", Severity.CRITICAL),
        (INTEGRITY, "hour", Severity.MAJOR),
    ],
)
def test_how_much_an_alert_matters(kind: AlertKind, period: str, severity: Severity) -> None:
    assert severity_of(kind, period) is severity


def test_the_hour_is_for_an_officer_where_the_permit_binds_the_hour() -> None:
    assert severity_of(EXCEEDANCE, "hour", "hour") is Severity.CRITICAL
    assert severity_of(EXCEEDANCE, "day", "hour") is Severity.CRITICAL
    assert severity_of(EXCEEDANCE, "quarter", "hour") is Severity.WARNING


# --- from a finding to a step -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "near", "clear"),
    [
        pytest.param(1350, True, False, id="90 %"),
        pytest.param(1349, False, False, id="one quantum below 90 %"),
        pytest.param(1275, False, False, id="exactly 85 %"),
        pytest.param(1274, False, True, id="one quantum below 85 %"),
    ],
)
def test_near_ends_below_85_percent(value: int, near: bool, clear: bool) -> None:
    of = terms()
    step = step_of(day_finding(of, readings(of, [value] * 288)), COD)
    assert (step.outcome is Outcome.NEAR, step.clear, step.contested) == (near, clear, False)


@pytest.mark.parametrize(
    ("mean", "clear"), [(579, False), (580, True), (870, True), (871, False), (1000, False)]
)
def test_near_of_ph_ends_three_tenths_inside(mean: int, clear: bool) -> None:
    assert is_clear(Fraction(mean), limit("9", "5.5"), PH) is clear


def test_a_low_mean_of_an_open_period_is_not_clear() -> None:
    of = terms()
    found = day_finding(of, readings(of, [1000] * 100), MONDAY + 100 * 300)
    assert (found.outcome, found.mean) == (Outcome.NOT_ASSESSABLE, Fraction(1000))
    assert is_clear(found.mean, found.limit, COD)
    assert not step_of(found, COD).clear


def test_without_a_limit_or_a_mean_nothing_is_clear() -> None:
    assert not is_clear(None, limit("150"), COD)
    assert not is_clear(Fraction(0), None, COD)


def test_the_step_of_a_contested_finding() -> None:
    of = terms()
    found = day_finding(of, [*readings(of, [1500] * 288), *readings(of, [1600])])
    assert found.reason is Reason.CONTESTED
    assert step_of(found, COD).contested
    settled = replace(found, reason=Reason.INSUFFICIENT_DATA)
    assert not step_of(settled, COD).contested


def test_a_clean_but_high_limit_is_compared_exactly() -> None:
    tall = limit("74.25")  # 85 % are 63.1125, or 631.125 quanta
    assert is_clear(Fraction(631125, 1000) - Fraction(1, 10**9), tall, COD)
    assert not is_clear(Fraction(631125, 1000), tall, COD)
    assert COD.quanta(Decimal("63.1125")) == Fraction(631125, 1000)


# --- what holds for any findings --------------------------------------------------------------

sequences = st.text(alphabet="".join(LETTERS), max_size=40)
kinds = st.sampled_from(DERIVED)


@given(kinds, sequences)
def test_episodes_follow_one_another(kind: AlertKind, letters: str) -> None:
    found = episodes(kind, steps(letters))
    for one, following in pairwise(found):
        assert one.ended_at is not None
        assert one.started_at < one.ended_at <= following.started_at
    raising = {EXCEEDANCE: "E", NEAR: "N", INTEGRITY: "!"}[kind]
    starts = {one.started_at // HOUR for one in found}
    assert {letters[start] for start in starts} <= {raising}
    assert bool(found) is (raising in letters)
    assert all(one.finding == one.started_at for one in found)


@given(kinds, sequences)
def test_what_cannot_be_assessed_moves_no_start(kind: AlertKind, letters: str) -> None:
    found = episodes(kind, steps(letters))
    known = [step for step, letter in zip(steps(letters), letters, strict=True) if letter != "?"]
    assert episodes(kind, known) == found


@given(sequences, sequences)
def test_findings_before_the_last_clean_state_do_not_matter(before: str, after: str) -> None:
    """So an interval may be derived again from any instant at which none was active."""
    earlier = episodes(EXCEEDANCE, steps(before))
    if earlier and earlier[-1].ended_at is None:
        return
    shift = len(before) * HOUR
    alone = [
        (one.started_at + shift, None if one.ended_at is None else one.ended_at + shift)
        for one in episodes(EXCEEDANCE, steps(after))
    ]
    whole = [(one.started_at, one.ended_at) for one in episodes(EXCEEDANCE, steps(before + after))]
    assert whole == [(one.started_at, one.ended_at) for one in earlier] + alone


# --- what is derived beside what is on record -------------------------------------------------


def ep(start: int, end: int | None = None) -> Episode:
    return Episode(start, end)


@pytest.mark.parametrize(
    ("recorded", "derived", "differences"),
    [
        pytest.param([], [], [], id="nothing"),
        pytest.param([(0, None)], [(0, None)], [], id="equal"),
        pytest.param([(0, 5), (7, None)], [(0, 5), (7, None)], [], id="two equal ones"),
        pytest.param([], [(3, None)], [(None, (3, None), "raised", None)], id="raised"),
        pytest.param([(0, None)], [(0, 4)], [(1, (0, 4), "ended", None)], id="ended"),
        pytest.param([(0, 4)], [(0, None)], [(1, (0, None), "reopened", None)], id="reopened"),
        pytest.param([(0, 4)], [(0, 6)], [(1, (0, 6), "amended", None)], id="ended later"),
        pytest.param([(3, 6)], [(1, 6)], [(1, (1, 6), "amended", None)], id="began earlier"),
        pytest.param(
            [(3, None)], [(1, 6)], [(1, (1, 6), "amended", None)], id="began earlier, and ended"
        ),
        pytest.param([(3, 6)], [], [(1, None, "withdrawn", None)], id="withdrawn"),
        pytest.param(
            [(0, 2), (4, 6)],
            [(0, 6)],
            [(1, (0, 6), "amended", None), (2, None, "withdrawn", 1)],
            id="merged: the oldest survives",
        ),
        pytest.param(
            [(0, 6)],
            [(0, 2), (4, 6)],
            [(1, (0, 2), "amended", None), (None, (4, 6), "raised", None)],
            id="split: the earliest keeps the id",
        ),
        pytest.param(
            [(0, 5)],
            [(5, 9)],
            [(None, (5, 9), "raised", None), (1, None, "withdrawn", None)],
            id="touching is not overlapping",
        ),
        pytest.param(
            [(0, 3), (4, 9)],
            [(0, 5), (7, 9)],
            [(1, (0, 5), "amended", None), (2, (7, 9), "amended", None)],
            id="one grows into its neighbour, which lives on",
        ),
        pytest.param(
            [(0, None)],
            [(0, 2), (6, None)],
            [(1, (0, 2), "ended", None), (None, (6, None), "raised", None)],
            id="ended, and a new one",
        ),
    ],
)
def test_differences(
    recorded: Sequence[tuple[int, int | None]],
    derived: Sequence[tuple[int, int | None]],
    differences: Sequence[tuple[int | None, tuple[int, int | None] | None, str, int | None]],
) -> None:
    alerts = [Recorded(number, *span) for number, span in enumerate(recorded, start=1)]
    wanted = [
        Difference(key, None if span is None else ep(*span), Change(change), into)
        for key, span, change, into in differences
    ]
    assert reconcile(alerts, [ep(*span) for span in derived]) == wanted


def test_age_is_the_id_and_not_the_start() -> None:
    """An alert raised late about an earlier time is younger than one that stood already."""
    alerts = [Recorded(7, 4, 6), Recorded(9, 0, 2)]
    found = reconcile(alerts, [ep(0, 6)])
    assert found == [
        Difference(7, ep(0, 6), Change.AMENDED),
        Difference(9, None, Change.WITHDRAWN, 7),
    ]


@st.composite
def spans(draw: st.DrawFn) -> list[Episode]:
    """Intervals that do not overlap, in order of time; the last may be open."""
    edges = sorted(draw(st.sets(st.integers(0, 30), max_size=10)))
    found = [ep(start, end) for start, end in zip(edges[::2], edges[1::2], strict=False)]
    if len(edges) % 2:
        found.append(ep(edges[-1]))
    return found


@st.composite
def records(draw: st.DrawFn) -> list[Recorded]:
    """What an earlier derivation left on record; ids in any order of age."""
    earlier = draw(spans())
    ids = draw(st.permutations(range(1, len(earlier) + 1)))
    return [Recorded(n, e.started_at, e.ended_at) for n, e in zip(ids, earlier, strict=True)]


def overlap(alert: Recorded, episode: Episode) -> bool:
    ends = [end for end in (alert.ended_at, episode.ended_at) if end is not None]
    return max(alert.started_at, episode.started_at) < min(ends, default=10**9)


def applied(recorded: Sequence[Recorded], differences: Sequence[Difference]) -> dict[int, Episode]:
    """The alerts on record after the differences, by id; new ones get ids from 100 on."""
    after = {alert.id: ep(alert.started_at, alert.ended_at) for alert in recorded}
    for number, difference in enumerate(differences, start=100):
        if difference.episode is None:
            assert difference.change is Change.WITHDRAWN
            assert difference.id is not None
            del after[difference.id]
        else:
            after[difference.id or number] = difference.episode
    return after


@given(records(), spans())
def test_afterwards_the_record_equals_what_is_derived(
    recorded: list[Recorded], derived: list[Episode]
) -> None:
    after = applied(recorded, reconcile(recorded, derived))
    assert sorted(after.values(), key=lambda e: e.started_at) == derived
    left = [Recorded(n, e.started_at, e.ended_at) for n, e in after.items()]
    assert reconcile(left, derived) == []


@given(records(), spans())
def test_each_alert_is_changed_at_most_once_and_only_when_it_differs(
    recorded: list[Recorded], derived: list[Episode]
) -> None:
    differences = reconcile(recorded, derived)
    touched = [difference.id for difference in differences if difference.id is not None]
    assert len(touched) == len(set(touched))
    before = {alert.id: ep(alert.started_at, alert.ended_at) for alert in recorded}
    for difference in differences:
        assert difference.id is None or before[difference.id] != difference.episode


@given(records(), spans())
def test_who_survives(recorded: list[Recorded], derived: list[Episode]) -> None:
    differences = reconcile(recorded, derived)
    after = applied(recorded, differences)
    old = {alert.id: alert for alert in recorded}
    into = {d.id: d.merged_into for d in differences if d.merged_into is not None}
    for key, episode in after.items():
        assert key >= 100 or overlap(old[key], episode)  # an id never moves to other trouble
        if key >= 100:  # new only where no alert on record could have kept its id
            rivals = [a.id for a in recorded if overlap(a, episode)]
            assert all(after.get(rival, episode) != episode for rival in rivals)
    for gone, survivor in into.items():
        assert gone is not None
        assert survivor < gone
        assert overlap(old[gone], after[survivor])
    for alert in recorded:
        if alert.id not in after:
            touches = any(overlap(alert, episode) for episode in derived)
            assert touches is (alert.id in into)
