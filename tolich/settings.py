"""Settings: one YAML file and TOLICH_* environment variables, parsed once, refused loudly."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, ClassVar

from pydantic import AliasChoices, BaseModel, ConfigDict, Field, ValidationError
from pydantic_settings import (
    BaseSettings,
    InitSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

from rules.loading import meant
from rules.model import Problem, Refused
from tolich.yamlfile import read_yaml

SPELLED = {"register_files": "register"}
"""How the file and the environment spell a setting whose own name pydantic keeps for itself."""

PREFIX = "TOLICH_"
OURS = ("TOLICH_NO_SKIP",)
"""Variables with our prefix that are not settings: the tests' own."""


class Section(BaseModel):
    """A part of the settings; a key nobody knows is refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Mqtt(Section):
    """The broker that stations send to."""

    host: str = "127.0.0.1"
    port: int = Field(default=1883, ge=1, le=65535)
    client_id: str = "tolich-writer"
    username: str | None = None
    password_file: Path | None = None
    ca_file: Path | None = None
    cert_file: Path | None = None
    key_file: Path | None = None
    root: str = "tolich/v1"
    keepalive: int = Field(default=30, ge=5, le=3600)


class Http(Section):
    """Where the API and the console listen."""

    host: str = "127.0.0.1"
    port: int = Field(default=8000, ge=1, le=65535)


class Oidc(Section):
    """A provider of log-ins (OpenID Connect). `address` is ours, as browsers know it."""

    issuer: str
    client_id: str
    client_secret_file: Path
    address: str


class Influx(Section):
    """InfluxDB 2 for dashboards; without a url nothing is projected."""

    url: str | None = None
    token_file: Path | None = None
    org: str = "tolich"
    bucket: str = "tolich"


class Settings(BaseSettings):
    """Everything `tolich serve` needs. Every key has a default that is safe on one machine."""

    model_config = SettingsConfigDict(
        env_prefix="TOLICH_",
        env_nested_delimiter="__",
        env_parse_none_str="null",
        extra="forbid",
        frozen=True,
        populate_by_name=True,
    )

    data: Path = Path("data")
    store: str | None = None  # a database URL; default: SQLite in `data`
    register_files: list[Path] = Field(
        default_factory=list, validation_alias=AliasChoices("register", "TOLICH_REGISTER")
    )
    regulations: list[Path] = Field(default_factory=list)  # packs beside those that ship
    mqtt: Mqtt | None = Mqtt()  # null: no broker, only HTTP and folders
    folder: Path | None = None  # watched for TT10 files
    http: Http = Http()
    influx: Influx = Influx()
    oidc: Oidc | None = None
    close_after: int = Field(default=600, ge=60, le=86400)  # seconds after a period's end
    min_free_mb: int = Field(default=200, ge=0)  # below it nothing is acknowledged

    _file: ClassVar[dict[str, Any]] = {}

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """What is passed wins, then the environment, then the file."""
        return init_settings, env_settings, InitSettingsSource(settings_cls, cls._file)


def load_settings(path: Path | None) -> Settings:
    """Settings of a file and the environment. Raises Refused naming every problem."""
    name = "settings" if path is None else str(path)
    raw = {} if path is None else read_yaml(path)
    if raw is None:
        raw = {}
    if not isinstance(raw, dict):
        raise Refused([Problem(name, "(top)", "expected a mapping of keys to values")])
    strangers = _strangers()
    if strangers:
        raise Refused(strangers)
    bound = type("FileSettings", (Settings,), {"_file": _keyed(raw)})
    try:
        loaded: Settings = bound()
    except ValidationError as error:
        raise Refused([_problem(name, one) for one in error.errors()]) from error
    missing = _absent(name, "register", loaded.register_files)
    missing += _absent(name, "regulations", loaded.regulations)
    if missing:
        raise Refused(missing)
    return loaded


def _absent(name: str, key: str, files: list[Path]) -> list[Problem]:
    """The files of a list that are not there."""
    return [
        Problem(name, f"{key}[{index}]", f"there is no file {file}")
        for index, file in enumerate(files)
        if not file.is_file()
    ]


def _keyed(raw: dict[Any, Any]) -> dict[str, Any]:
    keyed = {str(key): value for key, value in raw.items()}
    for key in ("register", "regulations"):
        if isinstance(keyed.get(key), str):
            keyed[key] = [keyed[key]]
    return keyed


def _problem(name: str, error: Any) -> Problem:
    place = [str(part) for part in error["loc"]]
    if error["type"] == "extra_forbidden":
        return Problem(name, ".".join(place), f"unknown key{meant(place[-1], _known(place[:-1]))}")
    return Problem(name, ".".join(place), f"{error['msg']}; found {error['input']!r}")


def _strangers() -> list[Problem]:
    """Environment variables that look like ours and are not: a misspelt one must not be lost."""
    known = _known([])
    found = []
    for name in sorted(os.environ):
        key = name.removeprefix(PREFIX).split("__")[0].lower()
        if name.startswith(PREFIX) and key not in known and name not in OURS:
            said = f"no setting has this name{meant(key, known)}"
            found.append(Problem("environment", name, said))
    return found


def _known(place: list[str]) -> list[str]:
    sections: dict[str, type[BaseModel]] = {
        "mqtt": Mqtt,
        "http": Http,
        "influx": Influx,
        "oidc": Oidc,
    }
    model: type[BaseModel] = sections.get(place[0], Settings) if place else Settings
    return [SPELLED.get(key, key) for key in model.model_fields]
