"""The part of JQL that tests fields of an issue: comparisons joined by AND."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from casewarden.importing.fate import Left
from casewarden.importing.jira.words import JiraWords
from casewarden.importing.written import Data

_LONGEST: Final = 5_000
_TOKEN: Final = re.compile(r'\s*("(?:[^"\\]|\\.)*"|\'(?:[^\'\\]|\\.)*\'|[()=,]|!=|[<>~!]=?|[^\s()=,!<>~"\']+)')
_FIELD: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_ \[\]]*|cf\[[0-9]{1,15}\]")


@dataclass(frozen=True, slots=True)
class Clause:
    """One comparison as it is written, and what it means."""

    text: str
    meaning: Data | Left


def clauses(jql: str, words: JiraWords) -> list[Clause]:
    """The comparisons of a query; one that is more than comparisons joined by AND is left as a whole."""
    plain = re.split(r"(?i)\border\s+by\b", jql[: _LONGEST + 1])[0].strip()
    if len(jql) > _LONGEST or not plain:
        return [Clause(jql, Left("the query is empty" if not plain else f"it has more than {_LONGEST:,} characters"))]
    tokens = _tokens(plain)
    if tokens is None or any(token.casefold() in ("or", "not", "was", "changed") for token in _joints(tokens)):
        why = "only comparisons joined by AND can be taken over"
        return [Clause(plain, Left(why, "write it as a condition with `all`, `any` and `not`"))]
    return [Clause(" ".join(part), _meaning(part, words)) for part in _split(tokens)]


def _tokens(text: str) -> list[str] | None:
    found: list[str] = []
    at = 0
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None:
            return None if text[at:].strip() else found
        found.append(match[1])
        at = match.end()
    return found


def _joints(tokens: list[str]) -> Iterator[str]:
    """The tokens that are words of the query; `not` before `in` and after `is` belongs to a comparison."""
    for number, token in enumerate(tokens):
        after = tokens[number + 1].casefold() if number + 1 < len(tokens) else ""
        before = tokens[number - 1].casefold() if number else ""
        if token.casefold() != "not" or (after != "in" and before != "is"):
            yield token


def _split(tokens: list[str]) -> Iterator[list[str]]:
    part: list[str] = []
    for token in tokens:
        if token.casefold() == "and":
            yield part
            part = []
        else:
            part.append(token)
    yield part


def _meaning(part: list[str], words: JiraWords) -> Data | Left:
    lowered = [token.casefold() for token in part]
    operator = next((n for n, token in enumerate(lowered) if token in ("=", "!=", "in", "not", "is")), None)
    if not operator:
        return Left("only `=`, `!=`, `in` and `is EMPTY` can be taken over", "a condition of your own")
    field = _bare(" ".join(part[:operator]))
    field = re.sub(r"^cf\[([0-9]+)\]$", r"customfield_\1", field)
    rest, sign = part[operator + 1 :], lowered[operator]
    if not _FIELD.fullmatch(field) or field.casefold().startswith("statuscategory"):
        return Left("there is no such field here", "a condition on `case.status`")
    if sign == "is":
        return _emptiness(field, [token.casefold() for token in rest], words)
    negated = sign in ("!=", "not")
    if sign == "not":
        rest = rest[1:]
    values = [_bare(token) for token in rest if token not in ("(", ")", ",")]
    if not values or any("(" in token for token in rest[1:-1]) or (len(values) > 1 and rest[0] != "("):
        return Left("it compares with a function, or with nothing")
    if [value.casefold() for value in values] in (["empty"], ["null"]):
        return _emptiness(field, ["not", "empty"] if negated else ["empty"], words)
    return words.equality(field, values, negated=negated)


def _emptiness(field: str, rest: list[str], words: JiraWords) -> Data | Left:
    if rest not in (["empty"], ["null"], ["not", "empty"], ["not", "null"]) or field.casefold() == "status":
        return Left("only EMPTY and not EMPTY are known after `is`")
    found = words.path(field)
    if found is None:
        return Left("the mapping gives it another type")
    return {found[0]: {"known": "yes" if rest[0] == "not" else "no"}}


def _bare(token: str) -> str:
    return re.sub(r"\\(.)", r"\1", token[1:-1]) if token[:1] in ("'", '"') and len(token) > 1 else token
