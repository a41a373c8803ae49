"""Registering by spreadsheet: take the register out, send it back, look at what would change."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from dataclasses import dataclass, field

import htpy as h
from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import UploadFile
from starlette.responses import RedirectResponse, Response

from api.auth import Asking, needs
from api.console import setupwords as words
from api.console.both import Both
from api.console.entering import changed
from api.console.frame import document
from api.console.frame import shown as answered
from api.console.kit import field as labelled
from api.console.kit import notice, section
from api.console.problemwords import told
from api.console.visitor import Visiting, Visitor
from api.register import Registers
from api.registersheet import MOST_BYTES, Read, read, written
from rules.model import Problem, Refused
from rules.roles import Right
from tolich.ports import Caller, NotDurable
from tolich.registering import Preview, Registering

router = APIRouter(include_in_schema=False, dependencies=[needs(Right.REGISTER)])

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
TITLE = Both("Đăng ký bằng bảng tính", "Registering by spreadsheet")
_LEAD = Both(
    "Tải sổ đăng ký về dạng XLSX (khi còn trống là biểu mẫu), sửa hoặc thêm dòng, rồi gửi lại: xem "
    "trước mọi thay đổi, sau đó nhập tất cả hoặc không nhập gì. Dòng không có trong tệp được giữ "
    "nguyên; bảng tính không xóa mục nào.",
    "Download the register as XLSX (an empty one is the template), change or add rows, and send it "
    "back: first every change is shown, then all is entered or nothing. What has no row stays as "
    "it is; a sheet takes no entry out.",
)
_TAKE = Both("Tải sổ đăng ký (XLSX)", "Download the register (XLSX)")
_FILE = Both("Tệp XLSX", "XLSX file")
_HINT = Both("nhiều nhất 2 MB", "2 MB at most")
_SEND = Both("Xem trước", "Preview")
_NO_FILE = Both("Hãy chọn một tệp XLSX.", "Choose an XLSX file.")
_TOO_LARGE = Both("Tệp lớn hơn 2 MB.", "The file is larger than 2 MB.")
_COUNT = Both("{count} mục sẽ thay đổi", "{count} entries would change")
_MOST_SHOWN = 100
_MORE = Both("và {count} mục khác", "and {count} more")
_MOST_TOLD = 50


@dataclass(slots=True)
class Sent:
    """One file while it is looked at."""

    content: bytes
    source: str
    seen: int
    found: Read | None = None
    preview: Preview | None = None
    wrong: list[str] = field(default_factory=list)


@router.get("/setup/sheet")
def sheet(registering: Registers, visitor: Visiting) -> Response:
    """Where a file is taken out and sent back."""
    return answered(_page(visitor, None))


@router.get("/setup/sheet.xlsx")
def book(registering: Registers) -> Response:
    """The register as it stands; an empty one is the template."""
    named = {"Content-Disposition": 'attachment; filename="tolich-register.xlsx"'}
    return Response(written(registering.entries()), media_type=XLSX, headers=named)


@router.post("/setup/sheet")
async def send(
    request: Request, registering: Registers, caller: Asking, visitor: Visiting
) -> Response:
    """Shows what a file would change, or enters what was shown."""
    most = 2 * MOST_BYTES  # of a field: the file again, as the preview keeps it
    async with request.form(max_files=1, max_fields=10, max_part_size=most) as form:
        upload, step = form.get("file"), form.get("step")
        source, seen = str(form.get("source", "")), str(form.get("seen", ""))
        if step == "enter":
            content = _kept(str(form.get("book", "")))
        else:
            content = await upload.read(MOST_BYTES + 1) if isinstance(upload, UploadFile) else b""
    if not content or len(content) > MOST_BYTES:
        said = _TOO_LARGE if content else _NO_FILE
        return answered(_page(visitor, Sent(b"", source, 0, wrong=[visitor.say(said)])), 422)
    number = int(seen) if seen.isascii() and seen.isdigit() and len(seen) < 19 else 0
    sent = Sent(content, source, number)
    entering = step == "enter"
    return await run_in_threadpool(_taken, registering, caller, visitor, sent, entering)


def _kept(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return b""


def _taken(
    registering: Registering, caller: Caller, visitor: Visitor, sent: Sent, entering: bool
) -> Response:
    try:
        found = sent.found = read(sent.content, registering.entries())
    except Refused as refused:
        sent.wrong = [told(one.message, visitor.lang) for one in refused.problems]
        return answered(_page(visitor, sent), 422)
    sent.preview = registering.preview(found.changes, sent.seen if entering else None)
    problems: Sequence[Problem] = [*found.problems, *sent.preview.problems]
    if not problems and entering:
        try:
            registering.enter(found.changes, caller.name, sent.source, sent.seen)
            return RedirectResponse("/setup", 303)
        except Refused as refused:
            problems = refused.problems
        except NotDurable:
            sent.wrong = [visitor.say(words.AGAIN)]
            return answered(_page(visitor, sent), 503)
    sent.wrong = _placed(problems, found, visitor)
    return answered(_page(visitor, sent), 422 if problems else 200)


def _placed(problems: Sequence[Problem], found: Read, visitor: Visitor) -> list[str]:
    """Each problem at its cell, as a person looks for it."""
    lines = []
    for one in problems[:_MOST_TOLD]:
        cell = one.key if one in found.problems else found.cell_of(one.key)
        place = cell or one.key
        lines.append(f"{place}: {told(one.message, visitor.lang)}")
    return lines


def _page(visitor: Visitor, sent: Sent | None) -> h.Element:
    say = visitor.say
    wrong = sent.wrong if sent else []
    return document(
        visitor,
        TITLE,
        h.div(".row.between")[h.h1[say(TITLE)], h.a(href="/setup")[say(words.BACK)]],
        h.p[say(_LEAD)],
        h.p[h.a(".button", href="/setup/sheet.xlsx", download=True)[say(_TAKE)]],
        notice("bad", h.p[say(words.MEND)], h.ul[(h.li[one] for one in wrong)]) if wrong else None,
        _preview(sent, visitor) if sent and sent.preview and not wrong else None,
        h.form(".stack.part", method="post", action="/setup/sheet", enctype="multipart/form-data")[
            labelled(
                say(_FILE),
                h.input(type="file", name="file", required=True, accept=f".xlsx,{XLSX}"),
                hint=say(_HINT),
            ),
            h.div[h.button(".button", type="submit", name="step", value="look")[say(_SEND)]],
        ],
    )


def _preview(sent: Sent, visitor: Visitor) -> h.Element:
    """Every change, and the button that enters exactly these."""
    say, preview = visitor.say, sent.preview
    assert preview is not None
    if not preview.changes:
        return notice("plain", say(words.NO_CHANGE))
    more = len(preview.changes) - _MOST_SHOWN
    source = h.input(name="source", required=True, maxlength="500", value=sent.source)
    return section(
        say(words.PREVIEW),
        h.p[say(_COUNT.filled(count=len(preview.changes)))],
        [changed(one, visitor) for one in preview.changes[:_MOST_SHOWN]],
        h.p[say(_MORE.filled(count=more))] if more > 0 else None,
        notice("plain", h.ul[(h.li[told(one, visitor.lang)] for one in preview.notes)])
        if preview.notes
        else None,
        h.form(".stack", method="post", action="/setup/sheet", enctype="multipart/form-data")[
            h.input(type="hidden", name="seen", value=str(preview.number)),
            h.input(
                type="hidden", name="book", value=base64.b64encode(sent.content).decode("ascii")
            ),
            labelled(say(words.SOURCE), source, hint=say(words.SOURCE_HINT)),
            h.div[h.button(".button", type="submit", name="step", value="enter")[say(words.ENTER)]],
        ],
        id="preview",
    )
