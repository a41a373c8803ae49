"""Of a closed day only some series are judged again, and the verdicts are those of all."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rules.days import DAY_SECONDS
from rules.judge import Sheet, judge
from rules.model import Period
from rules.window import Window
from tests.cast import DAY0, HELD_TOGETHER, HOUR, Said, Stage, message, station
from tests.tolich.test_checked_order import CHECKED, blocks, checked, played
from tests.tolich.test_loads import with_loads
from tests.tolich.test_order import shown
from tolich.pipeline import Pipeline
from tolich.ports import Delivery
from tolich.settle import Settler

NOW = DAY0 + 6 * DAY_SECONDS


def loaded(folder: Path, now: int) -> Stage:
    """MAU01 with checks, a load, a daily volume and days without discharge."""
    of = checked(folder, now)
    resting = {"no_discharge": {"flow": "FlowOut", "below": 0.5}}
    of.enter(
        with_loads(**resting) | {"stations": {"MAU01": station("mau-01", []) | {"series": CHECKED}}}
    )
    return of


def closed(of: Stage, pipeline: Pipeline, deliveries: list[Delivery]) -> None:
    """Take deliveries and judge what they make due; every period is long over."""
    of.clock.set(NOW)
    pipeline.submit(deliveries)
    pipeline.tick(None, fill=True)


def flows(chance: Random) -> list[Delivery]:
    values = [chance.choice((0.0, 12.0)) for _ in range(8)]
    return [
        message("MAU01", Said("FlowOut", slot * HELD_TOGETHER, values[slot // 24]))
        for slot in range(8 * 24)
    ]


@settings(max_examples=15, suppress_health_check=[HealthCheck.too_slow])
@given(scene=st.lists(blocks, min_size=2, max_size=6), seed=st.integers(0, 10**6))
def test_late_batches_after_each_other_give_what_one_batch_gives(
    scene: list[tuple[str, int, int, int]], seed: int
) -> None:
    chance = Random(seed)
    deliveries = [*played(scene), *flows(chance)]
    with TemporaryDirectory(prefix="tolich-parts-") as folder:
        at_once = loaded(Path(folder) / "once", NOW)
        pipeline = at_once.pipeline()
        closed(at_once, pipeline, deliveries)
        expected = shown(at_once, pipeline)
        at_once.close()

        of = loaded(Path(folder) / "parts", NOW)
        pipeline = of.pipeline()
        chance.shuffle(deliveries)
        late = chance.randint(1, 6)
        closed(of, pipeline, deliveries[late:])
        for one in deliveries[:late]:
            if chance.random() < 0.5:
                pipeline.settler.windows.forget()
            closed(of, pipeline, [one])
        assert shown(of, pipeline) == expected
        of.close()


Judged = set[tuple[str, int]]


def watched(of: Stage) -> tuple[Pipeline, list[Judged]]:
    """A pipeline, and what each of its judgements looked at: parameters, and which days."""
    seen: list[Judged] = []

    def noting(window: Window, now: int, periods: Sequence[Period], grace: int) -> list[Sheet]:
        rows = zip(window.row_line.tolist(), window.row_day.tolist(), strict=True)
        days = ((window.terms[line].series.parameter, day - DAY0) for line, day in rows)
        seen.append({(parameter, offset // DAY_SECONDS) for parameter, offset in days})
        return judge(window, now, periods, grace)

    pipeline = of.pipeline()
    settler = Settler(pipeline.registered, pipeline.series, judging=noting)
    settler.recorded = pipeline.settler.recorded
    pipeline.settler = settler
    return pipeline, seen


def five_days(parameter: str, values: Sequence[float]) -> list[Delivery]:
    """A reading a slot, the values over and over."""
    return [
        message("MAU01", Said(parameter, slot * HELD_TOGETHER, values[slot % len(values)]))
        for slot in range(5 * 96)
    ]


@pytest.fixture
def on(tmp_path: Path) -> Iterator[Stage]:
    of = loaded(tmp_path, NOW)
    yield of
    of.close()


def late_ph(of: Stage, values: Sequence[float]) -> list[Judged]:
    """What a pH of the second day's noon makes the monitor look at again."""
    pipeline, seen = watched(of)
    known = [*five_days("pH", values), *five_days("COD", [61, 63]), *five_days("FlowOut", [9])]
    closed(of, pipeline, known)
    seen.clear()
    closed(of, pipeline, [message("MAU01", Said("pH", 36 * HOUR + 60, values[0]))])
    return seen


def test_a_late_reading_of_moving_water_touches_its_own_series_on_its_own_day(on: Stage) -> None:
    assert late_ph(on, [7.2, 7.6, 7.9]) == [{("pH", 1), ("FlowOut", 1)}]  # it may have rested


def test_a_late_reading_in_a_flat_line_touches_the_days_that_it_reaches(on: Stage) -> None:
    days = (1, 2)
    assert late_ph(on, [7.2]) == [{(name, day) for name in ("pH", "FlowOut") for day in days}]


def test_a_late_flow_touches_all_that_rests_with_it_or_is_made_of_it(on: Stage) -> None:
    pipeline, seen = watched(on)
    closed(on, pipeline, [*five_days("COD", [61, 63]), *five_days("FlowOut", [9])])
    seen.clear()
    closed(on, pipeline, [message("MAU01", Said("FlowOut", 36 * HOUR + 60, 8))])
    names = ("COD", "pH", "FlowOut", "COD_load", "Volume")
    assert seen == [{(name, 1) for name in names}]
    seen.clear()
    closed(on, pipeline, [message("MAU01", Said("COD", 36 * HOUR + 60, 66))])
    assert seen == [{("COD", 1), ("FlowOut", 1), ("COD_load", 1)}]


def test_what_came_through_another_process_is_judged_in_whole_days(on: Stage) -> None:
    pipeline, seen = watched(on)
    closed(on, pipeline, [*five_days("COD", [61, 63]), *five_days("pH", [7.2, 7.6])])
    seen.clear()
    on.taking().submit([message("MAU01", Said("pH", 36 * HOUR + 60, 7))])
    pipeline.tick(None, fill=True)
    names = ("COD", "pH", "FlowOut", "COD_load", "Volume")
    assert {(name, 1) for name in names} <= seen[0]


def test_a_reading_from_before_the_first_makes_its_day_due_as_a_whole(on: Stage) -> None:
    pipeline, seen = watched(on)
    noon = message("MAU01", Said("COD", 36 * HOUR, 60))
    closed(on, pipeline, [noon])
    seen.clear()
    closed(on, pipeline, [message("MAU01", Said("pH", 30 * HOUR, 7))])
    assert {name for name, _ in seen[0]} == {"COD", "pH", "FlowOut", "COD_load", "Volume"}
