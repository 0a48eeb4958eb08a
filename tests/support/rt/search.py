"""The two ways in which Request Tracker's REST 2 is asked: a small SQL of its own, and JSON."""

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence

Values = Mapping[str, str | int]
_TOKEN = re.compile(r"\s*(\(|\)|'(?:[^'])*'|!=|>=|<=|=|>|<|[\w.:-]+)")
_COMPARES: dict[str, Callable[[str | int, str | int], bool]] = {
    "=": lambda a, b: a == b,
    "!=": lambda a, b: a != b,
    ">": lambda a, b: a > b,  # type: ignore[operator]  # both are numbers
    ">=": lambda a, b: a >= b,  # type: ignore[operator]
    "<": lambda a, b: a < b,  # type: ignore[operator]
    "<=": lambda a, b: a <= b,  # type: ignore[operator]
}


def numbers_in(query: str, after: str) -> set[int]:
    """The numbers that stand in a query after these words: what is not about them is not worth a closer look.

    Queries here have one level: some of the same kind with OR between them, in brackets, and AND.
    """
    return {int(number) for number in re.findall(re.escape(after) + r"(\d+)", query)}


class WrongQueryError(Exception):
    """A query that is none; the text is what Request Tracker says."""


def by_sql(query: str) -> Callable[[Values], bool]:
    """The condition of a query like `Type = 'Create' AND (id > 5 OR id = 1)`."""
    tokens = [found[1] for found in _TOKEN.finditer(query)]
    rest = iter([*tokens, ""])
    condition, left = _any(rest, next(rest), query)
    if left:
        raise WrongQueryError(f"Wrong query, expecting a AGGREGATOR in '{query}'")
    return condition


def _any(rest: Iterator[str], token: str, query: str) -> tuple[Callable[[Values], bool], str]:
    first, token = _all(rest, token, query)
    parts = [first]
    while token.upper() == "OR":
        part, token = _all(rest, next(rest), query)
        parts.append(part)
    return (lambda values: any(part(values) for part in parts)), token


def _all(rest: Iterator[str], token: str, query: str) -> tuple[Callable[[Values], bool], str]:
    first, token = _one(rest, token, query)
    parts = [first]
    while token.upper() == "AND":
        part, token = _one(rest, next(rest), query)
        parts.append(part)
    return (lambda values: all(part(values) for part in parts)), token


def _one(rest: Iterator[str], token: str, query: str) -> tuple[Callable[[Values], bool], str]:
    if token == "(":  # a bracket
        condition, closing = _any(rest, next(rest), query)
        if closing != ")":
            raise WrongQueryError(f"Incomplete query, last element is not close paren or value in '{query}'")
        return condition, next(rest)
    operator = next(rest)
    if operator not in _COMPARES:
        raise WrongQueryError(f"Wrong query, expecting a OPERATOR in '{query}'")
    value = next(rest)
    if not value:
        raise WrongQueryError(f"Incomplete query, last element (OPERATOR) is not close paren or value in '{query}'")
    wanted: str | int = int(value) if value.isdecimal() else value.strip("'")
    compare = _COMPARES[operator]
    return (lambda values: compare(values.get(token, ""), wanted)), next(rest)


def by_json(query: str) -> Callable[[Values], bool]:
    """The condition of a list of limits; those of one field are joined as the first of them says."""
    limits: Sequence[dict[str, object]] = json.loads(query)

    def holds(values: Values) -> bool:
        by_field: dict[str, list[bool]] = {}
        for limit in limits:
            name, wanted = str(limit["field"]), limit["value"]
            compare = _COMPARES[str(limit.get("operator", "="))]
            assert isinstance(wanted, str | int)
            by_field.setdefault(name, []).append(compare(values.get(name, ""), wanted))
        is_any = any(limit.get("entry_aggregator") == "OR" for limit in limits)
        return all(any(found) if is_any else all(found) for found in by_field.values())

    return holds
