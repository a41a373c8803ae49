"""Signed checkpoints: what the record was, said once a day by the holder of the key."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, fields, replace
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from tolich.evidence.links import Broken, canonical

CHECKPOINT, PRUNING, BUNDLE = "tolich checkpoint 1", "tolich pruning 1", "tolich bundle 1"
"""What a signature is about, so that none can stand for another."""


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The state of the record at one entry. `root` is over the entries `first` to `upto`."""

    number: int
    at: int  # plant time
    first: int
    upto: int
    head: bytes  # digest of the entry `upto`
    root: bytes
    public: bytes  # of the key that signed it
    signature: bytes = b""

    def signed(self, key: Ed25519PrivateKey) -> Checkpoint:
        """The same under the signature of a key."""
        own = replace(self, public=public_of(key))
        return replace(own, signature=sign(key, CHECKPOINT, own.body()))

    def body(self) -> bytes:
        """What the signature covers: all the rest."""
        told = asdict(self)
        del told["signature"]
        return canonical(told)

    def genuine(self) -> bool:
        """Whether its own key signed it. Whose key that is, the reader must know."""
        return is_signed(self.public, CHECKPOINT, self.body(), self.signature)

    @property
    def key(self) -> str:
        """The short name of its key."""
        return key_name(self.public)

    @property
    def file(self) -> str:
        """The name of its file."""
        return f"checkpoint-{self.number:06}.json"


def as_json(checkpoint: Checkpoint) -> bytes:
    """A checkpoint as a file that leaves the server."""
    told = {"what": CHECKPOINT, "key": checkpoint.key} | asdict(checkpoint)
    text = json.dumps(told, indent=1, default=bytes.hex)
    return f"{text}\n".encode()


def from_json(name: str, content: bytes) -> Checkpoint:
    """A checkpoint's file back. Raises Broken, naming the file, when it is none or was changed.

    Mail and editors may have changed how its lines end, and nothing else.
    """
    try:
        told = json.loads(content)
        read = {one.name: _read(told[one.name], str(one.type)) for one in fields(Checkpoint)}
    except (ValueError, KeyError, TypeError) as error:
        raise Broken(f"{name}: this is no checkpoint ({error})") from error
    found = Checkpoint(**read)
    if not found.genuine() or as_json(found).strip() != content.replace(b"\r\n", b"\n").strip(
        b"\n"
    ):
        raise Broken(f"{name}: the checkpoint was changed, its signature does not fit")
    return found


def _read(value: Any, kind: str) -> Any:
    if kind == "bytes":
        return bytes.fromhex(value)
    if type(value) is not int:
        raise TypeError(f"expected a whole number, found {value!r}")
    return value


# --- signatures ---------------------------------------------------------------------------------


def public_of(key: Ed25519PrivateKey) -> bytes:
    """The 32 bytes of a key's public half."""
    return key.public_key().public_bytes_raw()


def key_name(public: bytes) -> str:
    """The short name of a key: the beginning of its digest, for people to compare."""
    return hashlib.sha256(public).hexdigest()[:16]


def sign(key: Ed25519PrivateKey, about: str, body: bytes) -> bytes:
    """The signature of something that is said."""
    return key.sign(about.encode() + b"\n" + body)


def is_signed(public: bytes, about: str, body: bytes, signature: bytes) -> bool:
    """Whether a key said it."""
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, about.encode() + b"\n" + body)
    except (InvalidSignature, ValueError):
        return False
    return True
