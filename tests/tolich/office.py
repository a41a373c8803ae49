"""A store, its writer, and a browser in which somebody has logged in, to set up by form."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from typing import Any, NamedTuple

from httpx import Response
from starlette.testclient import TestClient

from api.auth import COOKIE
from tests.callers import caller
from tests.cast import DAY0, HOUR, Stage
from tests.tolich.test_permissions import PASSWORD, application
from tolich.accounts import StoreAccounts
from tolich.clock import StepClock
from tolich.pipeline import Pipeline
from tolich.ports import AccountAsked

NOON = DAY0 + 12 * HOUR
HEADERS = {"Accept": "text/html", "Origin": "http://testserver"}


class Office(NamedTuple):
    """A store, its writer, and a browser in which a city officer has logged in."""

    on: Stage
    pipeline: Pipeline
    client: TestClient

    def get(self, path: str) -> str:
        """A page that must be there."""
        answer = self.client.get(path)
        assert answer.status_code == 200, answer.text
        return unescape(answer.text)

    def fill(self, kind: str, step: str = "look", **given: str) -> Response:
        """A form as a browser sends it."""
        sent = {"source": "QĐ 12/QĐ-MAU"} | given | {"step": step}
        answer: Response = self.client.post(f"/setup/forms/{kind}", data=sent)
        return answer

    def enter(self, kind: str, **given: str) -> str:
        """Fill in a form, look at the preview, and enter what the preview holds."""
        looked = self.fill(kind, **given)
        assert looked.status_code == 200, wrongs(looked.text)
        answer = self.client.post(f"/setup/forms/{kind}", data=hidden(looked.text))
        assert answer.status_code == 303, wrongs(answer.text)
        return str(answer.headers["location"])


def hidden(page: str) -> dict[str, str]:
    """What the preview's own form would send."""
    form = page[page.index('id="preview"') :]
    form = form[form.index("<form") : form.index("</form>")]
    pairs = re.findall(r'<input type="hidden" name="([^"]*)" value="([^"]*)"', form)
    return {name: unescape(value) for name, value in pairs} | {"step": "enter"}


def wrongs(page: str) -> dict[str, str]:
    """What a page says is wrong, by what the field is called."""
    said = page[page.index('class="notice bad"') :]
    lines = re.findall(r"<li>(.*?)</li>", said[: said.index("</ul>")])
    found = (unescape(line).partition(": ") for line in lines)
    return {name: words for name, _, words in found}


class LoggedIn(NamedTuple):
    """A store in which somebody has logged in, and the cookie of that."""

    folder: Path
    token: str


def logged_in(on: Stage, role: str, **grants: Any) -> LoggedIn:
    """Somebody of a role, by the log-in page."""
    registered = on.registered()
    accounts = StoreAccounts(on.engine, lambda: registered.register, on.clock)
    accounts.create(caller(), role, AccountAsked(role, **grants), PASSWORD)
    sent = {"name": role, "password": PASSWORD, "new_password": f"{PASSWORD} hai"}
    with TestClient(application(on), follow_redirects=False, headers=HEADERS) as client:
        assert client.post("/login", data=sent).status_code == 303
        token = str(client.cookies[COOKIE])
    on.close()
    return LoggedIn(on.folder, token)


def opened(of: LoggedIn, folder: Path) -> Iterator[Office]:
    """A copy of the store, and the browser."""
    copy = folder / "copy"
    shutil.copytree(of.folder, copy)
    on = Stage(copy, StepClock(NOON))
    with TestClient(
        application(on), raise_server_exceptions=False, follow_redirects=False, headers=HEADERS
    ) as client:
        client.cookies.set(COOKIE, of.token)
        yield Office(on, on.pipeline(), client)
    on.close()


def controls(page: str) -> dict[str, str]:
    """What a browser would send of the form of an entry."""
    found: dict[str, str] = {}
    page = page[page.index('action="/setup/forms/') :]
    page = page[: page.index("</form>")]
    for control in re.findall(r"<input[^>]*>", page):
        said = dict(re.findall(r'(\w+)="([^"]*)"', control))
        if "name" in said and (said.get("type") != "checkbox" or " checked" in control):
            found[said["name"]] = unescape(said.get("value", "on"))
    for name, options in re.findall(r'<select name="([^"]*)">(.*?)</select>', page):
        chosen = re.search(r'value="([^"]*)" selected', options)
        found[name] = unescape(chosen[1]) if chosen else ""
    del found["source"]
    return found
