"""The page that shows the API in full. Nothing is loaded from outside."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from html import escape
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse

from api.headers import STYLE
from api.problems import KINDS

router = APIRouter(include_in_schema=False)


@router.get("/docs")
async def docs(request: Request) -> HTMLResponse:
    """The whole API on one page, from its own description."""
    described = request.app.openapi()
    parts = [
        f"<h1>{escape(described['info']['title'])}</h1>",
        _intro(described),
        *_paths(described),
    ]
    return _page("Tô Lịch API", "en", "\n".join([*parts, _problems()]))


def _page(title: str, lang: str, body: str) -> HTMLResponse:
    return HTMLResponse(
        f'<!doctype html><html lang="{lang}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)}</title><style>{STYLE}</style></head><body>{body}</body></html>"
    )


def _intro(described: Mapping[str, Any]) -> str:
    return (
        f"<p>{escape(described['info']['description'])}</p>"
        '<p>For programs: <a href="/openapi.json">/openapi.json</a></p>'
    )


def _paths(described: Mapping[str, Any]) -> Iterator[str]:
    tag = None
    for path, operations in described["paths"].items():
        for method, operation in operations.items():
            if operation["tags"][0] != tag:
                tag = operation["tags"][0]
                yield f"<h2>{escape(tag)}</h2>"
            yield _operation(path, method, operation, described)


def _operation(
    path: str, method: str, operation: Mapping[str, Any], described: Mapping[str, Any]
) -> str:
    parts = [
        f"<h3><code>{method.upper()} {escape(path)}</code></h3>",
        f"<p>{escape(operation['summary'])}. {escape(operation.get('description', ''))}</p>",
        _table(_parameter(one) for one in operation.get("parameters", [])),
        *_bodies("Send", operation.get("requestBody", {}), described),
    ]
    for status, answer in operation["responses"].items():
        if status.startswith("2"):
            parts += _bodies(f"Answer {status}", answer, described)
    refused = [
        (status, escape(answer["description"]))
        for status, answer in operation["responses"].items()
        if not status.startswith("2")
    ]
    return "\n".join([*parts, _table(refused)])


def _parameter(one: Mapping[str, Any]) -> tuple[str, str]:
    return (f"<code>{escape(one['name'])}</code> ({one['in']})", escape(one.get("description", "")))


def _table(rows: Any) -> str:
    cells = "".join(f"<tr><td>{first}</td><td>{second}</td></tr>" for first, second in rows)
    return f"<table>{cells}</table>" if cells else ""


def _bodies(what: str, body: Mapping[str, Any], described: Mapping[str, Any]) -> list[str]:
    return [
        f"<p>{what}, <code>{escape(kind)}</code></p><pre>{escape(_shown(example))}</pre>"
        for kind, media in body.get("content", {}).items()
        if (example := example_of(media, described)) is not None
    ]


def example_of(media: Mapping[str, Any], described: Mapping[str, Any]) -> Any:
    """The example of a body: its own, that of its schema, or a list of that of its items."""
    if "example" in media:
        return media["example"]
    schema = _schema(media.get("schema", {}), described)
    if "example" in schema:
        return schema["example"]
    inner = schema.get("properties", {}).get("items", {}).get("items", {})
    example = _schema(inner, described).get("example")
    return None if example is None else {"items": [example], "next": None}


def _schema(schema: Mapping[str, Any], described: Mapping[str, Any]) -> Mapping[str, Any]:
    if "$ref" not in schema:
        return schema
    name = schema["$ref"].rpartition("/")[2]
    found: Mapping[str, Any] = described["components"]["schemas"][name]
    return found


def _shown(example: Any) -> str:
    if isinstance(example, str):
        return example
    return json.dumps(example, ensure_ascii=False, indent=2)


def _problems() -> str:
    rows = "".join(
        f'<tr id="problem-{kind}"><td><code>{kind}</code></td><td>{known.status}</td>'
        f"<td>{escape(known.title)}</td></tr>"
        for kind, known in KINDS.items()
    )
    return f"<h2>problems</h2><table>{rows}</table>"
