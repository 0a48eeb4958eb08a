"""From conditions to formulas over axes, for one ruleset: which axes there are, and the values that tell them apart.

Choices and yes_no have their declared values. A number has one value for each stretch between the bounds that the
ruleset compares it with. Tests on one instant share an axis, as do counts of one event. What cannot be told apart in
this way (patterns, linked tickets, tests that must have held for a span) is a question of its own that may come out
either way, so that nothing is called impossible that is not; `assumed` says in the author's words which those are.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from decimal import Decimal
from itertools import combinations, product
from typing import Final

from casewarden.analysis.formula import (
    FALSE,
    TRUE,
    And,
    Atom,
    Formula,
    Judged,
    Negated,
    Or,
    Truths,
)
from casewarden.decide.explain.words import Words
from casewarden.decide.tests import value_test
from casewarden.decide.trilean import Trilean
from casewarden.ruleset import catalogue
from casewarden.ruleset.constraints import World
from casewarden.ruleset.syntax import FieldType, Ruleset
from casewarden.ruleset.terms import (
    All,
    Any,
    Bounds,
    Condition,
    Duration,
    FactTest,
    Happened,
    Has,
    InstantOf,
    Is,
    Known,
    LinksTest,
    Not,
    SameAs,
    Since,
    Test,
    Unit,
    Until,
    Value,
)
from casewarden.ruleset.walk import conditions, leaves

OTHER: Final = "something else"
MOST_MEMBERS: Final = 5
_MINUTES: Final = {Unit.MINUTES: 1, Unit.HOURS: 60, Unit.DAYS: 1, Unit.WEEKS: 7}
_PLAIN_TYPES: Final = (FieldType.INTEGER, FieldType.NUMBER, FieldType.DURATION)


class Space:
    """The axes of one ruleset, made as conditions need them.

    `values`: the values of each axis, unknown (None) last. `assumed`: the axes that only stand for a test, with its
    words. `ages`: the axes that say where now lies, by their instant; `counts`: how often something happened.
    """

    def __init__(self, ruleset: Ruleset) -> None:
        self.ruleset = ruleset
        self.words = Words(ruleset)
        self.values: dict[str, tuple[Value | None, ...]] = {}
        self.assumed: dict[str, str] = {}
        self.shown: dict[str, Callable[[Value | None], str]] = {}
        self._domains = World.of(ruleset).domains
        self._named: Mapping[str, Iterable[str]] = {
            "case.type": ruleset.intake,
            "case.channel": ruleset.channels,
            "case.close_reason": ruleset.close_reasons,
            "case.assigned_to": ruleset.people,
        }
        self._constants: dict[str, set[Value]] = {}
        self._spans: dict[str, set[int]] = {}
        self._times: dict[str, int] = {}
        for _, _, condition in conditions(ruleset):
            for leaf in leaves(condition):
                self._collect(leaf)

    # -- the constants that tell values apart

    def _collect(self, leaf: Condition) -> None:
        match leaf:
            case FactTest(path, test):
                self._constants.setdefault(path.text, set()).update(_constants(test))
            case LinksTest(kind, count=count) if count is not None:
                self._constants.setdefault(f"links.{kind}", set()).update(_constants(count))
            case Since(instant, span):
                self._spans.setdefault(_age(instant, span), set()).add(_length(span))
            case Until(instant, span):
                self._spans.setdefault(_age(instant, span), set()).add(-_length(span))
            case Happened(times=times):
                key = self._count_axis(leaf)
                self._times[key] = max(self._times.get(key, 0), times)
            case _:
                pass

    # -- formulas

    def formula(self, condition: Condition, within: frozenset[str] = frozenset()) -> Formula:
        """The condition over axes; guards and the scope are what their own conditions say."""
        match condition:
            case All(parts):
                return And(tuple(self.formula(part, within) for part in parts))
            case Any(parts):
                return Or(tuple(self.formula(part, within) for part in parts))
            case Not(part):
                return Negated(self.formula(part, within))
            case FactTest():
                return self._fact(condition, within)
            case LinksTest():
                return self._links(condition)
            case Happened():
                axis = self._count_axis(condition)
                self.values.setdefault(axis, (*range(self._times[axis] + 1), None))
                words = self.words.leaf(replace(condition, times=1))
                self.shown.setdefault(axis, lambda value: f"{words} {value} times")
                times = condition.times
                return self._atom((axis,), lambda value: None if value is None else value >= times)
            case Since(instant, span, reached):
                return self._threshold(instant, span, _length(span), reached)
            case Until(instant, span, near):
                return self._threshold(instant, span, -_length(span), near)

    def _fact(self, leaf: FactTest, within: frozenset[str]) -> Formula:
        path, test = leaf.path.text, leaf.test
        if leaf.held is not None:
            inner = self._fact(replace(leaf, held=None), within)
            return And((inner, Or((Negated(inner), self._assume(leaf, (True, False))))))
        if leaf.path.root == "guard":
            return self._state(test, self._guard(path.partition(".")[2], within), "forbids")
        if path == "case.scope" and self.ruleset.scope and "scope" not in within:
            reasons = [self.formula(reason.when, within | {"scope"}) for reason in self.ruleset.scope.values()]
            return self._state(test, Judged(Or(tuple(reasons))), "out")
        if path == "now":
            return self._assume(leaf, (True, False))
        return self._on_value(leaf, path, test)

    def _on_value(self, leaf: FactTest, path: str, test: Test) -> Formula:
        axis = self.axis(path)
        if isinstance(test, SameAs):
            other = self.axis(test.path.text)
            if self._is_exact(path) and self._is_exact(test.path.text):
                return self._atom((axis, other), _same)
            return self._guess(leaf, (axis, other))
        if isinstance(test, Known) or self._can_tell(path, test):
            return self._atom((axis,), value_test(test))
        return self._guess(leaf, (axis,))

    def _guess(self, leaf: FactTest, axes: tuple[str, ...]) -> Formula:
        """A test whose outcome the values do not tell: either, where all of them are known."""
        free = self._assume(leaf, (True, False))

        def ask(outcome: Value | None, *values: Value | None) -> Trilean:
            return None if None in values else bool(outcome)

        return self._atom((*free.axes, *axes), ask)

    def _guard(self, name: str, within: frozenset[str]) -> Formula:
        guard = self.ruleset.guards.get(name)
        if guard is None or name in within:
            return self._atom(
                (self.axis(f"guard.{name}"),), lambda value: None if value is None else value == "forbids"
            )
        return self.formula(guard.condition, within | {name})

    def _state(self, test: Test, holds: Formula, word: str) -> Formula:
        """A test on one of two words, of which the one stands where the formula is true, the other where it is not."""
        match test:
            case Is(values, negated):
                other = any(value != word for value in values)
                yes, no = (word in values) is not negated, other is not negated
                if yes == no:
                    return Or((holds, Negated(holds))) if yes else And((holds, Negated(holds)))
                return holds if yes else Negated(holds)
            case Known(wanted):
                return Judged(holds, TRUE | FALSE if wanted else ~(TRUE | FALSE))
            case _:
                return Or((holds, Negated(holds)))

    def _links(self, leaf: LinksTest) -> Formula:
        axis = f"links.{leaf.kind}"
        if axis not in self.values:
            numbers = {value for value in self._constants.get(axis, ()) if isinstance(value, int)} | {0, 1}
            self.values[axis] = tuple(sorted({near for n in numbers for near in (n - 1, n, n + 1) if near >= 0}))
        parts: list[Formula] = []
        if leaf.count is not None:
            parts.append(self._atom((axis,), value_test(leaf.count)))
        if leaf.some or leaf.every:
            free = self._assume(replace(leaf, none=(), count=None), (True, False, None))
            parts.append(self._atom((*free.axes, axis), lambda truth, count: truth if count else False))
        if leaf.none:
            free = self._assume(replace(leaf, some=(), every=(), count=None), (True, False, None))
            parts.append(self._atom((*free.axes, axis), lambda truth, count: truth if count else True))
        return And(tuple(parts))

    def _threshold(self, instant: InstantOf, span: Duration, at: int, reached: bool) -> Formula:
        axis = _age(instant, span)
        if axis not in self.values:
            steps = sorted(self._spans[axis])
            self.values[axis] = (*steps, steps[0] - 1, None)
            what = f"{instant.moment.value}: {instant.name}"
            unit = "minutes" if span.unit in (Unit.MINUTES, Unit.HOURS) else "days"
            self.shown[axis] = lambda value: _age_words(what, value, f"{span.calendar} {unit}")
        return self._atom((axis,), lambda age: None if age is None else (age >= at) is reached)

    def _count_axis(self, leaf: Happened) -> str:
        return f"happened {self.words.leaf(replace(leaf, times=1))}"

    def _assume(self, leaf: Condition, outcomes: tuple[bool | None, ...]) -> Atom:
        words = self.words.condition(leaf)
        axis = f"whether {words}"
        self.values.setdefault(axis, outcomes)
        self.assumed[axis] = words
        return self._atom((axis,), lambda outcome: None if outcome is None else bool(outcome))

    def _atom(self, axes: tuple[str, ...], ask: Callable[..., Trilean]) -> Atom:
        possible = Truths(0)
        for number, values in enumerate(product(*(self.values[axis] for axis in axes))):
            if number > 1000:
                possible = TRUE | FALSE | Truths.UNKNOWN
                break
            possible |= Truths.of(ask(*values))
        return Atom(axes, ask, possible)

    # -- values

    def axis(self, path: str) -> str:
        """The axis of a path, with its values."""
        if path not in self.values:
            self.values[path] = tuple(self._values(path))
        return path

    def known(self, path: str) -> list[Value]:
        """The values that stand for known ones at a path."""
        return [value for value in self.values[self.axis(path)] if value is not None]

    def _values(self, path: str) -> Iterable[Value | None]:
        domain = self._ordered(path)
        kind = self.words.type_of(path)
        constants = self._constants.get(path, set())
        if domain is not None:
            return domain if path.startswith("clock.") else (*domain, None)
        if path in self._named:
            return (*self._named[path], OTHER, None)
        if path.startswith("clock.") or kind in _PLAIN_TYPES or path.endswith(".left"):
            whole = kind is not FieldType.NUMBER and not path.endswith(".used")
            return (*_stretches({value for value in constants if isinstance(value, int | Decimal)}, whole=whole), None)
        if kind is FieldType.SET:
            return (*_subsets(_members(constants)), None)
        texts = sorted(value for value in constants if isinstance(value, str))
        return (*texts, OTHER, None)

    def _ordered(self, path: str) -> tuple[Value, ...] | None:
        """The declared values of a path, in the order of the file; None where there is no closed list."""
        plain = path.removesuffix(".proposed")
        domain = self._domains.get(plain)
        if not domain:
            return None
        declared = self.ruleset.fields.get(plain)
        orders: list[Iterable[Value]] = [
            declared.of if declared is not None else (),
            self.ruleset.severity.levels if self.ruleset.severity is not None else (),
            self.ruleset.plans,
            catalogue.GIVEN_PATHS[plain][1] if plain in catalogue.GIVEN_PATHS else (),
            catalogue.CLOCK_STATES,
            (True, False),
        ]
        chosen = next((tuple(order) for order in orders if frozenset(order) == domain), None)
        return chosen or tuple(sorted(domain, key=str))

    def _is_exact(self, path: str) -> bool:
        return self._ordered(path) is not None

    def _can_tell(self, path: str, test: Test) -> bool:
        """Whether the values of the path's axis tell how the test comes out."""
        match test:
            case Is() | Bounds():
                return self.words.type_of(path) not in (FieldType.SET, FieldType.INSTANT)
            case Has():
                return len(_members(self._constants.get(path, set()))) <= MOST_MEMBERS
            case _:
                return False

    # -- words

    def case(self, case: Mapping[str, Value | None]) -> str:
        """A case in the author's words."""
        facts = [f"{axis}: {self._value(axis, case[axis])}" for axis in case if self._is_fact(axis)]
        more = [self.shown[axis](case[axis]) for axis in case if axis in self.shown]
        more += [
            f"`{words}` {'not known' if case[axis] is None else 'true' if case[axis] else 'not true'}"
            for axis, words in self.assumed.items()
            if axis in case
        ]
        return " with ".join(part for part in (f"{{{', '.join(facts)}}}" if facts else "", " and ".join(more)) if part)

    def _is_fact(self, axis: str) -> bool:
        return axis not in self.assumed and axis not in self.shown

    def _value(self, path: str, value: Value | None) -> str:
        if value is None:
            return "unknown"
        return str(value) if path.startswith("links.") else self.words.value(path, value)


