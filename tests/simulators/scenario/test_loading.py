"""A scenario file: what it may say, and how mistakes in it are told."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest

from rules.model import Problem, Refused
from simulators.scenario.loading import load_scenario
from tests.simulators.scenario.small import raw, scenario, tables
from tolich.yamlfile import parse_yaml

GUIDE = """
version: 1
title: {vi: Thử, en: A try}
shows: {vi: Thử., en: A try.}
seed: 20260301
clock: {start: 2026-03-01T00:00:00+07:00, days: 14, step: 5m, speed: max}
defaults: {plant: park_pretreated, sensors: vn_standard, limits: {COD: 75, TSS: 50, pH: [6, 9]}}
stations:
  - id: KCN01
    plant: {profile: cluster_mixed, design_m3d: 2000, shift: two}
    sensors: {COD: {class: D, cycle: 30m, range: [0, 225.5]}}
fleet:
  count: 3
  id: "ST{:05d}"
  design_m3d: {loguniform: [100, 10000]}
  profiles: {park_pretreated: 0.6, cluster_mixed: 0.3, textile: 0.1}
events:
  - {id: ev1, at: 3d06:00, for: 10h, where: KCN01, kind: aeration_failure, strength: 0.97}
faults:
  - {id: f1, at: 5d, for: 8h, where: KCN01.pH, kind: stuck}
  - {random: {rate_per_year: catalogue, where: "*"}}
tamper:
  - {id: t1, at: 9d, for: 3d, where: KCN01, kind: dilution, factor: 0.5}
transport:
  - at: 12d
    for: 6h
    where: "*"
    kind: outage
    then: {backfill: {order: newest_first, rate: 50/s, duplicates: 0.02}}
"""


def problems(**changed: Any) -> list[Problem]:
    with pytest.raises(Refused) as refused:
        scenario(**changed)
    return list(refused.value.problems)


def event(**changed: Any) -> dict[str, Any]:
    usual = {"at": "1d06:00", "for": "10h", "where": "MAU01", "kind": "aeration_failure"}
    return {**usual, **changed}


def test_every_section_is_understood() -> None:
    found = load_scenario("own.yaml", parse_yaml(GUIDE, "own.yaml"), *tables()[:2])
    assert [place.id for place in found.places] == ["KCN01", "ST00001", "ST00002", "ST00003"]
    cod = next(s for s in found.places[0].sensors.sensors if s.parameter == "COD")
    assert (cod.cycle, cod.high, cod.t90) == (1800, 225.5, 1800)
    assert found.events[0].end - found.events[0].start == 36000
    assert found.faults[0].parameter == "pH"
    assert found.chances[0].stations == {place.id for place in found.places}
    assert found.cheats[0].size == 0.5
    outages = {one.station for one in found.transport}
    assert outages == {place.id for place in found.places}
    assert found.name == "own"


@pytest.mark.parametrize(
    ("changed", "where", "said"),
    [
        ({"event": []}, "event", "did you mean 'events'?"),
        ({"clock": {"start": "2026-04-06", "day": 2}}, "clock.day", "did you mean 'days'?"),
        ({"events": [event(strenght=1)]}, "events[0].strenght", "did you mean 'strength'?"),
        ({"events": [event(kind="aeration_fail")]}, "events[0].kind", "'aeration_failure'?"),
        ({"events": [event(where="MAU1")]}, "events[0].where", "did you mean 'MAU"),
        ({"events": [event(where="MAU01.COD")]}, "events[0].where", "happens to a plant"),
        ({"events": [event(**{"for": "10"})]}, "events[0].for", "10h, 30m or 1d12h"),
        ({"events": [event(at="noon")]}, "events[0].at", "3d06:00"),
        ({"events": [event(strength=9)]}, "events[0].strength", "expected 0 to 1"),
        ({"faults": [event(kind="stuk")]}, "faults[0].kind", "did you mean 'stuck'?"),
        ({"faults": [event(where="MAU01.Ph", kind="stuck")]}, "faults[0].where", "known here: COD"),
        ({"tamper": [event(kind="dilute")]}, "tamper[0].kind", "did you mean 'dilution'?"),
        ({"tamper": [event(kind="cap", where="MAU01.TSS")]}, "tamper[0].limit", "no maximum"),
        ({"tamper": [event(kind="replay", at="0d06:00")]}, "tamper[0].at", "begin later"),
        ({"transport": [event(kind="clock_jump")]}, "transport[0].by", "7h or -20m"),
        ({"transport": [event(kind="dropout", by="7h")]}, "transport[0].by", "takes share"),
        ({"stations": []}, "stations", "at least one station"),
        ({"stations": [{"id": "A", "plant": {"profile": "textil"}}]}, "stations.A.plant.profile",
         "did you mean 'textile'?"),
        ({"stations": [{"id": "A"}, {"id": "A"}]}, "stations.A", "another station"),
        ({"defaults": {"limits": {"COD": "75"}}}, "stations.MAU01.limits.COD", "75 or [6, 9]"),
        ({"clock": {"start": "2026-04-06T05:00:00+07:00", "days": 1}}, "clock.start", "midnight"),
        ({"clock": {"start": "2026-04-06", "days": 1, "step": "7m"}}, "clock.step", "1m, 5m"),
        ({"clock": {"start": "2026-04-06", "days": 1, "speed": "fast"}}, "clock.speed", "max"),
        ({"version": 2}, "version", ""),
    ],
)  # fmt: skip
def test_a_mistake_is_named_with_its_place_and_remedy(
    changed: dict[str, Any], where: str, said: str
) -> None:
    found = problems(**changed)
    assert any(one.key == where and said in one.message for one in found), found


def test_every_mistake_is_told_at_once() -> None:
    found = problems(events=[event(strenght=1), event(kind=3)], tampr=[], seed="x")
    assert {one.key for one in found} == {"events[0].strenght", "events[1].kind", "tampr", "seed"}
    found = problems(events=[event(kind="x"), event(where="y")], faults=[event(kind="z")])
    assert {one.key for one in found} == {"events[0].kind", "events[1].where", "faults[0].kind"}


def test_the_same_id_twice_is_refused() -> None:
    twice = [event(id="a"), event(id="a", at="1d")]
    assert [one.key for one in problems(events=twice)] == ["events[1].id"]


def test_a_line_may_repeat_and_take_turns() -> None:
    repeat = {"every": "2h", "times": 4, "in_turn": True}
    where = ["MAU01.COD", "MAU02.pH"]
    line = {"at": "0d", "for": "5m", "where": where, "kind": "spike_large", "repeat": repeat}
    found = scenario(faults=[line]).faults
    assert [one.station for one in found] == ["MAU01", "MAU02", "MAU01", "MAU02"]
    assert {b.start - a.start for a, b in pairwise(found)} == {7200}
    assert len({one.id for one in found}) == 4


def test_a_fault_of_a_station_is_one_of_each_instrument() -> None:
    found = scenario(faults=[event(kind="gap")])
    assert [one.parameter for one in found.faults] == list(found.places[0].parameters)


def test_the_file_of_a_parsed_text_is_left_as_it_was() -> None:
    before = raw()
    load_scenario("small.yaml", before, *tables()[:2])
    assert before == raw()
