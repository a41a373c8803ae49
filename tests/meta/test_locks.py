"""The lock files: exact, hashed, without an address, and as the project asks."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.meta.source import ROOT

RUNTIME = "requirements.lock"
DEVELOPMENT = "requirements-dev.lock"
EXTRAS = {RUNTIME: ("postgresql",), DEVELOPMENT: ("postgresql", "dev")}

_PIN = re.compile(r"(?P<name>[A-Za-z0-9][\w.-]*)==(?P<version>[\w.!+]+)( ; .+)?")
_HASH = re.compile(r"--hash=sha256:[0-9a-f]{64}")


def logical_lines(text: str) -> list[str]:
    """The lines of a lock without comments, each with its continuations."""
    plain = "\n".join(line for line in text.splitlines() if not line.lstrip().startswith("#"))
    joined = plain.replace("\\\n", " ")
    return [re.sub(r"\s+", " ", line).strip() for line in joined.splitlines() if line.strip()]


def pins(text: str) -> dict[str, str]:
    """Version by canonical name of everything a lock pins."""
    found = (_PIN.match(line) for line in logical_lines(text))
    return {canonicalize_name(pin["name"]): pin["version"] for pin in found if pin}


def lock_offences(text: str) -> list[str]:
    """Every line that is no exact, hashed requirement, or that says where to get it."""
    said = []
    for line in logical_lines(text):
        requirement, *hashes = line.split(" --hash=")
        if not _PIN.fullmatch(requirement.strip()):
            said.append(f"{requirement!r}: expected name==version")
        elif not hashes or not all(_HASH.fullmatch(f"--hash={one}") for one in hashes):
            said.append(f"{requirement!r}: expected at least one sha256 hash")
    places = re.findall(r"\w+://\S+|file:\S+|(?<![\w.])/\w+/\S*|--(?:extra-)?index-url\S*", text)
    return said + [f"{place!r}: a lock names no index and no path" for place in places]


def missing(lock: Mapping[str, str], wanted: Sequence[str]) -> list[str]:
    """Every direct requirement that the lock does not hold, or holds in another version."""
    said = []
    for requirement in map(Requirement, wanted):
        version = lock.get(canonicalize_name(requirement.name))
        if version is None or not requirement.specifier.contains(version, prereleases=True):
            said.append(f"{requirement}: the lock has {version}; make the lock again")
    return said


def _project() -> dict[str, object]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert isinstance(project, dict)
    return project


def _wanted(lock: str) -> list[str]:
    project = _project()
    direct, extras = project["dependencies"], project["optional-dependencies"]
    assert isinstance(direct, list)
    assert isinstance(extras, dict)
    return direct + [one for extra in EXTRAS[lock] for one in extras[extra]]


def _text(lock: str) -> str:
    return (ROOT / lock).read_text(encoding="utf-8")


@pytest.mark.parametrize("lock", EXTRAS)
def test_the_lock_is_exact_and_hashed_and_names_no_place(lock: str) -> None:
    assert lock_offences(_text(lock)) == []


@pytest.mark.parametrize("lock", EXTRAS)
def test_the_lock_holds_what_the_project_asks_for(lock: str) -> None:
    assert missing(pins(_text(lock)), _wanted(lock)) == []


def test_both_locks_agree() -> None:
    runtime, development = pins(_text(RUNTIME)), pins(_text(DEVELOPMENT))
    assert len(runtime) > len(_wanted(RUNTIME))
    assert runtime.items() <= development.items()


def test_the_project_sets_no_upper_bound_and_is_never_uploaded() -> None:
    project = _project()
    bounds = [str(Requirement(one).specifier) for one in _wanted(DEVELOPMENT)]
    assert [bound for bound in bounds if not re.fullmatch(r"(>=[\d.]+)?", bound)] == []
    classifiers = project["classifiers"]
    assert isinstance(classifiers, list)
    assert "Private :: Do Not Upload" in classifiers


GOOD = f"one==1.0 ; sys_platform == 'win32' \\\n    --hash=sha256:{'a' * 64}\n    # via two\n"


def test_a_good_lock_passes() -> None:
    assert lock_offences(GOOD) == []
    assert pins(GOOD) == {"one": "1.0"}


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("one>=1.0 \\\n    --hash=sha256:" + "a" * 64, "expected name==version"),
        ("one==1.0", "at least one sha256 hash"),
        ("one==1.0 \\\n    --hash=md5:" + "a" * 32, "at least one sha256 hash"),
        ("--index-url https://example.org/simple\n", "names no index"),
        ("# made with --extra-index-url=here\n", "names no index"),
        ("--find-links /srv/wheels\n", "no path"),
        ("# uv pip compile -o /home/x/requirements.lock\n", "no path"),
        ("one @ file:///srv/one.whl\n", "no path"),
    ],
)
def test_an_offence_in_a_lock_is_found(text: str, complaint: str) -> None:
    assert any(complaint in said for said in lock_offences(GOOD + text))


def test_a_requirement_outside_the_lock_is_found() -> None:
    assert missing({"one": "1.0"}, ["One>=1.0"]) == []
    assert len(missing({"one": "1.0"}, ["one>=1.1", "two"])) == 2
