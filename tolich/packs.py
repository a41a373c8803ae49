"""The rules' files as they lie beside the code: the catalogue and the regulation packs.

The only reader of these files: `rules` itself takes parsed mappings and opens nothing.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Sequence
from pathlib import Path

import rules
from rules.instruments import Allowed, load_allowed
from rules.model import Problem, Refused
from rules.parameters import Catalogue, load_parameters
from rules.regulation import (
    Regulation,
    catalogue_problems,
    period_problems,
    read_regulation,
)
from tolich.yamlfile import parse_yaml, read_bytes, read_yaml

RULES = Path(rules.__file__).parent
CATALOGUE = RULES / "parameters.yaml"
INSTRUMENTS = RULES / "instruments.yaml"
REGULATIONS = RULES / "regulations"
GENERAL_CASES = RULES / "cases"
_CASES = ".cases.yaml"  # readings in, findings out: they test a pack and are none


def load_catalogue() -> Catalogue:
    """Every measured quantity by key. Raises Refused."""
    return load_parameters(str(CATALOGUE), read_yaml(CATALOGUE))


def load_instruments(catalogue: Catalogue) -> Allowed:
    """What is allowed to instruments before an alert tells of it. Raises Refused."""
    return load_allowed(str(INSTRUMENTS), read_yaml(INSTRUMENTS), catalogue)


def load_pack(path: Path, catalogue: Catalogue) -> Regulation:
    """One regulation file, held against the catalogue. Raises Refused with every problem."""
    content = read_bytes(path)
    digest = hashlib.sha256(content).hexdigest()
    regulation, problems = read_regulation(str(path), parse_yaml(content, str(path)), digest)
    if regulation is not None:
        spoilt = [problem.key for problem in problems]
        problems += [
            one
            for one in catalogue_problems(str(path), regulation, catalogue)
            if not any(key == one.key or key.startswith(f"{one.key}.") for key in spoilt)
        ]
    if problems or regulation is None:
        raise Refused(problems)
    return regulation


def load_regulations(
    directory: Path = REGULATIONS, extra: Sequence[Path] = ()
) -> dict[str, Regulation]:
    """The packs of a folder and `extra` files by id: all of them, or Refused with all problems.

    An extra file may replace a pack of the folder only with a higher version of the same id.
    """
    paths = [path for path in sorted(directory.glob("*.yaml")) if not path.name.endswith(_CASES)]
    if not paths:
        raise Refused([Problem(str(directory), "(folder)", "holds no regulation file, *.yaml")])
    catalogue = load_catalogue()
    problems: list[Problem] = []
    found = _by_id(paths, catalogue, "in this folder", problems)
    added = _by_id(extra, catalogue, "among these files", problems)
    for path, pack in added.values():
        problems += _replacing(str(path), pack, found)
    known: dict[str, Regulation] = {}
    for key, (path, pack) in (found | added).items():
        problems += period_problems(str(path), pack, known)
        known[key] = pack
    if problems:
        raise Refused(problems)
    return known


def load_checked(path: Path) -> Regulation:
    """One file held against the catalogue and against the packs that ship. Raises Refused."""
    shipped = load_regulations()
    pack = load_pack(path, load_catalogue())
    if path.resolve().parent == REGULATIONS.resolve():
        return pack
    problems = _replacing(str(path), pack, {key: (path, one) for key, one in shipped.items()})
    others = {key: one for key, one in shipped.items() if key != pack.id}
    problems += period_problems(str(path), pack, others)
    if problems:
        raise Refused(problems)
    return pack


_Packs = dict[str, tuple[Path, Regulation]]


def _by_id(
    paths: Iterable[Path], catalogue: Catalogue, among: str, problems: list[Problem]
) -> _Packs:
    """The packs of some files; what is wrong goes to `problems`."""
    found: _Packs = {}
    for path in paths:
        try:
            pack = load_pack(path, catalogue)
        except Refused as refused:
            problems += refused.problems
            continue
        if pack.id in found:
            message = f"{pack.id!r} is already the id of another file {among}"
            problems.append(Problem(str(path), "id", message))
        found[pack.id] = (path, pack)
    return found


def _replacing(file: str, pack: Regulation, shipped: _Packs) -> list[Problem]:
    """What is wrong with a file that would take the place of a pack that ships."""
    if pack.id not in shipped:
        return []
    old, ordered = shipped[pack.id][1], version_order(pack.version)
    if ordered is None:
        said = f"{pack.version!r} cannot be compared: write numbers with points, such as 2 or 2.1"
        return [Problem(file, "version", said)]
    if ordered > (version_order(old.version) or ()):
        return []
    said = f"{pack.id} ships as version {old.version}: raise the version to replace it"
    return [Problem(file, "version", f"{said}, or give the file an id of its own")]


def version_order(version: str) -> tuple[int, ...] | None:
    """A pack's version as numbers that compare, 2 as 2.0; None when it is not such a version."""
    if not _VERSION.fullmatch(version):
        return None
    numbers = [int(part) for part in version.split(".")]
    while numbers and numbers[-1] == 0:
        numbers.pop()
    return tuple(numbers)


_VERSION = re.compile(r"[0-9]{1,9}(?:\.[0-9]{1,9})*")


def shipped_cases() -> list[Path]:
    """The cases of every pack that ships, and those of the rules that bind whatever the pack."""
    return [
        path
        for folder in (REGULATIONS, GENERAL_CASES)
        for path in sorted(folder.glob(f"*{_CASES}"))
    ]


def cases_beside(pack: Path) -> Path:
    """Where the cases of a pack belong."""
    return pack.with_name(pack.name.removesuffix(".yaml") + _CASES)
