"""The forms of the register: filled in, looked at, entered; each step leads to the next."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated
from urllib.parse import quote, urlencode

import htpy as h
from fastapi import APIRouter, Query, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import RedirectResponse, Response

from api.auth import Asking, needs
from api.console import setupwords as words
from api.console.both import Both
from api.console.differing import differences, label, shown
from api.console.fields import Field, Wrong, place_of, rendered
from api.console.formparts import parts
from api.console.forms import INTERVAL, Around, body_of, compacted, fields_of, given_of
from api.console.frame import document
from api.console.frame import shown as answered
from api.console.kit import notice, section, table
from api.console.problemwords import told
from api.console.visitor import Visiting, Visitor
from api.problems import absent
from api.register import Registers
from rules.model import Problem, Refused
from rules.register import KINDS
from rules.roles import Right
from tolich.ports import Caller, NotDurable
from tolich.registering import Change, Entry, Preview, Registering

router = APIRouter(include_in_schema=False, dependencies=[needs(Right.REGISTER)])

SOURCE = Field("source", words.SOURCE, hint=words.SOURCE_HINT, required=True)
_PARENT = {"plants": "cluster", "stations": "plant", "permits": "plant"}
_MOST_FIELDS = 1000
_UNNAMED = "unnamed"


def address(kind: str, id: str) -> str:  # noqa: A002
    """The page of an entry."""
    return f"/setup/entries/{kind}/{quote(id, safe='')}"


def form_of(kind: str, **about: str) -> str:
    """The form of a new entry `of` something, or of the one with an `id`."""
    return f"/setup/forms/{kind}?{urlencode(about)}" if about else f"/setup/forms/{kind}"


@dataclass(slots=True)
class Filling:
    """One form while it is filled in."""

    kind: str
    given: dict[str, str]
    was: Entry | None  # the entry that is changed; None: a new one
    seen: int
    wrong: list[Wrong] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    preview: Preview | None = None
    failed: Both | None = None

    @property
    def name(self) -> str:
        """The id of the entry; a stand-in while it has none, so that all else can be judged."""
        return self.was.id if self.was else self.given.get("id", "").strip() or _UNNAMED


@router.get("/setup/forms/{kind}")
def form(
    registering: Registers,
    visitor: Visiting,
    kind: str,
    of: Annotated[str, Query(max_length=64)] = "",
    id: Annotated[str, Query(max_length=64)] = "",  # noqa: A002
) -> Response:
    """An empty form, or that of an entry."""
    around = _around(registering, kind)
    seen = registering.preview({}).number
    was = around.one(kind, id) if id else None
    if id and was is None:
        raise absent("entry", id)
    if was is not None:
        given = given_of(kind, was.body or {}, around, visitor.lang)
    else:
        given = {one.path: one.usual for one in fields_of(kind, around)} | {"interval": "300"}
        given[_PARENT.get(kind, "")] = of
    return answered(_page(Filling(kind, given, was, seen), around, visitor))


@router.post("/setup/forms/{kind}")
async def fill(
    request: Request, registering: Registers, caller: Asking, visitor: Visiting, kind: str
) -> Response:
    """Shows what would be entered, or enters it, or says at each field what is wrong."""
    async with request.form(max_files=0, max_fields=_MOST_FIELDS) as sent:
        given = {name: text for name, text in sent.items() if isinstance(text, str)}
    return await run_in_threadpool(_filled, registering, caller, visitor, kind, given)


def _around(registering: Registering, kind: str) -> Around:
    if kind not in KINDS:
        raise absent("form", kind)
    return Around(registering.entries(), registering.law())


def _filled(
    registering: Registering, caller: Caller, visitor: Visitor, kind: str, given: dict[str, str]
) -> Response:
    around = _around(registering, kind)
    step, was = given.pop("step", ""), given.pop("was", "")
    seen = given.pop("seen", "")
    standing = around.one(kind, was) if was else None
    if was and standing is None:
        raise absent("entry", was)
    number = int(seen) if seen.isascii() and seen.isdigit() and len(seen) < 19 else 0
    filling = Filling(kind, compacted(given), standing, number)
    changes = _changes(filling, around)
    filling.preview = registering.preview(changes, filling.seen)
    filling.problems = list(filling.preview.problems)
    if filling.wrong or filling.problems:
        return answered(_page(filling, around, visitor), 422)
    if step != "enter":
        return answered(_page(filling, around, visitor))
    return _entered(registering, caller, visitor, filling, changes, around)


def _entered(
    registering: Registering, caller: Caller, visitor: Visitor, filling: Filling,
    changes: Mapping[str, object], around: Around,
) -> Response:  # fmt: skip
    source = filling.given.get("source", "")
    try:
        registering.enter(changes, caller.name, source, filling.seen)
    except Refused as refused:
        filling.problems = refused.problems
        return answered(_page(filling, around, visitor), 422)
    except NotDurable:
        filling.failed = words.AGAIN
        return answered(_page(filling, around, visitor), 503)
    return RedirectResponse(f"{address(filling.kind, filling.name)}?done=entered", 303)


def _changes(filling: Filling, around: Around) -> dict[str, dict[str, object]]:
    """What the form asks for; what cannot be read goes to `wrong`."""
    kind, given, was = filling.kind, filling.given, filling.was
    body, filling.wrong = body_of(kind, given, (was.body or {}) if was else {}, around)
    filling.wrong += _missing(filling, around)
    if was is None and around.one(kind, filling.name) is not None:
        filling.wrong.append(Wrong("id", words.TAKEN.filled(id=filling.name)))
    return {kind: {filling.name: body}}


def _missing(filling: Filling, around: Around) -> Iterator[Wrong]:
    """What must be filled in, in the form's own words."""
    named = () if filling.was else (Field("id", words.ID, required=True),)
    timed = (INTERVAL,) if filling.kind == "stations" else ()
    for one in (*named, *fields_of(filling.kind, around), *timed, SOURCE):
        if one.required and not filling.given.get(one.path, "").strip():
            yield Wrong(one.path, words.NEEDED)


