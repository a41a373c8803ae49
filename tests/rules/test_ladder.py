"""The ladder: what a permit may type of it, and what it does to alerts."""

from __future__ import annotations

from datetime import date
from fractions import Fraction
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.alerts import Step, episodes, is_clear, reminder_due, step_of
from rules.days import day_start
from rules.ladder import NONE_TYPED, USUAL, Ladder, Ladders, load_ladders
from rules.loading import Reader
from rules.model import AlertKind, Outcome, Problem
from rules.register import Register, load_register
from rules.terms import terms_of
from tests.cast import CATALOGUE, REGULATIONS, cast_register
from tests.rules.test_alerts import EXCEEDANCE, HOUR, LETTERS, NEAR, sequences, steps
from tests.rules.windows import COD, PH, day_finding, limit, readings, terms
from tolich.yamlfile import parse_yaml


def read(text: str) -> tuple[Ladders, list[str]]:
    """The ladder of a permit that says nothing else, and what is wrong with it."""
    problems: list[Problem] = []
    entry = Reader("r.yaml", "permits.P1", parse_yaml(text, "r.yaml"), problems)
    found = load_ladders(entry, CATALOGUE)
    return found, [f"{one.key}: {one.message}" for one in problems]


# --- what a permit may type -------------------------------------------------------------------


def test_a_permit_without_a_ladder_has_the_usual_one() -> None:
    assert read("{}") == (NONE_TYPED, [])
    assert NONE_TYPED.of("COD") == USUAL
    assert Ladder(Fraction(9, 10), 1, 2, Fraction(85, 100), 86400) == USUAL


def test_a_parameter_takes_what_it_does_not_say_from_the_permit() -> None:
    found, problems = read("""
ladder:
  clear: 3
  remind: 0
  parameters:
    COD: {hold: 2, near: 0.8}
    TSS: {near: 0.95, near_clear: 0.5, remind: 7200}
""")
    assert problems == []
    assert found.of("NH4") == Ladder(clear=3, remind=0)
    assert found.of("COD") == Ladder(Fraction(4, 5), 2, 3, Fraction(3, 4), 0)
    assert found.of("TSS") == Ladder(Fraction(19, 20), 1, 3, Fraction(1, 2), 7200)


def test_the_whole_limit_is_a_share_of_it() -> None:
    found, problems = read("ladder: {near: 1}")
    assert problems == []
    assert found.of("COD") == Ladder(near=Fraction(1), near_clear=Fraction(19, 20))


@pytest.mark.parametrize(
    ("ladder", "said"),
    [
        ("{near: 90}", "ladder.near: 90 is not a share of the limit: above 0, at most 1"),
        ("{near: 0.05}", "ladder.near: 0.05 would call almost everything near: 0.1 or more"),
        ("{near: high}", "ladder.near: expected a number"),
        ("{near_clear: 0.9}", "ladder.near_clear: 0.9 is not below near, 0.9: write a smaller"),
        ("{near: 0.7, near_clear: 0.8}", "ladder.near_clear: 0.8 is not below near, 0.7"),
        ("{near_clear: 0}", "ladder.near_clear: 0 is not a share of the limit"),
        ("{hold: 0}", "ladder.hold: 0 findings are none: write 1 or more"),
        ("{clear: -1}", "ladder.clear: -1 findings are none: write 1 or more"),
        ("{clear: 1.5}", "ladder.clear: expected a whole number"),
        ("{remind: 30}", "ladder.remind: 30 s: write 60 seconds or more, or 0 for no reminders"),
        ("{remind: -60}", "ladder.remind: -60 s: write 60 seconds or more"),
        ("{holds: 2}", "ladder.holds: unknown key; did you mean 'hold'?"),
        ("{parameters: {CODD: {hold: 2}}}", "parameters.CODD: unknown parameter 'CODD'; did you"),
        ("{parameters: {COD: {clera: 2}}}", "parameters.COD.clera: unknown key; did you mean"),
        ("{parameters: {COD: {parameters: {}}}}", "parameters.COD.parameters: unknown key"),
        ("{parameters: {pH: {near: 0.8}}}", "parameters.pH.near: pH is near by a margin to its"),
        ("{parameters: {pH: {near_clear: 0.8}}}", "parameters.pH.near_clear: pH is near by a"),
        ("[1, 2]", "ladder: expected a mapping of keys to values, found a list"),
    ],
)
def test_a_wrong_ladder_is_refused_with_the_remedy(ladder: str, said: str) -> None:
    _, problems = read(f"ladder: {ladder}")
    assert len(problems) == 1
    assert problems[0].startswith("permits.P1.ladder")
    assert said in problems[0]


def test_every_problem_of_a_ladder_is_named_at_once() -> None:
    _, problems = read("ladder: {hold: 0, remind: 1, nearr: 1, parameters: {X: {}}}")
    assert len(problems) == 4


