"""Roles, rights and grants: who may do what, and whose plants are seen."""

from __future__ import annotations

import pytest

from rules.duties import who_may_announce
from rules.grants import Grants, plants_seen
from rules.register import Register, load_register
from rules.roles import OFFICERS, PLANT_SIDE, RIGHTS, Right, Role, rights_of
from tests.cast import CATALOGUE, REGULATIONS, cast_register

ACTS = {
    Right.ACKNOWLEDGE, Right.COMMENT, Right.EXPLAIN, Right.REQUEST, Right.SAMPLE, Right.SHELVE,
    Right.CLOSE, Right.AMEND, Right.ANNOUNCE, Right.OUT_OF_SERVICE,
}  # fmt: skip


@pytest.fixture(scope="module")
def register() -> Register:
    raw = cast_register()
    raw["clusters"]["ccn-mau-01"]["ward"] = "Mẫu"
    raw["clusters"]["ccn-mau-02"]["ward"] = "Mẫu"
    return load_register("test", raw, CATALOGUE, REGULATIONS)


def test_every_role_has_a_row_and_every_right_somebody() -> None:
    assert set(RIGHTS) == set(Role)
    assert set().union(*RIGHTS.values()) == set(Right)


def test_only_officers_close_and_amend() -> None:
    for right in (Right.CLOSE, Right.AMEND, Right.REQUEST, Right.OUT_OF_SERVICE):
        assert {role for role in Role if right in RIGHTS[role]} == OFFICERS
    assert {role for role in Role if Right.EXPLAIN in RIGHTS[role]} == PLANT_SIDE


@pytest.mark.parametrize("role", [Role.TRADE_OFFICER, Role.VIEWER, Role.ADMINISTRATOR])
def test_some_only_look_or_administer(role: Role) -> None:
    assert not RIGHTS[role] & ACTS


def test_a_station_sends_and_nothing_else() -> None:
    assert RIGHTS[Role.STATION] == {Right.INGEST}
    assert all(Right.INGEST not in RIGHTS[role] for role in Role if role is not Role.STATION)


def test_a_key_may_be_limited_never_widened() -> None:
    assert rights_of(Role.VIEWER) == RIGHTS[Role.VIEWER]
    assert rights_of(Role.VIEWER, [Right.READ, Right.CLOSE]) == {Right.READ}
    assert rights_of(Role.VIEWER, []) == frozenset()


@pytest.mark.parametrize("role", [Role.CITY_OFFICER, Role.TRADE_OFFICER, Role.ADMINISTRATOR])
def test_the_city_is_seen_whole_with_what_is_yet_to_come(role: Role, register: Register) -> None:
    assert plants_seen(role, Grants(), register) is None


@pytest.mark.parametrize(
    "grants, seen",
    [
        (Grants(), set()),
        (Grants(wards=frozenset({"Mẫu"})), {"mau-01", "mau-02"}),
        (Grants(clusters=frozenset({"ccn-mau-03"})), {"mau-03"}),
        (Grants(plants=frozenset({"mau-02"})), {"mau-02"}),
        (
            Grants(frozenset({"Mẫu"}), frozenset({"ccn-mau-03"}), frozenset({"mau-03"})),
            {"mau-01", "mau-02", "mau-03"},
        ),
        (Grants(clusters=frozenset({"gone"})), set()),
        (Grants(stations=frozenset({"MAU01"})), set()),
    ],
)
def test_others_see_what_they_were_given(
    grants: Grants, seen: set[str], register: Register
) -> None:
    found = plants_seen(Role.INVESTOR, grants, register)
    assert found is not None
    assert set(found) == seen
    assert plants_seen(Role.STATION, grants, register) == frozenset()


def test_who_may_announce() -> None:
    assert set(who_may_announce(Right.ANNOUNCE)) == OFFICERS | PLANT_SIDE
    assert set(who_may_announce(Right.OUT_OF_SERVICE)) == OFFICERS
