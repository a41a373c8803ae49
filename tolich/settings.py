"""Settings: one YAML file and TOLICH_* environment variables, parsed once, refused loudly."""

from __future__ import annotations

import os
from datetime import date
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal, Self, get_args

from pydantic import (
    AfterValidator,
    AliasChoices,
    BaseModel,
    Field,
    ValidationError,
    model_validator,
)
from pydantic_settings import (
    BaseSettings,
    InitSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from rules.loading import meant
from rules.model import Problem, Refused
from tolich.forwarding.place import check_folder, read_place
from tolich.notify.sections import Notify
from tolich.sections import Section
from tolich.yamlfile import read_yaml

SPELLED = {"register_files": "register"}
"""How the file and the environment spell a setting whose own name pydantic keeps for itself."""

PREFIX = "TOLICH_"
OURS = ("TOLICH_NO_SKIP",)
"""Variables with our prefix that are not settings: the tests' own."""


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


class Grafana(Section):
    """Where dashboards are published, and how Grafana reaches what they ask."""

    url: str | None = Field(default=None, pattern="^https?://")
    token_file: Path | None = None  # of a service account: the officers' organisation only
    user: str = "admin"
    password_file: Path | None = None  # of `user`: investors' organisations need it
    console: str = ""  # in front of links to the evidence; "": Grafana's own host
    influx_url: str | None = Field(default=None, pattern="^https?://")
    influx_tokens: Path | None = None  # a folder: `officers`, and a file an investor's account
    metrics_url: str | None = Field(default=None, pattern="^https?://")


class Checkpoints(Section):
    """Where signed checkpoints go, beside the data folder."""

    folder: Path | None = None
    webhook: str | None = Field(default=None, pattern="^https?://")
    email: str | None = None  # an address; needs notify.email


def _url(text: str) -> str:
    read_place(text)  # raises ValueError
    return text


def _store(text: str) -> str:
    """A database URL of a kind we know; what is wrong is told without repeating it."""
    try:
        url = make_url(text)
    except ArgumentError as error:
        raise ValueError(f"no database URL: {_STORE_URL}") from error
    if url.password is not None or "password" in url.query:
        raise ValueError("holds a password: put it alone into a file, named by store_password_file")
    if url.get_backend_name() not in ("postgresql", "sqlite"):
        raise ValueError(f"neither PostgreSQL nor SQLite: {_STORE_URL}")
    return text


_STORE_URL = "expected postgresql://USER@HOST:5432/DATABASE"


class Forward(Section):
    """A server that gets TT10 files of readings, such as the authority's: docs/forwarding.md."""

    name: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,31}$")
    url: Annotated[str, AfterValidator(_url)]
    since: date  # readings of earlier local days are not forwarded
    stations: Literal["all"] | list[str] = "all"  # all: but the simulated ones
    folder: Annotated[str, AfterValidator(check_folder)] = "{station}/{yyyy}/{MM}/{dd}"
    line_end: Literal["crlf", "lf"] = "crlf"
    resend: bool = True  # a file that a late reading changed is sent again, under its name
    key_file: Path | None = None
    known_hosts: Path | None = None
    password_file: Path | None = None
    ca_file: Path | None = None

    @model_validator(mode="after")
    def _complete(self) -> Self:
        place = read_place(self.url)
        needed, usable = _NEEDED[place.scheme]
        for key in ("key_file", "known_hosts", "password_file", "ca_file"):
            if getattr(self, key) is None and key in needed:
                how = _HOW[key].format(host=place.host, port=place.port)
                raise ValueError(f"{place.scheme} needs {key}: {how}")
            if getattr(self, key) is not None and key not in usable:
                raise ValueError(f"{place.scheme} has no use for {key}")
        return self


_NEEDED: dict[str, tuple[set[str], set[str]]] = {
    "sftp": ({"key_file", "known_hosts"}, {"key_file", "known_hosts"}),
    "ftps": ({"password_file"}, {"password_file", "ca_file"}),
    "ftp": ({"password_file"}, {"password_file"}),
    "file": (set(), set()),
}
"""By scheme: what must be there, and what may be."""

_HOW = {
    "key_file": "ssh-keygen -t ed25519 -N '' -f FILE, and give the authority FILE.pub",
    "known_hosts": "ssh-keyscan -p {port} {host} > FILE, and compare ssh-keygen -lf FILE with the "
    "fingerprint that the authority tells you",
    "password_file": "a file that holds the password alone",
}


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
    # A database URL, such as postgresql://tolich@127.0.0.1:5432/tolich; default: SQLite in `data`.
    store: Annotated[str, AfterValidator(_store)] | None = None
    store_password_file: Path | None = None
    register_files: list[Path] = Field(
        default_factory=list, validation_alias=AliasChoices("register", "TOLICH_REGISTER")
    )
    regulations: list[Path] = Field(default_factory=list)  # packs beside those that ship
    mqtt: Mqtt | None = Mqtt()  # null: no broker, only HTTP and folders
    folder: Path | None = None  # watched for TT10 files
    http: Http = Http()
    influx: Influx = Influx()
    grafana: Grafana = Grafana()
    notify: Notify = Notify()
    forward: list[Forward] = Field(default_factory=list)  # who gets TT10 files of readings
    oidc: Oidc | None = None
    checkpoints: Checkpoints = Checkpoints()
    close_after: int = Field(default=600, ge=60, le=86400)  # seconds after a period's end
    min_free_mb: int = Field(default=200, ge=0)  # below it nothing is acknowledged

    _file: ClassVar[dict[str, Any]] = {}

    @model_validator(mode="after")
    def _one_name_each(self) -> Self:
        names = [one.name for one in self.forward]
        for name in sorted({name for name in names if names.count(name) > 1}):
            raise ValueError(f"two destinations of forward are called {name!r}: rename one")
        return self

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
    secret = loaded.store_password_file
    if secret is not None and not secret.is_file():
        missing.append(Problem(name, "store_password_file", f"there is no file {secret}"))
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
    if place == ["store"]:  # somebody may have put a password into it
        return Problem(name, "store", error["msg"])
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
    """The keys of the section that stands at a place; of the innermost one there is."""
    model: type[BaseModel] = Settings
    for key in place:
        field = model.model_fields.get(key)
        kinds = () if field is None else get_args(field.annotation) or (field.annotation,)
        inner = [kind for kind in kinds if isinstance(kind, type) and issubclass(kind, BaseModel)]
        model = inner[0] if inner else model
    return [SPELLED.get(key, key) for key in model.model_fields]