def registered(ladder: dict[str, Any]) -> Register:
    raw = cast_register()
    raw["permits"]["gp-02b"]["ladder"] = ladder
    return load_register("r.yaml", raw, CATALOGUE, REGULATIONS)


def test_terms_and_register_have_the_ladder_of_the_day() -> None:
    register = registered({"parameters": {"COD": {"hold": 3}}})
    before, after = date(2026, 3, 10), date(2026, 3, 11)
    assert register.ladder("MAU02", "COD", before) == USUAL
    assert register.ladder("MAU02", "COD", after) == Ladder(hold=3)
    assert register.ladder("MAU02", "TSS", after) == USUAL
    assert register.ladder("nobody", "COD", after) == USUAL
    station = register.stations["MAU02"]
    for day, holds in ((before, [1, 1]), (after, [3, 1])):
        found = terms_of(station, day_start(day), register, REGULATIONS)
        assert [one.ladder.hold for one in found] == holds


def test_without_a_permit_the_ladder_is_the_usual_one() -> None:
    day = date(2025, 6, 1)
    register = registered({"hold": 5})
    assert register.permit("mau-02", day) is None
    assert register.ladder("MAU02", "COD", day) == USUAL
    (first, *_) = terms_of(register.stations["MAU02"], day_start(day), register, REGULATIONS)
    assert first.ladder == USUAL


# --- hold and clear ---------------------------------------------------------------------------


