"""A verdict depends on the set of readings, never on the order or number of times they came."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ingest.decode import decode
from tests.cast import (
    CLUSTERS,
    DAY0,
    DAY1,
    DAY2,
    HELD_TOGETHER,
    HOUR,
    MINUTE,
    Said,
    Stage,
    hours_of,
    message,
    run_of,
    stage,
)
from tolich.clock import StepClock
from tolich.pipeline import Pipeline
from tolich.ports import Delivery, Shape
from tolich.replaying import as_received, replay_into, stored_deliveries, verdicts

END = DAY2 + HOUR
MIDNIGHT = 24 * HOUR

# Inside, near, at the limit, above it, impossible, and so high that a few slots prove the day.
LEVELS = (50.0, 92.0, 100.0, 100.1, 140.0, -3.0, 15000.0)
PHS = (7.2, 8.9, 9.0, 9.4, 5.7)
FLOWS = (0.0, 0.4, 12.0)


Made = Callable[[Path, int], Stage]
"""A store with the cast in it."""


def shown(of: Stage, pipeline: Pipeline) -> list[Shape]:
    """What must not depend on arrival."""
    return list(verdicts(of.reads(pipeline)))


def straight(folder: Path, deliveries: Sequence[Delivery], made: Made = stage) -> list[Shape]:
    """In order of time, in one batch, judged once."""
    of = made(folder, END - 2 * HOUR)
    pipeline = of.pipeline()
    pipeline.submit(sorted(deliveries, key=lambda one: one.received_at))
    return finished(of, pipeline)


def finished(of: Stage, pipeline: Pipeline) -> list[Shape]:
    """The verdicts once every period has closed."""
    of.clock.set(END)
    pipeline.tick(None, fill=True)
    found = shown(of, pipeline)
    of.close()
    return found


def disturbed(
    folder: Path, deliveries: Sequence[Delivery], chance: Random, made: Made = stage
) -> list[Shape]:
    """Shuffled, repeated, in batches of any size, with ticks, pauses and restarts between."""
    of = made(folder, DAY0)
    pipeline = of.pipeline()
    for batch in batches(deliveries, chance):
        of.clock.set(max(one.received_at for one in batch))
        pipeline.submit(batch, busy=chance.random() < 0.5)
        if chance.random() < 0.5:
            of.clock.set(min(END, of.clock.now() + chance.choice((0, 61, 1300, 5000))))
        if chance.random() < 0.5:
            pipeline.tick(chance.choice((None, DAY0)), fill=chance.random() < 0.4)
        if chance.random() < 0.2:
            pipeline = of.pipeline()
    return finished(of, pipeline)


def batches(deliveries: Sequence[Delivery], chance: Random) -> Iterable[list[Delivery]]:
    """Every delivery at least once, in an order that is mostly, or not at all, that of time."""
    again = chance.sample(deliveries, k=len(deliveries) // 4)
    waiting = [*deliveries, *again]
    reach = chance.choice((2 * HOUR, 48 * HOUR))
    waiting.sort(key=lambda one: one.received_at + chance.uniform(0, reach))
    while waiting:
        size = chance.choice((1, 3, 10, 40))
        yield waiting[:size]
        waiting = waiting[size:]


def replayed(source: Path, folder: Path, made: Made = stage) -> list[Shape]:
    """The record put through a new pipeline from nothing."""
    original, of = Stage(source, StepClock(END)), made(folder, END)
    pipeline = of.pipeline(as_received(decode))
    replay_into(pipeline, stored_deliveries(original.engine), lambda _: None)
    found = shown(of, pipeline)
    of.close()
    original.close()
    return found


def agree(
    folder: Path, deliveries: Sequence[Delivery], chance: Random, made: Made = stage
) -> list[Shape]:
    """Both ways and the replay of the disturbed one say the same; returns what they say."""
    expected = straight(folder / "straight", deliveries, made)
    found = disturbed(folder / "disturbed", deliveries, chance, made)
    assert found == expected
    assert replayed(folder / "disturbed", folder / "again", made) == expected
    return expected


# --- any set of readings ------------------------------------------------------------------------

slots = st.integers(min_value=0, max_value=20)
blocks = st.tuples(
    st.sampled_from([("COD", LEVELS), ("pH", PHS), ("FlowOut", FLOWS), ("NH4", LEVELS)]),
    slots,  # where it begins, in slots from 20:30
    st.integers(min_value=1, max_value=12),  # how many slots
    st.sampled_from(["00", "00", "00", "01", "02", "03"]),
    st.integers(min_value=0, max_value=99),  # which values, and which slots are missing
    st.sampled_from([0, 0, 20, 400, 895]),  # seconds off the slot: snapped, or a second instant
)
scenes = st.lists(st.tuples(st.sampled_from(sorted(CLUSTERS)), blocks), min_size=2, max_size=9)


Block = tuple[tuple[str, Sequence[float]], int, int, str, int, int]


def played(scene: Iterable[tuple[str, Block]]) -> list[Delivery]:
    """The messages of a scene; blocks that lie on each other conflict."""
    found: list[Delivery] = []
    for station, ((parameter, values), start, length, status, seed, off) in scene:
        chance = Random(seed)
        level = chance.choice(values)
        key = measured(station, parameter)
        for slot in range(start, start + length):
            if chance.random() < 0.15:
                continue
            value = level if chance.random() < 0.8 else chance.choice(values)
            at = MIDNIGHT - 14 * HELD_TOGETHER + slot * HELD_TOGETHER + off
            found.append(message(station, Said(key, at, value, status)))
    return found


def measured(station: str, parameter: str) -> str:
    """The parameter itself, or what the station measures in its place."""
    series = {"MAU01": "COD pH FlowOut", "MAU02": "COD TSS", "MAU03": "COD NH4 FlowOut"}[station]
    return parameter if parameter in series.split() else series.split()[0]


@settings(max_examples=25, suppress_health_check=[HealthCheck.too_slow])
@given(
    scene=scenes,
    early=st.none() | st.tuples(st.sampled_from(sorted(CLUSTERS)), st.integers(0, 60)),
    seed=st.integers(0, 10**6),
)
def test_any_order_any_number_of_times(
    scene: list[tuple[str, Block]],
    early: tuple[str, int] | None,
    seed: int,
) -> None:
    deliveries = played(scene)
    if early is not None:  # a block from long before, which comes at any time
        station, slot = early
        deliveries += run_of(station, "COD", slot * HELD_TOGETHER, [140, 140, 50, 140])
    with TemporaryDirectory(prefix="tolich-order-") as folder:
        agree(Path(folder), deliveries, Random(seed))


# --- the same, one thing at a time --------------------------------------------------------------


def exceedance_over_midnight() -> list[Delivery]:
    found: list[Delivery] = []
    for station in CLUSTERS:
        found += hours_of(station, "COD", 21 * HOUR, [50, 140, 140, 95, 40, 40])
    return found


def calibration_between() -> list[Delivery]:
    return [
        *hours_of("MAU01", "COD", 8 * HOUR, [140]),
        *run_of("MAU01", "COD", 9 * HOUR, [900] * 4, "01"),
        *hours_of("MAU01", "COD", 10 * HOUR, [140, 50, 50]),
    ]


def conflict_inside_exceedance() -> list[Delivery]:
    return [
        *hours_of("MAU01", "COD", 8 * HOUR, [140, 50, 50, 50]),
        *run_of("MAU01", "COD", 9 * HOUR, [500] * 4),
    ]


def proof_and_its_fall() -> list[Delivery]:
    return [
        *run_of("MAU01", "COD", 8 * HOUR, [450, 120, 120, 120]),
        message("MAU01", Said("COD", 8 * HOUR, 1.0)),
        message("MAU01", Said("COD", 9 * HOUR, 15000)),
    ]


def both_meanings_of_midnight() -> list[Delivery]:
    times = (MIDNIGHT - 900, MIDNIGHT - 10, MIDNIGHT, MIDNIGHT + 10, MIDNIGHT + 900)
    return [message(s, Said("COD", at, 70 + n)) for s in CLUSTERS for n, at in enumerate(times)]


def rest_at_night() -> list[Delivery]:
    return [
        *hours_of("MAU03", "COD", 20 * HOUR, [140] * 6),
        *hours_of("MAU03", "FlowOut", 20 * HOUR, [12, 0, 0.4, 0, 12, 0]),
    ]


def hours_of_acid() -> list[Delivery]:
    return hours_of("MAU01", "pH", 0, [7, 9.4, 7, 7, 8.9, 5.9] + [7] * 16)


def days_apart() -> list[Delivery]:
    return [
        *hours_of("MAU01", "COD", 3 * HOUR, [140, 140]),
        *hours_of("MAU01", "COD", 37 * HOUR, [140, 50]),
    ]


def off_the_slot() -> list[Delivery]:
    return [
        message("MAU01", Said("COD", 8 * HOUR + n * 15 * MINUTE + off, 100 + off / 10))
        for n in range(4)
        for off in (0, 7, 300, 600)
    ]


@pytest.mark.parametrize(
    "scene",
    [
        exceedance_over_midnight,
        calibration_between,
        conflict_inside_exceedance,
        proof_and_its_fall,
        both_meanings_of_midnight,
        rest_at_night,
        hours_of_acid,
        days_apart,
        off_the_slot,
    ],
    ids=lambda scene: scene.__name__,
)
def test_one_thing_at_a_time(scene: object, tmp_path: Path) -> None:
    assert callable(scene)
    deliveries = scene()
    for seed in range(2):
        assert agree(tmp_path / str(seed), deliveries, Random(seed))


def test_readings_from_before_the_first_make_the_hours_between_owed(tmp_path: Path) -> None:
    """What was not owed yet when it was judged becomes owed when the first reading is earlier."""
    late = message("MAU01", Said("COD", 34 * HOUR, 50))
    early = message("MAU01", Said("COD", 5 * HOUR, 50))
    expected = straight(tmp_path / "straight", [early, late])
    of = stage(tmp_path / "late", DAY1)
    pipeline = of.pipeline()
    for batch in ([late], [early]):
        of.clock.set(END)  # the day of the first has closed before the second comes
        pipeline.submit(batch)
        pipeline.tick(None, fill=True)
    assert finished(of, pipeline) == expected


def test_the_last_batch_alone_changes_nothing_when_it_comes_again(tmp_path: Path) -> None:
    of = stage(tmp_path, DAY1)
    pipeline = of.pipeline()
    deliveries = exceedance_over_midnight()
    of.clock.set(END)
    pipeline.submit(deliveries)
    pipeline.tick(None, fill=True)
    before = of.reads(pipeline).health()["seq"]
    assert sum(receipt.accepted for receipt in pipeline.submit(deliveries)) == len(deliveries)
    pipeline.tick(None, fill=True)
    assert of.reads(pipeline).health()["seq"] == before
