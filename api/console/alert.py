"""The page of an alert: what it is, why it stands, what was done about it, and what may be done."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Annotated

import htpy as h
from fastapi import APIRouter, Query, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import RedirectResponse, Response

from api.alertpage import page as printed
from api.auth import Asking, needs
from api.console.acts import BY_PATH, Form, deed_of, possible, rendered
from api.console.both import Both
from api.console.figures import clock
from api.console.finding import around
from api.console.frame import document, shown
from api.console.kit import age, badge, facts, notice, section, when
from api.console.stationwords import alert_words, mark_of_alert
from api.console.visitor import Visiting, Visitor
from api.console.why import explained
from api.problems import absent
from api.view import Seams, Seen, View, Within
from api.words import SEVERITIES, word
from api.workwords import WORK
from rules.model import Refused
from rules.roles import Right
from rules.work import WorkState
from tolich.ports import Caller, NotDurable, Shape
from tolich.workports import Conflict, Deed, Forbidden, Unattachable

router = APIRouter(include_in_schema=False, dependencies=[needs(Right.READ)])

_STATE = Both("Tình trạng xử lý", "Work")
_SEVERITY = Both("Mức", "Severity")
_BEGAN = Both("Bắt đầu", "Began")
_ENDED = Both("Kết thúc", "Ended")
_RAISED = Both("Ghi nhận", "Raised")
_GOES_ON = Both("đang tiếp diễn", "goes on")
_WHAT_TO_DO = Both("Việc có thể làm", "What you can do")
_NOTHING = Both("Không có việc gì tài khoản này có thể làm.", "Nothing that this account can do.")
_DONE = Both("Đã làm gì", "What was done")
_NOT_YET = Both("Chưa có ai làm gì.", "Nothing yet.")
_SAMPLES = Both("Mẫu nước", "Samples")
_SHEET = Both("Phiếu một trang để in", "One-page record to print")
_STATION = Both("Trang của trạm", "The page of station")
_FIRST = Both("Ai đó đã làm trước: {what}.", "Somebody was first: {what}.")
_AGAIN = Both("Chưa lưu được, hãy gửi lại.", "Nothing was stored; send it again.")
_ALERT = Both("Cảnh báo {id}", "Alert {id}")


@router.get("/alerts/{id}")
def alert(
    view: Seen,
    visitor: Visiting,
    id: str,  # noqa: A002 - as in the API
    done: Annotated[str | None, Query(max_length=40)] = None,
) -> Response:
    """Everything about one alert."""
    said = notice("good", visitor.say(BY_PATH[done].done)) if done in BY_PATH else None
    return shown(_page(view, visitor, id, said))


@router.post("/alerts/{id}/{act}")
async def do(
    request: Request,
    view: Seen,
    seams: Within,
    caller: Asking,
    visitor: Visiting,
    id: str,  # noqa: A002
    act: str,
) -> Response:
    """Does what a form asks for, and comes back to the alert."""
    if act not in BY_PATH:
        raise absent("act", act)
    form = BY_PATH[act]
    async with request.form(max_files=8, max_part_size=64 * 1024) as sent:
        try:
            deed = await deed_of(id, form, sent)
        except Refused as wrong:
            return await run_in_threadpool(_again, view, visitor, id, form, _listed(wrong), 422)
    return await run_in_threadpool(_done, seams, view, caller, visitor, form, deed)


def _done(
    seams: Seams, view: View, caller: Caller, visitor: Visitor, form: Form, deed: Deed
) -> Response:
    """The alert after the act, or why it was refused."""
    name = deed.alert
    try:
        after = seams.working.act(caller, deed)
    except Forbidden as why:
        return _again(view, visitor, name, form, [_sentence(Both(why.vi, why.en), visitor)], 403)
    except Conflict as why:
        said = [_sentence(Both(why.vi, why.en), visitor), _first(why, visitor)]
        return _again(view, visitor, name, form, said, 409)
    except Unattachable as why:
        return _again(view, visitor, name, form, [str(why)], 413 if why.too_large else 415)
    except Refused as wrong:
        return _again(view, visitor, name, form, _listed(wrong), 422)
    except NotDurable:
        return _again(view, visitor, name, form, [visitor.say(_AGAIN)], 503)
    if after is None:
        raise absent("alert", name)
    return RedirectResponse(f"/alerts/{name}?done={form.path}", 303)


def _listed(wrong: Refused) -> list[str]:
    return [f"{one.key}: {one.message}" for one in wrong.problems]


def _sentence(said: Both, visitor: Visitor) -> str:
    words = visitor.say(said)
    return f"{words[:1].upper()}{words[1:]}."


def _first(why: Conflict, visitor: Visitor) -> str:
    happened = "; ".join(
        f"{clock(one['at'], visitor.now) if one.get('at') else ''} {one['what']} – {one['by']}"
        for one in why.happened
    )
    return visitor.say(_FIRST.filled(what=happened))


def _again(
    view: View, visitor: Visitor, name: str, form: Form, said: Iterable[str], status: int
) -> Response:
    problems = notice("bad", h.ul[(h.li[one] for one in said)])
    return shown(_page(view, visitor, name, problems, form.path), status)


# --- the page -----------------------------------------------------------------------------------


def _page(
    view: View, visitor: Visitor, name: str, said: h.Node, opened: str | None = None
) -> h.Element:
    found, why = view.alert(name), view.alert_why(name)
    if found is None or why is None:
        raise absent("alert", name)
    finding = why.get("finding")
    return document(
        visitor,
        _ALERT.filled(id=name),
        said,
        _head(view, found, why, visitor),
        _acts(found, visitor, opened),
        around(view, finding, visitor) if finding else None,
        _actions(found, why, visitor),
        h.div(".whys")[explained(why, visitor)],
        simulated=found["simulated"],
    )


def _head(view: View, found: Shape, why: Shape, visitor: Visitor) -> h.Element:
    say, lang, mark = visitor.say, visitor.lang, mark_of_alert(found)
    sights = view.sights([found["station"]])
    place = sights[0]["cluster_name"] if sights else found["station"]
    what = f" · {found['parameter']}" if found["parameter"] else ""
    return h.section(".head")[
        h.div(".row")[h.h1[f"{place}{what}: {alert_words(found, lang)}"], badge(mark, say)],
        h.p(".summary", data_mark=mark.css)[why["summary"][lang]],
        facts(
            [
                (say(_STATE), h.b[word(WORK, found["work"]["state"], lang)]),
                (say(_SEVERITY), word(SEVERITIES, found["severity"], lang)),
                (say(_RAISED), list(_raised(found, visitor))),
                (say(_BEGAN), when(found["started_at"], visitor)),
                (
                    say(_ENDED),
                    when(found["ended_at"], visitor) if found["ended_at"] else say(_GOES_ON),
                ),
            ]
        ),
        h.p(".no-print")[
            h.a(href=f"/api/v1/alerts/{found['id']}/page?lang={lang}")[say(_SHEET)],
            " · ",
            h.a(href=f"/stations/{found['station']}")[f"{say(_STATION)} {found['station']}"],
        ],
    ]


def _raised(found: Shape, visitor: Visitor) -> Iterator[h.Node]:
    """When it was raised, and how long it has waited while nobody has received it."""
    raised = found["work"]["responses"]["raised_at"]
    yield when(raised, visitor)
    if WorkState(found["work"]["state"]) is WorkState.UNACKNOWLEDGED:
        yield " · "
        yield age(raised, visitor, 3600)


def _acts(found: Shape, visitor: Visitor, opened: str | None) -> h.Element:
    say = visitor.say
    forms = list(possible(found, visitor))
    return h.section(".part.acts.no-print")[
        h.h2[say(_WHAT_TO_DO)],
        (rendered(form, found, visitor, opened=form.path == opened) for form in forms),
        None if forms else h.p(".faint")[say(_NOTHING)],
    ]


def _actions(found: Shape, why: Shape, visitor: Visitor) -> h.Node:
    """What people did, in the words of the printed page."""
    told = printed(why, found, visitor.lang)
    done = h.ul(".lines")[(h.li[line] for line in told["actions"])]
    files = [
        h.a(href=f"/api/v1/attachments/{file['id']}")[file["name"]]
        for one in found["actions"]
        for file in one["body"].get("attachments", ())
        if "id" in file
    ]
    return [
        section(
            visitor.say(_DONE),
            done if told["actions"] else h.p(".faint")[visitor.say(_NOT_YET)],
            h.p[[[link, " "] for link in files]] if files else None,
        ),
        section(visitor.say(_SAMPLES), h.ul(".lines")[(h.li[x] for x in told["samples"])])
        if told["samples"]
        else None,
    ]
