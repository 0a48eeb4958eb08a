"""What must hold of each path for a condition to be true: enough to see contradictions and what excludes each other.

Only equality, bounds and `known` are looked at; everything else is taken as possible, so that what is found is certain.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final

from casewarden.ruleset import catalogue
from casewarden.ruleset.diagnostics import Place
from casewarden.ruleset.syntax import FieldType, Ruleset
from casewarden.ruleset.terms import (
    All,
    Any,
    Bounds,
    Condition,
    FactTest,
    Happened,
    Is,
    Known,
    LinksTest,
    Not,
    Since,
    Test,
    Until,
    Value,
)

UNKNOWN: Final = "unknown"
"""Stands for a missing value among the values of a path; it is reserved, so no value is spelt so."""

Number = int | Decimal


@dataclass(frozen=True, slots=True)
class Constraint:
    """The values that a path may have: those allowed (None: any) but for the excluded ones, within bounds.

    A bound is the number and whether it is itself left out.
    """

    allowed: frozenset[Value] | None = None
    excluded: frozenset[Value] = frozenset()
    low: tuple[Number, bool] | None = None
    high: tuple[Number, bool] | None = None
    place: Place | None = field(default=None, compare=False)

    @property
    def is_empty(self) -> bool:
        """Whether no value is left."""
        if self.allowed is not None:
            return not self.allowed
        if self.low is None or self.high is None:
            return False
        return self.low[0] > self.high[0] or (self.low[0] == self.high[0] and (self.low[1] or self.high[1]))

    def permits(self, value: Value) -> bool:
        """Whether the path may have this value."""
        if self.allowed is not None and value not in self.allowed:
            return False
        return value not in self.excluded and self._within(value)

    def _within(self, value: Value) -> bool:
        if not isinstance(value, int | Decimal) or isinstance(value, bool):
            return value != UNKNOWN or (self.low is None and self.high is None)
        above = self.low is None or value > self.low[0] or (value == self.low[0] and not self.low[1])
        below = self.high is None or value < self.high[0] or (value == self.high[0] and not self.high[1])
        return above and below

    def both(self, other: "Constraint") -> "Constraint":
        """What satisfies this one and the other."""
        low = max((b for b in (self.low, other.low) if b is not None), default=None)
        high = min((b for b in (self.high, other.high) if b is not None), key=_widest, default=None)
        merged = Constraint(None, self.excluded | other.excluded, low, high, self.place)
        if self.allowed is None and other.allowed is None:
            return merged
        pools = [pool for pool in (self.allowed, other.allowed) if pool is not None]
        pool = frozenset.intersection(*pools)
        return Constraint(frozenset(value for value in pool if merged.permits(value)), place=self.place)

    def either(self, other: "Constraint") -> "Constraint | None":
        """What covers both; None where that says nothing."""
        if self.allowed is not None and other.allowed is not None:
            return Constraint(self.allowed | other.allowed, place=self.place)
        if self.allowed is None and other.allowed is None:
            low = None if self.low is None or other.low is None else min(self.low, other.low)
            high = None if self.high is None or other.high is None else max(self.high, other.high, key=_widest)
            merged = Constraint(None, self.excluded & other.excluded, low, high, self.place)
            return merged if merged.excluded or low or high else None
        listed, free = (self, other) if self.allowed is not None else (other, self)
        excluded = free.excluded - (listed.allowed or frozenset())
        return Constraint(None, excluded, place=self.place) if excluded and not (free.low or free.high) else None


@dataclass(frozen=True, slots=True)
class Never:
    """A part that can never be true: these two places contradict each other about this path."""

    path: str
    place: Place | None
    other: Place | None


def _widest(bound: tuple[Number, bool]) -> tuple[Number, bool]:
    return bound[0], not bound[1]


Constraints = dict[str, Constraint]

MAX_ALTERNATIVES: Final = 32
"""Ways in which a condition can be true that are kept apart; where there are more they are taken as one."""


@dataclass(frozen=True, slots=True)
class Needs:
    """What must hold for a condition to be true: one of the alternatives, and in any case what covers them all."""

    alternatives: tuple[Constraints, ...]
    common: Constraints

    def excludes(self, other: "Needs") -> bool:
        """Whether the two can never hold at once."""
        return all(_contradict(mine, theirs) for mine in self.alternatives for theirs in other.alternatives)


ANYTHING: Final = Needs(({},), {})

Domains = Mapping[str, frozenset[Value]]


@dataclass(frozen=True, slots=True)
class World:
    """What a ruleset says of its paths: the finite domains, and by name what the guards restrain by."""

    domains: Domains
    guards: Mapping[str, Condition]

    @classmethod
    def of(cls, ruleset: Ruleset) -> "World":
        """The world of a ruleset."""
        return cls(_domains(ruleset), {guard.name: guard.condition for guard in ruleset.guards.values()})


def _domains(ruleset: Ruleset) -> dict[str, frozenset[Value]]:
    """The finite domains of all paths that have one."""
    found: dict[str, frozenset[Value]] = {}
    for path, (kind, values) in catalogue.GIVEN_PATHS.items():
        if kind is FieldType.YES_NO:
            found[path] = frozenset({True, False})
        elif values:
            found[path] = frozenset(values)
    levels = frozenset[Value](ruleset.severity.levels) if ruleset.severity else frozenset[Value]()
    found["case.severity"] = found["case.reported_severity"] = levels
    found["case.plan"] = frozenset(ruleset.plans)
    for path, declared in ruleset.fields.items():
        if declared.type is FieldType.YES_NO:
            found[path] = frozenset({True, False})
        elif declared.type is FieldType.CHOICE:
            found[path] = frozenset(declared.of)
    for root, states, names in (
        ("clock", catalogue.CLOCK_STATES, ruleset.clocks),
        ("quota", catalogue.QUOTA_STATES, ruleset.quotas),
        ("channel", catalogue.CHANNEL_STATES, ruleset.channels),
        ("guard", catalogue.GUARD_STATES, ruleset.guards),
    ):
        found.update({f"{root}.{name}": frozenset(states) for name in names})
    return found


def necessary(
    condition: Condition,
    world: World,
    found: Callable[[Never], None] | None = None,
    *,
    at_once: bool = False,
) -> Needs | Never:
    """What must hold of each path for the condition to be true; `found` is told of every part that never can be.

    `at_once` leaves out tests that must have held for a span, so that what is left can change in one round.
    """
    ways = _Walk(world, found, at_once=at_once).walk(condition, wanted=True)
    return ways if isinstance(ways, Never) else Needs(tuple(ways), _cover(ways))


def together(first: Constraints, second: Constraints) -> Constraints | Never:
    """Both at once, or the contradiction between them."""
    result = dict(first)
    for key, constraint in second.items():
        old = result.get(key)
        merged = constraint if old is None else old.both(constraint)
        if merged.is_empty:
            return Never(_shown(key), None if old is None else old.place, constraint.place)
        result[key] = merged
    for key, constraint in result.items():
        link, some, rest = key.partition(" some ")
        if some:
            whole = result.get(f"{link} every {rest.partition(' = ')[0]}")
            if whole is not None and whole.both(constraint).is_empty:
                return Never(_shown(key), whole.place, constraint.place)
    return result


def _contradict(first: Constraints, second: Constraints) -> bool:
    """Whether the two cannot hold together; as `together`, without building what would hold."""
    linked = False
    for key, mine in first.items():
        linked = linked or key.startswith("links.")
        theirs = second.get(key)
        if theirs is None:
            continue
        if mine.allowed is not None and theirs.allowed is not None:
            if mine.allowed.isdisjoint(theirs.allowed):
                return True
        elif mine.both(theirs).is_empty:
            return True
    return linked and isinstance(together(first, second), Never)


def _cover(ways: Sequence[Constraints]) -> Constraints:
    """What holds in each of several alternatives."""
    result: Constraints = {}
    for key in ways[0]:
        merged: Constraint | None = ways[0][key]
        for way in ways[1:]:
            other = way.get(key)
            merged = None if merged is None or other is None else merged.either(other)
        if merged is not None:
            result[key] = merged
    return result


def _shown(key: str) -> str:
    link, some, rest = key.partition(" some ")
    return f"{link}.{rest.partition(' = ')[0]}" if some else key.replace(" every ", ".").removesuffix(" count")


Ways = list[Constraints] | Never


class _Walk:
    """One walk over a condition; negation is pushed down to the tests."""

    def __init__(
        self,
        world: World,
        found: Callable[[Never], None] | None,
        *,
        at_once: bool,
        lenient: bool = False,
        within: frozenset[str] = frozenset(),
    ) -> None:
        """`lenient` asks what must hold for a condition not to be false, as with the guards in `within`."""
        self.world = world
        self.found = found
        self.at_once = at_once
        self.lenient = lenient
        self.within = within

    def walk(self, condition: Condition, *, wanted: bool) -> Ways:
        match condition:
            case All(parts):
                return self._every(parts, wanted) if wanted else self._some(parts, wanted)
            case Any(parts):
                return self._some(parts, wanted) if wanted else self._every(parts, wanted)
            case Not(part):
                return self.walk(part, wanted=not wanted)
            case FactTest(path, test, held, place):
                if held is not None and (self.at_once or self.lenient or not wanted):
                    return [{}]
                single = self._single(path.text, self._of_test(path.text, test, place, wanted=wanted))
                if isinstance(single, Never):
                    return single
                return self._with_guard(path.text, single) if path.root == "guard" else [single]
            case LinksTest():
                links = self._of_links(condition) if wanted else {}
                return links if isinstance(links, Never) else [links]
            case Happened() | Since() | Until():
                return [{}]

    def _with_guard(self, path: str, single: Constraints) -> Ways:
        """The constraint on a guard, and what its `while` then asks of facts: not to be false, or to be false."""
        name = path.partition(".")[2]
        state = single[path].allowed if path in single else None
        condition = self.world.guards.get(name)
        if condition is None or name in self.within or state is None or len(state) != 1:
            return [single]
        forbids = "forbids" in state
        inner = _Walk(self.world, None, at_once=self.at_once, lenient=forbids, within=self.within | {name})
        asked = inner.walk(condition, wanted=forbids)
        return [single] if isinstance(asked, Never) else [{**way, **single} for way in asked]

    def _single(self, key: str, constraint: Constraint | None) -> Constraints | Never:
        if constraint is None:
            return {}
        if constraint.is_empty:
            return self._never(Never(_shown(key), constraint.place, None))
        return {key: constraint}

    def _never(self, never: Never) -> Never:
        if self.found is not None:
            self.found(never)
        return never

    def _every(self, parts: Iterable[Condition], wanted: bool) -> Ways:
        result: list[Constraints] = [{}]
        impossible: Never | None = None
        for part in parts:
            ways = self.walk(part, wanted=wanted)
            if isinstance(ways, Never):
                impossible = impossible or ways
                continue
            if len(result) * len(ways) > MAX_ALTERNATIVES:
                ways = [_cover(ways)]
            merged = [together(one, way) for one in result for way in ways]
            possible = [way for way in merged if not isinstance(way, Never)]
            if possible:
                result = possible
            else:
                first = merged[0]
                assert isinstance(first, Never)
                impossible = impossible or self._never(first)
        return result if impossible is None else impossible

    def _some(self, parts: Iterable[Condition], wanted: bool) -> Ways:
        branches = [self.walk(part, wanted=wanted) for part in parts]
        ways = [way for branch in branches if not isinstance(branch, Never) for way in branch]
        if not ways:
            first = branches[0]
            assert isinstance(first, Never)
            return first
        return ways if len(ways) <= MAX_ALTERNATIVES else [_cover(ways)]

    def _of_test(self, path: str, test: Test, place: Place | None, *, wanted: bool) -> Constraint | None:
        """What the path may be; for a lenient walk unknown is always possible."""
        domain = self.world.domains.get(path)
        unknown = frozenset[Value]({UNKNOWN})
        match test:
            case Is(values, negated):
                named = frozenset[Value](values)
                if negated != wanted:
                    return Constraint(named | unknown if self.lenient else named, place=place)
                if domain is None:
                    return Constraint(None, named if self.lenient else named | unknown, place=place)
                return Constraint((domain | unknown if self.lenient else domain) - named, place=place)
            case Known(right):
                if right != wanted:
                    return Constraint(unknown, place=place)
                return Constraint(domain, unknown, place=place)
            case _ if self.lenient:
                return None
            case Bounds():
                return _within(test, place) if wanted else None
            case _:
                return Constraint(None, unknown, place=place)

    def _of_links(self, test: LinksTest) -> Constraints | Never:
        link = f"links.{test.kind}"
        tests: list[tuple[str, Constraint | None]] = []
        for word in ("every", "some"):
            for name, inner in getattr(test, word):
                constraint = self._of_test(f"{link}.{name}", inner, test.place, wanted=True)
                tail = f" = {inner}" if word == "some" else ""
                tests.append((f"{link} {word} {name}{tail}", constraint))
        if len(test.none) == 1:
            name, inner = test.none[0]
            tests.append((f"{link} every {name}", self._of_none(f"{link}.{name}", inner, test.place)))
        if test.some or test.every:
            tests.append((f"{link} count", Constraint(low=(1, False), place=test.place)))
        if test.count is not None:
            tests.append((f"{link} count", self._of_count(test)))
        result: Constraints = {}
        for key, constraint in tests:
            single = self._single(key, constraint)
            merged = single if isinstance(single, Never) else together(result, single)
            if isinstance(merged, Never):
                return merged if isinstance(single, Never) else self._never(merged)
            result = merged
        return result

    def _of_count(self, test: LinksTest) -> Constraint | None:
        """How many are linked is always known."""
        match test.count:
            case Is(values, negated):
                numbers = frozenset[Value](values)
                return Constraint(None, numbers, place=test.place) if negated else Constraint(numbers, place=test.place)
            case Bounds() as bounds:
                return _within(bounds, test.place)
            case None:
                return None

    def _of_none(self, path: str, test: Test, place: Place | None) -> Constraint | None:
        """What is left where no link passes the test: for values, the others."""
        return self._of_test(path, test, place, wanted=False) if isinstance(test, Is) else None


def _within(bounds: Bounds, place: Place | None) -> Constraint:
    low = None if bounds.at_least is None else (bounds.at_least, False)
    high = None if bounds.at_most is None else (bounds.at_most, False)
    if bounds.more_than is not None:
        low = (bounds.more_than, True)
    if bounds.less_than is not None:
        high = (bounds.less_than, True)
    return Constraint(None, frozenset({UNKNOWN}), low, high, place)
