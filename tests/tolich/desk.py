"""A real pipeline with the API in process, and the people who work on its alerts."""

from __future__ import annotations

import base64
import io
import zipfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from starlette.testclient import TestClient

from api.app import create_app
from api.view import Parts
from rules.roles import RIGHTS, Role
from tests.callers import KnownCallers
from tests.cast import DAY0, HOUR, Said, Stage, alerts, message, stage, station
from tolich.amending import Amender
from tolich.metrics import metrics_text
from tolich.pipeline import Pipeline
from tolich.ports import EVERYTHING, Caller, Delivery, Scope, Shape
from tolich.reports.documents import Documents
from tolich.working import Worker

OWN = Scope(clusters=frozenset({"ccn-mau-01"}))
FOREIGN = Scope(clusters=frozenset({"ccn-mau-02"}))
PDF = b"%PDF-1.7\n% phieu ket qua\n"
PNG = b"\x89PNG\r\n\x1a\n" + bytes(40)
CAMERA = "https://camera.example/mau01"


def person(account: int, name: str, role: Role, scope: Scope) -> Caller:
    """Somebody with all the rights of a role."""
    return Caller(account, name, role, RIGHTS[role], scope)


PEOPLE = {
    "an": person(11, "Cán bộ An", Role.WARD_OFFICER, OWN),
    "binh": person(12, "Cán bộ Bình", Role.CITY_OFFICER, EVERYTHING),
    "investor": person(13, "Chủ đầu tư Mẫu 01", Role.INVESTOR, OWN),
    "operator": person(14, "Vận hành Mẫu 01", Role.OPERATOR, OWN),
    "foreign": person(15, "Chủ đầu tư Mẫu 02", Role.INVESTOR, FOREIGN),
    "viewer": person(16, "Người xem", Role.VIEWER, OWN),
}


@dataclass
class Desk:
    """The store, its writer, and the API as each person sees it."""

    on: Stage
    pipeline: Pipeline
    client: TestClient
    working: Worker

    def at(self, seconds: int, sent: Iterable[Delivery] = ()) -> None:
        """Let it be so many seconds after DAY0, take what was sent and let time do its work."""
        self.on.clock.set(DAY0 + seconds)
        self.pipeline.submit(list(sent))
        for _ in range(3):
            self.pipeline.tick(DAY0, fill=True)

    def get(self, who: str, path: str, **headers: str) -> Any:
        """An answer."""
        sent = {"Authorization": f"Bearer {who}", **headers}
        return self.client.get(f"/api/v1/{path}", headers=sent)

    def post(self, who: str, path: str, **said: Any) -> Any:
        """An answer."""
        sent = {"Authorization": f"Bearer {who}"}
        return self.client.post(f"/api/v1/{path}", json=said, headers=sent)

    def act(self, who: str, alert: str, act: str, **said: Any) -> Shape:
        """The alert after an act that must succeed."""
        answer = self.post(who, f"alerts/{alert}/{act}", **said)
        assert answer.status_code == 200, answer.text
        shape: Shape = answer.json()
        return shape

    def refused(self, who: str, alert: str, act: str, status: int, **said: Any) -> Shape:
        """The problem that an act must meet."""
        answer = self.post(who, f"alerts/{alert}/{act}", **said)
        assert answer.status_code == status, answer.text
        shape: Shape = answer.json()
        return shape

    def alert(self, kind: str, period: str | None = None, where: str = "MAU01") -> str:
        """The id of the one alert of a kind."""
        found = alerts(self.on.reads(self.pipeline), kind=kind, station=where)
        (one,) = (a for a in found if period in (None, a["period"]) and a["state"] != "withdrawn")
        name: str = one["id"]
        return name

    def state(self, alert: str) -> str:
        """How far people are with an alert."""
        shape = self.on.reads(self.pipeline).alert(EVERYTHING, alert)
        assert shape is not None
        state: str = shape["work"]["state"]
        return state


@contextmanager
def desk(folder: Path, *, sampler: bool = False) -> Iterator[Desk]:
    """MAU01 and MAU02 send COD once an hour; DAY0 begins."""
    of = stage(folder, DAY0)
    more: dict[str, Any] = {"interval": 3600}
    own = {**more, "sampler": True, "camera": CAMERA} if sampler else more
    stations = {
        "MAU01": station("mau-01", ["COD"], **own), "MAU02": station("mau-02", ["COD"], **more),
    }  # fmt: skip
    of.enter({"schema": 1, "stations": stations})
    pipeline = of.pipeline()
    reads = of.reads(pipeline)
    working = Worker(pipeline, reads)
    known = {name: (lambda who=who: who) for name, who in PEOPLE.items()}
    accounts = KnownCallers(of.engine, of.clock, known)
    metrics = metrics_text(reads.health)
    parts = Parts(
        reads,
        pipeline,
        Amender(pipeline),
        accounts,
        of.clock,
        metrics,
        working,
        Documents(reads, of.clock),
    )
    with TestClient(create_app(parts), raise_server_exceptions=False) as client:
        yield Desk(of, pipeline, client, working)
    of.close()


def hourly(first: int, values: Iterable[float], where: str = "MAU01") -> list[Delivery]:
    """One COD an hour from the hour `first` of DAY0 on."""
    return [
        message(where, Said("COD", (first + n) * HOUR, value)) for n, value in enumerate(values)
    ]


def file(name: str, content: bytes) -> dict[str, str]:
    """An attachment as it is sent."""
    return {"name": name, "content": base64.b64encode(content).decode()}


def workbook(macros: bool = False) -> bytes:
    """What makes a file an XLSX workbook, as far as anybody looks."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as parts:
        for name in ("[Content_Types].xml", "xl/workbook.xml"):
            parts.writestr(zipfile.ZipInfo(name), "<x/>")
        if macros:
            parts.writestr("xl/vbaProject.bin", "")
    return out.getvalue()
