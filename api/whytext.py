"""An explanation as plain text, for people: what a print-out or an e-mail shows."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import date, datetime

from api import words
from api.whyreadings import table
from api.words import Language, amount, length, moment, word
from api.workwords import WORK_HEADINGS
from tolich.ports import Shape

_HEADINGS = {
    "summary": {"vi": "TÓM TẮT", "en": "SUMMARY"},
    "alert": {"vi": "CẢNH BÁO", "en": "ALERT"},
    "formula": {"vi": "PHÉP SO SÁNH", "en": "COMPARISON"},
    "limit": {"vi": "GIỚI HẠN", "en": "LIMIT"},
    "permit": {"vi": "GIẤY PHÉP", "en": "PERMIT"},
    "window": {"vi": "KỲ ĐÁNH GIÁ", "en": "PERIOD"},
    "finding": {"vi": "KẾT QUẢ", "en": "FINDING"},
    "components": {"vi": "THÀNH PHẦN", "en": "COMPONENTS"},
    "readings": {"vi": "SỐ LIỆU", "en": "READINGS"},
    "amendments": {"vi": "QUYẾT ĐỊNH CỦA CÁN BỘ", "en": "AMENDMENTS"},
    "history": {"vi": "DIỄN BIẾN", "en": "HISTORY"},
    "versions": {"vi": "PHIÊN BẢN", "en": "VERSIONS"},
}
_TAKEN_BACK = {"vi": "đã rút lại", "en": "taken back"}
_NONE = {"vi": "chưa có", "en": "none"}
_NO_FINDING = {"vi": "không có kết quả riêng", "en": "no finding of its own"}
_NEWEST = 20
"""Changes of an alert shown; of more, the first and the newest."""

_POINT = re.compile(r"(?<=\d)\.(?=\d)")
_LOAD = re.compile(r"\b(\w+)_load\b")
_DIGITS = 12
"""Of a pack's digest shown: enough to tell two apart; JSON has it whole."""


Sections = dict[str, list[str]]
"""Lines by the name of their section, in the order in which they are read."""


def render(why: Shape, lang: Language) -> str:
    """The explanation, section by section, ending in a newline; what is empty is left out."""
    return laid_out(sections(why, lang), lang)


def laid_out(parts: Sections, lang: Language) -> str:
    """Sections under their headings as one text."""
    texts = ["\n".join([heading(name, lang), *lines]) for name, lines in parts.items() if lines]
    return "\n\n".join(texts) + "\n"


def heading(name: str, lang: Language) -> str:
    """The heading of a section."""
    return {**_HEADINGS, **WORK_HEADINGS}[name][lang]


def sections(why: Shape, lang: Language) -> Sections:
    """The explanation in parts; what there is nothing to say of has no lines."""
    judged = "alert" not in why or "finding" in why  # else nothing was compared with a limit
    return {
        "summary": [str(why["summary"][lang])],
        "alert": _alert(why.get("alert"), lang),
        "formula": [str(why["comparison"][lang])],
        "limit": _limit(why["limit"], lang) if judged or why["limit"] else [],
        "permit": _permit(why.get("permit"), lang),
        "window": _window(why["window"], lang) if judged else [],
        "finding": _finding(why.get("finding"), why.get("hours", ()), lang),
        "components": _components(why.get("components"), lang),
        "readings": table(why["readings"], lang, day_of(why)) if judged else [],
        "amendments": [_amendment(one, lang) for one in why["amendments"]],
        "history": _history(why.get("transitions", ()), lang),
        "versions": list(_versions(why["versions"], lang)),
    }


def day_of(why: Shape) -> date:
    return datetime.fromisoformat(why["window"]["start"]).date()


def _alert(alert: Shape | None, lang: Language) -> list[str]:
    """What alert it is, how much it matters, and from when to when."""
    if alert is None:
        return []
    vi = lang == "vi"
    said = [
        f"{alert['id']}: {word(words.ALERTS, alert['kind'], lang)}",
        f"{'mức' if vi else 'severity'} {word(words.SEVERITIES, alert['severity'], lang)}",
        word(words.STATES, alert["state"], lang),
    ]
    end = f" {'đến' if vi else 'to'} {moment(alert['ended_at'])}" if alert["ended_at"] else ""
    return [
        ", ".join(said),
        f"{'từ' if vi else 'from'} {moment(alert['started_at'])}{end} (UTC+7)",
    ]


def _limit(limit: Shape | None, lang: Language) -> list[str]:
    if limit is None:
        return [_NONE[lang]]
    low, high = (amount(limit[end], lang) for end in ("low", "high"))
    numbers = f"≤ {high}" if limit["low"] is None else f"{low} – {high}"
    known = word(words.VERIFICATION, limit["verification"], lang)
    unit = "" if limit["unit"] == "-" else f" {limit['unit']}"
    if lang == "vi":
        unit = unit.replace("/day", "/ngày")
    trace = [_traced(str(line), lang) for line in limit["trace"]]
    return [f"{numbers}{unit} ({known})", str(limit["citation"]), *trace]


def _traced(line: str, lang: Language) -> str:
    """A line of a trace in words: how well a number is known, and what has no unit."""
    numbers, arrow, source = line.partition(" ← ")
    numbers = numbers.removesuffix(" -")
    for code in words.VERIFICATION:
        numbers = numbers.replace(f"({code})", f"({word(words.VERIFICATION, code, lang)})")
    if lang == "vi":
        numbers = _LOAD.sub(r"Tải lượng \1", numbers).replace("/day", "/ngày")
        numbers = _POINT.sub(",", numbers)
    return numbers + arrow + source


