"""A stand-in for Grafana's HTTP API, as its documentation describes it, on a loopback port.

It keeps organisations, folders, data sources, dashboards and service accounts; knows an
administrator (basic auth) and tokens of service accounts (bearer), which belong to one
organisation; holds secrets back; counts dashboards' versions and refuses stale ones (412); and
adds keys of its own to what it stores, as Grafana does. `writes` lists every change.
"""

from __future__ import annotations

import json
import threading
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

Shape = dict[str, Any]

ADMIN, PASSWORD = "admin", "only-in-this-test"


@dataclass(slots=True)
class Organisation:
    """What one organisation holds, by uid."""

    name: str
    folders: dict[str, Shape] = field(default_factory=dict)
    sources: dict[str, Shape] = field(default_factory=dict)
    boards: dict[str, Shape] = field(default_factory=dict)
    accounts: dict[int, Shape] = field(default_factory=dict)


class Answer(Exception):
    """An answer that is no success."""

    def __init__(self, status: int, message: str, /, **more: Any) -> None:
        super().__init__(message)
        self.status = status
        self.body = {"message": message, **more}


class FakeGrafana:
    """The state behind the API."""

    def __init__(self) -> None:
        self.orgs: dict[int, Organisation] = {1: Organisation("Main Org.")}
        self.tokens: dict[str, tuple[int, str]] = {}  # organisation and role
        self.writes: list[str] = []
        self.url = ""

    def answer(self, method: str, path: str, headers: Any, body: Shape) -> Any:
        """What a request is answered; raises Answer."""
        org, role, server_admin = self._who(headers)
        parts = urlsplit(path)
        steps = [unquote(step) for step in parts.path.removeprefix("/api/").strip("/").split("/")]
        handler = getattr(self, f"_{method.lower()}_{steps[0]}", None)
        if handler is None:
            raise Answer(404, "Not found")
        if steps[0] == "orgs":
            if not server_admin:
                raise Answer(403, "You'll need additional permissions: orgs:create")
        elif method != "GET" and role not in ("Admin", "Editor"):
            raise Answer(403, "You'll need additional permissions to perform this action")
        if steps[0] in ("datasources", "serviceaccounts") and role != "Admin":
            raise Answer(403, f"You'll need additional permissions: {steps[0]}:read")
        answered = handler(self.orgs[org], steps[1:], body, parse_qs(parts.query))
        if method != "GET":
            self.writes.append(f"{org} {method} {parts.path}")
        return answered

    def _who(self, headers: Any) -> tuple[int, str, bool]:
        said = headers.get("Authorization", "")
        asked = int(headers.get("X-Grafana-Org-Id") or 1)
        if said == "Basic " + b64encode(f"{ADMIN}:{PASSWORD}".encode()).decode():
            if asked not in self.orgs:
                raise Answer(401, "You are not a member of the organization")
            return asked, "Admin", True
        found = self.tokens.get(said.removeprefix("Bearer "))
        if found is None:
            raise Answer(401, "Invalid API key")
        if asked != found[0]:
            raise Answer(401, "Unauthorized")
        return found[0], found[1], False

    # --- organisations, folders ---

    def _get_orgs(self, _: Organisation, steps: list[str], body: Shape, query: Any) -> Any:
        return [{"id": number, "name": org.name} for number, org in self.orgs.items()]

    def _post_orgs(self, _: Organisation, steps: list[str], body: Shape, query: Any) -> Any:
        if body["name"] in {org.name for org in self.orgs.values()}:
            raise Answer(409, "Organization name taken")
        number = max(self.orgs) + 1
        self.orgs[number] = Organisation(body["name"])
        return {"orgId": str(number), "message": "Organization created"}

    def _get_folders(self, org: Organisation, steps: list[str], body: Shape, query: Any) -> Any:
        return _there(org.folders, steps[0], "folder not found")

    def _post_folders(self, org: Organisation, steps: list[str], body: Shape, query: Any) -> Any:
        if body["uid"] in org.folders:
            raise Answer(409, "a folder with the same uid already exists")
        made = {"id": len(org.folders) + 1, "uid": body["uid"], "title": body["title"]}
        org.folders[body["uid"]] = made | {"version": 1}
        return org.folders[body["uid"]]

    def _put_folders(self, org: Organisation, steps: list[str], body: Shape, query: Any) -> Any:
        held = _there(org.folders, steps[0], "folder not found")
        if not body.get("overwrite") and body.get("version") != held["version"]:
            raise Answer(412, "the folder has been changed by someone else")
        held |= {"title": body["title"], "version": held["version"] + 1}
        return held

    # --- data sources ---

    def _get_datasources(self, org: Organisation, steps: list[str], body: Shape, query: Any) -> Any:
        held = _there(org.sources, steps[1], "Data source not found")
        hidden = {key: value for key, value in held.items() if key != "secureJsonData"}
        return hidden | {"secureJsonFields": dict.fromkeys(held.get("secureJsonData", {}), True)}

    def _post_datasources(
        self, org: Organisation, steps: list[str], body: Shape, query: Any
    ) -> Any:
        if body["name"] in {one["name"] for one in org.sources.values()}:
            raise Answer(409, "data source with the same name already exists")
        org.sources[body["uid"]] = body | {"id": len(org.sources) + 1, "readOnly": False}
        return {"message": "Datasource added"}

    def _put_datasources(self, org: Organisation, steps: list[str], body: Shape, query: Any) -> Any:
        held = _there(org.sources, steps[1], "Data source not found")
        secrets = held.get("secureJsonData", {}) | body.get("secureJsonData", {})
        held |= body | {"secureJsonData": secrets}
        return {"message": "Datasource updated"}

    # --- dashboards ---

    def _get_dashboards(self, org: Organisation, steps: list[str], body: Shape, query: Any) -> Any:
        return _there(org.boards, steps[1], "Dashboard not found")

    def _post_dashboards(self, org: Organisation, steps: list[str], body: Shape, query: Any) -> Any:
        model, folder = body["dashboard"], body.get("folderUid", "")
        if folder and folder not in org.folders:
            raise Answer(400, "folder not found")
        held = org.boards.get(model["uid"])
        if held is not None:
            if held["meta"].get("provisioned"):
                raise Answer(400, "Cannot save provisioned dashboard")
            if not body.get("overwrite") and model.get("version") != held["dashboard"]["version"]:
                raise Answer(
                    412, "The dashboard has been changed by someone else", status="version-mismatch"
                )
        version = 1 if held is None else held["dashboard"]["version"] + 1
        number = len(org.boards) + 1 if held is None else held["dashboard"]["id"]
        stored = json.loads(json.dumps(model)) | {"id": number, "version": version}
        org.boards[model["uid"]] = {"dashboard": stored, "meta": {"folderUid": folder}}
        return {"id": number, "uid": model["uid"], "version": version, "status": "success"}

    # --- service accounts ---

    def _get_serviceaccounts(
        self, org: Organisation, steps: list[str], body: Shape, query: Any
    ) -> Any:
        found = [one for one in org.accounts.values() if query["query"][0] in one["name"]]
        return {"totalCount": len(found), "serviceAccounts": found}

    def _post_serviceaccounts(
        self, org: Organisation, steps: list[str], body: Shape, query: Any
    ) -> Any:
        if steps:
            role = org.accounts[int(steps[0])]["role"]
            token = f"glsa_{len(self.tokens)}_only-in-this-test"
            number = next(key for key, one in self.orgs.items() if one is org)
            self.tokens[token] = (number, role)
            return {"id": len(self.tokens), "name": body["name"], "key": token}
        number = len(org.accounts) + 2
        org.accounts[number] = {"id": number, "name": body["name"], "role": body["role"]}
        return org.accounts[number]


def _there(held: dict[str, Shape], uid: str, message: str) -> Shape:
    if uid not in held:
        raise Answer(404, message)
    return held[uid]


@contextmanager
def grafana_running() -> Iterator[FakeGrafana]:
    """The stand-in, listening."""
    state = FakeGrafana()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _do(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            body = json.loads(self.rfile.read(length) or b"{}")
            try:
                status, answer = 200, state.answer(self.command, self.path, self.headers, body)
            except Answer as refused:
                status, answer = refused.status, refused.body
            text = json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        do_GET = do_POST = do_PUT = _do  # noqa: N815 - the library's names

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its name
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    state.url = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield state
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
