"""Treatment plants: balances, calendars, levers, and independence of each other."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from dataclasses import replace
from datetime import date

import numpy as np
import pytest
import yaml

from rules.days import HOUR_SECONDS, day_start
from rules.model import Refused
from simulators.treatment.influent import shower
from simulators.treatment.process import DT, Fluxes, State
from simulators.treatment.running import Water, begin, local_day, run_day, settled
from simulators.treatment.spec import QUANTITIES, EventSpec, PlantSpec
from simulators.treatment.tables import FILE, load_tables, read_tables
from simulators.treatment.works import Works, build
from tests.meta.source import ROOT

TABLES = read_tables()
DAY = date(2026, 4, 7)  # a Tuesday
START = day_start(DAY)
FIRST = local_day(START)
INDUSTRIES = [PlantSpec(f"CCN Mẫu {n:02}", name) for n, name in enumerate(TABLES.profiles)]


def event(kind: str, hours: float, plant: str = "CCN Mẫu 00", at: float = 6.0) -> EventSpec:
    start = START + int(at * HOUR_SECONDS)
    end = start + int(hours * HOUR_SECONDS)
    return EventSpec(f"{kind} {plant}", plant, kind, start, end)


def every_event() -> list[EventSpec]:
    """Each kind at each plant, one after another and some together."""
    return [
        event(kind, 9, spec.id, at=(number * 5) % 40)
        for spec in INDUSTRIES
        for number, kind in enumerate(TABLES.events)
    ]


def run(works: Works, days: int, events: Sequence[EventSpec] = ()) -> tuple[State, list[Water]]:
    running, waters = begin(works, FIRST), []
    for day in range(days):
        running, water = run_day(works, running, FIRST + day, events)
        waters.append(water)
    return running.state, waters


def nitrogen(works: Works, state: State) -> float:
    """g in the aeration tanks."""
    cells = state.bacteria + state.nitrifiers + state.debris
    held = (state.nh + state.no3 + TABLES.kinetics.i_xb * cells) * works.aeration
    return float(held.sum(dtype=np.float64))


def total(moved: Sequence[Fluxes], name: str) -> float:
    return float(sum(getattr(one, name).sum(dtype=np.float64) for one in moved))


def test_water_is_neither_made_nor_lost() -> None:
    works = build(INDUSTRIES, TABLES, 3)
    running = begin(works, FIRST)
    before, through = running.state.volume.astype(np.float64), np.zeros(len(works))
    for day in range(3):
        running, water = run_day(works, running, FIRST + day, every_event())
        through += 24.0 * float(DT) * (
            water.of("FlowIn") - water.of("FlowOut") - water.of("Bypass")
        ).sum(axis=1, dtype=np.float64)  # fmt: skip
    gained = running.state.volume - before
    assert np.allclose(gained, through, atol=2e-4 * works.equalisation)
    assert float(np.abs(gained).max()) > 10


def test_nitrogen_is_neither_made_nor_lost() -> None:
    works = build(INDUSTRIES, TABLES, 3)
    running, moved = begin(works, FIRST), list[Fluxes]()
    before = nitrogen(works, running.state)
    for day in range(3):
        running, _ = run_day(works, running, FIRST + day, every_event(), moved)
    came = total(moved, "nitrogen_in")
    went = sum(total(moved, f"nitrogen_{how}") for how in ("out", "wasted", "gas"))
    gained = nitrogen(works, running.state) - before
    assert abs(gained - (came - went)) < 1e-4 * came
    assert total(moved, "nitrogen_gas") > 0.05 * came


def test_nothing_becomes_negative_or_infinite_whatever_happens() -> None:
    state, waters = run(build(INDUSTRIES, TABLES, 3), 6, every_event())
    for water in waters:
        assert np.isfinite(water.true).all()
        assert water.true.min() >= 0
        assert (water.of("NH4") <= water.of("TN") * 1.00001).all()
        assert (water.of("BOD5") <= water.of("COD")).all()
    assert float(state.nh.min()) >= 0
    assert float(state.bacteria.min()) > 10


def test_a_full_tank_spills_and_holds_no_more_than_it_can() -> None:
    works = build([PlantSpec("CCN Mẫu 00", "cluster_mixed", load=0.9)], TABLES, 3)
    state, (water, *_) = run(works, 1, [event("power_cut", 17), event("hydraulic_overload", 17)])
    assert water.of("Bypass").max() > 0
    assert (state.volume <= works.equalisation).all()


@pytest.mark.parametrize("kind", ["power_cut", "no_discharge"])
def test_nothing_leaves_without_power_or_with_the_gate_shut(kind: str) -> None:
    works = build(INDUSTRIES[:2], TABLES, 3)
    _, (water, *_) = run(works, 1, [event(kind, 4)])
    shut = slice(6 * 12, 10 * 12)
    assert (water.of("FlowOut")[0, shut] == 0).all()
    assert (water.of("FlowOut")[1, shut] > 0).all()
    assert water.of("FlowOut")[0, 10 * 12] > 0
    assert (water.of("FlowIn")[0, shut] == 0).all() == (kind == "no_discharge")


def test_more_water_than_the_clarifier_takes_washes_solids_out() -> None:
    works = build([PlantSpec("CCN Mẫu 00", "cluster_mixed", load=0.9)], TABLES, 3)
    flood = EventSpec("f", "CCN Mẫu 00", "hydraulic_overload", START, START + 36_000, 4.0)
    quiet, flooded = run(works, 1)[1][0], run(works, 1, [flood])[1][0]
    assert flooded.of("TSS").max() > 2 * quiet.of("TSS").max()


def test_sunday_is_quiet_and_noon_is_busy() -> None:
    works = build([PlantSpec(f"P{n}", "cluster_mixed", shift="one") for n in range(20)], TABLES, 3)
    days = [water.of("FlowIn").mean(axis=0) for water in run(works, 6)[1]]  # Tuesday to Sunday
    assert days[5].mean() < 0.6 * days[1].mean()
    assert days[1][11 * 12 + 6] > 4 * days[1][2 * 12]


def test_tet_stops_the_flow_and_the_restart_shows() -> None:
    works = build([PlantSpec(f"P{n}", "cluster_mixed") for n in range(20)], TABLES, 3)
    first = local_day(day_start(date(2026, 2, 5)))
    running, flows, ammonia = begin(works, first), [], []
    for day in range(30):
        running, water = run_day(works, running, first + day)
        flows.append(water.of("FlowIn").mean(axis=1))
        ammonia.append(water.of("NH4").mean(axis=1))
    usual, tet = np.array(flows)[:4].mean(axis=0), np.array(flows)[13]  # 18 February
    assert (tet < 0.12 * usual).all()
    still = (np.array(flows) < 0.2 * usual).sum(axis=0)
    assert still.min() >= 6
    assert still.max() <= 10
    # The sludge starved: ammonia overshoots when the water comes back.
    after = np.array(ammonia)[18:26].max(axis=0)
    assert np.median(after / np.array(ammonia)[:4].mean(axis=0)) > 1.5


def test_plants_of_a_region_share_the_rain_and_others_have_their_own() -> None:
    specs = [PlantSpec(f"P{n}", "plating", region="south" if n else "north") for n in range(3)]
    works = build(specs, TABLES, 3)
    first = local_day(day_start(date(2026, 7, 1)))
    wet = [day for day in range(first, first + 31) if shower(works, day)[0].max() > 0]
    dry = [day for day in range(first, first + 31) if shower(works, day)[1].max() == 0]
    assert len(wet) > 8
    day = next(day for day in wet if day in dry)  # it rains in the north alone
    _, rainy = run_day(works, begin(works, day), day)
    calm = replace(TABLES, weather=replace(TABLES.weather, showers=(0.0,) * 12))
    still = build(specs, calm, 3)
    _, quiet = run_day(still, begin(still, day), day)
    more = rainy.of("FlowIn") - quiet.of("FlowIn")
    share = shower(works, day)[0]
    assert np.allclose(more[0], share * works.flow[0] / 24, atol=0.01)
    assert (more[1:] == 0).all()


def test_it_rains_in_summer() -> None:
    works = build(INDUSTRIES[:1], TABLES, 3)
    months = {month: local_day(day_start(date(2026, month, 1))) for month in (1, 7, 8, 12)}
    rain = {m: sum(shower(works, day + d).sum() for d in range(30)) for m, day in months.items()}
    assert rain[7] + rain[8] > 2 * (rain[1] + rain[12])


def test_another_plant_or_event_changes_no_other_plant() -> None:
    few = [PlantSpec(f"P{n}", "textile" if n % 2 else "seafood") for n in range(9)]
    more = [PlantSpec("A", "plating"), *few[:4], PlantSpec("B", "craft_food"), *few[4:]]
    happens = event("toxic_shock", 6, "P3")
    both = [happens, event("bulking", 20, "B"), event("rain", 3, "A")]
    _, small = run(build(few, TABLES, 3), 2, [happens])
    _, large = run(build(more, TABLES, 3), 2, both)
    kept = [number for number, spec in enumerate(more) if spec in few]
    for one, other in zip(small, large, strict=True):
        assert one.true.tobytes() == np.ascontiguousarray(other.true[:, :, kept]).tobytes()


_DIGEST = """
from hashlib import sha256
from simulators.treatment.running import begin, run_day
from simulators.treatment.spec import PlantSpec
from simulators.treatment.tables import read_tables
from simulators.treatment.works import build
tables = read_tables()
works = build([PlantSpec(f"P{n}", name) for n, name in enumerate(tables.profiles)], tables, 5)
running, found = begin(works, 20550), sha256()
for day in range(2):
    running, water = run_day(works, running, 20550 + day)
    found.update(water.true.tobytes())