# --- the page -----------------------------------------------------------------------------------


def _page(filling: Filling, around: Around, visitor: Visitor) -> h.Element:
    say, kind, was = visitor.say, filling.kind, filling.was
    named = words.KINDS[kind]
    title = words.FORM_CHANGE.filled(kind=named, id=was.id) if was else words.FORM_NEW.filled(
        kind=named
    )  # fmt: skip
    wrong, elsewhere = _placed(filling, around, visitor)
    good = filling.preview is not None and not (wrong or elsewhere)
    return document(
        visitor,
        title,
        steps(kind, visitor),
        h.div(".row.between")[h.h1[say(title)], h.a(href="/setup")[say(words.BACK)]],
        notice("bad", say(filling.failed)) if filling.failed else None,
        _refused(wrong, elsewhere, filling, around, visitor) if wrong or elsewhere else None,
        _preview(filling, visitor) if good and filling.preview else None,
        _form(filling, around, wrong, visitor, opened=not good),
    )


def steps(kind: str, visitor: Visitor) -> h.Element:
    """Where one is between the cluster and the permit."""
    say = visitor.say
    return h.ol(".steps", aria_label=say(words.STEPS))[
        (h.li(aria_current="step" if one == kind else None)[say(words.KINDS[one])] for one in KINDS)
    ]


def _placed(
    filling: Filling, around: Around, visitor: Visitor
) -> tuple[dict[str, list[str]], list[str]]:
    """What is wrong by the control at which it is shown, and what has no control here."""
    found: dict[str, list[str]] = {}
    elsewhere: list[str] = []
    known = ["id", "source", "series", "limits", "interval", "interval_from", "regulation"]
    known += [*(one.path for one in fields_of(filling.kind, around)), *filling.given]
    for path, said in filling.wrong:
        found.setdefault(path, []).append(visitor.say(said))
    own = f"{filling.kind}.{filling.name}"
    for one in filling.problems:
        inside = _inside(one.key, own)
        place = None if inside is None else place_of(inside, known)
        if place is None:
            elsewhere += translated([one], visitor)
        elif place not in found:  # the form has said it in its own words already
            found[place] = [told(one.message, visitor.lang)]
    return found, elsewhere


def _inside(key: str, own: str) -> str | None:
    """The place inside the entry of this form; None: of another one."""
    if key == own:
        return "id"
    return key[len(own) + 1 :] if key.startswith(f"{own}.") else None


def translated(problems: Iterable[Problem], visitor: Visitor) -> list[str]:
    """Problems with their places, in the visitor's language."""
    return [f"{one.key}: {told(one.message, visitor.lang)}" for one in problems]


