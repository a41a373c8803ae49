"""Checkpoints: signed once a local day, and out of the machine; the key is the owner's alone."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from hypothesis import given
from hypothesis import strategies as st

from rules.model import Refused
from tests.cast import DAY0, DAY1, HOUR, Said, Stage, message, stage
from tests.stores import Kind
from tolich.app import writing_process
from tolich.checkpointing import Checkpointer
from tolich.clock import StepClock
from tolich.evidence.checkpoint import Checkpoint, as_json, from_json
from tolich.evidence.keys import PUBLIC, key_file, made_or_read, read_private, read_public
from tolich.evidence.links import Broken
from tolich.leaving import FolderLeaving, Leaving, MailLeaving, NotLeft, WebhookLeaving
from tolich.notify.channel import Message, Retry, Sent, Undeliverable
from tolich.settings import Checkpoints, Settings
from tolich.store import checkpoints as writing
from tolich.store.proof import verify_record
from tolich.store.signed import checkpoints

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
ONE = Checkpoint(3, DAY0, 11, 20, b"h" * 32, b"r" * 32, b"").signed(KEY)


@pytest.fixture
def on(tmp_path: Path, either_store: Kind) -> Iterator[Stage]:
    of = stage(tmp_path / "data", DAY0 + HOUR)
    yield of
    of.close()


class Kept:
    """A destination that takes what comes, unless it is told to refuse."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.refusing = False

    def leave(self, name: str, content: bytes) -> None:
        """Take a file, or refuse it."""
        if self.refusing:
            raise NotLeft("not now")
        self.files[name] = content


def checkpointer(of: Stage, **ways: Leaving) -> Checkpointer:
    """One as the writer has it: a new one is a restart."""
    return Checkpointer(of.engine, KEY, of.clock, of.record(of.taking()), ways)


def on_record(of: Stage) -> list[Checkpoint]:
    with of.engine.connect() as connection:
        return checkpoints(connection)


def test_the_record_is_signed_once_a_local_day(on: Stage) -> None:
    kept = Kept()
    signing = checkpointer(on, kept=kept)
    for hours, made in ((0, 1), (5, 1), (22, 1), (23, 2), (24, 2), (47, 3)):
        on.clock.set(DAY0 + HOUR + hours * HOUR)
        signing.step()
        assert len(on_record(on)) == made, hours
    first, second, third = on_record(on)
    assert (first.first, second.first, third.first) == (1, first.upto + 1, second.upto + 1)
    assert [from_json(name, kept.files[name]) for name in sorted(kept.files)] == [
        first,
        second,
        third,
    ]
    found = verify_record(on.engine, lambda _: None, on_record(on))
    assert (found.checkpoints, found.signed) == (3, found.entries - 1)


def test_what_comes_in_between_is_under_the_next_one(on: Stage) -> None:
    signing = checkpointer(on)
    signing.step()
    on.pipeline().submit([message("MAU01", Said("COD", HOUR, 1))])
    on.clock.set(DAY1)
    signing.step()
    first, second = on_record(on)
    assert second.upto - first.upto >= 2  # the first checkpoint's own entry, and the batch


def test_a_long_record_is_signed_in_parts(on: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writing, "MOST", 7)
    whole = verify_record(on.engine, lambda _: None).entries
    checkpointer(on).step()
    parts = on_record(on)
    assert [one.upto for one in parts] == [*range(7, whole, 7), whole]
    assert verify_record(on.engine, lambda _: None, parts).checkpoints == len(parts)


def test_a_destination_that_was_away_gets_everything_in_order(on: Stage) -> None:
    here, away = Kept(), Kept()
    away.refusing = True
    for day in range(3):
        on.clock.set(DAY0 + HOUR + day * 24 * HOUR)
        checkpointer(on, here=here, away=away).step()
    assert (len(here.files), len(away.files)) == (3, 0)
    signing = checkpointer(on, here=here, away=away)
    signing.step()
    assert signing.problems == {"away": "not now"}
    away.refusing = False
    signing.step()  # it is not tried again at once
    assert away.files == {}
    again = checkpointer(on, here=here, away=away)
    again.step()
    assert list(away.files) == list(here.files) == sorted(here.files)
    assert again.problems == {}


# --- leaving ------------------------------------------------------------------------------------


def test_a_folder_keeps_what_it_has(tmp_path: Path) -> None:
    folder = FolderLeaving(tmp_path / "kept")
    folder.leave(ONE.file, as_json(ONE))
    folder.leave(ONE.file, as_json(ONE))
    assert from_json("x", (tmp_path / "kept" / ONE.file).read_bytes()) == ONE
    with pytest.raises(NotLeft, match="is another checkpoint of this number"):
        folder.leave(ONE.file, as_json(replace(ONE, at=DAY1).signed(KEY)))
    assert [path.name for path in (tmp_path / "kept").iterdir()] == [ONE.file]


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "kept").write_text("a file")
    with pytest.raises(NotLeft, match="kept"):
        FolderLeaving(tmp_path / "kept").leave(ONE.file, as_json(ONE))


