"""JSON as it leaves: compact, UTF-8, and valid whatever a station has sent."""

from __future__ import annotations

import json
from typing import Any

from starlette.responses import JSONResponse


def compact(content: Any) -> bytes:
    """JSON in UTF-8. Half a surrogate pair, which UTF-8 cannot hold, stays a JSON escape."""
    text = json.dumps(content, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return text.encode("utf-8", "backslashreplace")


class Json(JSONResponse):
    """A JSON answer."""

    def render(self, content: Any) -> bytes:
        """The body."""
        return compact(content)
