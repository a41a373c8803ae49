"""An alert on one printed page: why it stands, what was done about it by whom, its samples."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from html import escape
from typing import Any

from api.headers import STYLE
from api.whytext import Sections, heading, laid_out, sections
from api.words import Language, amount, moment, word
from api.workwords import ACTIONS, FOOTER, ROLES, SIMULATED, WORK
from tolich.ports import Shape

_FIRST = ("summary", "alert")
"""What of the explanation comes before the work; the rest comes after it."""

_NARROW = ("readings",)
"""Sections whose columns stand under each other."""


def text(why: Shape, alert: Shape, lang: Language) -> str:
    """The page as plain text."""
    parts = page(why, alert, lang)
    return f"{_title(alert, lang)}\n\n{laid_out(parts, lang)}\n{FOOTER[lang]}\n"


def html(why: Shape, alert: Shape, lang: Language) -> str:
    """The page to print from a browser; no script, nothing from outside."""
    title = escape(_title(alert, lang))
    parts = "".join(
        _section(heading(name, lang), lines, name in _NARROW)
        for name, lines in page(why, alert, lang).items()
        if lines
    )
    return (
        f'<!doctype html><html lang="{lang}"><head><meta charset="utf-8"><title>{title}</title>'
        f"<style>{STYLE}</style></head><body><h1>{title}</h1>{parts}"
        f"<footer><p><strong>{escape(FOOTER[lang])}</strong></p></footer></body></html>\n"
    )


def _section(head: str, lines: list[str], narrow: bool) -> str:
    if narrow:
        body = f"<pre>{escape(chr(10).join(lines))}</pre>"
    else:
        body = "<p>" + "<br>".join(escape(line) for line in lines) + "</p>"
    return f"<section><h2>{escape(head)}</h2>{body}</section>"


def page(why: Shape, alert: Shape, lang: Language) -> Sections:
    """Everything on the page, section by section."""
    told = sections(why, lang)
    worked = {
        "work": _work(alert, lang),
        "actions": [line for one in alert["actions"] for line in _action(one, lang)],
        "samples": list(_samples(alert, lang)),
    }
    first = {name: told[name] for name in _FIRST}
    rest = {name: lines for name, lines in told.items() if name not in _FIRST}
    return first | worked | rest


def _title(alert: Shape, lang: Language) -> str:
    mark = f" – {SIMULATED[lang]}" if alert["simulated"] else ""
    return f"{heading('title', lang)} {alert['id']}{mark}"


def _work(alert: Shape, lang: Language) -> list[str]:
    """How far people are, and how long each step took."""
    of = alert["work"]
    if of is None:
        return []
    until = f" {'đến' if lang == 'vi' else 'until'} {moment(of['shelved_until'])}"
    lines = [word(WORK, of["state"], lang) + (until if of["shelved_until"] else "")]
    if of["in_maintenance"] is not None:
        lines.append(f"{word(WORK, 'maintenance', lang)}: {of['in_maintenance']}")
    lines += [_response(name, of["responses"], lang) for name in _RESPONSES]
    asked = of["explanation"]
    if asked is not None and asked["overdue"]:
        lines.append(word(ACTIONS, "explanation_overdue", lang))
    return lines


_RESPONSES: Mapping[str, Mapping[Language, str]] = {
    "received": {"vi": "tiếp nhận", "en": "received"},
    "explained": {"vi": "giải trình", "en": "explained"},
    "closed": {"vi": "đóng", "en": "closed"},
}


def _response(name: str, times: Shape, lang: Language) -> str:
    said, after = _RESPONSES[name][lang], times[f"{name}_after"]
    if after is None:
        return f"{said}: –"
    since = "sau khi mở cảnh báo" if lang == "vi" else "after it was raised"
    return f"{said}: {moment(times[f'{name}_at'])}, {_lasting(after, lang)} {since}"


def _lasting(seconds: int, lang: Language) -> str:
    """A length of time in whole minutes, from an hour on in hours and minutes."""
    hours, minutes = divmod(seconds // 60, 60)
    short = f"{minutes} {'phút' if lang == 'vi' else 'min'}"
    return f"{hours} {'giờ' if lang == 'vi' else 'h'} {short}" if hours else short


def _action(one: Shape, lang: Language) -> Iterator[str]:
    """One act: when, what, who; then what was said, and the files with their digests."""
    body = one["body"]
    who = f"{one['name']} ({word(ROLES, one['role'], lang)})"
    until = body.get("until") or body.get("deadline")
    limit = f" {'đến' if lang == 'vi' else 'until'} {moment(until)}" if until else ""
    yield f"{moment(one['at'])}: {word(ACTIONS, one['act'], lang)}{limit}, {who}"
    if body.get("bottle"):
        yield f"  {_bottle(body['bottle'], lang)}"
    if body.get("text"):
        yield from (f"  {line}" for line in str(body["text"]).splitlines())
    for file in body.get("attachments", ()):
        yield f"  {file['name']} ({file['size']} B, SHA-256 {file['sha256'][:12]}…)"


def _bottle(name: str, lang: Language) -> str:
    return f"{'chai' if lang == 'vi' else 'bottle'} {name}"


def _samples(alert: Shape, lang: Language) -> Iterator[str]:
    vi = lang == "vi"
    for one in alert["samples"]:
        asked = f"{'yêu cầu' if vi else 'requested'} {moment(one['requested_at'])}"
        taken = f"{'lấy mẫu' if vi else 'taken'} {moment(one['taken_at'])}"
        yield f"{_bottle(one['bottle'] or '–', lang)}: {asked}, {taken}"
        yield from (f"  {_result(result, lang)}" for result in one["results"])
    if alert["camera"] is not None:
        yield f"camera: {alert['camera']}"


def _result(of: Mapping[str, Any], lang: Language) -> str:
    """What the laboratory found beside what the station said."""
    vi = lang == "vi"
    found = f"{of['parameter']} {amount(of['value'], lang)} {of['unit']}"
    sheet = f"{of['lab']}, {'phiếu' if vi else 'sheet'} {of['sheet']}"
    if of["online"] is None:
        return f"{found} ({sheet}); {'không có số liệu tự động' if vi else 'no online value'}"
    hour = of["online_from"]["kind"] == "hour"
    source = ("TB giờ" if hour else "số đo gần nhất") if vi else (
        "hourly mean" if hour else "nearest reading"
    )  # fmt: skip
    online = f"{'tự động' if vi else 'online'} {amount(of['online'], lang)} ({source})"
    off = "–" if of["deviation"] is None else f"{amount(round(of['deviation'], 1), lang)} %"
    return f"{found} ({sheet}); {online}, {'lệch' if vi else 'deviation'} {off}"