def _permit(permit: Shape | None, lang: Language) -> list[str]:
    """The permit that binds on the day, and what of it nobody has typed."""
    if permit is None:
        return []
    vi = lang == "vi"
    until = "" if permit["until"] is None else f" {'đến' if vi else 'to'} {permit['until']}"
    lines = [
        f"{permit['document']} {permit['number']} ({permit['date']}), "
        f"{'trang' if vi else 'page'} {permit['page']}",
        f"{'hiệu lực từ' if vi else 'binds from'} {permit['from']}{until}",
    ]
    assumed = [word(words.SETTINGS, one, lang) for one in permit["unverified_defaults"]]
    if assumed:
        head = "chưa nhập từ giấy phép, dùng mặc định chưa kiểm chứng" if vi else (
            "not typed from the permit, unverified default"
        )  # fmt: skip
        lines.append(f"{head}: {', '.join(assumed)}")
    return lines


def _window(window: Shape, lang: Language) -> list[str]:
    """From when to when, how often a reading is due, and how many are enough."""
    vi = lang == "vi"
    start, end = moment(window["start"]), moment(window["end"])
    stamp = window["timestamp_means"] == "start"
    basis = word(words.PERIODS, window["basis"], lang)
    share = amount(round(window["completeness_required"] * 100, 2), lang).removesuffix(".0")
    if vi:
        return [
            f"{start} – {end} (giờ Hà Nội, UTC+7)",
            f"mỗi {length(window['interval'], lang)} một khoảng; thời gian của số liệu là "
            f"{'đầu' if stamp else 'cuối'} khoảng",
            f"cần ít nhất {share.removesuffix(',0')} % số khoảng hợp lệ",
            f"giấy phép xét trung bình: {basis}",
        ]
    return [
        f"{start} – {end} (Hanoi time, UTC+7)",
        f"a slot every {length(window['interval'], lang)}; a reading's time is the "
        f"{'start' if stamp else 'end'} of its slot",
        f"at least {share} % of the slots must be valid",
        f"the permit binds the mean of: {basis}",
    ]


def _finding(finding: Shape | None, hours: Sequence[Shape], lang: Language) -> list[str]:
    """Which finding, at which revision, its slots by what was in them, and the hours outside."""
    if finding is None:
        return []
    vi = lang == "vi"
    always = ("expected", "received", "valid")
    counted = [
        f"{word(words.COUNTS, name, lang)} {count}"
        for name, count in finding["counts"].items()
        if count or name in always
    ]
    final = ("kỳ đã đóng" if vi else "final") if finding["final"] else (
        "kỳ chưa đóng" if vi else "period still open"
    )  # fmt: skip
    return [
        str(finding["id"]),
        f"{'lần đánh giá' if vi else 'revision'} {finding['revision']}, {final}, "
        f"{'lúc' if vi else 'judged at'} {moment(finding['judged_at'])}",
        f"{'số khoảng' if vi else 'slots'}: {', '.join(counted)}",
        *(
            f"{'giờ ngoài giới hạn' if vi else 'hour outside the limit'}: "
            f"{moment(one['start'])}, {amount(one['mean'], lang)} ← {one['finding']}"
            for one in hours
        ),
    ]


def _components(components: Sequence[Shape] | None, lang: Language) -> list[str]:
    """What a load or a volume is made of, each with its own finding."""
    none = _NO_FINDING[lang]
    return [
        f"{one['parameter']} ({one['unit']}): {one['finding'] or none}" for one in components or ()
    ]


def _amendment(one: Shape, lang: Language) -> str:
    """One decision on one line: its number, what it does, to what, who, and why."""
    act, value = word(words.ACTS, one["act"], lang), one["value"]
    about = f" {one['reverses']}" if one["reverses"] is not None else ""
    unit = "" if one["unit"] in (None, "-") else f" {one['unit']}"
    number = "" if value is None else f" {amount(value, lang)}{unit}"
    ended = "" if one["holds"] or one["act"] == "reverse" else f" ({_TAKEN_BACK[lang]})"
    span = f"{moment(one['from'])} – {moment(one['to'])}"
    return f"{one['id']}: {act}{about}{number}{ended}, {span}, {one['author']}: {one['reason']}"


def _history(transitions: Sequence[Shape], lang: Language) -> list[str]:
    """What happened to an alert, oldest first."""
    lines = [_happened(one, lang) for one in transitions]
    left = len(lines) - _NEWEST
    if left <= 0:
        return lines
    more = f"… {left} thay đổi khác …" if lang == "vi" else f"… {left} other changes …"
    return [lines[0], more, *lines[left + 1 :]]


def _happened(one: Shape, lang: Language) -> str:
    severity = (one["after"] or {}).get("severity")
    name = "mức" if lang == "vi" else "severity"
    level = "" if severity is None else f", {name} {word(words.SEVERITIES, severity, lang)}"
    finding = (one["cause"] or {}).get("finding")
    by = "" if finding is None else f" ← {finding}"
    return f"{moment(one['at'])}: {word(words.CHANGES, one['change'], lang)}{level}{by}"


def _versions(versions: Shape, lang: Language) -> Iterator[str]:
    """The engine, and each regulation pack with the beginning of its digest."""
    yield f"{'bộ đánh giá' if lang == 'vi' else 'engine'} {versions['engine']}"
    name = "bản" if lang == "vi" else "version"
    for pack, of in versions.get("packs", {}).items():
        yield f"{pack}: {name} {of['version']}, {str(of.get('digest', '–'))[:_DIGITS]}"
