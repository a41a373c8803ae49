"""Running the tests against one fault at a time, each in a process of its own.

The processes are forked from one that has already loaded what the tests need, but nothing of
ours. The fault is put in as `rules` is imported: no file changes, so that an interrupted run
leaves nothing behind, and several can run at once.
"""

from __future__ import annotations

import multiprocessing
import os
import resource
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import redirect_stdout
from dataclasses import dataclass
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, SourceFileLoader
from importlib.util import spec_from_file_location
from multiprocessing.connection import Connection
from pathlib import Path
from types import CodeType

import pytest

from tests.mutants.fault import Fault

ROOT = Path(__file__).parents[2]
PATIENCE = 120.0
"""Seconds after which tests are taken to hang."""

MEMORY = 4 * 2**30
"""Bytes a run may take: a fault that fills a list for ever must not take the machine along."""

_LOADED = [
    "decimal",
    "fractions",
    "hypothesis",
    "hypothesis.extra.numpy",
    "numpy",
    "pytest",
    "yaml",
]
_PASSED, _FAILED, _BROKEN = 0, 1, 2  # pytest's exit codes; broken: a test file did not load
_OPTIONS = (
    "-x", "-q", "--tb=line", "-p", "no:cacheprovider",
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
    """First None, when all tests have passed without a fault; then a verdict a fault, as they come.

    Raises Unsound when the tests fail without any fault.
    """
    with ThreadPoolExecutor(workers) as pool:
        try:
            paths = sorted({path for fault in faults for path in fault.paths()})
            for path, (code, told) in zip(paths, pool.map(_sound, paths), strict=True):
                if code != _PASSED:
                    raise Unsound(f"without any fault {path} does not pass: {told}")
            yield None
            for done in as_completed([pool.submit(tried, fault) for fault in faults]):
                yield done.result()
        finally:
            pool.shutdown(cancel_futures=True)


def _sound(path: str) -> tuple[int, str]:
    return _apart(None, [path])


def tried(fault: Fault) -> Verdict:
    """What its tests make of one fault. Raises Unsound when they did not run."""
    code, told = _apart(fault, fault.paths())
    if code not in (_PASSED, _FAILED, _BROKEN):
        raise Unsound(f"{fault.name}: the tests did not run: {told}")
    return Verdict(fault, code != _PASSED, told)


def _apart(fault: Fault | None, paths: list[str]) -> tuple[int, str]:
    """pytest's exit code and the line that tells most; a run that hangs has failed."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(_LOADED)
    here, there = context.Pipe(duplex=False)
    process = context.Process(target=_run, args=(fault, paths, there))
    process.start()
    there.close()
    try:
        if not here.poll(PATIENCE):
            return _FAILED, f"not done after {PATIENCE:.0f} s"
        code, told = here.recv()
        return int(code), str(told)
    except EOFError:
        return -1, "the interpreter died"
    finally:
        process.kill()
        process.join()
        here.close()


# --- in the process of one fault ----------------------------------------------------------------


def _run(fault: Fault | None, paths: list[str], there: Connection) -> None:
    os.chdir(ROOT)
    sys.path.insert(0, str(ROOT))
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"  # others only make it start later
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    if fault is not None:
        sys.meta_path.insert(0, _Finder(fault))
    ear = _Ear()
    with Path(os.devnull).open("w", encoding="utf-8") as nowhere, redirect_stdout(nowhere):
        code = pytest.main([*_OPTIONS, *paths], [ear])
    there.send((int(code), ear.told))


class _Finder(MetaPathFinder):
    """Finds the one faulty module."""

    def __init__(self, fault: Fault) -> None:
        self._fault = fault
        self._name = f"rules.{fault.file.removesuffix('.py')}"

    def find_spec(self, fullname: str, path: object, target: object = None) -> ModuleSpec | None:
        if fullname != self._name:
            return None
        place = str(self._fault.source(ROOT))
        return spec_from_file_location(
            fullname, place, loader=_Loader(fullname, place, self._fault)
        )


class _Loader(SourceFileLoader):
    """Loads it, past what Python has compiled of the sound one."""

    def __init__(self, fullname: str, path: str, fault: Fault) -> None:
        super().__init__(fullname, path)
        self._fault = fault

    def get_code(self, fullname: str) -> CodeType:
        text = Path(self.path).read_text(encoding="utf-8")
        code: CodeType = compile(self._fault.applied(text), self.path, "exec")
        return code


class _Ear:
    """Hears of the first test that fails, and puts those first that are soon done."""

    def __init__(self) -> None:
        self.told = "nothing failed"

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        items.sort(key=lambda item: hasattr(getattr(item, "obj", None), "hypothesis"))

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self._hear(report)

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        self._hear(report)

    def _hear(self, report: pytest.TestReport | pytest.CollectReport) -> None:
        if report.failed and self.told == "nothing failed":
            crash = getattr(report.longrepr, "reprcrash", None)
            said = crash.message if crash else report.longreprtext
            self.told = f"{report.nodeid}: {(said.splitlines() or ['failed'])[0]}"