def _refused(
    wrong: Mapping[str, Sequence[str]], elsewhere: Sequence[str], filling: Filling,
    around: Around, visitor: Visitor,
) -> h.Element:  # fmt: skip
    fields = {one.path: one.label for one in fields_of(filling.kind, around)} | _OWN_LABELS
    called = {path: visitor.say(fields[path]) if path in fields else label(path, visitor)
              for path in wrong}  # fmt: skip
    named = [f"{called[path]}: {'; '.join(said)}" for path, said in wrong.items()]
    return notice(
        "bad", h.p[visitor.say(words.MEND)], h.ul[(h.li[one] for one in [*named, *elsewhere])]
    )


_OWN_LABELS = {
    "id": words.ID, "source": words.SOURCE, "series": words.SERIES, "limits": words.LIMITS,
    "regulation": words.REGULATION, "interval_from": words.INTERVAL_FROM,
}  # fmt: skip


def _preview(filling: Filling, visitor: Visitor) -> h.Node:
    """What will be entered, and the button that enters exactly this."""
    say, preview = visitor.say, filling.preview
    assert preview is not None
    if not preview.changes:
        return notice("plain", say(words.NO_CHANGE))
    return section(
        say(words.PREVIEW),
        [changed(one, visitor) for one in preview.changes],
        _notes(preview.notes, visitor) if preview.notes else None,
        h.form(method="post", action=form_of(filling.kind))[
            _hidden(filling),
            (h.input(type="hidden", name=key, value=text) for key, text in filling.given.items()),
            h.button(".button", type="submit", name="step", value="enter")[say(words.ENTER)],
        ],
        id="preview",
    )


def changed(one: Change, visitor: Visitor) -> h.Node:
    """What becomes of one entry, as a table of its differences."""
    say = visitor.say
    heads = [say(head) for head in words.DIFFERENCE_COLUMNS]
    rows = [
        [
            label(each.path, visitor),
            shown(each.before, visitor, each.path),
            h.b[shown(each.after, visitor, each.path)],
        ]
        for each in differences(one.before, one.after)
    ]
    title = f"{say(words.KINDS[one.kind])} {one.id}: {say(words.CHANGE_KINDS[one.what])}"
    return [h.h3[title], table(title, heads, rows)]


def _notes(notes: Sequence[str], visitor: Visitor) -> h.Element:
    lines = (h.li[told(one, visitor.lang)] for one in notes)
    return notice("plain", h.p[visitor.say(words.NOTES)], h.ul[lines])


def _hidden(filling: Filling) -> h.Node:
    was = filling.was.id if filling.was else ""
    return [
        h.input(type="hidden", name="was", value=was),
        h.input(type="hidden", name="seen", value=str(filling.seen)),
    ]


def _form(
    filling: Filling, around: Around, wrong: Mapping[str, list[str]], visitor: Visitor, *,
    opened: bool,
) -> h.Node:  # fmt: skip
    say, given = visitor.say, filling.given
    id_field = Field(
        "id", words.ID, required=True,
        hint=words.STATION_ID_HINT if filling.kind == "stations" else words.ID_HINT,
    )  # fmt: skip
    made = h.form(".stack.broad", method="post", action=form_of(filling.kind))[
        _hidden(filling),
        None if filling.was else rendered(id_field, given, wrong, visitor),
        list(parts(filling.kind, given, wrong, around, visitor, new=filling.was is None)),
        _kept(filling, visitor),
        rendered(SOURCE, given, wrong, visitor),
        h.div[h.button(".button", type="submit", name="step", value="look")[say(words.LOOK)]],
    ]
    if opened:
        return h.section(".part")[made]
    return h.details(".part")[h.summary[say(words.STILL_EDIT)], made]


_SHOWN = {
    "clusters": {"name", "province", "ward", "investor"},
    "plants": {"cluster", "name", "capacity", "contacts"},
    "stations": {"plant", "name", "from", "until", "interval", "timestamp_means", "tt10",
                 "camera", "sampler", "simulated", "series"},
    "permits": {"plant", "document", "number", "date", "page", "from", "until", "basis",
                "completeness", "limits", "regulation", "no_discharge"},
}  # fmt: skip


def _kept(filling: Filling, visitor: Visitor) -> h.Node:
    """What the entry holds that the form does not show."""
    body = (filling.was.body or {}) if filling.was else {}
    others = sorted(set(body) - _SHOWN[filling.kind])
    if not others:
        return None
    return h.p(".hint")[visitor.say(words.KEPT.filled(what=", ".join(others)))]
