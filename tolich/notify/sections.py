"""The settings of the channels. Secrets are never in them, only the files that hold them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from tolich.sections import Section

LONGEST_URL = 50
"""Characters of `public_url` at most: a text message holds it whole, beside what it says."""


PUBLIC_SERVICES = ("tgram", "slack", "discord", "workflows", "viber", "line", "pover", "pbul")
"""Services of apprise that always call their own host, by how their addresses begin."""


def _address(url: str) -> str:
    scheme, _, rest = url.partition("://")
    if scheme not in ("http", "https") or not rest or not rest.isascii() or " " in rest:
        raise ValueError("write it as https://host or https://host:port/path")
    return url.rstrip("/")


Address = Annotated[str, AfterValidator(_address)]
Seconds = Annotated[float, Field(gt=0, le=120)]


class Email(Section):
    """A mail server that takes our messages."""

    host: str
    port: int = Field(default=587, ge=1, le=65535)
    security: Literal["starttls", "tls", "none"] = "starttls"
    sender: str = Field(pattern=r"^[^@\s]+@[^@\s]+$")
    username: str | None = None
    password_file: Path | None = None
    ca_file: Path | None = None
    timeout: Seconds = 20


class Webhook(Section):
    """Programs that hear of alerts by HTTP."""

    secret_file: Path
    ca_file: Path | None = None
    private_addresses: bool = False
    timeout: Seconds = 10


class Zalo(Section):
    """A Zalo Official Account, and the ZNS templates that Zalo has approved for it."""

    app_id: str
    secret_key_file: Path
    token_file: Path
    template: str | None = None
    templates: dict[str, str] = Field(default_factory=dict)
    zns_url: Address = "https://business.openapi.zalo.me"
    oa_url: Address = "https://openapi.zalo.me"
    token_url: Address = "https://oauth.zaloapp.com"
    timeout: Seconds = 15


class Sms(Section):
    """An SMS gateway that speaks as eSMS does."""

    api_key_file: Path
    secret_key_file: Path
    brand: str
    url: Address = "https://rest.esms.vn/MainService.svc/json"
    sms_type: int = Field(default=2, ge=1, le=99)
    timeout: Seconds = 15


class Other(Section):
    """Everything else that apprise can reach; the address of an account is an apprise URL.

    People type their own addresses. A service whose address names any host would let them call
    programs of our own network from here, so that only those named here are used.
    """

    services: list[str] = Field(default_factory=lambda: list(PUBLIC_SERVICES))
    timeout: Seconds = 10


class Notify(Section):
    """How people and programs are told. A channel without settings is not there."""

    public_url: Annotated[Address, Field(max_length=LONGEST_URL)] = "http://127.0.0.1:8000"
    expire_after: int = Field(default=72 * 3600, ge=60, le=30 * 86400)  # seconds of wall time
    email: Email | None = None
    webhook: Webhook | None = None
    zalo: Zalo | None = None
    sms: Sms | None = None
    apprise: Other | None = None
