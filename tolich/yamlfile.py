"""YAML read strictly: no key twice, decimals exact, every mistake with its file and line.

Narrower than YAML 1.1 on purpose, where its guesses would change what somebody wrote:

- `0.05` is exactly Decimal("0.05"), never a binary float
- `0123` stays the text "0123" (YAML 1.1 reads octal 83: bad for telephone and permit numbers)
- `22:30` stays a text (YAML 1.1 reads 1350), and so does a time stamp; `2026-01-31` is a date
- only `true` and `false` are booleans: `no` and `off` are words
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path

import yaml

from rules.model import Problem, Refused

_NUMBER = "-+0123456789"  # what a number may begin with
_NAMES = {"bool": "truth", "int": "whole number", "float": "number", "timestamp": "day"}
_WHOLE = r"[-+]?(?:0|[1-9][0-9]*)"
_POWER = r"[eE][-+]?[0-9]{1,2}"


class _Loader(yaml.SafeLoader):
    """PyYAML's safe loader with the plain values of this module instead of its own."""

    yaml_implicit_resolvers = {}  # noqa: RUF012  (PyYAML's own are left out, ours come below)


def _plain(tag: str, begins: str, pattern: str, convert: Callable[[str], object]) -> None:
    """Teach the loader one kind of plain value. PyYAML asks by the first letter."""
    name, whole = f"tag:yaml.org,2002:{tag}", re.compile(rf"(?:{pattern})\Z")

    def construct(_: yaml.SafeLoader, node: yaml.ScalarNode) -> object:
        try:
            if whole.match(node.value):  # a tag such as !!int may stand before any text
                return convert(node.value)
        except ValueError:  # 2026-02-30, or more digits than Python reads
            pass
        message = f"{node.value[:40]!r} is not a {_NAMES[tag]} that can be read"
        raise yaml.constructor.ConstructorError(None, None, message, node.start_mark)

    _Loader.add_implicit_resolver(name, whole, list(begins))
    _Loader.add_constructor(name, construct)


_plain("bool", "tTfF", "true|True|TRUE|false|False|FALSE", lambda text: text.lower() == "true")
_plain("int", _NUMBER, _WHOLE, int)
_plain("float", _NUMBER, rf"{_WHOLE}(?:\.[0-9]+(?:{_POWER})?|{_POWER})", Decimal)
_plain("timestamp", _NUMBER, "[0-9]{4}-[0-9]{2}-[0-9]{2}", date.fromisoformat)
_Loader.add_implicit_resolver(
    "tag:yaml.org,2002:null", re.compile(r"(?:~|null|Null|NULL|)\Z"), ["~", "n", "N", ""]
)


def read_yaml(path: Path) -> object:
    """The parsed content of a file. Raises Refused with the file, the line and the remedy."""
    return parse_yaml(read_bytes(path), str(path))


def read_bytes(path: Path) -> bytes:
    """The bytes of a file that has to be there, or Refused."""
    try:
        return path.read_bytes()
    except OSError as error:
        message = f"cannot be read ({error.strerror}); check the path and its permissions"
        raise Refused([Problem(str(path), "(file)", message)]) from error


def parse_yaml(text: str | bytes, name: str) -> object:
    """Parsed YAML; `name` is what problems call it. Raises Refused, all double keys at once."""
    loader: yaml.SafeLoader | None = None
    try:
        written = text if isinstance(text, str) else text.decode("utf-8")
        loader = _Loader(written)
        root = loader.get_single_node()
        doubles = _doubles(root, name)
        if doubles:
            raise Refused(doubles)
        return None if root is None else loader.construct_document(root)
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        raise _refused(name, line, "not UTF-8; save the file as UTF-8") from error
    except yaml.reader.ReaderError as error:
        line = written.count("\n", 0, error.position) + 1
        message = f"the character #x{ord(written[error.position]):02x} is not allowed; delete it"
        raise _refused(name, line, message) from error
    except yaml.MarkedYAMLError as error:
        raise _refused(name, _line(error), _message(error)) from error
    except RecursionError as error:
        raise _refused(name, 1, "lists or mappings are nested too deeply") from error
    finally:
        if loader is not None:
            loader.dispose()


def _refused(name: str, line: int, message: str) -> Refused:
    return Refused([Problem(name, f"line {line}", message)])


def _line(error: yaml.MarkedYAMLError) -> int:
    mark = error.problem_mark or error.context_mark
    return mark.line + 1 if mark else 1


def _message(error: yaml.MarkedYAMLError) -> str:
    said = ", ".join(part for part in (error.context, error.problem) if part)
    hint = "check the indentation, and quote texts that hold ': ', '#' or start with a sign"
    return f"not readable as YAML: {said}; {hint}"


def _doubles(root: yaml.Node | None, name: str) -> list[Problem]:
    """Every key that stands twice in one mapping: YAML would silently keep the last."""
    found: list[Problem] = []
    waiting, seen = [root], set[int]()
    while waiting:
        node = waiting.pop()
        if node is None or id(node) in seen:  # an alias leads to a node again
            continue
        seen.add(id(node))
        if isinstance(node, yaml.MappingNode):
            found += _doubles_of(node, name)
            waiting += [part for pair in node.value for part in pair]
        elif isinstance(node, yaml.SequenceNode):
            waiting += node.value
    return sorted(found, key=lambda problem: int(problem.key.removeprefix("line ")))


def _doubles_of(node: yaml.MappingNode, name: str) -> list[Problem]:
    first: dict[str, int] = {}
    found = []
    for key, _ in node.value:
        if not isinstance(key, yaml.ScalarNode):
            continue
        line = key.start_mark.line + 1
        if key.value in first:  # by its letters: 1 and "1" name the same thing to a reader
            before = first[key.value]
            message = f"{key.value!r} stands here again (first on line {before}); keep one"
            found.append(Problem(name, f"line {line}", message))
        first.setdefault(key.value, line)
    return found
