"""What is said to people, in both languages at once, so that neither can be forgotten."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from api.words import Language


class Both(NamedTuple):
    """The same in Vietnamese and in English; `{}` marks stand for what `filled` puts in."""

    vi: str
    en: str

    def of(self, lang: Language) -> str:
        """In one language."""
        return self.vi if lang == "vi" else self.en

    def filled(self, *values: object, **named: object) -> Both:
        """With values in the place of the marks; a value that is `Both` in its language."""
        return Both(*(self._put(which, values, named) for which in ("vi", "en")))

    def _put(self, lang: Language, values: tuple[object, ...], named: dict[str, object]) -> str:
        plain = (one.of(lang) if isinstance(one, Both) else one for one in values)
        said = {name: one.of(lang) if isinstance(one, Both) else one for name, one in named.items()}
        return self.of(lang).format(*plain, **said)


Say = Callable[[Both], str]
"""Says something in the visitor's language."""


def same(text: str) -> Both:
    """What is written alike in both languages: symbols, names, codes."""
    return Both(text, text)
