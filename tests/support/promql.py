"""What a query of Prometheus asks for: its metrics, with the labels that it matches, and the labels that it groups by.

A reader of as much of PromQL as alerts and dashboards use, so that both can be held against the metrics that there are
where promtool is not at hand.
"""

import re
from dataclasses import dataclass, field

_TOKEN = re.compile(
    r"""(?x)
    (?P<space>\s+|\#[^\n]*) |
    (?P<string>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*') |
    (?P<range>\[[^\]]*\]) |
    (?P<number>\d+(?:\.\d+)?(?:e[+-]?\d+)?(?:ms|[smhdwy])?) |
    (?P<name>[a-zA-Z_][a-zA-Z0-9_:]*) |
    (?P<sign>=~|!~|!=|==|>=|<=|[-+*/%^(){},=<>])
    """
)
_GROUPING = {"by", "without", "on", "ignoring", "group_left", "group_right"}
_OPERATORS = {"and", "or", "unless", "bool", "offset", "inf", "nan"}
FUNCTIONS = {
    *("sum", "max", "min", "avg", "count", "topk", "rate", "increase", "histogram_quantile", "time", "absent"),
    *("predict_linear", "clamp_min", "max_over_time", "clamp_max", "changes"),
}


@dataclass(frozen=True, slots=True)
class Selector:
    """A metric as it is asked for, with its matchers: label, operator, text."""

    metric: str
    matchers: tuple[tuple[str, str, str], ...] = ()


@dataclass(slots=True)
class Query:
    """What a query asks for. `grouped` are the labels after `by`, `on` and their like."""

    selectors: list[Selector] = field(default_factory=list)
    grouped: set[str] = field(default_factory=set)


def read_query(text: str) -> Query:
    """Read a query; ValueError for what is none."""
    tokens = _tokens(text)
    query = Query()
    depth = 0
    at = 0
    while at < len(tokens):
        kind, word = tokens[at]
        following = tokens[at + 1][1] if at + 1 < len(tokens) else ""
        if kind == "name" and word.lower() in _GROUPING:
            names, at = _list(tokens, at + 1)
            query.grouped |= names
            continue
        if kind == "name" and word.lower() not in _OPERATORS:
            if following == "{":
                matchers, at = _matchers(tokens, at + 2)
                query.selectors.append(Selector(word, matchers))
                continue
            if following == "(" or (following in _GROUPING and word in FUNCTIONS):
                if word not in FUNCTIONS:
                    raise ValueError(f"{word} is no function that is known here: {text}")
            else:
                query.selectors.append(Selector(word))
        depth += (word == "(") - (word == ")")
        if depth < 0:
            raise ValueError(f"a bracket too many: {text}")
        at += 1
    if depth:
        raise ValueError(f"a bracket is not closed: {text}")
    return query


def _tokens(text: str) -> list[tuple[str, str]]:
    found, at = [], 0
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None:
            raise ValueError(f"this is no query from here on: {text[at:]}")
        at = match.end()
        if match.lastgroup not in (None, "space"):
            found.append((str(match.lastgroup), match.group()))
    return found


def _list(tokens: list[tuple[str, str]], at: int) -> tuple[set[str], int]:
    """The names in brackets from here, if there are any, and where it goes on."""
    if at >= len(tokens) or tokens[at][1] != "(":
        return set(), at
    end = next(number for number in range(at, len(tokens)) if tokens[number][1] == ")")
    return {word for kind, word in tokens[at:end] if kind == "name"}, end + 1


def _matchers(tokens: list[tuple[str, str]], at: int) -> tuple[tuple[tuple[str, str, str], ...], int]:
    found = []
    while tokens[at][1] != "}":
        (kind, label), (_, operator), (quoted, text) = tokens[at : at + 3]
        if kind != "name" or quoted != "string" or operator not in ("=", "!=", "=~", "!~"):
            raise ValueError(f"no matcher: {label} {operator} {text}")
        found.append((label, operator, text[1:-1]))
        at += 3
        if tokens[at][1] == ",":
            at += 1
    return tuple(found), at + 1
