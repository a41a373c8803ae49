"""Bodies that are sent to us: a misspelt key is named with what was meant."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, model_validator
from pydantic_core import PydanticCustomError

from rules.loading import meant


class Asked(BaseModel):
    """A body whose misspelt keys are named with what was meant."""

    @model_validator(mode="before")
    @classmethod
    def _only_known(cls, given: Any) -> Any:
        known = [field.alias or name for name, field in cls.model_fields.items()]
        for key in given if isinstance(given, dict) else ():
            if key not in known:
                said = f"{key!r} is not known here{meant(str(key), known)}"
                raise PydanticCustomError("unknown_key", "{said}", {"said": said})
        return given
