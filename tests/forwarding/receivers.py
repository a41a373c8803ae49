"""Real servers that receive files, each on a free loopback port with a folder of its own."""

from __future__ import annotations

import getpass
import grp
import ipaddress
import os
import signal
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.servers import free_port, need, run, until_open

ACCOUNT = "mau01"
PASSWORD = "mau-01-mat-khau"
_HASH = (  # of the password, as crypt(3) makes it
    "$6$mau01mau01$4sBR4srX4LatoHn0olmQj3IFUUat/x5aXn8qxWfsmUOYpm"
    "z0NM6z2/CIEZ2fs64gYNXrzP6DWBQoUZlPonMSI/"
)
_PRIVSEP = Path("/run/sshd")


class Receiver:
    """A server in a process of its own. What it is sent ends up below `inbox`."""

    def __init__(self, folder: Path, port: int | None = None) -> None:
        self.folder = folder
        self.port = port or free_port()
        self.inbox = folder / "inbox"
        self.inbox.mkdir(parents=True, exist_ok=True)
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start, and wait until it takes connections."""
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(self._command(), stdout=log, stderr=log)
        until_open(self._process, self.port)

    def stop(self) -> None:
        """End it and wait for its end."""
        if self._process is not None:
            self._process.send_signal(signal.SIGTERM)
            self._process.wait(timeout=20)
            self._process = None

    def names(self) -> list[str]:
        """Every file that arrived, with its folders."""
        return received(self.inbox)

    def _command(self) -> Sequence[str]:
        raise NotImplementedError


def received(inbox: Path) -> list[str]:
    """Every file below a folder, with its folders, sorted."""
    return sorted(p.relative_to(inbox).as_posix() for p in inbox.rglob("*") if p.is_file())


Some = TypeVar("Some", bound=Receiver)


@contextmanager
def running(receiver: Some) -> Iterator[Some]:
    """While this lasts the server runs."""
    receiver.start()
    try:
        yield receiver
    finally:
        receiver.stop()


class ProFtpd(Receiver):
    """Debian's ProFTPD, with explicit TLS or without. It asks for resumed TLS sessions."""

    def __init__(self, folder: Path, tls: bool, extra: str = "", port: int | None = None) -> None:
        super().__init__(folder, port)
        self._program = need("proftpd")
        self.ca_file = folder / "cert.pem"
        self.password_file = folder / "password"
        self.password_file.write_text(f"{PASSWORD}\n", encoding="utf-8")
        users = folder / "users"
        home = f"{os.getuid()}:{os.getgid()}::{self.inbox}:/bin/false"
        users.write_text(f"{ACCOUNT}:{_HASH}:{home}\n", encoding="utf-8")
        users.chmod(0o600)
        if tls:
            certificate(self.ca_file, folder / "key.pem")
        text = self._configuration(users) + (self._tls() if tls else "") + extra
        (folder / "proftpd.conf").write_text(text, encoding="utf-8")

    def _command(self) -> Sequence[str]:
        return [self._program, "--nodaemon", "--quiet", "-c", str(self.folder / "proftpd.conf")]

    def _configuration(self, users: Path) -> str:
        return f"""
ServerType standalone
ServerName tests
DefaultAddress 127.0.0.1
SocketBindTight on
UseIPv6 off
UseReverseDNS off
Port {self.port}
ModulePath /usr/lib/proftpd
User {getpass.getuser()}
Group {grp.getgrgid(os.getgid()).gr_name}
AuthOrder mod_auth_file.c
AuthUserFile {users}
RequireValidShell off
RootLogin on
WtmpLog off
TransferLog none
SystemLog {self.folder}/log
PidFile {self.folder}/pid
ScoreboardFile {self.folder}/scoreboard
DelayEngine off
AllowOverwrite on
"""

    def _tls(self) -> str:
        return f"""
LoadModule mod_tls.c
TLSEngine on
TLSRequired on
TLSRSACertificateFile {self.ca_file}
TLSRSACertificateKeyFile {self.folder}/key.pem
TLSLog {self.folder}/tls.log
"""


class Sshd(Receiver):
    """Debian's OpenSSH server with keys of its own, for the account that runs the tests."""

    def __init__(self, folder: Path, port: int | None = None) -> None:
        super().__init__(folder, port)
        self._program = need("sshd")
        self.key_file, self.known_hosts = folder / "client", folder / "known_hosts"
        host = folder / "host"
        for key in (host, self.key_file):
            _ssh_key(key)
        public = host.with_suffix(".pub").read_text(encoding="utf-8")
        self.known_hosts.write_text(f"[127.0.0.1]:{self.port} {public}", encoding="utf-8")
        (folder / "sshd_config").write_text(
            f"""
ListenAddress 127.0.0.1:{self.port}
HostKey {host}
PidFile {folder}/pid
AuthorizedKeysFile {self.key_file}.pub
PermitRootLogin prohibit-password
PasswordAuthentication no
KbdInteractiveAuthentication no
UsePAM no
StrictModes no
Subsystem sftp internal-sftp
""",
            encoding="utf-8",
        )

    def _command(self) -> Sequence[str]:
        if os.getuid() == 0:
            _PRIVSEP.mkdir(mode=0o755, exist_ok=True)  # Debian's own start-up makes it otherwise
        return [self._program, "-D", "-e", "-f", str(self.folder / "sshd_config")]


def _ssh_key(path: Path) -> None:
    done = run([need("ssh-keygen"), "-q", "-t", "ed25519", "-N", "", "-f", str(path)])
    assert done.returncode == 0, done.stderr


def certificate(cert: Path, key: Path) -> None:
    """A certificate for 127.0.0.1 that signs itself."""
    private = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "CCN Mau 01")])
    address = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    begun = datetime(2020, 1, 1, tzinfo=UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(private.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(begun)
        .not_valid_after(begun.replace(year=begun.year + 80))
        .add_extension(address, critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(private, hashes.SHA256())
    )
    cert.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    key.write_bytes(
        private.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    key.chmod(0o600)
