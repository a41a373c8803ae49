"""Vietnamese telephone numbers as gateways want them."""

from __future__ import annotations

import re

from tolich.notify.channel import Undeliverable

_LOOSE = re.compile(r"[\s.()-]")
_VIETNAMESE = re.compile(r"(?:\+?84|0)(\d{9,10})")


def international(address: str) -> str:
    """`0901 234 567` as `84901234567`. Raises Undeliverable for what is no such number."""
    found = _VIETNAMESE.fullmatch(_LOOSE.sub("", address))
    if found is None or not address.isascii():
        raise Undeliverable(f"{address!r} is not a Vietnamese telephone number")
    return f"84{found[1]}"
