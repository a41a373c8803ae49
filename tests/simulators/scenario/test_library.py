"""The scenarios that ship do what they say."""

from __future__ import annotations

from collections import defaultdict

import pytest

from rules.model import Refused
from rules.register import load_register
from simulators.scenario.course import a_day, opening, stage
from simulators.scenario.library import names, parsed, path_of
from simulators.scenario.loading import load_scenario
from simulators.scenario.registering import register_of
from simulators.scenario.spec import Scenario
from simulators.scenario.truth import daily
from tests.simulators.scenario.small import tables
from tolich.packs import load_regulations
from tolich.yamlfile import read_yaml

# Which channels truly exceed, and on which days after the start; a few that do not take long.
EXCEED: dict[str, dict[str, set[int]]] = {
    "good_day": {},
    "aeration_failure": {"NH4": {1}},
    "hidden_shock_load": {},
    "rain": {},
    "acid_dump": {"pH": {1, 2, 3}, "NH4": {2, 3, 4}},
    "outage_newest_first": {"NH4": {1, 2}},
    "wrong_clock": {},
}


def shipped(name: str) -> Scenario:
    return load_scenario(name, parsed(name), *tables()[:2])


@pytest.mark.parametrize("name", names())
def test_each_says_what_it_shows_and_has_a_register(name: str) -> None:
    found = shipped(name)
    for words in (found.title, found.shows):
        assert words.keys() == {"vi", "en"}
        assert all(words.values())
    register = load_register(name, register_of(found), tables()[2], load_regulations())
    assert all(station.simulated for station in register.stations.values())
    assert set(register.stations) == {place.id for place in found.places}
    strict = load_scenario(name, read_yaml(path_of(name)), *tables()[:2])
    assert strict == found


def test_there_are_enough_and_the_large_ones_are_large() -> None:
    assert len(names()) >= 12
    assert len(shipped("mixed").places) == 100
    assert shipped("mixed").days == 35
    assert len(shipped("demo").places) == 20


def test_something_new_begins_every_minute_of_the_live_demonstration() -> None:
    demo = shipped("demo")
    live = [*demo.events, *demo.faults, *demo.transport]
    opens = min(one.start for one in live if one.id.startswith("live"))
    begun = {(one.start - opens) // 60 for one in live}
    quiet = [minute for minute in range(24 * 60) if minute not in begun]
    longest = max(b - a for a, b in zip([-1, *quiet], [*quiet, 1440], strict=True))
    assert len(quiet) < 24 * 60 * 0.4, longest
    # Never two quiet minutes in a row.
    assert not [minute for minute in quiet if minute + 1 in quiet]


@pytest.mark.parametrize("name", EXCEED)
def test_the_true_water_is_what_the_sentence_says(name: str) -> None:
    found = shipped(name)
    made = stage(found, *tables())
    stand = opening(made)
    over: dict[str, set[int]] = defaultdict(set)
    for day in range(found.first, found.first + found.days):
        told, stand = a_day(made, stand, day)
        for row in daily(found, told):
            if row["true_exceed"]:
                over[row["channel"]].add(day - found.first)
    assert over == EXCEED[name]


def test_a_name_that_does_not_ship_says_what_does() -> None:
    with pytest.raises(Refused, match="did you mean 'good_day'"):
        path_of("good_dya")
