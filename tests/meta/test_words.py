"""Words this program never says: automatic data are suspicions, and a person decides."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from pathlib import Path

import pytest

from tests.meta.source import ROOT, texts

# Vietnamese for "violate", "cheat" and "confirmed", then the English nouns. Vietnamese is
# also found without its marks, as in a text message.
BANNED = ("vi phạm", "gian lận", "đã xác nhận", "violation", "violations", "fraud", "frauds")
_HERE = "tests/meta/test_words.py"


def _pattern() -> re.Pattern[str]:
    spellings = {spelling for words in BANNED for spelling in (words, _unmarked(words))}
    choices = "|".join(r"\s+".join(words.split()) for words in sorted(spellings))
    # An underscore ends a word here, so that identifiers are looked into.
    return re.compile(rf"(?<![^\W_])(?:{choices})(?![^\W_])", re.IGNORECASE)


def _unmarked(words: str) -> str:
    parts = unicodedata.normalize("NFD", words.replace("đ", "d"))
    return "".join(part for part in parts if not unicodedata.combining(part))


_BANNED = _pattern()


def word_offences(named_texts: Iterable[tuple[str, str]]) -> list[str]:
    """Every banned word, with file and line."""
    said = []
    for file, text in named_texts:
        composed = unicodedata.normalize("NFC", text)
        for hit in _BANNED.finditer(composed):
            line = composed.count("\n", 0, hit.start()) + 1
            said.append(f"{file}:{line}: {hit.group()!r}; say suspected, awaiting verification")
    return said


def test_banned_words_do_not_occur() -> None:
    assert word_offences((file, text) for file, text in texts(ROOT) if file != _HERE) == []


@pytest.mark.parametrize(
    "text",
    [
        "Nhà máy vi phạm giới hạn",
        "VI PHẠM",
        "vi\nphạm",
        unicodedata.normalize("NFD", "gian lận"),
        "CCN Mau 01: vi pham",
        "trạng thái: Đã xác nhận",
        "a limit violation",
        "limit_violations = 3",
        "Fraud!",
    ],
)
def test_a_banned_word_is_found(text: str, tmp_path: Path) -> None:
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "a.md").write_text(f"first line\n{text}\n", encoding="utf-8")
    (said,) = word_offences(texts(tmp_path))
    assert said.startswith("docs/a.md:2:")


@pytest.mark.parametrize(
    "text",
    ["nghi vượt giới hạn", "Đã tiếp nhận", "xác nhận", "phạm vi", "defraudment", "exceedance"],
)
def test_other_words_pass(text: str) -> None:
    assert word_offences([("a.md", text)]) == []
