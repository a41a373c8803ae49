"""Who is told of an alert, and when: the steps, whom a missing side holds up, and the register."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.escalation import LONGEST, USUAL_CLIMB, Climb, Side, sides_of
from rules.model import Refused, Severity
from rules.register import load_register
from rules.roles import Role
from tests.cast import CATALOGUE, REGULATIONS, cast_register

ALL = frozenset(Side)
HOUR = 3600


def loaded(**escalation: Any) -> Climb:
    """How the alerts of a plant climb that types this."""
    raw = cast_register()
    raw["plants"]["mau-01"]["escalation"] = escalation
    return load_register("test", raw, CATALOGUE, REGULATIONS).plants["mau-01"].climb


def refused(**escalation: Any) -> dict[str, str]:
    """What is wrong with it, by its last key."""
    with pytest.raises(Refused) as said:
        loaded(**escalation)
    return {
        one.key.removeprefix("plants.mau-01.escalation."): one.message
        for one in said.value.problems
    }


@pytest.mark.parametrize("severity", [Severity.CRITICAL, Severity.MAJOR])
def test_what_is_urgent_reaches_everybody_at_once(severity: Severity) -> None:
    assert USUAL_CLIMB.told(severity, ALL, 1000, 1000) == list(Side)
    assert USUAL_CLIMB.next_at(severity, ALL, 1000, 1000) is None


def test_the_rest_climbs() -> None:
    told = [USUAL_CLIMB.told(Severity.WARNING, ALL, 0, at) for at in (0, HOUR - 1, HOUR, 4 * HOUR)]
    assert [len(one) for one in told] == [1, 1, 2, 3]
    assert told[-1] == [Side.OPERATOR, Side.INVESTOR, Side.OFFICER]
    nexts = [USUAL_CLIMB.next_at(Severity.WARNING, ALL, 0, at) for at in (0, HOUR, 4 * HOUR)]
    assert nexts == [HOUR, 4 * HOUR, None]


@pytest.mark.parametrize(
    "reachable, steps",
    [
        ({Side.INVESTOR, Side.OFFICER}, [(0, Side.INVESTOR), (4 * HOUR, Side.OFFICER)]),
        ({Side.OPERATOR, Side.OFFICER}, [(0, Side.OPERATOR), (HOUR, Side.OFFICER)]),
        ({Side.OFFICER}, [(0, Side.OFFICER)]),
        ({Side.OPERATOR}, [(0, Side.OPERATOR)]),
        (set(), []),
    ],
)
def test_a_side_nobody_is_on_holds_nobody_up(
    reachable: set[Side], steps: list[tuple[int, Side]]
) -> None:
    assert USUAL_CLIMB.steps(Severity.WARNING, reachable) == steps


@given(st.sets(st.sampled_from(Side)), st.sampled_from(Severity), st.integers(0, 10**6))
def test_more_people_are_told_as_time_passes(
    reachable: set[Side], severity: Severity, later: int
) -> None:
    steps = USUAL_CLIMB.steps(severity, reachable)
    assert [after for after, _ in steps] == sorted(after for after, _ in steps)
    assert {side for _, side in steps} <= reachable
    now = USUAL_CLIMB.told(severity, reachable, 0, later)
    assert now == USUAL_CLIMB.told(severity, reachable, 0, later + 60)[: len(now)]
    due = USUAL_CLIMB.next_at(severity, reachable, 0, later)
    assert (due is None) == (len(now) == len(steps))
    if due is not None:
        assert len(USUAL_CLIMB.told(severity, reachable, 0, due)) > len(now)


def test_a_plant_types_its_own() -> None:
    climb = loaded(warning={"investor": 30, "officer": "never"}, info={"investor": 1440})
    assert climb.steps(Severity.WARNING, ALL) == [(0, Side.OPERATOR), (1800, Side.INVESTOR)]
    assert climb.steps(Severity.INFO, ALL) == [(0, Side.OPERATOR), (24 * HOUR, Side.INVESTOR)]
    assert climb.steps(Severity.CRITICAL, ALL) == USUAL_CLIMB.steps(Severity.CRITICAL, ALL)


@pytest.mark.parametrize("severity", ["critical", "major"])
@pytest.mark.parametrize("minutes", [10, "never"])
def test_no_plant_keeps_from_the_officer_what_is_urgent(severity: str, minutes: object) -> None:
    assert "at once" in refused(**{severity: {"officer": minutes}})[f"{severity}.officer"]


@pytest.mark.parametrize(
    "typed, place, said",
    [
        ({"warnig": {}}, "warnig", "did you mean 'warning'"),
        ({"warning": {"oficer": 5}}, "warning.oficer", "did you mean 'officer'"),
        ({"warning": {"officer": "soon"}}, "warning.officer", "whole minutes"),
        ({"warning": {"officer": True}}, "warning.officer", "whole minutes"),
        ({"warning": {"officer": LONGEST + 1}}, "warning.officer", "takes 0 to"),
        ({"warning": {"officer": -1}}, "warning.officer", "takes 0 to"),
        ({"warning": {"officer": 30}}, "warning", "must not fall"),
    ],
)
def test_what_is_wrong_is_named(typed: dict[str, Any], place: str, said: str) -> None:
    assert said in refused(**typed)[place]


def test_roles_belong_to_sides() -> None:
    assert sides_of([Role.WARD_OFFICER, Role.VIEWER, Role.ADMINISTRATOR]) == {Side.OFFICER}
    assert sides_of([Role.OPERATOR, Role.INVESTOR]) == {Side.OPERATOR, Side.INVESTOR}
