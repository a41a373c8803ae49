"""Habits the source keeps: one clock, no broad except, nothing printed but by the commands."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Sequence

from tests.meta.source import Module, bound_names, dotted

CLOCK = {"tolich.clock"}
CATCHES_ALL = {
    "tolich.pipeline",  # bisects a batch that fails for any reason: one message stops no other
    "tolich.settle",  # judges day by day when judging fails: one day stops no other
}
PRINTS = ("tolich.cli", "tolich.commands", "tolich.view")

_ASKS_THE_TIME = {
    "time.time",
    "time.time_ns",
    "time.clock_gettime",
    "time.clock_gettime_ns",
    "datetime.datetime.now",
    "datetime.datetime.utcnow",
    "datetime.datetime.today",
    "datetime.date.today",
    "sqlalchemy.func.now",
    "sqlalchemy.func.current_timestamp",
}
_ASKS_WITHOUT_ARGUMENT = {"time.localtime", "time.gmtime", "time.ctime", "time.asctime"}
_BROAD = {"Exception", "BaseException"}

Names = dict[str, str]
Offence = Callable[[ast.AST, Names], str | None]


def clock_offences(known: Sequence[Module]) -> list[str]:
    """Every place outside the clock that asks what time it is; time.monotonic is no clock."""
    return list(_offences(known, CLOCK, _asks_the_time))


def except_offences(known: Sequence[Module]) -> list[str]:
    """Every handler, outside the list above, that would catch mistakes of our own."""
    return list(_offences(known, CATCHES_ALL, _catches_all))


def print_offences(known: Sequence[Module]) -> list[str]:
    """Every print() outside the commands: what a running monitor has to say goes to its log."""
    silent = [module for module in known if not _may_print(module.name)]
    return list(_offences(silent, set(), _prints))


def _offences(known: Sequence[Module], allowed: set[str], offence: Offence) -> Iterator[str]:
    for module in known:
        if module.name in allowed:
            continue
        names = bound_names(module.tree)
        for node in ast.walk(module.tree):
            said = offence(node, names)
            if said:
                yield f"{module.file}:{getattr(node, 'lineno', 0)}: {said}"


def _may_print(module: str) -> bool:
    return any(module == one or module.startswith(f"{one}.") for one in PRINTS)


def _asks_the_time(node: ast.AST, names: Names) -> str | None:
    if isinstance(node, ast.Name | ast.Attribute):
        asked = dotted(node, names)
        if asked in _ASKS_THE_TIME:
            return f"{asked}: take the time from the injected Clock"
    elif isinstance(node, ast.Call) and not node.args and not node.keywords:
        asked = dotted(node.func, names)
        if asked in _ASKS_WITHOUT_ARGUMENT:
            return f"{asked}(): take the time from the injected Clock"
    return None


def _catches_all(node: ast.AST, names: Names) -> str | None:
    if isinstance(node, ast.ExceptHandler):
        if node.type is None:
            return "bare except: name the exceptions"
        kinds = node.type.elts if isinstance(node.type, ast.Tuple) else [node.type]
    elif isinstance(node, ast.Call) and dotted(node.func, names) == "contextlib.suppress":
        kinds = node.args
    else:
        return None
    broad = [kind for kind in kinds if dotted(kind, names) in _BROAD]
    return "catches every exception: name the ones that can happen" if broad else None


def _prints(node: ast.AST, names: Names) -> str | None:
    is_print = isinstance(node, ast.Call) and dotted(node.func, names) == "print"
    return "print(): write to the log instead" if is_print else None
