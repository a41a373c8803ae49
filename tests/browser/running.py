"""A browser that watches what its pages do: errors, failed requests, anything from outside."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.resources import files
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Page,
    Request,
    sync_playwright,
)

from tests.servers import need

WIDE = {"width": 1400, "height": 900}
PHONE = {"width": 360, "height": 740}
WALL = {"width": 2560, "height": 1440}

_LEAVING = ("net::ERR_ABORTED", "net::ERR_INCOMPLETE_CHUNKED_ENCODING")
"""How a stream ends when its page is left: no failure."""


@dataclass
class Watched:
    """A page, and what went wrong on it."""

    base: str
    page: Page
    wrong: list[str] = field(default_factory=list)

    def go(self, path: str) -> None:
        """Open a page of the console."""
        self.page.goto(self.base + path)

    def text(self) -> str:
        """What a person reads in the main part."""
        return self.page.inner_text("main")

    def serious(self, where: str, only: Sequence[str] = ()) -> list[str]:
        """What axe-core finds that keeps people out, by rule and place; `only`: these rules."""
        if not self.page.evaluate("'axe' in window"):
            self.page.evaluate(_AXE)
        (found,) = self.page.evaluate(_FOUND, list(only))
        return [
            f"{where}: {one['id']}: {node['target']}"
            for one in found
            if one["impact"] in ("serious", "critical")
            for node in one["nodes"]
        ]


_FOUND = """async only => {
  const all = await axe.run({ resultTypes: ["none"], ...(only.length && { runOnly: only }) });
  return Object.keys(all).filter(name => /^viol/.test(name)).map(name => all[name]);
}"""
_AXE = (files("axe_playwright_python") / "axe.min.js").read_text(encoding="utf-8")


@contextmanager
def browser() -> Iterator[Browser]:
    """Debian's Chromium. Skips, by name, where it is not installed."""
    chromium = need("chromium")
    with sync_playwright() as playwright:
        # As root, as in a container, its sandbox cannot be made; it loads only our own pages.
        launched = playwright.chromium.launch(
            executable_path=chromium, args=["--no-sandbox", "--disable-gpu", "--lang=vi"]
        )
        try:
            yield launched
        finally:
            launched.close()


@contextmanager
def watched(
    browser: Browser, base: str, size: Mapping[str, int] = WIDE, **cookies: str
) -> Iterator[Watched]:
    """A page that is watched; `cookies` as tolich_language="en"."""
    context: BrowserContext = browser.new_context(
        viewport={"width": size["width"], "height": size["height"]}, locale="vi-VN"
    )
    for name, value in cookies.items():
        context.add_cookies([{"name": name, "value": value, "url": base}])
    found = Watched(base, context.new_page())
    found.page.on("console", lambda said: _console(found, said))
    found.page.on("pageerror", lambda error: found.wrong.append(f"error: {error}"))
    found.page.on("requestfailed", lambda request: _failed(found, request))
    found.page.on("request", lambda request: _outside(found, request))
    try:
        yield found
    finally:
        context.close()


def log_in(on: Watched, account: Mapping[str, Any], onward: str = "/") -> None:
    """Log in by the form, which leads on to a page."""
    on.go(onward)
    on.page.fill("input[name=name]", account["name"])
    on.page.fill("input[name=password]", account["password"])
    on.page.click(".entrance form.stack button")
    on.page.wait_for_selector("header.top, .board, .refusal")


def _console(on: Watched, said: ConsoleMessage) -> None:
    if said.type in ("error", "warning"):
        on.wrong.append(f"console: {said.text}")


def _failed(on: Watched, request: Request) -> None:
    if not (urlsplit(request.url).path == "/live" or request.failure in _LEAVING):
        on.wrong.append(f"failed: {request.url} ({request.failure})")


def _outside(on: Watched, request: Request) -> None:
    if not request.url.startswith((on.base, "data:")):
        on.wrong.append(f"from outside: {request.url}")
