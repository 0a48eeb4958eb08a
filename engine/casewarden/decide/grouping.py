"""Rules that ask for values of one path, put together: one look at the value spares the tests of all the others."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from casewarden.ruleset.terms import All, Condition, FactTest, Is, Leaf, Value

FEWEST = 2  # rules for which a group is worth it
MOST_VALUES = 3  # a rule that accepts more values of a path would stand in too many places

Indexed = tuple[int, Condition]
IsPlain = Callable[[Leaf], bool]


@dataclass(frozen=True, slots=True)
class Group:
    """The rules that can be true only with certain values of a path, and what is left to ask for each value."""

    path: str
    left: Mapping[Value, tuple[Indexed, ...]]


def grouped(conditions: Sequence[Indexed], is_plain: IsPlain) -> tuple[list[Group], list[Indexed]]:
    """Return groups, each of the path that most of the conditions then left over share, and those in no group."""
    tests = {index: _equalities(condition, is_plain) for index, condition in conditions}
    whole = dict(conditions)
    groups: list[Group] = []
    while True:
        counts: dict[str, int] = {}
        for index in whole:
            for path in tests[index]:
                counts[path] = counts.get(path, 0) + 1
        path = max(counts, key=lambda one: counts[one], default="")  # the first of equals: no matter which
        if counts.get(path, 0) < FEWEST:
            return groups, list(whole.items())
        left: dict[Value, tuple[Indexed, ...]] = {}
        for index in [index for index in whole if path in tests[index]]:
            leaf = tests[index][path]
            rest = All(tuple(part for part in _parts(whole.pop(index)) if part is not leaf))
            assert isinstance(leaf.test, Is)
            for value in dict.fromkeys(leaf.test.values):
                left[value] = (*left.get(value, ()), (index, rest))
        groups.append(Group(path, left))


def _parts(condition: Condition) -> tuple[Condition, ...]:
    return condition.parts if isinstance(condition, All) else (condition,)


def _equalities(condition: Condition, is_plain: IsPlain) -> dict[str, FactTest]:
    """The tests without which the condition is not true and that name few values, one for each path."""
    found: dict[str, FactTest] = {}
    for part in _parts(condition):
        match part:
            case FactTest(test=Is(values, negated=False)) if len(set(values)) <= MOST_VALUES and is_plain(part):
                found.setdefault(part.path.text, part)
            case _:
                pass
    return found
