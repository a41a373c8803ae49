"""The explanations of the whole product: played into a store, asked for over HTTP, compared.

`TOLICH_GOLDEN=write` writes the files anew; read the difference before it is committed.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from starlette.testclient import TestClient

from api.app import create_app
from api.view import Parts
from tests.callers import HEADERS, KEY, KnownCallers, caller
from tests.cast import REGULATIONS, Stage
from tolich.amending import Amender
from tolich.metrics import metrics_text
from tolich.pipeline import Pipeline
from tolich.ports import EVERYTHING, Scope
from tolich.reports.documents import Documents
from tolich.store.database import AWAY
from tolich.working import Worker

GOLDEN = Path(__file__).parent / "golden"
WRITE = os.environ.get("TOLICH_GOLDEN") == "write"

Play = Callable[[Stage], tuple[Pipeline, str]]
"""Plays a case; returns the writer and the path of what is to be explained."""


def pages(on: Stage, pipeline: Pipeline, path: str) -> dict[str, str]:
    """What is explained, as the API answers: one JSON and two texts, by the file's ending."""
    client, asked = client_of(on, pipeline), f"/api/v1{path.replace('+', '%2B')}/why"
    answer = client.get(asked)
    assert answer.status_code == 200, answer.text
    found = {"json": laid_out(masked(answer.json()))}
    for lang in ("vi", "en"):
        text = client.get(f"{asked}?lang={lang}", headers={"Accept": "text/plain"}).text
        found[f"{lang}.txt"] = masked_text(text)
    return found


def client_of(on: Stage, pipeline: Pipeline, scope: Scope = EVERYTHING) -> TestClient:
    """The API of a store, asked by somebody with every right who sees a scope."""
    reads = on.reads(pipeline)
    accounts = KnownCallers(pipeline.engine, on.clock, {KEY: lambda: caller(scope)})
    metrics, reports = metrics_text(reads.health), Documents(reads, on.clock)
    working, amending = Worker(pipeline, reads), Amender(pipeline)
    parts = Parts(reads, pipeline, amending, accounts, on.clock, metrics, working, reports)
    app = create_app(parts, away=AWAY)
    return TestClient(app, headers=HEADERS)


def masked(why: dict[str, Any]) -> dict[str, Any]:
    """Without the digests of the packs, which every correction of a pack changes."""
    for name, pack in why["versions"].get("packs", {}).items():
        assert pack["digest"] == REGULATIONS[name].digest
    made: dict[str, Any] = json.loads(masked_text(json.dumps(why)))
    return made


def masked_text(text: str) -> str:
    """A page without what changes with the packs and with this machine."""
    for pack in REGULATIONS.values():
        text = text.replace(pack.digest, "(digest)").replace(pack.digest[:12], "(digest)")
    # How many entries came before depends on how fast this machine judged in between.
    return re.sub(r'"seq": \d+', '"seq": "(seq)"', text)


def laid_out(why: dict[str, Any]) -> str:
    """JSON in which a reading and a transition is a line."""
    marks: dict[str, str] = {}
    for name in ("readings", "transitions"):
        for place, one in enumerate(why.get(name, ())):
            mark = f"@{name}{place}@"
            marks[f'"{mark}"'] = json.dumps(one, ensure_ascii=False)
            why[name][place] = mark
    text = json.dumps(why, ensure_ascii=False, indent=1)
    for mark, line in marks.items():
        text = text.replace(mark, line)
    return text + "\n"


def compared(name: str, found: dict[str, str]) -> None:
    """Compare each page with its file."""
    for ending, text in found.items():
        path = GOLDEN / f"{name}.{ending}"
        if WRITE:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        assert path.read_text(encoding="utf-8") == text


def kept(folder: str) -> set[str]:
    """The names of the files of a folder, without their endings."""
    return {path.name.split(".")[0] for path in (GOLDEN / folder).iterdir()}