print(found.hexdigest())
"""


def test_the_same_seed_gives_the_same_bytes_in_two_processes() -> None:
    said = {
        subprocess.run(
            [sys.executable, "-c", _DIGEST],
            cwd=ROOT, env={"PYTHONHASHSEED": seed, "PYTHONPATH": str(ROOT)},
            capture_output=True, text=True, check=True,
        ).stdout
        for seed in ("1", "2")
    }  # fmt: skip
    assert len(said) == 1


def test_another_seed_is_another_fleet() -> None:
    one, other = (run(build(INDUSTRIES, TABLES, seed), 1)[1][0] for seed in (1, 2))
    assert not np.allclose(one.of("COD"), other.of("COD"), rtol=0.05)


def test_a_settled_plant_stays_where_it_is() -> None:
    works = build([PlantSpec(f"P{n}", "park_pretreated") for n in range(20)], TABLES, 3)
    early, late = begin(works, FIRST).state, settled(works, FIRST, 10).state
    change = np.median(late.bacteria / early.bacteria)
    assert 0.85 < change < 1.15


@pytest.mark.parametrize(
    "spec, said",
    [
        (PlantSpec("P", "textil"), "did you mean 'textile'"),
        (PlantSpec("P", "textile", shift="tow"), "did you mean 'two'"),
        (PlantSpec("P", "textile", design=0), "above 0"),
        (PlantSpec("P", "textile", load=3), "at most 1.2"),
    ],
)
def test_a_plant_that_cannot_be_built_is_refused(spec: PlantSpec, said: str) -> None:
    with pytest.raises(Refused, match=said):
        build([spec], TABLES, 1)


@pytest.mark.parametrize(
    "spec, said",
    [
        (EventSpec("e", "P1", "bulking", START, START + 1), "no plant 'P1'"),
        (EventSpec("e", "P0", "bulkin", START, START + 1), "did you mean 'bulking'"),
        (EventSpec("e", "P0", "bulking", START, START), "after the start"),
        (EventSpec("e", "P0", "power_cut", START, START + 1, 2.0), "expected 0 to 1"),
    ],
)
def test_an_event_that_cannot_happen_is_refused(spec: EventSpec, said: str) -> None:
    works = build([PlantSpec("P0", "textile")], TABLES, 1)
    with pytest.raises(Refused, match=said):
        run_day(works, begin(works, FIRST), FIRST, [spec])


def test_two_plants_of_one_id_are_refused() -> None:
    with pytest.raises(Refused, match="another plant"):
        build([PlantSpec("P", "textile")] * 2, TABLES, 1)


@pytest.mark.parametrize(
    "change, said",
    [
        (("kinetics", "mu_hh", 1), "did you mean 'mu_h'"),
        (("sizes", "load", [0.9, 0.5]), "lower number first"),
        (("week", None, [1, 1]), "7 numbers"),
        (("events", "bulking", {"usual": 1, "most": 2}), "at least one of"),
        (("schema", None, 2), "schema 1"),
    ],
)
def test_a_table_with_a_mistake_is_refused(
    change: tuple[str, str | None, object], said: str
) -> None:
    raw = yaml.safe_load(FILE.read_text(encoding="utf-8"))
    section, key, value = change
    if key is None:
        raw[section] = value
    else:
        raw[section][key] = value
    with pytest.raises(Refused, match=said):
        load_tables("treatment.yaml", raw)


def test_every_quantity_has_the_unit_of_its_size() -> None:
    _, (water, *_) = run(build(INDUSTRIES, TABLES, 3), 1)
    middle = {name: float(np.median(water.of(name))) for name in QUANTITIES}
    assert 6.5 < middle["pH"] < 7.5
    assert 20 < middle["Temp"] < 35
    assert 30 < middle["FlowOut"] < 90  # m3/h of 2,000 m3/d
    assert 20 < middle["COD"] < 150
