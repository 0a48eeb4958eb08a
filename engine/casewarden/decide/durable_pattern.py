"""Conditions in the pattern in which the durable library is used: tests on whole numbers, joined by and and or."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any as Anything
from typing import Final

from casewarden.decide.durable_worker import SENTINEL
from casewarden.decide.explain.words import Words
from casewarden.decide.tests import value_test
from casewarden.decide.trilean import Trilean
from casewarden.ruleset.syntax import FieldType
from casewarden.ruleset.terms import All, Any, Bounds, Condition, FactTest, Is, Not, SameAs, Value

GREATEST: Final = 1 << 53  # beyond it whole numbers are not exact in all of the library's comparisons
CODED: Final = (FieldType.TEXT, FieldType.CHOICE, FieldType.YES_NO, FieldType.VERSION)
NUMBERED: Final = (FieldType.INTEGER, FieldType.DURATION)

Facts = Mapping[str, Value | None]
Ask = Callable[[Facts], Trilean]
Expression = dict[str, Anything]


@dataclass(slots=True)
class Encoding:
    """Conditions as the library's expressions, and how the fields that they name are filled from facts."""

    words: Words
    tests: set[tuple[str, str, int]] = field(default_factory=set)
    coded: dict[str, dict[Value, int]] = field(default_factory=dict)
    numbered: set[str] = field(default_factory=set)
    derived: dict[FactTest, tuple[str, Ask]] = field(default_factory=dict)
    _names: dict[str, str] = field(default_factory=dict)

    def true(self, condition: Condition) -> Expression:
        """Return the expression that holds when the condition is true."""
        match condition:
            case All(parts):
                return self._joined("$and", [self.true(part) for part in parts])
            case Any(parts):
                return self._joined("$or", [self.true(part) for part in parts])
            case Not(part):
                return self.false(part)
            case FactTest(test=Is(values, negated=False)) if self._fits(condition):
                return self._joined("$or", [self._equal(condition.path.text, value) for value in values])
            case FactTest(test=Bounds()) if self._fits(condition):
                name = self._number(condition.path.text)
                return self._joined("$and", [self._test(sign, name, k) for sign, _, k in _signs(condition.test)])
            case FactTest():
                return self._test("", self._derived(condition), 1)
            case _:
                raise AssertionError(f"{condition} was to be refused")

    def false(self, condition: Condition) -> Expression:
        """Return the expression that holds when the condition is false, which unknown is not."""
        match condition:
            case All(parts):
                return self._joined("$or", [self.false(part) for part in parts])
            case Any(parts):
                return self._joined("$and", [self.false(part) for part in parts])
            case Not(part):
                return self.true(part)
            case FactTest(test=Bounds()) if self._fits(condition):
                name = self._number(condition.path.text)
                return self._joined("$or", [self._test(sign, name, k) for _, sign, k in _signs(condition.test)])
            case FactTest():
                return self._test("", self._derived(condition), 0)
            case _:
                raise AssertionError(f"{condition} was to be refused")

    def encoded(self, facts: Facts) -> str:
        """Return the fields of one case as the rest of a JSON object, `, "p0": 3, "d1": 1`."""
        out: list[tuple[str, int]] = []
        for path, codes in self.coded.items():
            value = facts.get(path)
            if value is not None:
                out.append((self._names[path], codes.get(value, 0)))
        for path in self.numbered:
            number = facts.get(path)
            if isinstance(number, int):
                out.append((self._names[path], max(-GREATEST - 1, min(number, GREATEST + 1))))
        for name, ask in self.derived.values():
            truth = ask(facts)
            if truth is not None:
                out.append((name, int(truth)))
        return "".join(f', "{name}": {number}' for name, number in sorted(out))

    def _fits(self, leaf: FactTest) -> bool:
        """Whether the library compares this itself: equality of coded values, whole numbers that it holds exactly."""
        kind = self.words.type_of(leaf.path.text)
        if kind in CODED:
            return isinstance(leaf.test, Is)
        bounds = leaf.test.values if isinstance(leaf.test, Is) else [k for _, _, k in _signs(leaf.test)]
        return kind in NUMBERED and all(isinstance(k, int) and abs(k) <= GREATEST for k in bounds)

    def _equal(self, path: str, value: Value) -> Expression:
        if self.words.type_of(path) in CODED:
            codes = self.coded.setdefault(path, {})
            return self._test("", self._name(path), codes.setdefault(value, len(codes) + 1))
        assert isinstance(value, int)
        return self._test("", self._number(path), value)

    def _number(self, path: str) -> str:
        self.numbered.add(path)
        return self._name(path)

    def _name(self, path: str) -> str:
        return self._names.setdefault(path, f"p{len(self._names)}")

    def _derived(self, leaf: FactTest) -> str:
        known = self.derived.get(leaf)
        if known is None:
            known = self.derived[leaf] = f"d{len(self.derived)}", _ask(leaf)
        return known[0]

    def _test(self, sign: str, name: str, number: int) -> Expression:
        self.tests.add((sign, name, number))
        return {sign: {name: number}} if sign else {name: number}

    def _joined(self, word: str, parts: list[Expression]) -> Expression:
        if not parts:
            return self._test("", SENTINEL, 1 if word == "$and" else 0)
        return parts[0] if len(parts) == 1 else {word: parts}


def _signs(test: object) -> list[tuple[str, str, int]]:
    """The comparisons of bounds, each with its opposite."""
    if not isinstance(test, Bounds):
        return []
    pairs = (
        ("$gte", "$lt", test.at_least),
        ("$lte", "$gt", test.at_most),
        ("$gt", "$lte", test.more_than),
        ("$lt", "$gte", test.less_than),
    )
    return [(sign, opposite, bound) for sign, opposite, bound in pairs if bound is not None]  # type: ignore[misc]


def _ask(leaf: FactTest) -> Ask:
    path, test = leaf.path.text, leaf.test
    if isinstance(test, SameAs):
        other = test.path.text

        def same(facts: Facts) -> Trilean:
            left, right = facts.get(path), facts.get(other)
            return None if left is None or right is None else left == right

        return same
    on_value = value_test(test)
    return lambda facts: on_value(facts.get(path))