def _constants(test: Test) -> Iterable[Value]:
    match test:
        case Is(values):
            return values
        case Bounds(low, high, above, below):
            return [bound for bound in (low, high, above, below) if bound is not None]
        case Has(values=members):
            return [tuple(members)]
        case _:
            return ()


def _members(constants: Iterable[Value]) -> list[str]:
    return sorted({member for value in constants if isinstance(value, tuple) for member in value})


def _subsets(members: list[str]) -> Iterable[tuple[str, ...]]:
    """All sets of the members, small ones first; of too many members only the empty one, which then tells nothing."""
    sizes = range(len(members) + 1) if len(members) <= MOST_MEMBERS else range(1)
    return [chosen for size in sizes for chosen in combinations(members, size)]


def _stretches(constants: Iterable[int | Decimal], *, whole: bool) -> list[Value]:
    """One number for each constant and each stretch before, between and after them."""
    steps = sorted(set(constants))
    if not steps:
        return [1 if whole else Decimal(1)]
    found: list[Value] = [steps[0] - 1]
    for number, following in zip(steps, [*steps[1:], None], strict=True):
        found.append(number)
        if following is None:
            found.append(number + 1)
        elif not whole:
            found.append((Decimal(number) + Decimal(following)) / 2)
        elif following - number > 1:
            found.append(int(number) + 1)
    return found


def _same(left: Value | None, right: Value | None) -> Trilean:
    return None if left is None or right is None else left == right


def _age(instant: InstantOf, span: Duration) -> str:
    """The axis of where now lies against an instant; spans that cannot be compared have axes of their own."""
    sort = "minutes" if span.unit in (Unit.MINUTES, Unit.HOURS) else "days"
    return f"age of {instant.moment.value} {instant.name} in {span.calendar} {sort}"


def _length(span: Duration) -> int:
    return span.count * _MINUTES[span.unit]


def _age_words(what: str, value: Value | None, unit: str) -> str:
    if not isinstance(value, int):
        return f"`{what}` not known"
    return f"`{what}` {abs(value)} {unit} {'ago' if value >= 0 else 'ahead'}"
