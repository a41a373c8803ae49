"""Pages go out compressed; answers to programs do not: they would wait for it."""

from __future__ import annotations

from starlette.middleware.gzip import GZipMiddleware
from starlette.types import ASGIApp, Receive, Scope, Send

_SMALLEST = 1500  # bytes: what is smaller fits into one packet anyway
_LEVEL = 5


class Squeezed(GZipMiddleware):
    """gzip for what people load."""

    def __init__(self, app: ASGIApp) -> None:
        super().__init__(app, minimum_size=_SMALLEST, compresslevel=_LEVEL)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, compressed where the path is one of the console's."""
        if scope["type"] == "http" and not scope["path"].startswith("/api/"):
            await super().__call__(scope, receive, send)
        else:
            await self.app(scope, receive, send)
