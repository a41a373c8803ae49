"""One contract for every kind of destination, held against real servers on loopback."""

from __future__ import annotations

import getpass
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.forwarding.receivers import (
    ACCOUNT,
    ProFtpd,
    Receiver,
    Sshd,
    certificate,
    received,
    running,
)
from tests.servers import free_port
from tolich.forwarding.destination import Destination, Kind, Outgoing
from tolich.forwarding.folder import FolderDestination
from tolich.forwarding.ftp import FtpDestination
from tolich.forwarding.place import Place
from tolich.forwarding.sftp import SftpDestination


@dataclass(frozen=True, slots=True)
class Case:
    """A destination, and the folder in which what it took must be found."""

    destination: Destination
    inbox: Path
    receiver: Receiver | None = None


@contextmanager
def over_ftp(folder: Path) -> Iterator[Case]:
    with running(ProFtpd(folder, tls=False)) as server:
        yield Case(ftp(server), server.inbox, server)


@contextmanager
def over_ftps(folder: Path) -> Iterator[Case]:
    with running(ProFtpd(folder, tls=True)) as server:
        yield Case(ftp(server, "ftps"), server.inbox, server)


@contextmanager
def over_sftp(folder: Path) -> Iterator[Case]:
    with running(Sshd(folder)) as server:
        yield Case(sftp(server), server.inbox, server)


@contextmanager
def into_a_folder(folder: Path) -> Iterator[Case]:
    yield Case(FolderDestination(folder), folder)


def ftp(server: ProFtpd, scheme: str = "ftp", base: str | None = None) -> FtpDestination:
    where = str(server.inbox) if base is None else base
    place = Place(scheme, "127.0.0.1", server.port, ACCOUNT, where)
    ca_file = server.ca_file if scheme == "ftps" else None
    return FtpDestination(place, server.password_file, ca_file)


def sftp(server: Sshd, base: str | None = None) -> SftpDestination:
    where = str(server.inbox) if base is None else base
    place = Place("sftp", "127.0.0.1", server.port, getpass.getuser(), where)
    return SftpDestination(place, server.key_file, server.known_hosts)


KINDS: dict[str, Callable[[Path], AbstractContextManager[Case]]] = {
    "ftp": over_ftp,
    "ftps": over_ftps,
    "sftp": over_sftp,
    "folder": into_a_folder,
}


@pytest.fixture(params=list(KINDS))
def case(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Case]:
    with KINDS[request.param](tmp_path) as found:
        yield found


def outgoing(name: str, text: str = "COD\t61.5\r\n", folder: str = "MAU01/2026/03/10") -> Outgoing:
    return Outgoing(folder, name, text.encode())


def test_files_arrive_byte_for_byte_with_receipts(case: Case) -> None:
    files = [outgoing("a.txt"), outgoing("b.txt", "pH\t7.2\n°C"), outgoing("c.txt", "x", "MAU02")]
    sent = case.destination.send(files)
    assert (sent.receipts, sent.trouble) == (["10 bytes", "10 bytes", "1 bytes"], None)
    for file in files:
        assert (case.inbox / file.folder / file.name).read_bytes() == file.content
    assert received(case.inbox / "MAU01") == ["2026/03/10/a.txt", "2026/03/10/b.txt"]


def test_a_file_takes_the_place_of_one_that_has_its_name(case: Case) -> None:
    first, second = outgoing("a.txt", "a longer first one"), outgoing("a.txt", "second")
    assert case.destination.send([first]).trouble is None
    assert case.destination.send([second]).receipts == ["6 bytes"]
    assert received(case.inbox / "MAU01") == ["2026/03/10/a.txt"]
    assert (case.inbox / second.folder / "a.txt").read_bytes() == b"second"


def test_what_an_upload_left_half_is_written_over(case: Case) -> None:
    left = case.inbox / "MAU01/2026/03/10/a.txt.part"
    left.parent.mkdir(parents=True)
    left.write_text("half of a file that was much longer than the whole one", encoding="utf-8")
    assert case.destination.send([outgoing("a.txt")]).trouble is None
    assert received(case.inbox / "MAU01") == ["2026/03/10/a.txt"]
    assert left.with_suffix("").read_bytes() == outgoing("a.txt").content


def test_a_refused_file_stops_there_and_is_named(case: Case) -> None:
    (case.inbox / "MAU02").write_text("a file where a folder should be", encoding="utf-8")
    refused = outgoing("b.txt", folder="MAU02/2026")
    sent = case.destination.send([outgoing("a.txt"), refused, outgoing("c.txt")])
    assert sent.receipts == ["10 bytes"]
    assert sent.trouble is not None
    assert sent.trouble.kind is Kind.REFUSED
    assert "MAU02" in sent.trouble.detail or "b.txt" in sent.trouble.detail
    assert received(case.inbox / "MAU01") == ["2026/03/10/a.txt"]


