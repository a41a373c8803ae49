"""Every quality check at its boundaries, against its plain twin, and local as promised."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rules import quality
from rules.checks import (
    NO_CHECKS,
    AtMost,
    AttenuatedSignal,
    Balance,
    Checks,
    FlatLine,
    Gap,
    RateOfChange,
    Spike,
)
from rules.lines import Lines, Marks
from rules.model import Parameter, Series
from rules.model import Test as Bit  # pytest would collect a class named Test
from rules.quality import check
from tests.rules.plain import Said, said_of
from tests.rules.windows import MONDAY, parameter

SUSPECT, FAIL, UNKNOWN, GOOD = "suspect", "fail", "not_evaluated", "good"


COD, TENTHS = Series("MAU01", "COD"), parameter()


@dataclass(frozen=True)
class Line:
    """A line's plan: five-minute readings from 0 to 1,000 in tenths."""

    checks: Checks
    series: Series = COD
    parameter: Parameter = TENTHS
    interval: int = 300
    stamp_ends: bool = False
    low: int = 0
    high: int = 10000


Values = Mapping[int, int]


def run(*lines: tuple[Line, Values]) -> list[dict[int, Said]]:
    """What is said of every reading, line by line."""
    rows = [
        (number, at, value)
        for number, (_, values) in enumerate(lines)
        for at, value in sorted(values.items())
    ]
    line, at, value = (np.array(rows, np.int64).reshape(-1, 3)[:, i].copy() for i in range(3))
    marks = check(Lines.of([plan for plan, _ in lines]), line, at, value)
    found: list[dict[int, Said]] = [{} for _ in lines]
    for place, (number, moment, _) in enumerate(rows):
        found[number][moment] = _said(marks, place)
    return found


def _said(marks: Marks, place: int) -> Said:
    columns = (marks.fail, marks.suspect, marks.unevaluated)
    fail, suspect, unevaluated = (Bit(int(column[place])) for column in columns)
    return fail, suspect, unevaluated


def every(interval: int, values: Iterable[int | None], start: int = MONDAY) -> dict[int, int]:
    """One reading a slot; None leaves a slot empty."""
    return {
        start + slot * interval: value for slot, value in enumerate(values) if value is not None
    }


def words(line: Line, values: Values, test: Bit) -> list[str]:
    """What one test says of each reading, in their order."""
    return [_word(one, test) for one in run((line, values))[0].values()]


def _word(said: Said, test: Bit) -> str:
    named = [
        name for name, tests in zip((FAIL, SUSPECT, UNKNOWN), said, strict=True) if test in tests
    ]
    assert len(named) < 2
    return named[0] if named else GOOD


RATE = Line(Checks(Decimal("0.1"), rate_of_change=RateOfChange(Decimal(5), 300)))


@pytest.mark.parametrize("seconds, change, word", [
    (300, 50, GOOD), (300, 51, SUSPECT), (300, -50, GOOD), (300, -51, SUSPECT),
    (1200, 100, GOOD), (1200, 101, SUSPECT),  # four times as long: twice as much
    (600, 70, GOOD), (600, 71, SUSPECT),  # 50 x sqrt 2 = 70.7
    (75, 25, GOOD), (75, 26, SUSPECT), (1, 2, GOOD), (1, 3, SUSPECT),  # 2.89
    (3600, 173, GOOD), (3600, 174, SUSPECT), (3601, 9000, UNKNOWN),
])  # fmt: skip
def test_a_change_is_measured_against_the_root_of_its_time(
    seconds: int, change: int, word: str
) -> None:
    values = {MONDAY: 1000, MONDAY + seconds: 1000 + change}
    assert words(RATE, values, Bit.RATE_OF_CHANGE) == [UNKNOWN, word]


SPIKE = Line(Checks(Decimal("0.1"), spike=Spike(6, 12)))
CALM = [100, 101, 99, 100, 101, 99, 100, 101, 99, 100]
"""MAD 1 quantum, so the floor of two steps decides: 6 x 1.4826 x 2 = 17.79, 12: 35.58."""