class _Receiver(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.got.append((self.headers["Idempotency-Key"], body))  # type: ignore[attr-defined]
        self.send_response(self.server.answers.pop(0))  # type: ignore[attr-defined]
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Nothing."""


def test_a_web_address_takes_it_with_a_success_and_nothing_else() -> None:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Receiver)
    server.got, server.answers = [], [204, 500, 302]  # type: ignore[attr-defined]
    serving = threading.Thread(target=server.serve_forever)
    serving.start()
    url = f"http://127.0.0.1:{server.server_port}/checkpoints"
    with httpx.Client(timeout=10) as client:
        way = WebhookLeaving(url, client)
        way.leave(ONE.file, as_json(ONE))
        for status in (500, 302):
            with pytest.raises(NotLeft, match=f"answered {status}"):
                way.leave(ONE.file, as_json(ONE))
        server.shutdown()
        serving.join()
        server.server_close()
        with pytest.raises(NotLeft, match="ConnectError"):
            way.leave(ONE.file, as_json(ONE))
    assert server.got == [(ONE.file, as_json(ONE))] * 3  # type: ignore[attr-defined]


class Post:
    """A mail channel of a test's own."""

    def __init__(self) -> None:
        self.letters: list[Message] = []
        self.trouble: Exception | None = None

    def send(self, message: Message) -> Sent:
        """Take a letter, or raise the trouble."""
        if self.trouble is not None:
            raise self.trouble
        self.letters.append(message)
        return Sent("taken")


def test_a_letter_s_text_is_the_checkpoint() -> None:
    post = Post()
    way = MailLeaving(post, "kiemtra@example.org")
    way.leave(ONE.file, as_json(ONE))
    letter = post.letters[0]
    assert (letter.address, ONE.file in letter.body.title) == ("kiemtra@example.org", True)
    as_mailed = letter.body.text.replace("\n", "\r\n").encode() + b"\r\n"
    assert from_json("the letter", as_mailed) == ONE
    for trouble in (Retry("away"), Undeliverable("no such mailbox")):
        post.trouble = trouble
        with pytest.raises(NotLeft, match=str(trouble)):
            way.leave(ONE.file, as_json(ONE))


def test_mail_without_a_mail_server_is_refused(tmp_path: Path) -> None:
    asked = Settings(data=tmp_path, mqtt=None, checkpoints=Checkpoints(email="kiemtra@example.org"))
    with (
        pytest.raises(Refused, match=r"set notify\.email"),
        writing_process(asked, StepClock(DAY0)),
    ):
        pass


# --- files and keys -----------------------------------------------------------------------------


@given(st.data())
def test_a_byte_of_a_checkpoint_s_file_that_is_changed_is_noticed(data: st.DataObject) -> None:
    content = as_json(ONE)
    place = data.draw(st.integers(0, len(content) - 1))
    bit = data.draw(st.sampled_from([1, 2, 4, 8, 16, 32, 64, 128]))
    spoiled = content[:place] + bytes([content[place] ^ bit]) + content[place + 1 :]
    with pytest.raises(Broken, match="file"):
        from_json("the file", spoiled)


def test_the_key_is_made_once_and_for_its_owner_alone(tmp_path: Path) -> None:
    made = made_or_read(tmp_path)
    path = key_file(tmp_path)
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700
    again = made_or_read(tmp_path)
    assert again.private_bytes_raw() == made.private_bytes_raw()
    assert read_public(path.with_name(PUBLIC)) == made.public_key().public_bytes_raw()


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o602, 0o601])
def test_a_key_that_others_may_read_is_refused(tmp_path: Path, mode: int) -> None:
    made_or_read(tmp_path)
    path = key_file(tmp_path)
    path.chmod(mode)
    with pytest.raises(Refused) as refused:
        made_or_read(tmp_path)
    assert f"mode {mode:o}" in str(refused.value.problems[0])
    assert "chmod 600" in str(refused.value.problems[0])


def test_what_is_no_key_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "checkpoint.pem"
    with pytest.raises(Refused, match="there is no signing key"):
        read_private(path)
    path.write_text("no key")
    path.chmod(0o600)
    with pytest.raises(Refused, match="no private key"):
        read_private(path)
    other = X25519PrivateKey.generate()
    path.write_bytes(other.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    with pytest.raises(Refused, match="expected an Ed25519 key"):
        read_private(path)
    with pytest.raises(Refused, match="no public key"):
        read_public(path)
