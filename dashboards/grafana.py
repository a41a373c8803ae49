"""Grafana through its HTTP API: the adapter of `publishing.GrafanaPort`.

It asks through the plain GET, POST and PUT that `grafana-client` and the older `grafana-api`
share: the calls that both spell out alike are too few (no data source by uid, no service
account), and this way either package does. The organisation goes along in a header.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol, Self
from urllib.parse import quote, urlsplit

from grafana_client.api import GrafanaApi
from grafana_client.client import GrafanaException

from dashboards.publishing import Conflict, Denied, PublishError, Shape, Unreachable

TIMEOUT = 10.0


class Session(Protocol):
    """The connections of a client."""

    def close(self) -> None: ...


class Client(Protocol):
    """What the packages offer: each answers the parsed JSON, or raises its own exception."""

    @property
    def s(self) -> Session: ...

    def GET(self, url: str, *, headers: Mapping[str, str]) -> Any: ...  # noqa: N802
    def POST(  # noqa: N802
        self, url: str, *, json: Shape, headers: Mapping[str, str]
    ) -> Any: ...
    def PUT(  # noqa: N802
        self, url: str, *, json: Shape, headers: Mapping[str, str]
    ) -> Any: ...


class Grafana:
    """One Grafana. `failure` is what the client raises for an answer of 400 and above."""

    def __init__(self, client: Client, url: str, failure: type[Exception]) -> None:
        self._client = client
        self._url = url
        self._failure = failure

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Release the connections."""
        self._client.s.close()

    def organisations(self) -> Mapping[str, int]:
        """The number of each organisation, by name."""
        found = self._ask("GET", "/orgs?perpage=10000", None)
        return {one["name"]: int(one["id"]) for one in found}

    def create_organisation(self, name: str) -> int:
        """Make an organisation; whoever asks becomes its administrator."""
        return int(self._ask("POST", "/orgs", None, {"name": name})["orgId"])

    def folder(self, org: int, uid: str) -> Shape | None:
        """A folder by its uid."""
        return self._look(f"/folders/{quote(uid)}", org)

    def create_folder(self, org: int, uid: str, title: str) -> None:
        """Make a folder."""
        self._ask("POST", "/folders", org, {"uid": uid, "title": title})

    def change_folder(self, org: int, uid: str, title: str, version: int) -> None:
        """Give a folder another title."""
        changed = {"title": title, "version": version, "overwrite": False}
        self._ask("PUT", f"/folders/{quote(uid)}", org, changed)

    def source(self, org: int, uid: str) -> Shape | None:
        """A data source by its uid; its secrets are not in it."""
        return self._look(f"/datasources/uid/{quote(uid)}", org)

    def create_source(self, org: int, model: Shape) -> None:
        """Make a data source."""
        self._ask("POST", "/datasources", org, model)

    def change_source(self, org: int, model: Shape) -> None:
        """Replace a data source."""
        self._ask("PUT", f"/datasources/uid/{quote(model['uid'])}", org, model)

    def board(self, org: int, uid: str) -> Shape | None:
        """A dashboard by its uid, with where it lies."""
        return self._look(f"/dashboards/uid/{quote(uid)}", org)

    def save_board(self, org: int, folder: str, model: Shape) -> None:
        """Create, or replace the version that the model names."""
        asked = {
            "dashboard": {"id": None, **model},
            "folderUid": folder,
            "overwrite": False,
            "message": "tolich dashboards publish",
        }
        self._ask("POST", "/dashboards/db", org, asked)

    def service_account(self, org: int, name: str) -> int | None:
        """The number of a service account by its name."""
        path = f"/serviceaccounts/search?perpage=1000&page=1&query={quote(name)}"
        found = self._ask("GET", path, org)["serviceAccounts"]
        return next((int(one["id"]) for one in found if one["name"] == name), None)

    def create_service_account(self, org: int, name: str, role: str) -> int:
        """Make a service account."""
        asked = {"name": name, "role": role, "isDisabled": False}
        return int(self._ask("POST", "/serviceaccounts", org, asked)["id"])

    def create_token(self, org: int, account: int, name: str) -> str:
        """A new token of a service account."""
        answer = self._ask("POST", f"/serviceaccounts/{account}/tokens", org, {"name": name})
        return str(answer["key"])

    def _look(self, path: str, org: int) -> Shape | None:
        """What is there, or None."""
        try:
            found: Shape = self._ask("GET", path, org)
        except _Absent:
            return None
        return found

    def _ask(self, method: str, path: str, org: int | None, asked: Shape | None = None) -> Any:
        headers = {} if org is None else {"X-Grafana-Org-Id": str(org)}
        try:
            if method == "GET":
                return self._client.GET(path, headers=headers)
            call = self._client.POST if method == "POST" else self._client.PUT
            return call(path, json=asked or {}, headers=headers)
        except self._failure as answer:
            raise self._meaning(method, path, answer) from answer
        except OSError as failure:  # both packages' own exceptions for no connection are OSErrors
            raise Unreachable(
                f"Grafana at {self._url} did not answer ({type(failure).__name__}): is it running, "
                "and is grafana.url right?"
            ) from failure

    def _meaning(self, method: str, path: str, answer: Exception) -> PublishError:
        status = int(getattr(answer, "status_code", 0))
        where = f"Grafana at {self._url}, {method} /api{path.partition('?')[0]}"
        said = _message(answer)
        if status == 404:
            return _Absent(f"{where}: {said}")
        if status == 401:
            return Denied(
                f"{where}: the account or token is not known (401); see grafana.token_file, or "
                "grafana.user and grafana.password_file"
            )
        if status == 403:
            return Denied(
                f"{where}: no right to do this (403): {said}. Organisations need an administrator "
                "of the server (grafana.user); dashboards the role Editor, data sources Admin"
            )
        if status in (409, 412):
            return Conflict(f"{where}: changed by somebody else meanwhile ({said}); run it again")
        if status == 0:
            return Unreachable(f"{where}: no answer in time")
        return PublishError(f"{where}: answered {status}: {said}")


class _Absent(PublishError):
    """It is not there."""


def _message(answer: Exception) -> str:
    """What Grafana said, without what was sent."""
    response = getattr(answer, "response", None)
    if isinstance(response, dict):
        return str(response.get("message", "no reason given"))
    return "no reason given"


def grafana(url: str, credential: str | tuple[str, str]) -> Grafana:
    """Grafana at a URL, with a service account's token or a user's name and password."""
    parts = urlsplit(url)
    prefix = parts.path.strip("/")
    api = GrafanaApi(
        credential,
        host=parts.hostname,
        port=parts.port,
        protocol=parts.scheme,
        url_path_prefix=f"{prefix}/" if prefix else "",
        timeout=TIMEOUT,
    )
    return Grafana(api.client, url, GrafanaException)
