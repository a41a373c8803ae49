"""The key that signs checkpoints: a file that only its owner may read, or it is not used."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)

from rules.model import Problem, Refused

PRIVATE, PUBLIC = "checkpoint.pem", "checkpoint.pub.pem"


def key_file(data: Path) -> Path:
    """Where the key of a data folder is."""
    return data / "keys" / PRIVATE


def made_or_read(data: Path) -> Ed25519PrivateKey:
    """The key of a data folder, made when there is none. Raises Refused when others may read it."""
    path = key_file(data)
    if not path.exists():
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        _make(path)
    key = read_private(path)
    beside = path.with_name(PUBLIC)
    if not beside.exists():
        beside.write_bytes(pem(key.public_key().public_bytes_raw()))
    return key


def _make(path: Path) -> None:
    key = Ed25519PrivateKey.generate()
    text = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    # Not written and then protected: it must not be open to others for a moment.
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())


def read_private(path: Path) -> Ed25519PrivateKey:
    """A signing key. Raises Refused when it is absent, open to others, or no Ed25519 key."""
    if not path.is_file():
        raise Refused(
            [Problem(str(path), "file", "there is no signing key; restore it from its backup")]
        )
    mode = stat.S_IMODE(path.stat().st_mode)
    if mode & 0o077:
        said = f"others may read or change it (mode {mode:o}): chmod 600 {path}"
        raise Refused([Problem(str(path), "permissions", said)])
    try:
        key = load_pem_private_key(path.read_bytes(), None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise Refused([Problem(str(path), "content", f"no private key: {error}")]) from error
    if not isinstance(key, Ed25519PrivateKey):
        raise Refused([Problem(str(path), "content", "expected an Ed25519 key")])
    return key


def read_public(path: Path) -> bytes:
    """The 32 bytes of a public key. Raises Refused when the file holds none."""
    try:
        key = load_pem_public_key(path.read_bytes())
    except (OSError, ValueError, UnsupportedAlgorithm) as error:
        raise Refused([Problem(str(path), "content", f"no public key: {error}")]) from error
    if not isinstance(key, Ed25519PublicKey):
        raise Refused([Problem(str(path), "content", "expected an Ed25519 key")])
    return key.public_bytes_raw()


def pem(public: bytes) -> bytes:
    """A public key as a file."""
    key = Ed25519PublicKey.from_public_bytes(public)
    return key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