@pytest.mark.parametrize("value, after, word", [
    (117, [100, 100], GOOD), (118, [100, 100], SUSPECT), (82, [100, 100], SUSPECT),
    (135, [100, 100], SUSPECT), (136, [100, 100], FAIL), (64, [100, 100], FAIL),
    (136, [136, 117], FAIL),  # the second of the next two has come back
    (136, [136, 118], SUSPECT),  # neither has: a step that lasts is not failed
    (9000, [9000, 9000], SUSPECT),
    (9000, [], SUSPECT),  # not yet: the later readings have not come
    (9000, [None, 100], FAIL), (9000, [None, None, 100], SUSPECT),  # two slots, not two readings
])  # fmt: skip
def test_a_spike_fails_only_when_the_value_has_come_back(
    value: int, after: list[int | None], word: str
) -> None:
    assert words(SPIKE, every(300, [*CALM, value, *after]), Bit.SPIKE)[10] == word


def test_half_a_window_that_rises_does_not_hide_a_spike() -> None:
    rising = every(300, [*[100] * 5, *[130] * 5, 140, 100, 100])  # seven of thirteen are 100
    assert words(SPIKE, rising, Bit.SPIKE)[10] == FAIL


def test_a_noisy_series_may_move_further() -> None:
    noisy = [100 + 10 * (slot % 5 - 2) for slot in range(10)]  # MAD 10: 6 MAD are 88.96
    assert words(SPIKE, every(300, [*noisy, 188, 100, 100]), Bit.SPIKE)[10] == GOOD
    assert words(SPIKE, every(300, [*noisy, 189, 100, 100]), Bit.SPIKE)[10] == SUSPECT


def test_known_noise_is_the_floor_where_it_is_more_than_two_steps() -> None:
    noisy = Line(Checks(Decimal("0.1"), spike=Spike(6, 12, Decimal("0.5"))))  # 44.48
    assert words(noisy, every(300, [*CALM, 144, 100, 100]), Bit.SPIKE)[10] == GOOD
    assert words(noisy, every(300, [*CALM, 145, 100, 100]), Bit.SPIKE)[10] == SUSPECT


def test_a_lasting_step_is_never_failed() -> None:
    found = words(SPIKE, every(300, [*CALM, *[5000] * 20]), Bit.SPIKE)
    assert FAIL not in found
    assert found[10:16] == [SUSPECT] * 4 + [GOOD] * 2


def test_six_readings_are_too_few_to_tell_a_spike() -> None:
    assert words(SPIKE, every(300, [100] * 6), Bit.SPIKE) == [UNKNOWN] * 6
    assert words(SPIKE, every(300, [100] * 7), Bit.SPIKE) == [UNKNOWN] * 4 + [GOOD] * 3
    spread = every(300, [100, *[None] * 24, *[100] * 6])
    assert words(SPIKE, spread, Bit.SPIKE)[-1] == GOOD
    assert words(SPIKE, every(300, [100, *[None] * 25, *[100] * 6]), Bit.SPIKE)[-1] == UNKNOWN


@pytest.mark.parametrize("off, word", [
    (7413, GOOD), (7414, SUSPECT), (14826, SUSPECT), (14827, FAIL),
])  # fmt: skip
def test_a_spike_at_its_threshold_is_none(off: int, word: str) -> None:
    exact = Line(Checks(Decimal("0.1"), spike=Spike(4, 8, Decimal(125))))  # 4 x 1.4826 x 1250
    assert words(exact, every(300, [*[100] * 8, 100 + off, 100, 100]), Bit.SPIKE)[8] == word


@pytest.mark.parametrize("refresh, interval, held, found", [
    (900, 300, 2, [FAIL] * 2), (900, 300, 3, [SUSPECT] * 3),
    (600, 300, 1, [FAIL]), (600, 300, 2, [SUSPECT] * 2),
    (900, 600, 1, [FAIL]), (900, 600, 2, [SUSPECT] * 2),  # a cycle and a half: two slots
    (599, 300, 2, [FAIL] * 2),  # measures at once: nothing is held
])  # fmt: skip
def test_what_an_analyser_held_for_its_cycle_was_measured(
    refresh: int, interval: int, held: int, found: list[str]
) -> None:
    batch = replace(SPIKE, parameter=replace(TENTHS, refresh=refresh), interval=interval)
    values = every(interval, [*[100] * 10, *[9000] * held, 100, 100])
    assert words(batch, values, Bit.SPIKE)[10 : 10 + held] == found


