"""SFTP by the OpenSSH program in batch mode: its keys, its host key checks, its ciphers."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory

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

_PROGRAM = "sftp"
_CANNOT_CONNECT = 255  # the exit status of ssh itself
_A_FILE = 10.0  # seconds that each file may add to what the server is given

# What ssh says, in lower case, when nobody but a person can mend it.
_REFUSALS = (
    (re.compile(r"host key verification failed|host identification has changed"), Kind.HOST_KEY),
    (re.compile(r"no .*host key is known|no matching host key"), Kind.HOST_KEY),
    (re.compile(r"permission denied \(|too many authentication failures"), Kind.LOGIN_REFUSED),
    (re.compile(r"identity file .* not accessible|load key|unprotected private"), Kind.SETUP),
)
_LASTING = re.compile(r"permission denied|no such file|not a directory|operation unsupported")
_LOST = re.compile(r"connection (closed|lost|reset)|broken pipe|timeout, server")
_ASKED = re.compile(r'sftp> ls -ln "(?P<path>[^"]*)"')


class SftpDestination:
    """One connection a call. The server's key must be in `known_hosts`: it is never taken on
    trust."""

    def __init__(self, place: Place, key_file: Path, known_hosts: Path) -> None:
        self._place = place
        self._key_file = key_file
        self._known_hosts = known_hosts

    def send(self, files: Sequence[Outgoing]) -> Sent:
        """Push files in their order."""
        for needed in (self._key_file, self._known_hosts):
            if not needed.is_file():
                return Sent(trouble=Trouble(Kind.SETUP, f"there is no file {needed}"))
        with TemporaryDirectory(prefix="tolich-sftp-") as name:
            folder = Path(name)
            for number, file in enumerate(files):
                (folder / str(number)).write_bytes(file.content)
            try:
                done = self._run("\n".join(self._script(folder, files)), len(files))
            except FileNotFoundError:
                said = f"the program {_PROGRAM} is not installed (Debian: openssh-client)"
                return Sent(trouble=Trouble(Kind.SETUP, said))
            except subprocess.TimeoutExpired:
                return Sent(trouble=Trouble(Kind.UNREACHABLE, "the server stopped answering"))
        return self._judged(done, files)

    def _run(self, script: str, files: int) -> subprocess.CompletedProcess[str]:
        options = {
            "User": self._place.user,
            "Port": str(self._place.port),
            "IdentityFile": _quoted(self._key_file),
            "IdentitiesOnly": "yes",
            "PreferredAuthentications": "publickey",
            "StrictHostKeyChecking": "yes",
            "UserKnownHostsFile": _quoted(self._known_hosts),
            "GlobalKnownHostsFile": "/dev/null",
            "UpdateHostKeys": "no",
            "ConnectTimeout": str(SECONDS),
            "ServerAliveInterval": "10",
            "ServerAliveCountMax": "3",
        }
        said = [part for key, value in options.items() for part in ("-o", f"{key}={value}")]
        # `-F none`: what this machine's ssh is configured to do is not what was asked for here.
        command = [_PROGRAM, "-F", "none", *said, "-b", "-", "--", self._place.host]
        return subprocess.run(
            command, input=f"{script}\n", capture_output=True, text=True, errors="replace",
            timeout=2 * SECONDS + _A_FILE * files, check=False,
        )  # fmt: skip

    def _script(self, local: Path, files: Sequence[Outgoing]) -> Iterator[str]:
        """Commands of the batch. Names have nothing in them that the program would interpret."""
        made: set[str] = set()
        for number, file in enumerate(files):
            begun = ""
            for segment in file.folder.split("/") if file.folder else ():
                begun = f"{begun}/{segment}" if begun else segment
                if begun not in made:
                    made.add(begun)
                    yield f'-mkdir "{self._place.path(begun)}"'  # "-": it may be there
            path = self._path(file)
            yield f'put "{local / str(number)}" "{path}{PART}"'
            yield f'rename "{path}{PART}" "{path}"'
            yield f'ls -ln "{path}"'

    def _path(self, file: Outgoing) -> str:
        folder = self._place.path(file.folder)
        return f"{folder.rstrip('/')}/{file.name}" if folder else file.name

    def _judged(self, done: subprocess.CompletedProcess[str], files: Sequence[Outgoing]) -> Sent:
        sizes = dict(_sizes(done.stdout))
        sent = Sent()
        for file in files:
            size = sizes.get(self._path(file))
            if size is None:
                sent.trouble = _trouble(done, file.name)
                return sent
            if size != len(file.content):
                sent.trouble = shortened(size, len(file.content), file.name)
                return sent
            sent.receipts.append(receipt(size))
        return sent


def _sizes(said: str) -> Iterator[tuple[str, int]]:
    """Path and size of every file that was listed: the line after the command that asked."""
    lines = said.splitlines()
    for asked, answer in pairwise(lines):
        match = _ASKED.fullmatch(asked.strip())
        fields = answer.split()
        if match and len(fields) > 5 and fields[4].isdecimal():
            yield match["path"], int(fields[4])


def _trouble(done: subprocess.CompletedProcess[str], name: str) -> Trouble:
    said = done.stderr.strip()
    detail = "; ".join(said.splitlines()[-3:]) or f"sftp ended with {done.returncode}"
    if done.returncode == _CANNOT_CONNECT or _LOST.search(said.lower()):
        found = (kind for pattern, kind in _REFUSALS if pattern.search(said.lower()))
        return Trouble(next(found, Kind.UNREACHABLE), detail)
    last = said.splitlines()[-1] if said else ""
    kind = Kind.REFUSED if _LASTING.search(last.lower()) else Kind.BUSY
    return Trouble(kind, f"{name}: {last or detail}")


def _quoted(path: Path) -> str:
    """A path as an ssh option has it: one word, nothing in it replaced."""
    return '"' + str(path.absolute()).replace("%", "%%") + '"'
