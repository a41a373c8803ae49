"""Numbers, times and lengths of time as a person reads them in either language."""

from __future__ import annotations

from datetime import date, datetime

from api.console.both import Both
from api.words import Language
from rules.days import ZONE, local_date

NONE = "–"
ZONE_NAMED = Both("giờ Hà Nội (UTC+7)", "Hanoi time (UTC+7)")
_SPOKEN = Both("{n} {unit} trước", "{n} {unit} ago")


def number(value: float | None, lang: Language, places: int | None = None) -> str:
    """1.234,5 in Vietnamese, 1,234.5 in English; `places` None: as many as it takes, at most 3."""
    if value is None:
        return NONE
    shown = f"{value:,.{3 if places is None else places}f}"
    if places is None:
        shown = shown.rstrip("0").rstrip(".")
    return shown if lang == "en" else shown.translate(str.maketrans(",.", ".,"))


def reading(value: float | None, lang: Language) -> str:
    """A measured value in about three digits, as a card shows it."""
    if value is None:
        return NONE
    places = 0 if abs(value) >= 1000 else 1 if abs(value) >= 10 else 2
    shown = number(value, lang, places)
    sign = "," if lang == "vi" else "."
    return shown.rstrip("0").rstrip(sign) if sign in shown else shown


def unit(name: str, lang: Language) -> str:
    """A unit as it is written; the bare number of pH has none."""
    if name == "-":
        return ""
    return name.replace("m3", "m³").replace("/day", "/ngày" if lang == "vi" else "/day")


def percent(share: float | None, lang: Language, places: int = 0) -> str:
    """A share of one in per cent."""
    return NONE if share is None else f"{number(100 * share, lang, places)} %"


def limit(of: dict[str, object] | None, lang: Language) -> str:
    """A limit: one number, or both ends of a range."""
    if of is None:
        return NONE
    ends = [of[end] for end in ("low", "high") if of[end] is not None]
    return "–".join(number(end, lang) for end in ends if isinstance(end, int | float))


def at(stamp: str | int) -> datetime:
    """An RFC 3339 time, or epoch seconds, on Hanoi's clock."""
    if isinstance(stamp, int):
        return datetime.fromtimestamp(stamp, ZONE)
    return datetime.fromisoformat(stamp).astimezone(ZONE)


def clock(stamp: str | int, now: int | None = None) -> str:
    """Hour and minute, with the day unless it is the day of `now`."""
    when = at(stamp)
    if now is not None and when.date() == local_date(now):
        return when.strftime("%H:%M")
    return when.strftime("%H:%M %d/%m/%Y")


def day(of: date | str) -> str:
    """A calendar day as both languages write it here."""
    return (at(of).date() if isinstance(of, str) else of).strftime("%d/%m/%Y")


_UNITS = (
    (86400, Both("ngày", "d")),
    (3600, Both("giờ", "h")),
    (60, Both("phút", "min")),
    (1, Both("giây", "s")),
)


def lasting(seconds: float, lang: Language) -> str:
    """A length of time in its largest unit: 5 phút, 3 giờ; from two days on in days."""
    for length, name in _UNITS:
        if seconds >= (2 * length if length == _UNITS[0][0] else length):
            return f"{int(seconds // length)} {name.of(lang)}"
    return f"0 {_UNITS[-1][1].of(lang)}"


def ago(stamp: str | None, now: int, lang: Language) -> str:
    """How long ago something was: 5 phút trước."""
    if stamp is None:
        return NONE
    n, _, name = lasting(max(0.0, now - at(stamp).timestamp()), lang).partition(" ")
    return _SPOKEN.of(lang).format(n=n, unit=name)
