"""The archive of a bundle: a ZIP of which there is one spelling, so that no byte is left over."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from collections.abc import Mapping

from tolich.evidence.links import Broken

_UNREADABLE = (
    zipfile.BadZipFile, zlib.error, struct.error, NotImplementedError, RuntimeError, EOFError,
    ValueError, LookupError, OSError,
)  # fmt: skip
"""What a ZIP that was changed may raise while it is read."""


def pack(files: Mapping[str, bytes]) -> bytes:
    """Files as a ZIP: sorted, not compressed, without times or owners. Names are ASCII."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_STORED) as archive:
        for name in sorted(files):
            one = zipfile.ZipInfo(name)  # its time is 1980-01-01
            one.create_system = 3
            one.external_attr = 0o644 << 16
            archive.writestr(one, files[name])
    return packed.getvalue()


def unpack(packed: bytes) -> dict[str, bytes]:
    """The files of such a ZIP. Raises Broken when it is none, or not byte for byte as packed."""
    try:
        with zipfile.ZipFile(io.BytesIO(packed)) as archive:
            if any(one.compress_type != zipfile.ZIP_STORED for one in archive.infolist()):
                raise Broken("the bundle was packed again by another program")
            files = {one.filename: archive.read(one) for one in archive.infolist()}
        again = pack(files)
    except _UNREADABLE as error:
        raise Broken(f"the bundle cannot be read: {error}") from error
    if again != packed:
        raise Broken("the bundle was changed or packed again: its bytes are not as it was made")
    return files
