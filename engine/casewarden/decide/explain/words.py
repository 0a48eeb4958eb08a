"""Conditions in the author's words: the language's own syntax, on one line each."""

import json
import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Final

from casewarden.model.instants import iso
from casewarden.ruleset.catalogue import GIVEN_PATHS
from casewarden.ruleset.syntax import FieldType, Ruleset
from casewarden.ruleset.terms import (
    All,
    Any,
    Bounds,
    Condition,
    Contains,
    FactTest,
    Happened,
    Has,
    InHours,
    InstantOf,
    Is,
    Known,
    Leaf,
    LinksTest,
    Matches,
    Not,
    SameAs,
    Since,
    Test,
    Until,
    Value,
)

_PLAIN: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_./+%-]*(?: [A-Za-z0-9][A-Za-z0-9_./+%-]*)*")
_MINUTE: Final = 60_000_000

ValueWords = Callable[[Value], str]


class Words:
    """Renders conditions and values as the ruleset's author would write them; types come from the ruleset."""

    def __init__(self, ruleset: Ruleset) -> None:
        self._types: Mapping[str, FieldType] = {
            **{path: kind for path, (kind, _) in GIVEN_PATHS.items()},
            **{path: field.type for path, field in ruleset.fields.items()},
        }

    def type_of(self, path: str) -> FieldType | None:
        """Return the declared type of a path; None where it has none (a clock, a guard, now)."""
        return self._types.get(path.removesuffix(".proposed"))

    def condition(self, condition: Condition) -> str:
        """Return a condition on one line."""
        match condition:
            case All(parts):
                return f"all: [{', '.join(f'{{{self.condition(part)}}}' for part in parts)}]"
            case Any(parts):
                return f"any: [{', '.join(f'{{{self.condition(part)}}}' for part in parts)}]"
            case Not(part):
                return f"not: {{{self.condition(part)}}}"
            case FactTest() | LinksTest() | Happened() | Since() | Until():
                return self.leaf(condition)

    def leaf(self, leaf: Leaf) -> str:
        """Return a leaf as `KEY: TEST`."""
        match leaf:
            case FactTest(path, test, held):
                if held is None:
                    return f"{path}: {self._test(path.text, test)}"
                inner = self._test(path.text, test, bare=True)
                return f"{path}: {{{inner}, for: {held}}}"
            case LinksTest():
                return f"links.{leaf.kind}: {{{', '.join(self._links(leaf))}}}"
            case Happened():
                return f"happened: {{{', '.join(_happened(leaf))}}}"
            case Since(instant, span, reached):
                return f"since: {{{instant_words(instant)}, {'at_least' if reached else 'less_than'}: {span}}}"
            case Until(instant, span, near):
                return f"until: {{{instant_words(instant)}, {'at_most' if near else 'more_than'}: {span}}}"

    def value(self, path: str, value: Value) -> str:
        """Return a value of the type that stands at a path."""
        if path.endswith(".used") and isinstance(value, int | Decimal) and not isinstance(value, bool):
            return f"{plain_number(Decimal(value) * 100)}%"
        kind = self.type_of(path)
        if isinstance(value, bool):
            return "yes" if value else "no"
        if isinstance(value, tuple):
            return f"[{', '.join(map(scalar, value))}]"
        if isinstance(value, str):
            return scalar(value)
        if kind is FieldType.DURATION:
            return length_words(int(value))
        if kind is FieldType.INSTANT:
            return iso(int(value))
        return plain_number(Decimal(value))

    def _test(self, path: str, test: Test, *, bare: bool = False) -> str:
        """Return a test; `bare` without its braces, and an equality with its `is`."""
        if isinstance(test, Is) and not test.negated and not bare:
            return self._values(path, test)
        text = self._bare_test(path, test)
        return text if bare else f"{{{text}}}"

    def _values(self, path: str, test: Is) -> str:
        rows = [self.value(path, value) for value in test.values]
        return rows[0] if len(rows) == 1 else f"[{', '.join(rows)}]"

    def _bare_test(self, path: str, test: Test) -> str:
        match test:
            case Is():
                return f"{'not' if test.negated else 'is'}: {self._values(path, test)}"
            case Bounds():
                return ", ".join(f"{word}: {self.value(path, bound)}" for word, bound in bounds_of(test))
            case Contains():
                return f"contains: {scalar(test.text)}"
            case Matches():
                return f"matches: {scalar(test.pattern)}"
            case Has():
                return f"{test.mode.value}: [{', '.join(map(scalar, test.values))}]"
            case InHours():
                return f"in_hours: {test.calendar}"
            case SameAs():
                return f"same_as: {test.path}"
            case Known():
                return f"known: {'yes' if test.wanted else 'no'}"

    def _links(self, leaf: LinksTest) -> list[str]:
        found = []
        for word, tests in (("some", leaf.some), ("every", leaf.every), ("none", leaf.none)):
            if tests:
                rows = [f"{name}: {self._test(f'links.{leaf.kind}.{name}', test)}" for name, test in tests]
                found.append(f"{word}: {{{', '.join(rows)}}}")
        if leaf.count is not None:
            found.append(f"count: {self._test('', leaf.count)}")
        return found


def _happened(leaf: Happened) -> list[str]:
    found = [f"event: {leaf.event}"]
    if leaf.times != 1:
        found.append(f"times: {leaf.times}")
    if leaf.since is not None:
        found.append(f"since: {{{instant_words(leaf.since)}}}")
    if leaf.in_last is not None:
        found.append(f"in_last: {leaf.in_last}")
    if leaf.apart is not None:
        found.append(f"apart: {leaf.apart}")
    if leaf.different is not None:
        found.append(f"different: {{{leaf.different[0]}: {leaf.different[1]}}}")
    return found


def instant_words(instant: InstantOf) -> str:
    """Return an instant as `last: EVENT`."""
    return f"{instant.moment.value}: {instant.name}"


def bounds_of(test: Bounds) -> list[tuple[str, int | Decimal]]:
    """Return the bounds that are there, by their words."""
    rows = (
        ("at_least", test.at_least),
        ("at_most", test.at_most),
        ("more_than", test.more_than),
        ("less_than", test.less_than),
    )
    return [(word, bound) for word, bound in rows if bound is not None]


def scalar(text: str) -> str:
    """Return a text as a YAML scalar that may stand in braces; quoted where it would be read as something else."""
    return text if _PLAIN.fullmatch(text) else json.dumps(text, ensure_ascii=False)


def plain_number(number: Decimal) -> str:
    """Return a number without an exponent or idle zeros."""
    text = f"{number:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def length_words(microseconds: int) -> str:
    """Return a length as a duration of the language, in hours where they are whole ones."""
    minutes, rest = divmod(microseconds, _MINUTE)
    if rest:
        return f"{plain_number(Decimal(microseconds) / _MINUTE)} minutes"
    count, unit = (minutes // 60, "hour") if minutes and minutes % 60 == 0 else (minutes, "minute")
    return f"{count} {unit}{'' if count == 1 else 's'}"
