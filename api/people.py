"""Shapes of accounts: what is sent to log in and to administer, and what comes back."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints

from api.asked import Asked
from rules.roles import Right, Role

Line = Annotated[str, StringConstraints(pattern=r"^[^\x00]*$", max_length=200)]
Lines = Annotated[list[Line], Field(max_length=1000)]

_ACCOUNT: dict[str, Any] = {
    "name": "nguyen.a",
    "role": "ward_officer",
    "display": "Cán bộ môi trường phường Mẫu",
    "language": "vi",
    "contacts": {"email": "a@example.org"},
    "wards": ["Mẫu"],
    "clusters": [],
    "plants": [],
    "stations": [],
    "quiet_from": "22:00",
    "quiet_to": "06:00",
    "disabled": False,
    "must_change_password": True,
    "subject": None,
}
_ME: dict[str, Any] = {
    "account": _ACCOUNT,
    "scope": {"clusters": None, "plants": ["mau-01"]},
    "rights": ["acknowledge", "read"],
    "sends_for": [],
}
_ASKED = {key: _ACCOUNT[key] for key in ("role", "display", "language", "contacts", "wards")}
_KEY: dict[str, Any] = {
    "id": 3,
    "label": "prometheus",
    "rights": ["read"],
    "created_at": "2026-11-22T08:00:00+07:00",
    "expires_at": "2027-11-22T08:00:00+07:00",
    "revoked_at": None,
}


def _shown(example: dict[str, Any], extra: Any) -> ConfigDict:
    return ConfigDict(extra=extra, json_schema_extra={"example": example})


class Credentials(Asked):
    """A log-in. A one-time password is sent with the password that replaces it."""

    model_config = _shown({"name": "admin", "password": "the one you chose"}, "forbid")
    name: Line
    password: Line
    new_password: Line | None = None


class Wanted(Asked):
    """What an account is to be; what is left out stays as it is."""

    model_config = _shown(_ASKED, "forbid")
    role: Role | None = None
    display: Line | None = Field(None, description="The name that people read.")
    language: Line | None = Field(None, description="vi or en.")
    contacts: dict[Line, Line] | None = Field(None, description="Channel and address.")
    wards: Lines | None = Field(None, description="Every cluster of these wards.")
    clusters: Lines | None = None
    plants: Lines | None = None
    stations: Lines | None = Field(None, description="A station account sends for these.")
    quiet_from: Line | None = Field(None, description="22:00, local; empty takes it away.")
    quiet_to: Line | None = None
    disabled: bool | None = None
    subject: Line | None = Field(None, description="Who it is at the OpenID Connect provider.")


class WantedNew(Wanted):
    """A new account."""

    model_config = _shown({"name": "nguyen.a", **_ASKED}, "forbid")
    name: Line
    role: Role


class Own(Asked):
    """What everybody may change of their own account."""

    model_config = _shown({"language": "en", "quiet_from": "22:00", "quiet_to": "06:00"}, "forbid")
    display: Line | None = None
    language: Line | None = None
    contacts: dict[Line, Line] | None = None
    quiet_from: Line | None = None
    quiet_to: Line | None = None


class WantedKey(Asked):
    """A new API key. `rights` limits it to some of those of its account."""

    model_config = _shown({"label": "prometheus", "rights": ["read"], "days": 365}, "forbid")
    label: Line
    rights: Lines | None = None
    days: int = Field(365, description="How long it is in force.")


class _Shape(BaseModel):
    model_config = ConfigDict(extra="allow")


class Account(_Shape):
    """An account, without its secrets."""

    model_config = _shown(_ACCOUNT, "allow")
    name: str
    role: Role
    display: str
    language: str
    contacts: dict[str, str]
    wards: list[str]
    clusters: list[str]
    plants: list[str]
    stations: list[str]
    quiet_from: str | None
    quiet_to: str | None
    disabled: bool
    must_change_password: bool
    subject: str | None


class AccountMade(Account):
    """An account with the password for its first log-in, shown this once; a station has none."""

    model_config = _shown(_ACCOUNT | {"one_time_password": "6f2a1c-..."}, "allow")
    one_time_password: str | None


class Me(_Shape):
    """Who is asking, what they may do, and what they may see."""

    model_config = _shown(_ME, "allow")
    account: Account
    scope: Literal["all"] | dict[str, list[str] | None]
    rights: list[Right]
    sends_for: list[str]


class LoggedIn(Me):
    """A log-in: the cookie came with the answer."""

    model_config = _shown(_ME | {"expires_at": "2026-11-22T20:00:00+07:00"}, "allow")
    expires_at: AwareDatetime


class AccountPage(_Shape):
    """Accounts by name, all on one page."""

    model_config = _shown({"items": [_ACCOUNT], "next": None}, "allow")
    items: list[Account]
    next: str | None


class ApiKey(_Shape):
    """An API key, without the key. `rights` null: all of its account."""

    model_config = _shown(_KEY, "allow")
    id: int
    label: str
    rights: list[Right] | None
    created_at: AwareDatetime
    expires_at: AwareDatetime
    revoked_at: AwareDatetime | None


class KeyMade(ApiKey):
    """An API key with the key itself, shown this once."""

    model_config = _shown(_KEY | {"key": "tolich_..."}, "allow")
    key: str


class StationKeyMade(KeyMade):
    """The key of a station, with the account that it sends as."""

    model_config = _shown(_KEY | {"key": "tolich_...", "account": "station-mau01"}, "allow")
    account: str


class KeyPage(_Shape):
    """The API keys of an account, all on one page."""

    model_config = _shown({"items": [_KEY], "next": None}, "allow")
    items: list[ApiKey]
    next: str | None
