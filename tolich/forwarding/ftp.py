"""FTP and FTPS (explicit TLS) by the standard library."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from ftplib import FTP, FTP_TLS, error_perm, error_proto, error_reply, error_temp
from io import BytesIO
from pathlib import Path

from tolich.forwarding.destination import (
    PART,
    SECONDS,
    Kind,
    Outgoing,
    Sent,
    Trouble,
    receipt,
    shortened,
)
from tolich.forwarding.place import Place


class _Refusal(Exception):
    """Before any file: the connection or the login did not come about."""

    def __init__(self, kind: Kind, detail: str) -> None:
        super().__init__(detail)
        self.trouble = Trouble(kind, detail)


class _Ftps(FTP_TLS):
    """FTPS whose data connections continue the TLS session of the control connection.

    Servers ask for it, so that nobody else takes over the transfer; ftplib leaves it out.
    """

    def ntransfercmd(
        self, cmd: str, rest: int | str | None = None
    ) -> tuple[socket.socket, int | None]:
        connection, size = FTP.ntransfercmd(self, cmd, rest)
        control = self.sock
        session = control.session if isinstance(control, ssl.SSLSocket) else None
        secured = self.context.wrap_socket(connection, server_hostname=self.host, session=session)
        return secured, size


class FtpDestination:
    """One login a call; passwords are read anew each time, so that one can be changed."""

    def __init__(self, place: Place, password_file: Path, ca_file: Path | None = None) -> None:
        self._place = place
        self._password_file = password_file
        self._ca_file = ca_file

    def send(self, files: Sequence[Outgoing]) -> Sent:
        """Push files in their order."""
        sent = Sent()
        try:
            with self._open() as ftp:
                self._send(ftp, files, sent)
        except _Refusal as refusal:
            sent.trouble = refusal.trouble
        return sent

    def _send(self, ftp: FTP, files: Sequence[Outgoing], sent: Sent) -> None:
        made: set[str] = set()
        for file in files:
            try:
                found = self._push(ftp, file, made)
            except (error_perm, error_reply) as error:
                sent.trouble = Trouble(Kind.REFUSED, f"{file.name}: {error}")
                return
            except error_temp as error:
                # 421: the server goes away, and with it the connection.
                kind = Kind.UNREACHABLE if str(error).startswith("421") else Kind.BUSY
                sent.trouble = Trouble(kind, f"{file.name}: {error}")
                return
            except (OSError, EOFError, error_proto) as error:
                sent.trouble = Trouble(Kind.UNREACHABLE, f"{file.name}: {_said(error)}")
                return
            if found != len(file.content):
                sent.trouble = shortened(found, len(file.content), file.name)
                return
            sent.receipts.append(receipt(found))

    def _push(self, ftp: FTP, file: Outgoing, made: set[str]) -> int:
        folder = self._folder(ftp, file.folder, made)
        path = f"{folder.rstrip('/')}/{file.name}" if folder else file.name
        ftp.storbinary(f"STOR {path}{PART}", BytesIO(file.content))
        ftp.rename(f"{path}{PART}", path)
        return ftp.size(path) or 0

    def _folder(self, ftp: FTP, folder: str, made: set[str]) -> str:
        """Make every folder below the base; one that is there answers 550, and so does one that
        may not be made: the upload into it will tell."""
        begun = ""
        for segment in folder.split("/") if folder else ():
            begun = f"{begun}/{segment}" if begun else segment
            if begun not in made:
                with suppress(error_perm):
                    ftp.mkd(self._place.path(begun))
                made.add(begun)
        return self._place.path(folder)

    @contextmanager
    def _open(self) -> Iterator[FTP]:
        """A connection, logged in. Raises _Refusal."""
        try:
            password = self._password_file.read_text(encoding="utf-8").strip()
            ftp = self._client()
        except (OSError, UnicodeDecodeError) as error:
            raise _Refusal(Kind.SETUP, _said(error)) from error
        with ftp:  # its end says goodbye, or just closes
            _at_the_door(lambda: self._enter(ftp, password))
            yield ftp

    def _client(self) -> FTP:
        if self._place.scheme == "ftp":
            return FTP(timeout=SECONDS)
        context = ssl.create_default_context(cafile=self._ca_file and str(self._ca_file))
        return _Ftps(timeout=SECONDS, context=context)

    def _enter(self, ftp: FTP, password: str) -> None:
        ftp.connect(self._place.host, self._place.port)
        if isinstance(ftp, _Ftps):
            ftp.auth()  # the certificate is checked here, before the name and the password
        ftp.login(self._place.user, password)
        if isinstance(ftp, _Ftps):
            ftp.prot_p()
        ftp.voidcmd("TYPE I")  # sizes are told for this kind of transfer only


def _at_the_door(enter: Callable[[], None]) -> None:
    """Do what comes before any file. Raises _Refusal."""
    try:
        enter()
    except ssl.SSLCertVerificationError as error:
        raise _Refusal(Kind.CERTIFICATE, error.verify_message or str(error)) from error
    except (error_perm, error_reply) as error:
        raise _Refusal(Kind.LOGIN_REFUSED, str(error)) from error
    except (OSError, EOFError, error_temp, error_proto) as error:
        raise _Refusal(Kind.UNREACHABLE, _said(error)) from error


def _said(error: Exception) -> str:
    return str(error) or type(error).__name__
