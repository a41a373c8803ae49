"""Headers that every answer carries, and the one style sheet they allow."""

from __future__ import annotations

import base64
import hashlib
import re
from urllib.parse import quote

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem;
  color: #17252a; background: #fff }
h1, h2, h3 { line-height: 1.25 } h3 { border-top: 1px solid #cfd8dc; padding-top: 1rem }
code, pre { font: 14px/1.4 ui-monospace, monospace; background: #f2f5f6 }
pre { padding: .75rem; overflow-x: auto } table { border-collapse: collapse }
td, th { text-align: left; vertical-align: top; padding: .2rem .8rem .2rem 0 }
@media (prefers-color-scheme: dark) { body { color: #dde6e8; background: #12191b }
  code, pre { background: #1d282b } a { color: #7fc8e8 } }
@page { size: A4; margin: 12mm }
@media print { body { font-size: 9pt; line-height: 1.3; max-width: none; margin: 0; padding: 0;
  color: #000; background: #fff } h1 { font-size: 14pt; margin: 0 0 .4rem } p { margin: 0 }
  h2 { font-size: 9pt; margin: .5rem 0 .1rem; border-bottom: 1px solid #999 }
  code, pre { background: none } pre { font-size: 7pt; white-space: pre-wrap; padding: 0;
  margin: 0 } }
"""

_HASH = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()

SECURITY = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    # Nothing from outside, no script: pages here are text and one style sheet.
    "Content-Security-Policy": (
        f"default-src 'none'; style-src 'sha256-{_HASH}'; img-src 'self'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    # What may be seen depends on who asks: no cache on the way may keep it.
    "Cache-Control": "no-store",
}


def saved_as(name: str) -> str:
    """The Content-Disposition of a file to be saved under a name, whatever the name holds."""
    if re.fullmatch(r"[A-Za-z0-9._-]+", name):
        return f'attachment; filename="{name}"'
    return f"attachment; filename*=UTF-8''{quote(name, safe='')}"


class SecureHeaders:
    """Adds SECURITY to every answer; an answer that sets one of them itself keeps its own."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer with the headers added."""

        async def dressed(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in SECURITY.items():
                    headers.setdefault(name, value)
            await send(message)

        await self.app(scope, receive, dressed if scope["type"] == "http" else send)
