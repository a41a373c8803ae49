"""The rules' files as they lie beside the code: the catalogue and the regulation packs.

The only reader of these files: `rules` itself takes parsed mappings and opens nothing.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

import rules
from rules.instruments import Allowed, load_allowed
from rules.model import Problem, Refused
from rules.parameters import Catalogue, load_parameters
from rules.regulation import Regulation, catalogue_problems, load_regulation
from tolich.yamlfile import parse_yaml, read_bytes, read_yaml

RULES = Path(rules.__file__).parent
CATALOGUE = RULES / "parameters.yaml"
INSTRUMENTS = RULES / "instruments.yaml"
REGULATIONS = RULES / "regulations"
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
    regulation = load_regulation(str(path), parse_yaml(content, str(path)), digest)
    problems = catalogue_problems(str(path), regulation, catalogue)
    if problems:
        raise Refused(problems)
    return regulation


def load_regulations(directory: Path = REGULATIONS) -> dict[str, Regulation]:
    """Every regulation of a folder by id: all of them or Refused with the problems of all."""
    paths = [path for path in sorted(directory.glob("*.yaml")) if not path.name.endswith(_CASES)]
    if not paths:
        raise Refused([Problem(str(directory), "(folder)", "holds no regulation file, *.yaml")])
    catalogue = load_catalogue()
    found: dict[str, Regulation] = {}
    problems: list[Problem] = []
    for path in paths:
        try:
            regulation = load_pack(path, catalogue)
        except Refused as refused:
            problems += refused.problems
            continue
        if regulation.id in found:
            message = f"{regulation.id!r} is already the id of another file in this folder"
            problems.append(Problem(str(path), "id", message))
        found[regulation.id] = regulation
    if problems:
        raise Refused(problems)
    return found