FLAT = Line(Checks(Decimal(1), flat_line=FlatLine(3600, 7200, Decimal(0))))


def test_a_flat_line_is_suspect_then_fails() -> None:
    found = words(FLAT, every(300, [500, *[100] * 30]), Bit.FLAT_LINE)
    assert found == [UNKNOWN] * 3 + [GOOD] * 10 + [SUSPECT] * 12 + [FAIL] * 6


@pytest.mark.parametrize("values, word", [
    ([100, 109] * 15, FAIL),  # nine quanta of ten: the same value at this resolution
    ([100, 110] * 15, GOOD),  # a whole step
    ([100 + slot for slot in range(30)], GOOD),  # creeps on: a whole step in the window
    ([0] * 30, GOOD),  # nothing flows
    ([1] * 30, FAIL),
    ([9990] * 30, SUSPECT),  # pollution can hold an analyser at its upper end
    ([9989] * 30, FAIL),
    ([100, None] * 15, FAIL), ([100, None, None] * 10, GOOD),  # half of the slots are enough
    ([100, None, None, *[100, None] * 4, 100], SUSPECT),  # six of twelve slots
    ([100, None, None, 100, None, 100, None, None, None, 100, None, 100], GOOD),  # five
    ([100] * 13 + [None] * 4 + [100] * 13, FAIL),
    ([100] * 9 + [None] * 20 + [100] * 3, UNKNOWN),
])  # fmt: skip
def test_what_counts_as_flat(values: list[int | None], word: str) -> None:
    assert words(FLAT, every(300, values), Bit.FLAT_LINE)[-1] == word


def test_the_lowest_value_is_flat_where_none_may_repeat() -> None:
    strict = Line(Checks(Decimal(1), flat_line=FlatLine(3600, 7200)))
    assert words(strict, every(300, [0] * 30), Bit.FLAT_LINE)[-1] == FAIL


def test_a_flat_line_that_lasts_over_several_chunks_is_one() -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(quality, "CHUNK", 16)
        found = words(FLAT, every(300, [500, *[100] * 30]), Bit.FLAT_LINE)
    assert found == [UNKNOWN] * 3 + [GOOD] * 10 + [SUSPECT] * 12 + [FAIL] * 6


CALM_LINE = Line(Checks(Decimal("0.1"), attenuated_signal=AttenuatedSignal(Decimal("6.4"))))


@pytest.mark.parametrize("swing, word", [(63, SUSPECT), (64, GOOD), (9000, GOOD)])
def test_an_attenuated_signal_varies_less_than_its_threshold(swing: int, word: str) -> None:
    values = every(300, [500 + swing * (-1) ** slot for slot in range(72)])
    assert set(
        words(CALM_LINE, {at: v + 500 for at, v in values.items()}, Bit.ATTENUATED_SIGNAL)[60:]
    ) == {word}


def test_an_attenuated_signal_needs_half_of_six_hours() -> None:
    assert words(CALM_LINE, every(300, [500] * 36), Bit.ATTENUATED_SIGNAL)[-1] == SUSPECT
    assert words(CALM_LINE, every(300, [500] * 35), Bit.ATTENUATED_SIGNAL)[-1] == UNKNOWN


def test_an_attenuated_signal_is_that_of_six_hours() -> None:
    values = every(300, [*[9000] * 12, *[500] * 72])
    found = words(CALM_LINE, values, Bit.ATTENUATED_SIGNAL)
    assert (found[71], found[72]) == (GOOD, SUSPECT)


@pytest.mark.parametrize("seconds, word", [(7200, GOOD), (7201, SUSPECT)])
def test_the_first_reading_after_a_gap_is_suspect(seconds: int, word: str) -> None:
    line = Line(Checks(gap=Gap(7200)))
    assert words(line, {MONDAY: 5, MONDAY + seconds: 5}, Bit.GAP) == [SUSPECT, word]


def test_a_slow_series_is_no_row_of_gaps() -> None:
    slow = Line(Checks(gap=Gap(300)), interval=600)
    values = {MONDAY: 5, MONDAY + 599: 5, MONDAY + 1200: 5}  # 599 s and 601 s
    assert words(slow, values, Bit.GAP) == [SUSPECT, GOOD, SUSPECT]


