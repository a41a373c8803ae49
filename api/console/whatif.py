"""What if: pick stations, days and another regulation or limits; see which days would differ."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from datetime import timedelta
from decimal import Decimal, InvalidOperation
from typing import Any

import htpy as h
from anyio import CapacityLimiter, to_thread
from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData
from starlette.responses import Response, StreamingResponse

from api.asking import Paging
from api.auth import needs
from api.console.both import Both
from api.console.figures import day, limit, percent, reading, unit
from api.console.frame import HEADERS, document, shown
from api.console.kit import badge, empty, field, section, select, table, wrong
from api.console.marks import Mark, of_finding
from api.console.visitor import Visiting, Visitor
from api.view import Seen, View, Within
from rules.days import local_date
from rules.model import Refused
from rules.roles import Right
from tolich.ports import Comparing, Shape

router = APIRouter(include_in_schema=False, dependencies=[needs(Right.WHAT_IF)])

TITLE = Both("Nếu như", "What if")
_LEAD = Both(
    "Đánh giá lại số liệu đã lưu theo một quy chuẩn hoặc giới hạn khác, đặt cạnh kết quả hôm nay. "
    "Không có gì được ghi lại.",
    "Stored readings under another regulation or other limits, beside today's verdicts. Nothing "
    "is kept.",
)
_STATIONS = Both("Trạm", "Stations")
_FROM = Both("Từ ngày", "From")
_TO = Both("Đến hết ngày", "To")
_REGULATION = Both("Theo quy chuẩn", "Under the regulation")
_COLUMN = Both("Cột", "Column")
_LIMITS = Both("Hoặc theo giới hạn tự nhập", "Or under limits of your own")
_LIMITS_HINT = Both(
    "Chỉ những thông số có nhập giới hạn được đánh giá.", "Only parameters with a limit are judged."
)
_NO_CHOICE = Both("– không –", "– none –")
_MAX = Both("{parameter}, tối đa ({unit})", "{parameter}, at most ({unit})")
_RUN = Both("So sánh", "Compare")
_PICK = Both("Chọn ít nhất một trạm.", "Pick at least one station.")
_EITHER = Both(
    "Chọn một quy chuẩn, hoặc nhập ít nhất một giới hạn; không chọn cả hai.",
    "Choose a regulation, or type at least one limit; not both.",
)
_NUMBER = Both("{what}: {given} không phải là số.", "{what}: {given} is not a number.")
_ANSWER = Both("Kết quả so sánh", "Side by side")
_DAYS = Both("{n} ngày-trạm", "{n} station-days")
_NO_DIFFERENCE = Both("Không có ngày nào khác kết quả hôm nay.", "No day would have differed.")
_NO_DIFFERENCE_HINT = Both(
    "Các giới hạn được so sánh cho cùng kết quả với số liệu đã lưu.",
    "Both sets of limits lead to the same verdicts on what is stored.",
)
_COUNT_COLUMNS = (Both("Kết quả của ngày", "Verdict of the day"), Both("Hôm nay", "Today"),
                  Both("Nếu như", "What if"))  # fmt: skip
_COLUMNS = (
    Both("Ngày", "Day"),
    Both("Trạm", "Station"),
    Both("Thông số", "Parameter"),
    Both("Trung bình", "Mean"),
    Both("Hôm nay", "Today"),
    Both("Nếu như", "What if"),
)
_SHOWN = 400
_MORE = Both("Còn {n} ngày khác; bản JSON có tất cả.", "{n} more days; the JSON has them all.")
_MARK = "<!--answer-->"
_USUAL_DAYS = 30
_LIMITED = ("COD", "BOD5", "TSS", "NH4", "TN", "TP")
_OUTCOMES = ("exceeded", "near", "not_assessable", "compliant", "not_applicable")


@router.get("/what-if")
def what_if(view: Seen, visitor: Visiting) -> Response:
    """The question."""
    return shown(_page(view, visitor, {}, ()))


@router.post("/what-if")
async def compare(request: Request, view: Seen, visitor: Visiting, seams: Within) -> Response:
    """The answer, written while it is judged."""
    async with request.form(max_files=0) as sent:
        asked, problems = _question(sent, visitor)
        given = {key: str(value) for key, value in sent.multi_items()}
        given["stations"] = " ".join(str(one) for one in sent.getlist("stations"))
    if problems:
        page = await run_in_threadpool(_page, view, visitor, given, problems)
        return shown(page, 422)
    try:
        comparing = await to_thread.run_sync(view.what_if, asked, limiter=seams.aside)
    except Refused as refused:
        said = [f"{one.key}: {one.message}" for one in refused.problems]
        page = await run_in_threadpool(_page, view, visitor, given, said)
        return shown(page, 422)
    page = await run_in_threadpool(_page, view, visitor, given, ())
    parts = _written(str(page), comparing, visitor, seams.aside)
    return StreamingResponse(parts, media_type="text/html; charset=utf-8", headers=HEADERS)


# --- the question -------------------------------------------------------------------------------


def _question(sent: FormData, visitor: Visitor) -> tuple[dict[str, Any], list[str]]:
    """The question as the API takes it, and everything that is wrong with the form."""
    problems: list[str] = []
    stations = [str(one) for one in sent.getlist("stations")]
    if not stations:
        problems.append(visitor.say(_PICK))
    asked: dict[str, Any] = {
        "stations": stations,
        "from": str(sent.get("from", "")),
        "to": str(sent.get("to", "")),
    }
    limits = _limits(sent, visitor, problems)
    regulation, _, column = str(sent.get("regulation", "")).partition("|")
    if bool(regulation) == bool(limits) and not problems:
        problems.append(visitor.say(_EITHER))
    if regulation:
        asked["regulation"] = {"id": regulation, "column": column}
    else:
        asked["permit"] = {"limits": limits}
    return asked, problems


def _limits(sent: FormData, visitor: Visitor, problems: list[str]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for parameter in _LIMITED:
        given = str(sent.get(f"max_{parameter}", "")).strip()
        if not given:
            continue
        try:
            found[parameter] = {"max": Decimal(given.replace(",", "."))}
        except InvalidOperation:
            problems.append(visitor.say(_NUMBER.filled(what=parameter, given=given)))
    return found


def _page(
    view: View, visitor: Visitor, given: Mapping[str, str], problems: Sequence[str]
) -> h.Element:
    say = visitor.say
    sights = view.sights()
    return document(
        visitor,
        TITLE,
        h.h1[say(TITLE)],
        h.p[say(_LEAD)],
        wrong(problems, say) if problems else None,
        _form(view, sights, visitor, given),
        h.div("#answer", aria_live="polite")[_Comment()],
        simulated=any(one["simulated"] for one in sights),
    )


class _Comment:
    """The place of the answer in the page."""

    def __html__(self) -> str:
        return _MARK


def _form(
    view: View, sights: Sequence[Shape], visitor: Visitor, given: Mapping[str, str]
) -> h.Element:
    say, today = visitor.say, local_date(visitor.now)
    begin = (today - timedelta(days=_USUAL_DAYS)).isoformat()
    end = (today - timedelta(days=1)).isoformat()
    return h.form(".part.stack.broad", method="post", action="/what-if#answer")[
        h.fieldset(".choices")[
            h.legend[say(_STATIONS)],
            (
                h.label[
                    h.input(
                        type="checkbox",
                        name="stations",
                        value=one["id"],
                        checked=one["id"] in given.get("stations", "").split(),
                    ),
                    f" {one['cluster_name']} ({one['id']})",
                ]
                for one in sights
            ),
        ],
        h.div(".row")[
            field(say(_FROM), h.input(type="date", name="from", value=given.get("from", begin))),
            field(say(_TO), h.input(type="date", name="to", value=given.get("to", end))),
            field(
                say(_REGULATION),
                select("regulation", _regulations(view, visitor), given.get("regulation")),
            ),
        ],
        h.fieldset[
            h.legend[say(_LIMITS)],
            h.p(".hint")[say(_LIMITS_HINT)],
            h.div(".row")[
                (
                    field(
                        say(_MAX.filled(parameter=one, unit="mg/L")),
                        h.input(
                            name=f"max_{one}",
                            value=given.get(f"max_{one}", ""),
                            inputmode="decimal",
                            size="8",
                        ),
                    )
                    for one in _LIMITED
                )
            ],
        ],
        h.div[h.button(".button", type="submit")[say(_RUN)]],
    ]


def _regulations(view: View, visitor: Visitor) -> dict[str, str]:
    """Every column of every regulation whose numbers are loaded."""
    found = {"": visitor.say(_NO_CHOICE)}
    for one in view.regulations(Paging(None, 100)).items:
        for column in one["columns"] if one["loaded"] else ():
            found[f"{one['id']}|{column}"] = f"{one['id']}, {visitor.say(_COLUMN)} {column}"
    return found


# --- the answer ---------------------------------------------------------------------------------


async def _written(
    page: str, comparing: Comparing, visitor: Visitor, aside: CapacityLimiter
) -> AsyncIterator[str]:
    """The page up to the answer; how far it is, again and again; the answer, and the rest.

    Each step hides the one before it (by the style sheet), so that no script is needed.
    """
    before, _, after = page.partition(_MARK)
    yield before
    differences: list[Shape] = []
    result: Shape = {}
    while (
        lines := await to_thread.run_sync(next, comparing.lines, None, limiter=aside)
    ) is not None:
        differences += [one["difference"] for one in lines if "difference" in one]
        for one in lines:
            result = one.get("result", result)
            if "progress" in one:
                yield str(_step(one["progress"], visitor))
    yield str(await run_in_threadpool(_answer, result, differences, visitor))
    yield after


def _step(progress: Shape, visitor: Visitor) -> h.Element:
    done, total = progress["done"], max(1, progress["total"])
    return h.p(".step")[
        h.progress(max=str(total), value=str(done)),
        f" {percent(done / total, visitor.lang)}",
    ]


def _answer(result: Shape, differences: Sequence[Shape], visitor: Visitor) -> h.Element:
    say = visitor.say
    days = [one for one in differences if one["period"] == "day" and _judged(one)]
    title = f"{say(_ANSWER)}: {say(_DAYS.filled(n=result['station_days']))}"
    counted = result["periods"].get("day", {"today": {}, "what_if": {}})
    return section(
        title,
        table(
            title,
            [say(one) for one in _COUNT_COLUMNS],
            list(_counts(counted, visitor)),
            numeric=frozenset({1, 2}),
        ),
        _differences(days, visitor)
        if days
        else empty(say(_NO_DIFFERENCE), say(_NO_DIFFERENCE_HINT)),
        id="result",
    )


def _judged(difference: Shape) -> bool:
    """Whether the question gave the parameter a limit: only then a difference says something."""
    then = difference["what_if"]
    return then is not None and then["reason"] != "limit_missing"


def _counts(counted: Shape, visitor: Visitor) -> Iterator[list[h.Node]]:
    for outcome in _OUTCOMES:
        today, then = counted["today"].get(outcome, 0), counted["what_if"].get(outcome, 0)
        if today or then:
            mark = of_finding(outcome, "", "day")
            yield [badge(mark, visitor.say), str(today), str(then)]


def _differences(days: Sequence[Shape], visitor: Visitor) -> h.Node:
    say, lang = visitor.say, visitor.lang
    rows: list[list[h.Node]] = []
    for one in sorted(days, key=lambda each: each["start"], reverse=True)[:_SHOWN]:
        side = one["what_if"] or one["today"]
        rows.append(
            [
                h.a(href=f"/findings/{one['id']}")[day(one["start"])],
                one["station"],
                one["parameter"],
                f"{reading(side['mean'], lang)} {unit(side['unit'], lang)}",
                _side(one["today"], visitor),
                _side(one["what_if"], visitor),
            ]
        )
    left = len(days) - len(rows)
    return [
        table(say(_ANSWER), [say(one) for one in _COLUMNS], rows, numeric=frozenset({3})),
        h.p(".faint")[say(_MORE.filled(n=left))] if left else None,
    ]


def _side(side: Shape | None, visitor: Visitor) -> h.Node:
    if side is None:
        return badge(Mark.NOT_APPLICABLE, visitor.say)
    mark = of_finding(side["outcome"], side["reason"], "day")
    bound = f" ≤ {limit(side['limit'], visitor.lang)}" if side["limit"] else ""
    return [badge(mark, visitor.say), h.span(".faint")[bound]]
