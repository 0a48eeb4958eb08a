"""The digest of a ruleset: SHA-256 over its meaning, blind to comments, layout, notes, and the order of elements."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import fields, is_dataclass, replace
from datetime import date
from decimal import Decimal
from functools import cache
from typing import Any, Final

from casewarden.ruleset.diagnostics import Place
from casewarden.ruleset.syntax import Cited, Ruleset
from casewarden.ruleset.terms import All, Is
from casewarden.ruleset.terms import Any as AnyPart

_LEFT_OUT: Final = frozenset({"digest", "files", "note", "policy", "clauses_file"})
_ORDERED: Final = frozenset({"levels"})


def digest(ruleset: Ruleset, lock: str) -> Ruleset:
    """The ruleset with its digest; `lock` is the content of its lock file, empty without one."""
    text = json.dumps([_canonical(ruleset), lock], ensure_ascii=False, separators=(",", ":"))
    return replace(ruleset, digest=hashlib.sha256(text.encode()).hexdigest())


def meaning(element: object) -> str:
    """What an element says, as text: the same for two that say the same, whatever clauses and remarks they carry."""
    cited = getattr(element, "cited", None)
    if isinstance(cited, Cited) and is_dataclass(element) and not isinstance(element, type):
        element = replace(element, cited=Cited(cited.place, (), cited.interpretations))
    return json.dumps(_canonical(element), ensure_ascii=False, separators=(",", ":"))


def _canonical(value: object) -> Any:
    """JSON that is the same for the same meaning: types are named, mappings sorted where order means nothing."""
    match value:
        case None | bool() | str():
            return str(value) if isinstance(value, str) else value
        case int() | Decimal() | date():
            return [type(value).__name__, str(value.normalize() if isinstance(value, Decimal) else value)]
        case Mapping():
            return [[_canonical(key), _canonical(value[key])] for key in sorted(value, key=str)]
        case frozenset():
            return sorted(_canonical(item) for item in value)
        case tuple() | list():
            return [_canonical(item) for item in value]
        case All(parts) | AnyPart(parts):
            return [type(value).__name__, sorted((_canonical(part) for part in parts), key=str)]
        case Is(values, negated):
            return ["Is", sorted((_canonical(one) for one in values), key=str), negated]
        case _ if is_dataclass(value) and not isinstance(value, type):
            return [type(value).__name__, *(_part(value, name) for name in _parts(type(value)))]
        case _:
            raise TypeError(f"{type(value).__name__} has no canonical form")


@cache
def _parts(kind: type) -> tuple[str, ...]:
    """The fields of a dataclass that carry meaning."""
    return tuple(part.name for part in fields(kind) if part.name not in _LEFT_OUT)


def _part(owner: object, name: str) -> Any:
    value = getattr(owner, name)
    if isinstance(value, Place):
        return None
    if name in _ORDERED and isinstance(value, Mapping):
        return [[key, _canonical(entry)] for key, entry in value.items()]
    return _canonical(value)
