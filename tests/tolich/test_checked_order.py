"""Order means nothing where quality checks look across hours and midnights, either."""

from __future__ import annotations

from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.cast import DAY0, DAY1, HELD_TOGETHER, HOUR, Said, Stage, message, stage, station
from tests.tolich.test_order import END, MIDNIGHT, agree, finished
from tolich.ports import Delivery, Shape

CHECKS = {
    "spike": {"suspect": 6, "fail": 12},
    "flat_line": {"suspect": "1h", "fail": "3h", "except": 0},
}
CHECKED = {
    "COD": {"high": 450, "checks": CHECKS},
    "pH": {"checks": CHECKS | {"flat_line": {"suspect": "12h", "fail": "30h"}}},
    "FlowOut": {"checks": "off"},
}


def checked(folder: Path, now: int) -> Stage:
    """The cast, with MAU01 checked: a flat line of its pH reaches over more than a day."""
    of = stage(folder, now)
    of.enter({"schema": 1, "stations": {"MAU01": station("mau-01", []) | {"series": CHECKED}}})
    return of


LEVELS = (60.0, 92.0, 101.0, 130.0)
STEPS = (0.0, 0.0, 0.0, 0.5, 1.5, -2.0, 320.0)  # what a reading adds to its block's level
blocks = st.tuples(
    st.sampled_from(["COD", "COD", "pH"]),
    st.integers(0, 120),  # where it begins, in slots from the first midnight
    st.integers(1, 60),  # how many slots
    st.integers(0, 99),  # what it shows, and what is missing
)


def played(scene: list[tuple[str, int, int, int]]) -> list[Delivery]:
    """Blocks of nearly one value, with leaps, holes, and contradictions where they overlap."""
    found = []
    for parameter, start, length, seed in scene:
        chance = Random(seed)
        level = chance.choice(LEVELS if parameter == "COD" else (7.2, 8.9, 9.3))
        still = chance.random() < 0.5
        for slot in range(start, start + length):
            step = 0.0 if still and chance.random() < 0.95 else chance.choice(STEPS)
            if parameter == "pH":
                step /= 10
            if chance.random() < 0.1:
                continue
            said = Said(parameter, slot * HELD_TOGETHER, max(0.0, round(level + step, 1)))
            found.append(message("MAU01", said))
    return found


def failed(found: list[Shape]) -> int:
    return sum(one["counts"]["failed"] for one in found if "counts" in one)


@settings(max_examples=20, suppress_health_check=[HealthCheck.too_slow])
@given(scene=st.lists(blocks, min_size=2, max_size=6), seed=st.integers(0, 10**6))
def test_any_order_under_checks(scene: list[tuple[str, int, int, int]], seed: int) -> None:
    with TemporaryDirectory(prefix="tolich-checked-") as folder:
        agree(Path(folder), played(scene), Random(seed), checked)


def frozen_over_midnight() -> list[Delivery]:
    values = [60 + n % 3 for n in range(20)] + [61] * 40 + [60 + n % 3 for n in range(20)]
    start = MIDNIGHT - 40 * HELD_TOGETHER
    return [
        message("MAU01", Said("COD", start + n * HELD_TOGETHER, value))
        for n, value in enumerate(values)
    ]


def leaps_at_midnight() -> list[Delivery]:
    start = MIDNIGHT - 20 * HELD_TOGETHER
    leaps = {18: 12.5, 19: 12.5, 22: 1.5, 30: 12.5}
    return [
        message("MAU01", Said("pH", start + n * HELD_TOGETHER, leaps.get(n, 7 + n % 3 / 10)))
        for n in range(40)
    ]


def acid_that_stands_still() -> list[Delivery]:
    return [message("MAU01", Said("pH", n * HELD_TOGETHER, 9.3)) for n in range(180)]


@pytest.mark.parametrize(
    "scene", [frozen_over_midnight, leaps_at_midnight, acid_that_stands_still],
    ids=lambda scene: scene.__name__,
)  # fmt: skip
def test_a_check_across_midnight(scene: object, tmp_path: Path) -> None:
    assert callable(scene)
    deliveries = scene()
    for seed in range(3):
        found = agree(tmp_path / str(seed), deliveries, Random(seed), checked)
    assert failed(found) > 0


def test_a_day_learns_late_that_its_sensor_stood_still(tmp_path: Path) -> None:
    """The evening comes last: it makes the morning after it part of a flat line."""
    deliveries = frozen_over_midnight()
    evening = [one for one in deliveries if one.received_at < DAY1]
    morning = [one for one in deliveries if one.received_at >= DAY1]
    of = checked(tmp_path / "late", DAY0)
    pipeline = of.pipeline()
    of.clock.set(DAY1 + 20 * HOUR)
    pipeline.submit(morning)
    pipeline.tick(None, fill=True)
    pipeline.submit(evening)
    pipeline.tick(None, fill=True)
    late = finished(of, pipeline)
    straightly = checked(tmp_path / "straight", END - 2 * HOUR)
    other = straightly.pipeline()
    other.submit(deliveries)
    assert late == finished(straightly, other)
    assert failed(late) > 0
