"""What a visitor may do about an alert: forms, and the acts that come back from them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import TypeVar

import htpy as h
from starlette.datastructures import FormData, UploadFile

from api.console.both import Both
from api.console.kit import field
from api.console.visitor import Visitor
from rules.days import ZONE
from rules.duties import RIGHT_OF
from rules.model import Problem, Refused
from rules.roles import PLANT_SIDE
from rules.work import TABLE, Act, Bar, WorkState
from tolich.ports import Shape
from tolich.workports import Attached, Deed

_TEXT = Both("Nội dung", "What you want to say")
_REASON = Both("Lý do", "Reason")
_FILES = Both(
    "Tệp kèm (ảnh, PDF, XLSX; tối đa 10 MB mỗi tệp)", "Files (photo, PDF, XLSX; 10 MB each)"
)
_UNTIL = Both("Đến lúc", "Until")
_DEADLINE = Both("Hạn giải trình", "Deadline")
_BOTTLE = Both("Mã chai", "Bottle")
_TAKEN = Both("Lấy mẫu lúc", "Taken at")
_PARAMETER = Both("Thông số", "Parameter")
_VALUE = Both("Kết quả", "Result")
_UNIT = Both("Đơn vị", "Unit")
_LAB = Both("Phòng thí nghiệm", "Laboratory")
_SHEET = Both("Số phiếu", "Sheet number")
_NOT_NUMBER = "{given!r} is not a number / không phải là số"
_NOT_TIME = "{given!r} is not a time / không phải là thời gian"

MOST_FILES = 5
_ACCEPTED = ".pdf,.jpg,.jpeg,.png,.webp,.xlsx"
_CONTROLS: Mapping[str, tuple[Both, str]] = {
    "text": (_TEXT, "textarea"),
    "reason": (_REASON, "textarea"),
    "until": (_UNTIL, "datetime-local"),
    "deadline": (_DEADLINE, "datetime-local"),
    "bottle": (_BOTTLE, "text"),
    "taken_at": (_TAKEN, "datetime-local"),
    "parameter": (_PARAMETER, "text"),
    "value": (_VALUE, "text"),
    "unit": (_UNIT, "text"),
    "lab": (_LAB, "text"),
    "sheet": (_SHEET, "text"),
    "attachments": (_FILES, "file"),
}
"""Controls by the field of the act: `reason` is `text` under another name."""


_Read = TypeVar("_Read")


@dataclass(frozen=True, slots=True)
class Form:
    """One act as a form: its address, its name, what it asks for and what must be said."""

    path: str
    act: Act
    name: Both
    done: Both
    controls: tuple[str, ...] = ()
    optional: frozenset[str] = frozenset({"attachments"})


FORMS = (
    Form(
        "acknowledge", Act.ACKNOWLEDGE, Both("Tiếp nhận", "Receive"),
        Both("Đã tiếp nhận.", "Received."), ("text",), frozenset({"text"}),
    ),
    Form(
        "explain", Act.EXPLAIN, Both("Giải trình", "Explain"),
        Both("Đã gửi giải trình.", "The explanation is on record."), ("text", "attachments"),
    ),
    Form(
        "comment", Act.COMMENT, Both("Ghi chú", "Comment"),
        Both("Đã ghi chú.", "The comment is on record."), ("text", "attachments"),
    ),
    Form(
        "request-explanation", Act.REQUEST_EXPLANATION,
        Both("Yêu cầu giải trình", "Ask for an explanation"),
        Both("Đã gửi yêu cầu giải trình.", "The request is on record."), ("text", "deadline"),
    ),
    Form(
        "sample", Act.REQUEST_SAMPLE, Both("Yêu cầu lấy mẫu", "Ask for a sample"),
        Both("Đã yêu cầu lấy mẫu.", "A sample is asked for."), ("text",), frozenset({"text"}),
    ),
    Form(
        "bottle", Act.TAKE_SAMPLE, Both("Ghi mã chai mẫu", "Say which bottle"),
        Both("Đã ghi mã chai.", "The bottle is on record."), ("bottle", "taken_at", "attachments"),
    ),
    Form(
        "lab-result", Act.LAB_RESULT, Both("Nhập kết quả phòng thí nghiệm", "Enter a lab result"),
        Both("Đã nhập kết quả.", "The result is on record."),
        ("bottle", "parameter", "value", "unit", "lab", "sheet", "attachments"),
    ),
    Form(
        "shelve", Act.SHELVE, Both("Tạm ngừng nhắc", "Shelve"),
        Both("Đã tạm ngừng nhắc.", "Shelved."), ("reason", "until"),
    ),
    Form(
        "unshelve", Act.UNSHELVE, Both("Nhắc trở lại", "Unshelve"),
        Both("Đã nhắc trở lại.", "Reminders are on again."), ("text",), frozenset({"text"}),
    ),
    Form("close", Act.CLOSE, Both("Đóng", "Close"), Both("Đã đóng.", "Closed."), ("reason",)),
    Form(
        "reopen", Act.REOPEN, Both("Mở lại", "Reopen"), Both("Đã mở lại.", "Reopened."),
        ("reason",),
    ),
)  # fmt: skip
BY_PATH = {form.path: form for form in FORMS}


def possible(alert: Shape, visitor: Visitor) -> Iterator[Form]:
    """The acts that the alert's state allows and the visitor has the right to.

    What else stands in the way (the second officer of a close) the record itself refuses.
    """
    caller, work = visitor.caller, alert["work"]
    if caller is None or work is None:
        return
    state = WorkState(work["state"])
    for form in FORMS:
        explains_itself = form.act is not Act.EXPLAIN or caller.role in PLANT_SIDE
        allowed = RIGHT_OF[form.act] in caller.rights and explains_itself
        if allowed and not isinstance(TABLE[state, form.act], Bar):
            yield form


def rendered(form: Form, alert: Shape, visitor: Visitor, *, opened: bool = False) -> h.Element:
    """The form; one whose words are all optional is a button with room for words."""
    say = visitor.say
    body = h.form(
        ".stack", method="post", action=f"/alerts/{alert['id']}/{form.path}",
        enctype="multipart/form-data",
    )[
        h.input(type="hidden", name="seen", value=str(alert["work"]["revision"])),
        (_control(name, form, visitor) for name in form.controls),
        h.button(".button", type="submit")[say(form.name)],
    ]  # fmt: skip
    return h.details(".act", id=form.path, name="act", open=opened)[h.summary[say(form.name)], body]


def _control(name: str, form: Form, visitor: Visitor) -> h.Element:
    words, kind = _CONTROLS[name]
    required = name not in form.optional
    if kind == "textarea":
        control: h.Node = h.textarea(name="text", required=required, maxlength=4000)
    elif kind == "file":
        control = h.input(
            type="file", name=name, multiple=True, accept=".pdf,.jpg,.jpeg,.png,.webp,.xlsx"
        )
    else:
        mode = "decimal" if name == "value" else None
        control = h.input(type=kind, name=name, required=required, inputmode=mode)
    return field(visitor.say(words), control)


async def deed_of(alert: str, form: Form, sent: FormData) -> Deed:
    """The act that a form asks for. Raises Refused naming every field that cannot be read."""
    problems: list[Problem] = []

    def read(name: str, parse: Callable[[str], _Read], said: str) -> _Read | None:
        given = _text(sent, name)
        if given is None:
            return None
        try:
            return parse(given)
        except (ValueError, InvalidOperation):
            problems.append(Problem("", name, said.format(given=given)))
            return None

    deed = Deed(
        alert,
        form.act.value,
        text=_text(sent, "text"),
        until=read("until", _moment, _NOT_TIME),
        deadline=read("deadline", _moment, _NOT_TIME),
        bottle=_text(sent, "bottle"),
        taken_at=read("taken_at", _moment, _NOT_TIME),
        parameter=_text(sent, "parameter"),
        value=read("value", _decimal, _NOT_NUMBER),
        unit=_text(sent, "unit"),
        lab=_text(sent, "lab"),
        sheet=_text(sent, "sheet"),
        attachments=await _files(sent),
        seen=read("seen", int, _NOT_NUMBER),
    )
    if problems:
        raise Refused(problems)
    return deed


def _text(sent: FormData, name: str) -> str | None:
    given = sent.get(name)
    return given.strip() or None if isinstance(given, str) else None


def _moment(given: str) -> int:
    """What a browser's field for a time sends, which means Hanoi's clock."""
    return int(datetime.fromisoformat(given).replace(tzinfo=ZONE).timestamp())


def _decimal(given: str) -> Decimal:
    """A number as either language writes it."""
    return Decimal(given.replace(" ", "").replace(",", "."))


async def _files(sent: FormData) -> tuple[Attached, ...]:
    """The files, with one more than are taken: the record itself refuses it, in its own words."""
    given = [one for one in sent.getlist("attachments") if isinstance(one, UploadFile)]
    named = [one for one in given if one.filename][: MOST_FILES + 1]
    return tuple([Attached(str(one.filename), await one.read()) for one in named])
