"""Numbers, times and short messages as people read them."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from rules.days import ZONE

LONGEST = 160
"""Seven-bit characters of one text message."""

_TWICE = frozenset("[]{}^|~\\")
"""ASCII that a text message spends two characters on."""

_SPELLED = str.maketrans(
    {
        "đ": "d", "Đ": "D", "≤": "<=", "≥": ">=", "–": "-", "—": "-", "−": "-", "µ": "u",
        "³": "3", "²": "2", "×": "x", "’": "'", "‘": "'", "“": '"', "”": '"', "`": "'",
    }
)  # fmt: skip

_BY_TABLE = re.compile(r"^(?P<id>[^,;]+?)(?:/\w+)?, cột (?P<column>[^;,]+);")
_BY_PERMIT = re.compile(r"(?P<number>\S+) \(\d{4}-\d\d-\d\d\), tr\.")


def plain_ascii(text: str) -> str:
    """A text without marks, on one line, in characters that every telephone shows."""
    spelled = unicodedata.normalize("NFKD", text.translate(_SPELLED)).translate(_SPELLED)
    kept = "".join(c if " " <= c <= "~" else " " if c.isspace() else "" for c in spelled)
    return " ".join(kept.split())


def weight(text: str) -> int:
    """How many of a text message's characters an ASCII text takes."""
    return len(text) + sum(c in _TWICE for c in text)


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a short message. What matters least is left out first; `spare` may be cut."""

    text: str
    matters: int = 0  # 0: must stay
    spare: bool = False


def fitted(pieces: Sequence[Piece], link: str, longest: int = LONGEST) -> str:
    """The pieces in order and then the link, within one text message.

    Left out are whole pieces, what matters least first; then the spare one (the name of the
    plant) is cut, and at last whatever stands before the link. The link always stays whole.
    """
    kept = [Piece(_piece(p.text), p.matters, p.spare) for p in pieces]
    end = plain_ascii(link)
    room = longest - weight(end)
    optional = sorted((p for p in kept if p.matters), key=lambda p: -p.matters)
    for piece in optional:
        if _weight(kept) <= room:
            break
        kept.remove(piece)
    over = _weight(kept) - room
    if over > 0:
        kept = [Piece(_cut(p.text, over), p.matters) if p.spare else p for p in kept]
    before = "".join(piece.text for piece in kept)
    while weight(before) > room:
        before = before[:-1]
    if end and before and not before.endswith(" "):
        before = (before if weight(before) < room else before[:-1]) + " "
    return before + end


def _piece(text: str) -> str:
    """ASCII, with the blanks that separate a piece from its neighbours."""
    inner = plain_ascii(text)
    return (" " if text[:1] == " " else "") + inner + (" " if text[-1:] == " " and inner else "")


def _weight(pieces: Sequence[Piece]) -> int:
    return sum(weight(piece.text) for piece in pieces)


def _cut(text: str, over: int) -> str:
    """A name shortened by at least `over`, but never below a few letters."""
    least = 6
    short = text
    while weight(text) - weight(short) < over + 2 and len(short) > least:
        short = short[:-1]
    return short.rstrip() + ".."


def shown(number: float, beside: float | None, vietnamese: bool) -> str:
    """A number with two decimals; with more where rounding would make it equal to `beside`."""
    for places in range(2, 7):
        rounded = round(number, places)
        if beside is None or number == beside or rounded != round(beside, places):
            break
    text = f"{rounded:,.{places}f}".rstrip("0").rstrip(".")
    if vietnamese:
        text = text.replace(",", " ").replace(".", ",").replace(" ", ".")
    return text


def moment(stamp: str, year: bool = True) -> str:
    """An RFC 3339 time as Hanoi's clock shows it: `14:00 22/11/2026`."""
    at = datetime.fromisoformat(stamp).astimezone(ZONE)
    return at.strftime("%H:%M %d/%m/%Y" if year else "%H:%M %d/%m")


def short_citation(citation: str) -> str:
    """A limit's source in a few letters: `QCVN 40:2011 B`, or `GP` and the permit's number."""
    table = _BY_TABLE.match(citation)
    if table is not None:
        return f"{table['id']} {table['column']}"
    permit = _BY_PERMIT.search(citation)
    return f"GP {permit['number']}" if permit is not None else ""
