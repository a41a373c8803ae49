"""The quality checks beside those of ioos_qc, where both mean the same.

Known differences, so not compared:
- spike: theirs is the distance from the mean of two neighbours, with fixed thresholds, and
  marks the neighbours of a spike too; ours is Hampel's over 13 readings (shown below)
- rate of change: theirs grows with the time between two readings, ours with its square root,
  and ours knows an hour's silence; equal where readings are `per` seconds apart
- flat line: theirs counts readings (by the median interval), ours seconds, coverage, and values
  that repeat honestly; theirs may fail at the upper end of the range; equal without gaps
- attenuated signal: theirs looks back from each reading, ours over whole hours of the clock;
  equal at the last reading of six full hours
- gross range: ours stands with the slots, not here; their flag of a missing value has no twin
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from types import SimpleNamespace

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from ioos_qc import qartod  # type: ignore[import-untyped]

from rules.checks import AttenuatedSignal, Checks, FlatLine, RateOfChange, Spike
from rules.lines import Ints, Lines, Marks
from rules.model import Series
from rules.quality import check
from tests.rules.windows import MONDAY, parameter

GOOD, SUSPECT, FAIL = 1, 3, 4
TIMES = np.arange(500, dtype=np.int64) * 300 + MONDAY


def _marks(checks: Checks, values: Sequence[int]) -> Marks:
    plan = SimpleNamespace(
        series=Series("MAU01", "COD"), parameter=parameter(), interval=300, stamp_ends=False,
        low=0, high=10**6, checks=checks,
    )  # fmt: skip
    line = np.zeros(len(values), np.int64)
    return check(Lines.of([plan]), line, TIMES[: len(values)], np.array(values, np.int64))


def _flags(marks: Marks) -> list[int]:
    flags: Ints = np.where(marks.fail > 0, FAIL, np.where(marks.suspect > 0, SUSPECT, GOOD))
    return [int(flag) for flag in flags]


def _times(values: Sequence[int]) -> np.ndarray:
    return TIMES[: len(values)].astype("datetime64[s]")


numbers = st.lists(st.integers(0, 100), min_size=3, max_size=60)
repeats = st.lists(st.tuples(st.integers(100, 112), st.integers(1, 30)), min_size=1, max_size=12)


@given(numbers)
def test_rate_of_change_at_equal_distances(values: list[int]) -> None:
    ours = _flags(_marks(Checks(rate_of_change=RateOfChange(Decimal("3.2"), 300)), values))
    theirs = qartod.rate_of_change_test(values, _times(values), (32 + 1e-6) / 300)
    assert ours == theirs.tolist()


@settings(max_examples=60)
@given(repeats)
def test_flat_line_without_gaps(runs: list[tuple[int, int]]) -> None:
    values = [value for value, length in runs for _ in range(length)]
    values = [500, 0, *values]  # so that no run begins before the series
    ours = _flags(_marks(Checks(Decimal("0.5"), flat_line=FlatLine(3600, 7200)), values))
    theirs = qartod.flat_line_test(values, _times(values), 3600, 7200, tolerance=5)
    assert ours == theirs.tolist()


@settings(max_examples=60)
@given(st.lists(st.integers(1000, 1130), min_size=72, max_size=72))
def test_attenuated_signal_of_six_full_hours(values: list[int]) -> None:
    checks = Checks(attenuated_signal=AttenuatedSignal(Decimal("3.7")))  # 37 quanta, exactly
    theirs = qartod.attenuated_signal_test(values, _times(values), 37, 0)
    assert _flags(_marks(checks, values))[-1] == theirs.tolist()[-1]


def test_a_spike_leaves_its_neighbours_alone() -> None:
    values = [100] * 12 + [900] + [100] * 12
    ours = _flags(_marks(Checks(Decimal("0.1"), spike=Spike(6, 12)), values))
    theirs = qartod.spike_test(values, suspect_threshold=18, fail_threshold=500).tolist()
    assert ours[11:14] == [GOOD, FAIL, GOOD]
    assert theirs[11:14] == [SUSPECT, FAIL, SUSPECT]
