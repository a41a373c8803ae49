"""Files beside an act: recognised by their content, kept whole, their digest in the chain."""

from __future__ import annotations

import hashlib
import io
import re
import zipfile
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, insert, select

from tolich.store.schema import attachment
from tolich.store.statements import next_key
from tolich.workports import Attached, Kept, Unattachable

MOST_BYTES = 10 * 1024 * 1024
MOST_FILES = 5
"""Files with one act; like their size an engineering setting."""

LONGEST_NAME = 120
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
KINDS = "a photo (JPEG, PNG or WebP), a PDF or an XLSX workbook"

_NOT_IN_NAMES = re.compile(r"[\x00-\x1f\x7f\"\\/:*?<>|\u202a-\u202e\u2066-\u2069]+")


def recognised(content: bytes) -> str | None:
    """The media type of a file by its first bytes and its inside; None of a kind not kept."""
    if content.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    if content.startswith(b"\x89PNG\r\n\x1a\n"):
        return "image/png"
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return "image/webp"
    if content.startswith(b"%PDF-"):
        return "application/pdf"
    return XLSX if content.startswith(b"PK\x03\x04") and _is_workbook(content) else None


def _is_workbook(content: bytes) -> bool:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as parts:
            names = set(parts.namelist())
    except zipfile.BadZipFile:
        return False
    # A workbook with macros inside is a program, not a sheet.
    return "xl/workbook.xml" in names and not any(n.endswith("vbaProject.bin") for n in names)


def checked(files: Sequence[Attached]) -> list[dict[str, Any]]:
    """What an act's body says of its files. Raises Unattachable for what is not taken."""
    if len(files) > MOST_FILES:
        raise Unattachable(True, f"{len(files)} files: at most {MOST_FILES} go with one act")
    return [_checked(one) for one in files]


def _checked(of: Attached) -> dict[str, Any]:
    name = _NOT_IN_NAMES.sub("_", of.name.replace("\\", "/").rpartition("/")[2]).strip(" .")
    size = len(of.content)
    if size > MOST_BYTES:
        raise Unattachable(True, f"{name!r} has {size} bytes: at most {MOST_BYTES} (10 MB) a file")
    kind = recognised(of.content)
    if kind is None:
        raise Unattachable(False, f"{name!r} is by its content no file that is kept: send {KINDS}")
    digest = hashlib.sha256(of.content).hexdigest()
    return {
        "name": name[:LONGEST_NAME] or "file", "media_type": kind, "size": size, "sha256": digest,
    }  # fmt: skip


def keep(
    connection: Connection, action: int, first: int, files: Sequence[Attached],
    said: Sequence[dict[str, Any]],
) -> None:  # fmt: skip
    """Store the files of an act under the keys from `first` on, as `said` has them."""
    for key, (of, about) in enumerate(zip(files, said, strict=True), start=first):
        row = {**about, "sha256": bytes.fromhex(about["sha256"]), "content": of.content}
        row.pop("id", None)
        connection.execute(insert(attachment).values(id=key, action=action, **row))


def next_attachment(connection: Connection) -> int:
    """The key of the next file; safe under the head's lock."""
    return next_key(connection, attachment)


def action_of(connection: Connection, key: int) -> int | None:
    """The act a file came with; None when there is no such file."""
    query = select(attachment.c.action).where(attachment.c.id == key)
    found = connection.execute(query).scalar()
    return None if found is None else int(found)


def read(connection: Connection, key: int) -> Kept:
    """A file on record."""
    row = connection.execute(select(attachment).where(attachment.c.id == key)).mappings().one()
    return Kept(row["name"], row["media_type"], bytes(row["content"]))