def test_one_step_from_the_upper_end_is_clipped() -> None:
    line = Line(Checks(Decimal(2), clipping=True))
    assert words(line, every(300, [9979, 9980, 10000]), Bit.CLIPPING) == [GOOD, SUSPECT, SUSPECT]


def test_two_instants_closer_than_half_an_interval_are_suspect() -> None:
    line = Line(Checks(time=True))
    values = {MONDAY: 5, MONDAY + 149: 5, MONDAY + 299: 5}
    assert words(line, values, Bit.TIME) == [GOOD, SUSPECT, GOOD]


@pytest.mark.parametrize("seconds, word", [(112, SUSPECT), (113, GOOD)])
def test_half_of_an_odd_interval_is_half_a_second_longer(seconds: int, word: str) -> None:
    line = Line(Checks(time=True), interval=225)
    assert words(line, {MONDAY: 5, MONDAY + seconds: 5}, Bit.TIME) == [GOOD, word]


BOD = Line(
    Checks(at_most=AtMost("COD", Decimal("0.05"))), Series("MAU01", "BOD5"), parameter("BOD5")
)
PLAIN = Line(NO_CHECKS)


def test_a_part_above_its_whole_makes_both_suspect() -> None:
    part, whole = run((BOD, every(300, [105, 106, 900])), (PLAIN, every(300, [100, 100, None])))
    assert [_word(said, Bit.MULTI_VARIATE) for said in part.values()] == [GOOD, SUSPECT, UNKNOWN]
    assert [_word(said, Bit.MULTI_VARIATE) for said in whole.values()] == [GOOD, SUSPECT]


def test_quanta_of_different_size_are_compared_exactly() -> None:
    fine = replace(BOD, parameter=parameter("BOD5", "0.001"))
    part, _ = run((fine, every(300, [10500, 10501])), (PLAIN, every(300, [100, 100])))
    assert [_word(said, Bit.MULTI_VARIATE) for said in part.values()] == [GOOD, SUSPECT]


def test_a_tolerance_of_many_digits_is_compared_exactly_where_64_bits_end() -> None:
    precise = replace(BOD, checks=Checks(at_most=AtMost("COD", Decimal("0.000000000001"))))
    high = 2**39
    part, _ = run((precise, every(300, [high, high + 1])), (PLAIN, every(300, [high, high])))
    assert [_word(said, Bit.MULTI_VARIATE) for said in part.values()] == [GOOD, SUSPECT]


def test_a_line_without_readings_has_no_signal_to_be_weak() -> None:
    plain, nothing = run((PLAIN, {MONDAY: 10}), (CALM_LINE, {}))
    assert (list(plain), nothing) == ([MONDAY], {})


def test_partners_are_of_the_same_station() -> None:
    elsewhere = replace(PLAIN, series=Series("MAU02", "COD"))
    part, whole = run((BOD, every(300, [900])), (elsewhere, every(300, [100])))
    assert _word(part[MONDAY], Bit.MULTI_VARIATE) == UNKNOWN
    assert _word(whole[MONDAY], Bit.MULTI_VARIATE) == GOOD


OUT = Line(
    Checks(balances=Balance("FlowIn", Decimal("0.15"))), Series("MAU01", "FlowOut"),
    parameter("FlowOut"),
)  # fmt: skip
IN = Line(NO_CHECKS, Series("MAU01", "FlowIn"), parameter("FlowIn"))


@pytest.mark.parametrize("out, word", [
    (115, GOOD), (116, SUSPECT), (85, GOOD), (84, SUSPECT),
])  # fmt: skip
def test_flow_out_balances_flow_in_over_a_day(out: int, word: str) -> None:
    said = run((OUT, every(300, [out] * 288)), (IN, every(300, [100] * 288)))
    assert {_word(one, Bit.MULTI_VARIATE) for line in said for one in line.values()} == {word}


def test_half_a_day_of_shared_instants_makes_a_balance() -> None:
    for shared, word in ((144, SUSPECT), (143, UNKNOWN)):
        said, _ = run((OUT, every(300, [900] * 288)), (IN, every(300, [100] * shared)))
        assert {_word(one, Bit.MULTI_VARIATE) for one in said.values()} == {word}


