"""The accounts of the demonstration: one a role, with passwords and keys made anew each time."""

from __future__ import annotations

from collections.abc import Mapping

from rules.register import Register
from rules.roles import Right, Role
from tolich.accounts import StoreAccounts
from tolich.credentials import one_time_password
from tolich.ports import EVERYTHING, AccountAsked, Caller

KEY_DAYS = 30

_DEMO = Caller(0, "demonstration", Role.ADMINISTRATOR, frozenset(Right), EVERYTHING)


def demo_accounts(accounts: StoreAccounts, register: Register) -> dict[str, dict[str, str]]:
    """An account for every role: its name, role, password and API key, by a short name.

    Investor, operator and ward officer have the first plant's cluster; a run that goes on from
    an earlier one gets new passwords and keys.
    """
    found = {}
    for name, asked in _asked(register).items():
        found[name] = _account(accounts, name, asked)
    return found


def _asked(register: Register) -> Mapping[str, AccountAsked]:
    plant = register.plants[min(register.plants)]
    clusters, ward = sorted(register.clusters), register.clusters[plant.cluster].ward

    own = [plant.cluster]
    return {
        "officer": AccountAsked(Role.CITY_OFFICER, "Cán bộ môi trường thành phố (mẫu)"),
        "officer2": AccountAsked(Role.CITY_OFFICER, "Cán bộ môi trường thứ hai (mẫu)"),
        "ward": AccountAsked(Role.WARD_OFFICER, f"Cán bộ môi trường {ward} (mẫu)", wards=[ward]),
        "trade": AccountAsked(Role.TRADE_OFFICER, "Cán bộ Công Thương (mẫu)"),
        "investor": AccountAsked(Role.INVESTOR, f"Chủ đầu tư {plant.cluster} (mẫu)", clusters=own),
        "operator": AccountAsked(Role.OPERATOR, f"Vận hành {plant.id} (mẫu)", plants=[plant.id]),
        "viewer": AccountAsked(Role.VIEWER, "Người xem (mẫu)", clusters=clusters),
        "station": AccountAsked(Role.STATION, "Bộ ghi dữ liệu (mẫu)", clusters=clusters),
        "administrator": AccountAsked(Role.ADMINISTRATOR, "Quản trị (mẫu)"),
    }


def _account(accounts: StoreAccounts, name: str, asked: AccountAsked) -> dict[str, str]:
    password = one_time_password()
    if accounts.one(name) is None:
        accounts.create(_DEMO, name, asked, password)
    elif asked.role is not Role.STATION:
        accounts.set_password(_DEMO, name, password)
    key = accounts.new_key(_DEMO, name, "demonstration", None, KEY_DAYS)
    assert key is not None, "the account was made above"
    told = {"name": name, "role": str(asked.role), "api_key": key["key"]}
    return told if asked.role is Role.STATION else told | {"password": password}