def test_files_go_into_the_base_itself(case: Case) -> None:
    assert case.destination.send([outgoing("a.txt", folder="")]).trouble is None
    assert (case.inbox / "a.txt").read_bytes() == outgoing("a.txt").content


def test_a_server_that_is_away_is_away(case: Case) -> None:
    if case.receiver is None:
        case.inbox.rename(case.inbox.with_name("unmounted"))
    else:
        case.receiver.stop()
    sent = case.destination.send([outgoing("a.txt")])
    assert sent.receipts == []
    assert sent.trouble is not None
    assert sent.trouble.kind is Kind.UNREACHABLE
    if case.receiver is not None:
        case.receiver.start()
        assert case.destination.send([outgoing("a.txt")]).receipts == ["10 bytes"]


def test_below_the_folder_that_the_login_leads_to(tmp_path: Path) -> None:
    with running(ProFtpd(tmp_path, tls=False)) as server:
        assert ftp(server, base="/~/up").send([outgoing("a.txt", folder="x")]).trouble is not None
        (server.inbox / "up").mkdir()
        assert ftp(server, base="/~/up").send([outgoing("a.txt", folder="x")]).trouble is None
        assert ftp(server, base="").send([outgoing("b.txt", folder="")]).trouble is None
        assert server.names() == ["b.txt", "up/x/a.txt"]


# --- who is who ---------------------------------------------------------------------------------


def kind_of(destination: Destination) -> Kind:
    sent = destination.send([outgoing("a.txt")])
    assert sent.receipts == []
    assert sent.trouble is not None
    assert sent.trouble.detail
    return sent.trouble.kind


def test_an_unknown_host_key_is_never_taken_on_trust(tmp_path: Path) -> None:
    with running(Sshd(tmp_path)) as server:
        known = server.known_hosts.read_text(encoding="utf-8")
        server.known_hosts.write_text("", encoding="utf-8")
        assert kind_of(sftp(server)) is Kind.HOST_KEY
        assert server.known_hosts.read_text(encoding="utf-8") == ""
        other = server.key_file.with_suffix(".pub").read_text(encoding="utf-8")
        server.known_hosts.write_text(f"[127.0.0.1]:{server.port} {other}", encoding="utf-8")
        assert kind_of(sftp(server)) is Kind.HOST_KEY
        server.known_hosts.write_text(known, encoding="utf-8")
        assert sftp(server).send([outgoing("a.txt")]).trouble is None


def test_a_key_that_the_server_does_not_know(tmp_path: Path) -> None:
    with running(Sshd(tmp_path)) as server:
        server.key_file.with_suffix(".pub").write_text("", encoding="utf-8")
        assert kind_of(sftp(server)) is Kind.LOGIN_REFUSED


def test_missing_files_of_our_own_are_named(tmp_path: Path) -> None:
    with running(Sshd(tmp_path / "s")) as server, running(ProFtpd(tmp_path / "f", tls=False)) as f:
        server.key_file.unlink()
        f.password_file.unlink()
        assert kind_of(sftp(server)) is Kind.SETUP
        assert kind_of(ftp(f)) is Kind.SETUP


def test_a_wrong_password_is_not_taken(tmp_path: Path) -> None:
    with running(ProFtpd(tmp_path, tls=True)) as server:
        right = server.password_file.read_text(encoding="utf-8")
        server.password_file.write_text("another", encoding="utf-8")
        assert kind_of(ftp(server, "ftps")) is Kind.LOGIN_REFUSED
        server.password_file.write_text(right, encoding="utf-8")  # read anew each time
        assert ftp(server, "ftps").send([outgoing("a.txt")]).trouble is None


def test_a_certificate_that_nobody_vouches_for_ends_it_before_the_password(tmp_path: Path) -> None:
    with running(ProFtpd(tmp_path, tls=True)) as server:
        place = Place("ftps", "127.0.0.1", server.port, ACCOUNT, str(server.inbox))
        assert kind_of(FtpDestination(place, server.password_file)) is Kind.CERTIFICATE


def test_a_server_without_tls_gets_no_password_over_ftps(tmp_path: Path) -> None:
    with running(ProFtpd(tmp_path, tls=False)) as server:
        certificate(server.ca_file, tmp_path / "key.pem")
        assert kind_of(ftp(server, "ftps")) is Kind.LOGIN_REFUSED


def test_without_a_size_there_is_no_receipt(tmp_path: Path) -> None:
    extra = "<Limit SIZE>\nDenyAll\n</Limit>\n"
    with running(ProFtpd(tmp_path, tls=False, extra=extra)) as server:
        assert kind_of(ftp(server)) is Kind.REFUSED


def test_nobody_listens_and_nothing_hangs(tmp_path: Path) -> None:
    place = Place("ftp", "127.0.0.1", free_port(), ACCOUNT, "/x")
    password = tmp_path / "password"
    password.write_text("x", encoding="utf-8")
    assert kind_of(FtpDestination(place, password)) is Kind.UNREACHABLE