def test_checks_that_are_off_say_nothing() -> None:
    values = every(300, [0, 9000, 10000, 10000, 3] * 20)
    values |= {MONDAY + 10: 5, MONDAY + 90000: 5}  # too soon, and after a gap
    assert set(run((PLAIN, values))[0].values()) == {(Bit(0), Bit(0), Bit(0))}


def test_no_readings_no_marks() -> None:
    assert run((RATE, {})) == [{}]
    assert run() == []


# --- properties ---------------------------------------------------------------------------

ALL = Checks(
    resolution=Decimal("0.3"),
    rate_of_change=RateOfChange(Decimal(2), 300),
    spike=Spike(3, 5),
    flat_line=FlatLine(3600, 7200, Decimal("0.2")),
    attenuated_signal=AttenuatedSignal(Decimal("0.4")),
    gap=Gap(1500),
    clipping=True,
    time=True,
)  # fmt: skip

steps = st.sampled_from([300] * 12 + [299, 301, 60, 149, 600, 1800, 4000, 10000])
moves = st.sampled_from([0] * 8 + [1, -1, 2, -2, 3, 15, -15, 40, -40, 9000, -9000])


@st.composite
def series(draw: st.DrawFn) -> dict[int, int]:
    """Readings that mostly come every five minutes and mostly stay as they are."""
    at, value, found = MONDAY, draw(st.integers(0, 200)), {}
    for step, move in draw(st.lists(st.tuples(steps, moves), min_size=1, max_size=90)):
        at, value = at + step, min(max(value + move, 0), 10000)
        found[at] = value
    return found


lines = st.builds(
    Line, checks=st.just(ALL), interval=st.sampled_from([300, 300, 600]), stamp_ends=st.booleans()
)


@settings(max_examples=150)
@given(lines, series())
def test_the_columns_say_what_plain_fractions_say(line: Line, values: dict[int, int]) -> None:
    found = run((line, values))[0]
    assert found == {at: said_of(line, values, at) for at in values}


@settings(max_examples=60)
@given(st.lists(st.tuples(lines, series()), min_size=1, max_size=4), st.sampled_from([16, 50]))
def test_neither_other_lines_nor_chunks_change_a_mark(
    given_lines: Sequence[tuple[Line, dict[int, int]]], chunk: int
) -> None:
    alone = [run(one)[0] for one in given_lines]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(quality, "CHUNK", chunk)
        assert run(*given_lines) == alone


@settings(max_examples=100)
@given(lines, series(), st.integers(0, 5))
def test_context_beyond_the_reach_changes_no_mark(
    line: Line, values: dict[int, int], hours: int
) -> None:
    start = MONDAY + hours * 3600 + line.stamp_ends
    end = start + 3600 + ALL.ahead * line.interval
    cut = {at: v for at, v in values.items() if start - ALL.reach <= at < end}
    whole, part = run((line, values))[0], run((line, cut))[0]
    own = [at for at in values if start <= at < start + 3600]
    assert [part[at] for at in own] == [whole[at] for at in own]


@st.composite
def restless(draw: st.DrawFn) -> dict[int, int]:
    """Eight hours of regular readings that wander a little from hour to hour and scatter."""
    scatter = draw(st.sampled_from([2, 5, 20]))
    levels = draw(st.lists(st.integers(0, 12), min_size=8, max_size=8))
    noise = draw(st.lists(st.integers(0, scatter), min_size=96, max_size=96))
    return every(300, [100 + levels[slot // 12] + noise[slot] for slot in range(96)])


CALMER = replace(ALL, spike=Spike(1, 2), attenuated_signal=AttenuatedSignal(Decimal("0.5")))


@settings(max_examples=60)
@given(restless(), st.booleans())
def test_scattered_columns_say_what_plain_fractions_say(
    values: dict[int, int], stamp_ends: bool
) -> None:
    line = Line(CALMER, stamp_ends=stamp_ends)
    assert run((line, values))[0] == {at: said_of(line, values, at) for at in values}


def test_a_closing_midnight_belongs_to_the_day_it_ends() -> None:
    out, into = replace(OUT, stamp_ends=True), replace(IN, stamp_ends=True)
    flow = every(300, [900] * 288, MONDAY + 300)
    said, _ = run((out, flow), (into, dict.fromkeys(flow, 100)))
    assert {_word(one, Bit.MULTI_VARIATE) for one in said.values()} == {SUSPECT}