def spans(kind: AlertKind, letters: str, ladder: Ladder) -> list[tuple[int, int | None]]:
    """The episodes in hours; LETTERS says what a letter means."""
    return [
        (one.started_at // HOUR, None if one.ended_at is None else one.ended_at // HOUR)
        for one in episodes(kind, _bare(letters), ladder)
    ]


def _bare(letters: str) -> list[Step]:
    """Steps without ladders of their own."""
    return [step._replace(ladder=None) for step in steps(letters)]


@pytest.mark.parametrize(
    ("hold", "clear", "letters", "expected"),
    [
        pytest.param(2, 2, "E", [], id="one of two: not raised yet"),
        pytest.param(2, 2, "EE", [(0, None)], id="begins at the first of the two"),
        pytest.param(2, 2, "ECE", [], id="a clean one breaks the row"),
        pytest.param(2, 2, "ENE", [], id="so does a near one"),
        pytest.param(2, 2, "ECEE", [(2, None)], id="the row begins again"),
        pytest.param(2, 2, "E?E", [(0, None)], id="not assessable breaks no row"),
        pytest.param(2, 2, "E?", [], id="and does not count in it"),
        pytest.param(2, 2, "E??", [], id="however many of them"),
        pytest.param(2, 2, "E-E", [(0, None)], id="not applicable breaks no row"),
        pytest.param(2, 2, "E!C", [], id="contested holds nothing that was not raised"),
        pytest.param(2, 2, "E!EC", [(0, None)], id="but holds what was raised around it"),
        pytest.param(2, 2, "EECECC", [(0, 6)], id="raised, one exceedance goes on with it"),
        pytest.param(3, 1, "EEC", [], id="two of three"),
        pytest.param(3, 1, "EEEC", [(0, 4)], id="three of three, ended by one"),
        pytest.param(1, 1, "EC", [(0, 2)], id="one clean finding ends it"),
        pytest.param(1, 3, "ECC", [(0, None)], id="two of three do not end it"),
        pytest.param(1, 3, "EC?CN", [(0, 5)], id="three clean ones do, with a gap"),
        pytest.param(1, 3, "ECCECC", [(0, None)], id="an exceedance begins the count again"),
    ],
)
def test_exceedance(
    hold: int, clear: int, letters: str, expected: list[tuple[int, int | None]]
) -> None:
    assert spans(EXCEEDANCE, letters, Ladder(hold=hold, clear=clear)) == expected


@pytest.mark.parametrize(
    ("hold", "letters", "expected"),
    [
        pytest.param(2, "NE", [(0, None)], id="an exceedance that is held supersedes nothing"),
        pytest.param(2, "NEE", [(0, 1)], id="superseded from the first of the row"),
        pytest.param(2, "NE?E", [(0, 1)], id="not assessable breaks no row"),
        pytest.param(2, "NENE", [(0, None)], id="a near one breaks it"),
        pytest.param(2, "NEcE", [(0, None)], id="and a clean one"),
        pytest.param(2, "NEC", [(0, 3)], id="ended by a clear one as ever"),
        pytest.param(2, "N!EE", [(0, 2)], id="superseded even where it is held"),
        pytest.param(2, "NEEN", [(0, 1), (3, None)], id="near again afterwards"),
    ],
)
def test_near(hold: int, letters: str, expected: list[tuple[int, int | None]]) -> None:
    assert spans(NEAR, letters, Ladder(hold=hold)) == expected


def test_each_finding_is_taken_by_the_ladder_of_its_own_day() -> None:
    """A permit with another ladder begins between the second and the third finding."""
    early, late = Ladder(hold=3), Ladder(hold=1)
    given = [
        step._replace(ladder=early if number < 2 else late)
        for number, step in enumerate(steps("EEE"))
    ]
    assert episodes(EXCEEDANCE, given[:2]) == []
    assert [one.started_at for one in episodes(EXCEEDANCE, given)] == [0]
    assert episodes(EXCEEDANCE, given[:2], late) == []


ladders = st.builds(
    Ladder,
    near=st.just(Fraction(9, 10)),
    hold=st.integers(1, 4),
    clear=st.integers(1, 4),
)


@given(sequences, ladders)
def test_a_row_that_is_long_enough_raises_and_nothing_else(letters: str, ladder: Ladder) -> None:
    """Against a second reading of the rule, by rows of exceeding findings between clean ones."""
    assessable = [(number, letter) for number, letter in enumerate(letters) if letter in "ENcC"]
    longest = row = 0
    for _, letter in assessable:
        row = row + 1 if letter == "E" else 0
        longest = max(longest, row)
    assert bool(spans(EXCEEDANCE, letters, ladder)) is (longest >= ladder.hold)


@given(sequences, ladders)
def test_what_cannot_be_assessed_may_stand_anywhere(letters: str, ladder: Ladder) -> None:
    """Only what is contested holds an alert that stands; the rest neither raises nor ends."""
    every = _bare(letters)
    without = [s for s in every if s.outcome is not Outcome.NOT_ASSESSABLE or s.contested]
    for kind in (EXCEEDANCE, NEAR):
        assert episodes(kind, without, ladder) == episodes(kind, every, ladder)


@given(sequences)
def test_the_usual_ladder_is_one_to_raise_and_two_to_end(letters: str) -> None:
    """The life cycle without a ladder, written down once more."""
    wanted: list[list[int | None]] = []
    clean, held = 0, False
    for number, letter in enumerate(letters):
        active = bool(wanted) and wanted[-1][1] is None
        if letter == "E" and not active:
            wanted.append([number, None])
            held = False
        if letter == "E":
            clean = 0
        elif active and letter == "!":
            held = True
        elif active and letter in "NcC" and not held:
            clean += 1
            if clean == 2:
                wanted[-1][1] = number + 1
    assert spans(EXCEEDANCE, letters, USUAL) == [(start, end) for start, end in wanted]


@given(sequences, ladders)
def test_a_longer_hold_only_takes_alerts_away(letters: str, ladder: Ladder) -> None:
    """And those that stay begin where the shorter hold lets one begin, or inside of one."""
    longer = Ladder(hold=ladder.hold + 1, clear=ladder.clear)
    few, many = spans(EXCEEDANCE, letters, longer), spans(EXCEEDANCE, letters, ladder)
    for start, _ in few:
        assert any(begin <= start and (end is None or start < end) for begin, end in many)
    assert len(few) <= len(many)


@given(sequences, ladders)
def test_episodes_with_a_ladder_follow_one_another(letters: str, ladder: Ladder) -> None:
    for kind in (EXCEEDANCE, NEAR):
        found = episodes(kind, _bare(letters), ladder)
        for one, following in pairwise(found):
            assert one.ended_at is not None
            assert one.started_at < one.ended_at <= following.started_at
    assert set(letters) <= set(LETTERS)


# --- near, and reminders ----------------------------------------------------------------------


@pytest.mark.parametrize(("value", "clear"), [(1049, True), (1050, False), (1051, False)])
def test_near_ends_below_the_share_of_the_ladder(value: int, clear: bool) -> None:
    of = terms()
    found = day_finding(of, readings(of, [value] * 288))
    ladder = Ladder(near=Fraction(4, 5), near_clear=Fraction(7, 10))
    assert step_of(found, COD, ladder).clear is clear
    assert step_of(found, COD, ladder).ladder is ladder


def test_the_margin_of_a_ph_is_not_a_share() -> None:
    inside = limit("9", "5.5")
    assert is_clear(Fraction(870), inside, PH, Fraction(1, 10))
    assert not is_clear(Fraction(871), inside, PH, Fraction(1))


@pytest.mark.parametrize(
    ("ended", "last", "now", "every", "due"),
    [
        (None, 0, 86399, 86400, False),
        (None, 0, 86400, 86400, True),
        (None, 0, 10 * 86400, 86400, True),
        (None, 9 * 86400, 10 * 86400 - 1, 86400, False),
        (None, 0, 10 * 86400, 0, False),
        (86400, 0, 10 * 86400, 86400, False),
    ],
)
def test_a_reminder_is_due(ended: int | None, last: int, now: int, every: int, due: bool) -> None:
    assert reminder_due(ended, last, now, every) is due
