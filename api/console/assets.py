"""The style sheet, the script and the icon: our own files, and nothing from outside."""

from __future__ import annotations

import hashlib
from functools import cache
from importlib.resources import files

from fastapi import APIRouter
from starlette.responses import Response

from api.problems import absent

router = APIRouter(include_in_schema=False)

_TYPES = {
    "console.css": "text/css; charset=utf-8",
    "console.js": "text/javascript; charset=utf-8",
    "icon.svg": "image/svg+xml",
}
# An address names the content's digest, so that a browser never asks twice for the same.
_FOR_EVER = "public, max-age=31536000, immutable"


@cache
def content(name: str) -> bytes:
    """A file of the console. Raises KeyError for any other."""
    return (files("api.console") / "assets" / {known: known for known in _TYPES}[name]).read_bytes()


@cache
def address(name: str) -> str:
    """Where a page finds a file of the console."""
    return f"/assets/{hashlib.sha256(content(name)).hexdigest()[:12]}/{name}"


@router.get("/assets/{digest}/{name}")
async def asset(digest: str, name: str) -> Response:
    """A file of the console, under the digest of its content."""
    if name not in _TYPES or address(name) != f"/assets/{digest}/{name}":
        raise absent("file", name)
    return Response(content(name), media_type=_TYPES[name], headers={"Cache-Control": _FOR_EVER})
