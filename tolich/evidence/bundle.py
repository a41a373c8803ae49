"""A bundle: the evidence of one alert, which anybody can verify without our store or server.

What verifies: the manifest is signed and names the digest of every file; every row is what an
entry of the chain covers; every entry is under a checkpoint; and the same key signed all of it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from tolich.evidence.alert import differing
from tolich.evidence.archive import pack, unpack
from tolich.evidence.checkpoint import BUNDLE, Checkpoint, from_json, is_signed, key_name, sign
from tolich.evidence.links import (
    Broken,
    Row,
    batch_content,
    content_of,
    early_content,
    identity,
    leaf,
    link,
    readings_digest,
)
from tolich.evidence.merkle import climbed

MANIFEST, SIGNATURE, PUBLIC = "MANIFEST.json", "MANIFEST.sig", "proof/public.pem"
ENTRIES, ROWS, BATCHES, ALERT = "proof/entries.json", "proof/rows.json", "proof/batches.json", "alert.json"  # fmt: skip # noqa: E501
CHECKPOINTS = "proof/checkpoints/"


@dataclass(frozen=True, slots=True)
class Shown:
    """What a sound bundle shows."""

    alert: str
    rows: int
    messages: int
    checkpoints: int
    public: bytes  # of the key that signed all of it
    signed_at: int  # plant time of the newest checkpoint


def raw_file(key: int) -> str:
    """Where the bytes of a message are."""
    return f"raw/{key}"


def attached_file(key: int) -> str:
    """Where a file is that came with what somebody did."""
    return f"attachments/{key}"


def seal(files: Mapping[str, bytes], alert: str, made_at: str, key: Ed25519PrivateKey) -> bytes:
    """Files as a bundle: with a signed manifest, packed."""
    digests = {name: hashlib.sha256(content).hexdigest() for name, content in files.items()}
    told = {"what": BUNDLE, "alert": alert, "made_at": made_at, "files": digests}
    manifest = as_file(told)
    signature = _spelled(sign(key, BUNDLE, manifest))
    return pack({**files, MANIFEST: manifest, SIGNATURE: signature})


def _spelled(signature: bytes) -> bytes:
    return f"{signature.hex()}\n".encode()


def as_file(told: object) -> bytes:
    """JSON as it is written into a bundle; bytes are spelled in hexadecimal digits."""
    text = json.dumps(told, ensure_ascii=False, indent=1, sort_keys=True, default=bytes.hex)
    return f"{text}\n".encode()


def verify_bundle(
    packed: bytes, outside: Sequence[Checkpoint] = (), keys: Sequence[bytes] = ()
) -> Shown:
    """Prove a bundle. Raises Broken, naming what is not as it was made.

    `outside` are checkpoints that were kept elsewhere; with `keys` one of them must have signed.
    """
    files = unpack(packed)
    try:
        public = _sealed(files, keys)
        signed = _checkpoints(files, public, outside)
        rows, messages = _entries(files, signed)
        _alert(files)
        _attached(files)
        alert = str(json.loads(files[MANIFEST])["alert"])
    except (KeyError, TypeError, ValueError, IndexError, UnsupportedAlgorithm) as error:
        raise Broken(f"the bundle is not one: {type(error).__name__} {error}") from error
    last = max((one.at for one in signed.values()), default=0)
    return Shown(alert, rows, messages, len(signed), public, last)


def _sealed(files: Mapping[str, bytes], keys: Sequence[bytes]) -> bytes:
    """The public key of a bundle whose manifest is signed and names every file as it is."""
    for name in (MANIFEST, SIGNATURE, PUBLIC):
        if name not in files:
            raise Broken(f"{name} is missing")
    key = load_pem_public_key(files[PUBLIC])
    if not isinstance(key, Ed25519PublicKey):
        raise Broken(f"{PUBLIC} is no Ed25519 key")
    public = key.public_bytes_raw()
    if keys and public not in keys:
        raise Broken(f"signed by key {key_name(public)}, which was not given")
    signature = bytes.fromhex(files[SIGNATURE].decode("ascii"))
    fits = is_signed(public, BUNDLE, files[MANIFEST], signature)
    if not fits or files[SIGNATURE] != _spelled(signature):
        raise Broken(f"{MANIFEST}: the signature does not fit")
    told = json.loads(files[MANIFEST])["files"]
    here = {name for name in files if name not in (MANIFEST, SIGNATURE)}
    for name in sorted(here | set(told)):
        if name not in here:
            raise Broken(f"{name} is missing")
        if hashlib.sha256(files[name]).hexdigest() != told.get(name):
            raise Broken(f"{name} was changed or put in")
    return public


def _checkpoints(
    files: Mapping[str, bytes], public: bytes, outside: Iterable[Checkpoint]
) -> dict[int, Checkpoint]:
    """The checkpoints of a bundle by number."""
    names = [name for name in files if name.startswith(CHECKPOINTS)]
    found = {}
    for name in names:
        one = from_json(name, files[name])
        if one.public != public:
            raise Broken(f"{name}: signed by another key, {one.key}")
        if PurePosixPath(name).name != one.file:
            raise Broken(f"{name} is checkpoint {one.number}")
        found[one.number] = one
    for kept in outside:
        if found.get(kept.number) not in (None, kept):
            raise Broken(f"checkpoint {kept.number} is not the one from outside")
    return found


def _entries(files: Mapping[str, bytes], signed: Mapping[int, Checkpoint]) -> tuple[int, int]:
    """Every row under its entry, every entry under its checkpoint; how many rows and messages."""
    rows = json.loads(files[ROWS])
    batches = json.loads(files[BATCHES])
    shown = messages = 0
    for entry in json.loads(files[ENTRIES]):
        kind, name = entry["kind"], f"seq {entry['seq']} ({entry['kind']} {entry['row']})"
        if kind == "batch":
            batch = batches.pop(str(entry["seq"]))
            content = _batch(files, batch, entry["row"], name)
            messages += len(batch["messages"])
        else:
            content = content_of(kind, _row(rows[kind].pop(str(entry["seq"])), entry, name))
            shown += 1
        _under(entry, content, signed[entry["checkpoint"]], name)
    left = [f"{kind} of seq {seq}" for kind, of in rows.items() for seq in of]
    left += [f"batch of seq {seq}" for seq in batches]
    if left:
        raise Broken(f"{left[0]}: a row without an entry")
    return shown, messages


def _row(row: Row, entry: Row, name: str) -> Row:
    """A row whose own key and seq are those of its entry."""
    own = {"id": entry["row"], "seq": entry["seq"]}
    for column, value in own.items():
        if column in row and row[column] != value:
            raise Broken(f"{name}: {column} was changed")
    return row


def _under(entry: Row, content: bytes, one: Checkpoint, name: str) -> None:
    previous, digest = bytes.fromhex(entry["previous"]), bytes.fromhex(entry["digest"])
    made = link(previous, entry["seq"], entry["at"], entry["kind"], entry["row"], content)
    if made != digest:
        raise Broken(f"{name}: the row or its entry was changed")
    path = [bytes.fromhex(step) for step in entry["path"]]
    size = one.upto - one.first + 1
    if climbed(digest, entry["seq"] - one.first, size, path) != one.root:
        raise Broken(f"{name}: it is not under checkpoint {one.number}")


def _batch(files: Mapping[str, bytes], batch: Any, first: int, name: str) -> bytes:
    """What the entry of a batch covers; the messages shown must be among its own."""
    leaves = [bytes.fromhex(one) for one in batch["leaves"]]
    for message in batch["messages"]:
        known = identity(message["topic"], files[raw_file(message["id"])])
        own = known
        if batch["covered"]:
            rows = [tuple(row) for row in message["readings"]]
            own = leaf(known, message["received_at"], message["source"], _digest(rows))
        if leaves[message["id"] - first] != own:
            raise Broken(f"{name}: message {message['id']} was changed")
    return batch_content(leaves) if batch["covered"] else early_content(leaves)


def _digest(rows: Sequence[Any]) -> bytes:
    return readings_digest(rows)


def _alert(files: Mapping[str, bytes]) -> None:
    """The alert is as its last transition left it."""
    told = json.loads(files[ALERT])
    row = told["row"]
    own = [
        one for one in json.loads(files[ROWS])["transition"].values() if one["alert"] == row["id"]
    ]
    last = max(own, key=lambda one: int(one["seq"]))
    name = differing(row, last)
    if name is not None:
        raise Broken(f"{ALERT}: {name} is not what its last transition left")


def _attached(files: Mapping[str, bytes]) -> None:
    """Every file is the one that its action names; no other is there."""
    named = {
        attached_file(one["id"]): one["sha256"]
        for row in json.loads(files[ROWS]).get("action", {}).values()
        for one in json.loads(row["body"]).get("attachments") or ()
    }
    here = {name for name in files if name.startswith("attachments/")}
    for name in sorted(here | named.keys()):
        if name not in here or hashlib.sha256(files[name]).hexdigest() != named.get(name):
            raise Broken(f"{name} is not the file its action came with")
