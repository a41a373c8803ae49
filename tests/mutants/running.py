"""Running the tests against one fault at a time, in copies of the clone."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from queue import SimpleQueue
from tempfile import TemporaryDirectory

from tests.mutants.fault import Fault

ROOT = Path(__file__).parents[2]
COPIED = ("rules", "tolich", "ingest", "api", "dashboards", "simulators", "tests", "examples")
PATIENCE = 300.0
"""Seconds after which tests are taken to hang."""

_PASSED, _FAILED, _BROKEN = 0, 1, 2  # pytest's exit codes; broken: a test file did not load
_PYTEST = (
    "-m", "pytest", "-x", "-q", "--no-header", "--tb=line", "-p", "no:cacheprovider",
    "-p", "_hypothesis_pytestplugin", "--hypothesis-profile=hurried",
)  # fmt: skip


class Unsound(Exception):
    """The tests cannot tell anything: they fail without a fault, or did not run."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the tests made of a fault; `told` is the line in which they said so."""

    fault: Fault
    killed: bool
    told: str


def verdicts(faults: Sequence[Fault], workers: int) -> Iterator[Verdict | None]:
    """First None, when the sound copies have passed; then a verdict a fault, as they come.

    Raises Unsound when the tests fail without any fault.
    """
    with TemporaryDirectory(prefix="tolich-mutants-") as folder:
        copies: SimpleQueue[Path] = SimpleQueue()
        first = Path(folder, "0")
        _copy(ROOT, first)
        _sound(first, faults)
        copies.put(first)
        for number in range(1, workers):
            # Copied with what the first run compiled, so that nothing is compiled again.
            shutil.copytree(first, Path(folder, str(number)))
            copies.put(Path(folder, str(number)))
        yield None
        with ThreadPoolExecutor(workers) as pool:
            waiting = [pool.submit(_tried, fault, copies) for fault in faults]
            try:
                for done in as_completed(waiting):
                    yield done.result()
            finally:
                pool.shutdown(cancel_futures=True)


def _copy(source: Path, target: Path) -> None:
    """What the tests of rules/ need, without what earlier runs left behind."""
    left = shutil.ignore_patterns("__pycache__", ".*")
    for name in COPIED:
        shutil.copytree(source / name, target / name, ignore=left)
    shutil.copy2(source / "pyproject.toml", target)


def _sound(copy: Path, faults: Iterable[Fault]) -> None:
    paths = sorted({path for fault in faults for path in fault.paths()})
    code, told = _tests(copy, paths, compiled=True)
    if code != _PASSED:
        raise Unsound(f"without any fault the tests do not pass: {told}")


def _tried(fault: Fault, copies: SimpleQueue[Path]) -> Verdict:
    copy = copies.get()
    try:
        with _faulty(fault, copy):
            code, told = _tests(copy, fault.paths())
    finally:
        copies.put(copy)
    if code not in (_PASSED, _FAILED, _BROKEN):
        raise Unsound(f"{fault.name}: the tests did not run: {told}")
    return Verdict(fault, code != _PASSED, told)


@contextmanager
def _faulty(fault: Fault, copy: Path) -> Iterator[None]:
    """The fault in the copy; the sound source, its time of change included, afterwards."""
    path = fault.source(copy)
    text, times = path.read_text(encoding="utf-8"), path.stat()
    path.write_text(fault.applied(text), encoding="utf-8")
    # Python knows a compiled file by size and second of change: a fault must not share it.
    os.utime(path, (times.st_atime, times.st_mtime + 3600))
    try:
        yield
    finally:
        path.write_text(text, encoding="utf-8")
        os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))


def _tests(copy: Path, paths: Sequence[str], compiled: bool = False) -> tuple[int, str]:
    """pytest's exit code and the line that tells most; a run that hangs has failed."""
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    environment["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"  # others only make it start later
    if not compiled:
        environment["PYTHONDONTWRITEBYTECODE"] = "1"
    try:
        ran = subprocess.run(
            [sys.executable, *_PYTEST, *paths],
            cwd=copy, env=environment, timeout=PATIENCE, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        return _FAILED, f"not done after {PATIENCE:.0f} s"
    return ran.returncode, _telling(ran.stdout)


def _telling(output: str) -> str:
    lines = [line for line in output.splitlines() if line.strip()]
    named = [line for line in lines if line.startswith(("FAILED ", "ERROR "))]
    return (named or lines or ["nothing was said"])[-1 if not named else 0]
