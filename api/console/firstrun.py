"""From nothing to the first reading: each step with a tick, the commands to copy, a live light."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Annotated
from urllib.parse import quote

import htpy as h
from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from api.asking import Paging
from api.auth import Asking, needs
from api.console.both import Both
from api.console.entering import address, form_of
from api.console.figures import clock, reading, unit
from api.console.frame import document, fragment, shown
from api.console.kit import age, empty, notice, section, wrong
from api.console.visitor import Visiting, Visitor
from api.problems import absent
from api.view import Seen, View, Within
from rules.days import rfc3339
from rules.model import Refused
from rules.roles import Right
from tolich.ports import NotDurable, Shape

router = APIRouter(include_in_schema=False, dependencies=[needs(Right.REGISTER)])

TITLE = Both("Bản tin đầu tiên", "The first reading")
_LEAD = Both(
    "Từ chưa có gì đến số đo đầu tiên: làm lần lượt từng bước, bước xong được đánh dấu.",
    "From nothing to the first reading: step by step, each ticked when it is done.",
)
_NONE = Both("Chưa có trạm nào", "No station yet")
_NONE_HINT = Both(
    "Đăng ký cụm, nhà máy, trạm và giấy phép trước; xong thì trở lại đây.",
    "Register a cluster, a plant, a station and a permit first, then come back.",
)
_BEGIN = Both("Bắt đầu đăng ký", "Begin registering")
_STATIONS = Both("Trạm nào?", "Which station?")
_STEPS = Both("Các bước", "Steps")
_REGISTERED = Both("Trạm đã đăng ký", "The station is registered")
_PERMIT = Both("Giấy phép có hiệu lực hôm nay", "A permit is in force today")
_ADD_PERMIT = Both("Thêm giấy phép", "Add a permit")
_HEARD = Both("Đã nhận bản tin đầu tiên", "A first message was received")
_UNDERSTOOD = Both("Số đo đầu tiên đã được hiểu", "A first reading was understood")
_DONE, _TO_DO = Both("xong", "done"), Both("chưa", "to do")
_SEND = Both("Gửi một bản tin", "Send a message")
_MQTT = Both("Qua MQTT", "Over MQTT")
_MQTT_HINT = Both(
    "Chủ đề của trạm là {topic}. Tài khoản và chứng thư của broker do người vận hành broker cấp; "
    "thay BROKER, USER và PASSWORD.",
    "The station's topic is {topic}. Account and certificate come from whoever runs the broker: "
    "put them in for BROKER, USER and PASSWORD.",
)
_HTTP = Both("Qua HTTP", "Over HTTP")
_HTTP_HINT = Both(
    "Với khóa của trạm. Khóa chỉ hiện một lần; cần thì tạo khóa mới.",
    "With the station's key. A key is shown once; make a new one when it is lost.",
)
_MAKE = Both("Tạo khóa cho trạm", "Make a key for the station")
_MADE = Both(
    "Khóa của tài khoản {account}, chỉ hiện lần này; chỉ gửi được số liệu của trạm này:",
    "The key of account {account}, shown this once; it sends readings of this station only:",
)
_AGAIN = Both("Chưa lưu được, hãy thử lại.", "Nothing was stored: try again.")
_COPY = Both("Chép", "Copy")
_RECEIVED = Both("Đã nhận chưa?", "Was it received?")
_WAITING = Both(
    "Chưa nhận được gì từ trạm này. Trang tự cập nhật.",
    "Nothing has come from this station. This page updates itself.",
)
_LAST = Both("Bản tin mới nhất:", "Newest message:")
_REFUSED = Both("Bị từ chối lúc {at}: {why}", "Refused at {at}: {why}")
_NEXT = Both("Tiếp theo: chạy thử trạm 24 giờ", "Next: watch the station for 24 hours")
_MOST_STATIONS = 500


@router.get("/setup/first")
def first(
    view: Seen,
    visitor: Visiting,
    station: Annotated[str | None, Query(max_length=64)] = None,
) -> Response:
    """The steps of one station; without one, which stations there are."""
    sights = view.sights()
    if station is None and len(sights) == 1:
        station = sights[0]["id"]
    if station is None:
        return shown(document(visitor, TITLE, *_choice(sights, visitor)))
    return shown(_page(view, visitor, station))


@router.get("/setup/first/{station}/received")
def received(view: Seen, visitor: Visiting, station: str) -> Response:
    """The steps and the light alone, while one waits for the first message."""
    return fragment(_received(view, _sight(view, station), visitor))


@router.post("/setup/first/{station}/key")
def key(
    request: Request, seams: Within, view: Seen, caller: Asking, visitor: Visiting, station: str
) -> Response:
    """A new key for the station, shown this once within the command that takes it."""
    try:
        made = seams.accounts.station_key(caller, station)
    except Refused as refused:
        said = wrong([one.message for one in refused.problems], visitor.say)
        return shown(_page(view, visitor, station, said), 422)
    except NotDurable:
        said = notice("bad", visitor.say(_AGAIN))
        return shown(_page(view, visitor, station, said), 503)
    if made is None:
        raise absent("station", station)
    words = _MADE.filled(account=made["account"])
    told = notice("good", h.p[visitor.say(words)], _copied("key", made["key"], visitor))
    base = str(request.base_url).rstrip("/")
    return shown(_page(view, visitor, station, told, key=made["key"], base=base))


def _sight(view: View, station: str) -> Shape:
    found = view.sights([station])
    if not found:
        raise absent("station", station)
    return found[0]


def _choice(sights: Sequence[Shape], visitor: Visitor) -> Iterator[h.Node]:
    say = visitor.say
    yield h.h1[say(TITLE)]
    if not sights:
        begin = h.p[h.a(".button", href=form_of("clusters"))[say(_BEGIN)]]
        yield empty(say(_NONE), say(_NONE_HINT), begin)
        return
    # Those that were never heard are the ones somebody sets up.
    ordered = sorted(sights, key=lambda one: (one["last_heard"] is not None, one["id"]))
    links = (
        h.li[h.a(href=f"/setup/first?station={quote(one['id'])}")[one["id"]], " ", one["name"]]
        for one in ordered[:_MOST_STATIONS]
    )
    yield section(say(_STATIONS), h.ul(".plain")[links])


def _page(
    view: View,
    visitor: Visitor,
    station: str,
    said: h.Node = None,
    *,
    key: str = "$KEY",
    base: str = "http://127.0.0.1:8000",
) -> h.Element:
    sight, say = _sight(view, station), visitor.say
    return document(
        visitor,
        TITLE,
        h.h1[f"{say(TITLE)}: {sight['name']}"],
        h.p[say(_LEAD)],
        said,
        _received(view, sight, visitor),
        _commands(sight, visitor, key, base),
        simulated=sight["simulated"],
        live=f"/live?page=station&since={view.heard(0).upto}",
    )


def _received(view: View, sight: Shape, visitor: Visitor) -> h.Element:
    """Steps with their ticks and the light; asks for itself again."""
    say, name = visitor.say, sight["id"]
    spoken = [one for one in sight["parameters"] if one["observed_at"] is not None]
    refused = view.rejected(name, Paging(None, 1)).items
    permit = any(one["limit"] is not None for one in sight["parameters"])
    add = h.a(href=form_of("permits", of=sight["plant"]))[say(_ADD_PERMIT)]
    steps = (
        (_REGISTERED, True, h.a(href=address("stations", name))[name]),
        (_PERMIT, permit, None if permit else add),
        (_HEARD, bool(spoken or refused), None),
        (_UNDERSTOOD, bool(spoken), None),
    )
    return h.div(
        "#received", data_part=f"/setup/first/{quote(name)}/received", data_station=name,
        data_every="5",
    )[
        section(say(_STEPS), h.ol(".steps")[(_step(*one, visitor) for one in steps)]),
        section(say(_RECEIVED), *_light(sight, spoken, refused, visitor)),
    ]  # fmt: skip


def _step(words: Both, done: bool, more: h.Node, visitor: Visitor) -> h.Element:
    say = visitor.say
    sign = h.span(".sign", aria_hidden="true")["✓" if done else "○"]
    state = h.span(".visually-hidden")[f" ({say(_DONE if done else _TO_DO)})"]
    return h.li(class_="done" if done else "open")[sign, " ", say(words), state, " ", more]


def _light(
    sight: Shape, spoken: Sequence[Shape], refused: Sequence[Shape], visitor: Visitor
) -> Iterator[h.Node]:
    say, lang = visitor.say, visitor.lang
    if not spoken and not refused:
        yield h.p(".faint", role="status")[say(_WAITING)]
    if spoken:
        values = (
            h.li[f"{one['name'][lang]}: {reading(one['value'], lang)} {unit(one['unit'], lang)}"]
            for one in spoken
        )
        yield notice(
            "good",
            h.p[say(_LAST), " ", age(sight["last_heard"], visitor)],
            h.ul[values],
            h.p[h.a(href=f"/stations/{sight['id']}/commission")[say(_NEXT)]],
        )
    for one in refused:
        words = _REFUSED.filled(at=clock(one["received_at"], visitor.now), why=one["detail"])
        yield notice("bad", h.p[say(words)], h.p[one["remedy"][lang]])


def _commands(sight: Shape, visitor: Visitor, key: str, base: str) -> h.Element:
    say, name, cluster = visitor.say, sight["id"], sight["cluster"]
    topic = f"tolich/v1/{cluster}/{name}/readings"
    payload = _payload(sight, visitor.now)
    mqtt = (
        f"mosquitto_pub -h BROKER -p 8883 --cafile ca.crt -u USER -P PASSWORD -q 1 "
        f"-t {topic} -m '{payload}'"
    )
    http = (
        f"curl -H 'Authorization: Bearer {key}' -H 'Content-Type: application/json' "
        f"{base}/api/v1/ingest/{cluster}/{name} -d '{payload}'"
    )
    making = h.form(method="post", action=f"/setup/first/{quote(name)}/key")[
        h.button(type="submit")[say(_MAKE)]
    ]
    return section(
        say(_SEND),
        h.h3[say(_HTTP)], h.p(".faint")[say(_HTTP_HINT)], making,
        _copied("http", http, visitor),
        h.h3[say(_MQTT)], h.p(".faint")[say(_MQTT_HINT.filled(topic=topic))],
        _copied("mqtt", mqtt, visitor),
    )  # fmt: skip


def _payload(sight: Shape, now: int) -> str:
    """A message of the present minute, as a logger would send it; a made-up value of each."""
    readings = [{"p": one["parameter"], "v": 1, "s": "00"} for one in sight["parameters"]]
    return json.dumps({"ts": rfc3339(now // 60 * 60), "readings": readings}, ensure_ascii=False)


def _copied(name: str, text: str, visitor: Visitor) -> h.Element:
    """Something to copy: text, and a button that does it."""
    return h.div(".copied")[
        h.pre[h.code(id=f"copy-{name}")[text]],
        h.button(".quiet", type="button", data_copy=f"copy-{name}")[visitor.say(_COPY)],
    ]
