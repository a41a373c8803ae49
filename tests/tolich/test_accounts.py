"""Accounts in the store: logging in, keys, what an administrator does, and what is refused."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from sqlalchemy import Engine, select

from rules.model import Refused
from rules.roles import RIGHTS, Right, Role
from tests.callers import caller, empty_store
from tests.cast import CATALOGUE, REGULATIONS, cast_register
from tests.stores import Kind
from tolich.accounts import FIRST, LOGIN_LASTS, StoreAccounts, Throttles
from tolich.clock import StepClock
from tolich.ports import AccountAsked, LoginRefused
from tolich.store.peopleschema import account, account_change, api_key, login
from tolich.store.proof import Broken, verify_chain
from tolich.store.registry import enter, read_register
from tolich.throttle import Throttle

BY = caller(name="quản trị")
GOOD = "mưa tháng bảy gãy cành trám"
HERE = "192.0.2.1"


@dataclass
class Desk:
    """Accounts of an empty store with the register of the cast, and wall time to move."""

    folder: Path
    wall: list[float] = field(default_factory=lambda: [1_800_000_000.0])
    engine: Engine = field(init=False)
    accounts: StoreAccounts = field(init=False)

    def __post_init__(self) -> None:
        self.engine = empty_store(self.folder)
        enter(
            self.engine, cast_register(), CATALOGUE, REGULATIONS, document="cast", by="tests", now=1
        )
        register = read_register(self.engine, CATALOGUE, REGULATIONS)
        clock: Callable[[], float] = lambda: self.wall[0]  # noqa: E731 - one of two answers
        throttles = Throttles(
            Throttle(1 / 60, 5, clock), Throttle(1 / 3, 20, clock), Throttle(50, 1000, clock)
        )
        self.accounts = StoreAccounts(
            self.engine, lambda: register, StepClock(1_800_000_000), throttles,
            now=lambda: int(self.wall[0]),
        )  # fmt: skip

    def add(self, name: str, role: Role, password: str = GOOD, **grants: object) -> None:
        """An account that can log in."""
        self.accounts.create(BY, name, AccountAsked(role, **grants), password)  # type: ignore[arg-type]


@pytest.fixture
def desk(tmp_path: Path, either_store: Kind) -> Desk:
    return Desk(tmp_path)


def problems(said: pytest.ExceptionInfo[Refused]) -> dict[str, str]:
    """What was refused, by field."""
    return {one.key: one.message for one in said.value.problems}


def test_the_first_start_makes_an_administrator_whose_password_serves_once(desk: Desk) -> None:
    once = desk.accounts.first_administrator()
    assert once is not None
    assert desk.accounts.first_administrator() is None
    with pytest.raises(LoginRefused) as said:
        desk.accounts.log_in(FIRST, once, None, HERE)
    assert said.value.change
    chosen = desk.accounts.log_in(FIRST, once, GOOD, HERE)
    assert chosen.caller.role is Role.ADMINISTRATOR
    with pytest.raises(LoginRefused):
        desk.accounts.log_in(FIRST, once, None, HERE)
    assert desk.accounts.log_in(FIRST, GOOD, None, HERE).caller == chosen.caller


@pytest.mark.parametrize(
    "new, said",
    [
        ("short", "12 to 200"),
        ("x" * 201, "12 to 200"),
        ("my-admin-password", "account's name"),
        ("aaaaaaaaaaaaa", "repeats"),
        ("", "12 to 200"),
    ],
)
def test_a_weak_password_is_refused_and_nothing_changes(new: str, said: str, desk: Desk) -> None:
    once = desk.accounts.first_administrator() or ""
    with pytest.raises(Refused) as refused:
        desk.accounts.log_in(FIRST, once, new, HERE)
    assert said in problems(refused)["new_password"]
    assert desk.accounts.log_in(FIRST, once, GOOD, HERE).token


def test_the_one_time_password_cannot_be_kept(desk: Desk) -> None:
    once = desk.accounts.first_administrator() or ""
    with pytest.raises(Refused):
        desk.accounts.log_in(FIRST, once, once, HERE)


def test_a_log_in_ends_by_time_by_word_and_with_the_account(desk: Desk) -> None:
    desk.add("officer", Role.CITY_OFFICER)
    desk.add("boss", Role.ADMINISTRATOR)
    one = desk.accounts.log_in("officer", GOOD, None, HERE)
    other = desk.accounts.log_in("officer", GOOD, None, HERE)
    assert desk.accounts.by_session(one.token) == one.caller
    desk.accounts.log_out(one.token)
    assert desk.accounts.by_session(one.token) is None
    desk.wall[0] += LOGIN_LASTS - 1
    assert desk.accounts.by_session(other.token) == other.caller
    desk.wall[0] += 1
    assert desk.accounts.by_session(other.token) is None
    third = desk.accounts.log_in("officer", GOOD, None, HERE)
    desk.accounts.change(BY, "officer", AccountAsked(disabled=True))
    assert desk.accounts.by_session(third.token) is None
    with pytest.raises(LoginRefused):
        desk.accounts.log_in("officer", GOOD, None, HERE)


def test_five_wrong_passwords_are_followed_by_a_wait_of_that_client_only(desk: Desk) -> None:
    desk.add("officer", Role.CITY_OFFICER)
    for _ in range(5):
        with pytest.raises(LoginRefused) as said:
            desk.accounts.log_in("officer", "wrong", None, HERE)
        assert said.value.wait == 0
    with pytest.raises(LoginRefused) as said:
        desk.accounts.log_in("officer", GOOD, None, HERE)
    assert 0 < said.value.wait <= 60
    assert desk.accounts.log_in("officer", GOOD, None, "192.0.2.2").token
    desk.wall[0] += said.value.wait
    assert desk.accounts.log_in("officer", GOOD, None, HERE).token
    assert desk.accounts.log_in("officer", GOOD, None, HERE).token  # a right one forgives


def test_one_client_cannot_try_many_names(desk: Desk) -> None:
    waits = []
    for number in range(25):
        with pytest.raises(LoginRefused) as said:
            desk.accounts.log_in(f"name{number}", "wrong", None, HERE)
        waits.append(said.value.wait)
    assert waits[:20] == [0.0] * 20
    assert all(wait > 0 for wait in waits[20:])


def test_a_key_ends_on_its_day_when_revoked_and_with_the_account(desk: Desk) -> None:
    desk.add("viewer", Role.VIEWER, plants=["mau-01"])
    made = [desk.accounts.new_key(BY, "viewer", f"key {n}", None, 2) for n in range(2)]
    keys = [shape["key"] for shape in made if shape]
    assert all(desk.accounts.by_key(key) for key in keys)
    assert desk.accounts.revoke(BY, "viewer", 1)
    assert not desk.accounts.revoke(BY, "viewer", 1)  # it is over already
    assert not desk.accounts.revoke(BY, "viewer", 99)
    assert [bool(desk.accounts.by_key(key)) for key in keys] == [False, True]
    desk.accounts.change(BY, "viewer", AccountAsked(disabled=True))
    assert desk.accounts.by_key(keys[1]) is None
    desk.accounts.change(BY, "viewer", AccountAsked(disabled=False))
    assert desk.accounts.by_key(keys[1]) is not None
    desk.wall[0] += 2 * 86400
    assert desk.accounts.by_key(keys[1]) is None
    listed = desk.accounts.keys("viewer") or []
    assert [one["revoked_at"] is None for one in listed] == [True, False]
    assert not any("key" in one for one in listed)


def test_a_key_of_one_account_is_not_revoked_through_another(desk: Desk) -> None:
    desk.add("a1", Role.VIEWER)
    desk.add("b1", Role.VIEWER)
    made = desk.accounts.new_key(BY, "a1", "x", None, 1)
    assert made is not None
    assert not desk.accounts.revoke(BY, "b1", made["id"])
    assert desk.accounts.by_key(made["key"])


def test_secrets_are_kept_as_what_cannot_be_turned_back(desk: Desk) -> None:
    desk.add("officer", Role.CITY_OFFICER)
    made = desk.accounts.new_key(BY, "officer", "x", None, 1)
    session = desk.accounts.log_in("officer", GOOD, None, HERE)
    assert made is not None
    with desk.engine.connect() as connection:
        kept = "".join(
            str(tuple(row))
            for table in (account, account_change, api_key, login)
            for row in connection.execute(select(table))
        )
    for secret in (GOOD, made["key"], session.token):
        assert secret not in kept
    assert "$argon2id$" in kept


@pytest.mark.parametrize(
    "asked, field, said",
    [
        (AccountAsked(), "role", "say which"),
        (AccountAsked("city_oficer"), "role", "did you mean 'city_officer'"),
        (AccountAsked("investor", clusters=["ccn-mau-1"]), "clusters", "did you mean"),
        (AccountAsked("operator", plants=["mau-99"]), "plants", "not registered"),
        (AccountAsked("station", stations=["MAU1"]), "stations", "not registered"),
        (AccountAsked("viewer", language="fr"), "language", "none of these"),
        (AccountAsked("viewer", contacts={"e-mail": "a@b"}), "contacts", "did you mean 'email'"),
        (AccountAsked("viewer", quiet_from="22h"), "quiet_from", "22:00"),
        (AccountAsked("viewer", quiet_from="22:00"), "quiet_to", "both ends"),
        (AccountAsked("viewer", display=" "), "display", "1 to 200"),
    ],
)
def test_what_is_wrong_with_an_account_is_named(
    asked: AccountAsked, field: str, said: str, desk: Desk
) -> None:
    with pytest.raises(Refused) as refused:
        desk.accounts.create(BY, "someone", asked)
    assert said in problems(refused)[field]
    assert desk.accounts.one("someone") is None


@pytest.mark.parametrize("name", ["", "a", "Anh", "a b", "../x", "x" * 65, "nguyễn"])
def test_a_name_is_plain(name: str, desk: Desk) -> None:
    with pytest.raises(Refused) as refused:
        desk.accounts.create(BY, name, AccountAsked("viewer"))
    assert "name" in problems(refused)


def test_a_name_and_a_subject_belong_to_one(desk: Desk) -> None:
    desk.accounts.create(BY, "one", AccountAsked("viewer", subject="abc"))
    with pytest.raises(Refused) as refused:
        desk.accounts.create(BY, "one", AccountAsked("viewer", subject="abc"))
    assert set(problems(refused)) == {"name", "subject"}
    found = desk.accounts.log_in_as("abc")
    assert found is not None
    assert found.caller.name == "one"
    desk.accounts.change(BY, "one", AccountAsked(subject=""))
    assert desk.accounts.log_in_as("abc") is None


def test_the_last_administrator_stays(desk: Desk) -> None:
    desk.accounts.first_administrator()
    for asked in (AccountAsked(disabled=True), AccountAsked("viewer")):
        with pytest.raises(Refused) as refused:
            desk.accounts.change(BY, FIRST, asked)
        assert "last administrator" in problems(refused)[FIRST]
    desk.add("second", Role.ADMINISTRATOR)
    assert desk.accounts.change(BY, FIRST, AccountAsked(disabled=True))


def test_a_key_cannot_widen_a_role(desk: Desk) -> None:
    desk.add("viewer", Role.VIEWER)
    with pytest.raises(Refused) as refused:
        desk.accounts.new_key(BY, "viewer", "x", ["read", "amend", "reed"], 1)
    assert len(refused.value.problems) == 2
    made = desk.accounts.new_key(BY, "viewer", "x", ["read"], 1)
    assert made is not None
    found = desk.accounts.by_key(made["key"])
    assert found is not None
    assert found.rights == {Right.READ}
    # A role that shrinks takes its keys along.
    desk.accounts.change(BY, "viewer", AccountAsked("station"))
    found = desk.accounts.by_key(made["key"])
    assert found is not None
    assert found.rights == frozenset()


@pytest.mark.parametrize(("days", "label"), [(0, "x"), (5000, "x"), (1, " "), (1, "y" * 101)])
def test_a_key_says_what_for_and_until_when(days: int, label: str, desk: Desk) -> None:
    desk.add("viewer", Role.VIEWER)
    with pytest.raises(Refused):
        desk.accounts.new_key(BY, "viewer", label, None, days)


def test_scopes_follow_the_register(desk: Desk) -> None:
    desk.add("investor", Role.INVESTOR, clusters=["ccn-mau-01", "ccn-mau-03"])
    desk.add("operator", Role.OPERATOR, plants=["mau-02"])
    desk.add("nobody", Role.VIEWER)
    desk.add("officer", Role.CITY_OFFICER)
    desk.add("gateway", Role.STATION, clusters=["ccn-mau-01"], stations=["MAU03"])

    def plants(name: str) -> set[str] | None:
        made = desk.accounts.new_key(BY, name, "x", None, 1)
        assert made is not None
        found = desk.accounts.by_key(made["key"])
        assert found is not None
        assert found.rights == RIGHTS[found.role]
        if name == "gateway":
            assert found.stations == {"MAU01", "MAU03"}
        seen = found.scope.plants
        return None if seen is None else set(seen)

    assert plants("investor") == {"mau-01", "mau-03"}
    assert plants("operator") == {"mau-02"}
    assert plants("nobody") == set()
    assert plants("gateway") == set()
    assert plants("officer") is None


def test_oneself_changes_words_and_contacts_never_rights(desk: Desk) -> None:
    desk.add("viewer", Role.VIEWER)
    own = caller(name="viewer")
    asked = AccountAsked("administrator", language="en", clusters=["ccn-mau-01"], subject="x")
    changed = desk.accounts.change_me(own, asked)["account"]
    assert (changed["role"], changed["clusters"]) == ("viewer", [])
    assert (changed["language"], changed["subject"]) == ("en", None)


def test_every_change_is_chained_with_its_author(desk: Desk) -> None:
    desk.add("viewer", Role.VIEWER)
    desk.accounts.new_key(BY, "viewer", "x", None, 1)
    desk.accounts.reset(BY, "viewer")
    with desk.engine.connect() as connection:
        rows = connection.execute(select(account_change.c.change, account_change.c.author)).all()
    assert [tuple(row) for row in rows] == [
        ("created", "quản trị"), ("key 1 made: x", "quản trị"), ("password reset", "quản trị"),
    ]  # fmt: skip
    verify_chain(desk.engine, lambda _: None)
    with desk.engine.begin() as connection:
        connection.execute(account_change.update().values(author="ai đó"))
    with pytest.raises(Broken, match="account"):
        verify_chain(desk.engine, lambda _: None)


def test_a_reset_ends_every_log_in(desk: Desk) -> None:
    desk.add("viewer", Role.VIEWER)
    session = desk.accounts.log_in("viewer", GOOD, None, HERE)
    made = desk.accounts.reset(BY, "viewer")
    assert made is not None
    assert desk.accounts.by_session(session.token) is None
    with pytest.raises(LoginRefused) as said:
        desk.accounts.log_in("viewer", made["one_time_password"], None, HERE)
    assert said.value.change
    desk.add("logger", Role.STATION)
    with pytest.raises(Refused):
        desk.accounts.reset(BY, "logger")
    assert desk.accounts.reset(BY, "nobody") is None
    assert desk.accounts.change(BY, "nobody", AccountAsked()) is None
    assert desk.accounts.new_key(BY, "nobody", "x", None, 1) is None
    assert desk.accounts.keys("nobody") is None


def test_a_bucket_fills_again_and_forgets_whom_it_need_not_remember() -> None:
    now = [0.0]
    bucket = Throttle(2.0, 3.0, lambda: now[0])
    assert [bucket.take("a") for _ in range(4)] == [0, 0, 0, 0.5]
    assert bucket.take("b") == 0
    now[0] += 0.5
    assert bucket.take("a") == 0
    assert bucket.take("a") == 0.5
    now[0] += 100
    for number in range(10_001):
        bucket.take(str(number))
    assert bucket.take("a") == 0
