"""Rules of equal priority that can want different values of one path at once."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import combinations
from typing import Final

from casewarden.ruleset.constraints import ANYTHING, Needs, Never, World, necessary
from casewarden.ruleset.diagnostics import Diagnostics
from casewarden.ruleset.syntax import (
    Assign,
    Classify,
    CloseCase,
    FromPath,
    Reopen,
    Rule,
    Ruleset,
    SetFact,
    Tag,
)
from casewarden.ruleset.terms import AnyOf, Entry, Is
from casewarden.ruleset.walk import event_term

SMALL: Final = 16
"""Groups up to this size are compared pair by pair."""
MAX_PAIRS: Final = 300_000
"""Pairs compared for one path; beyond that the rules must be told apart by a common test."""


@dataclass(frozen=True, slots=True)
class Write:
    """One rule wanting one value of one path; the value in comparable form."""

    rule: Rule
    needs: Needs
    value: object


def writes(rule: Rule) -> Iterator[tuple[str, object]]:
    """What a rule changes: paths with the value wanted; closing, assigning and tagging are changes of paths too."""
    for action in rule.then:
        match action:
            case SetFact(path, value):
                yield path.text, value
            case Classify():
                yield "case.severity", action
            case CloseCase(reason):
                yield "case.status", "closed"
                yield "case.close_reason", reason
            case Reopen():
                yield "case.status", "open"
            case Assign(person):
                yield "case.assigned_to", person
            case Tag(add, remove):
                for tag in add:
                    yield f"the tag {tag}", True
                for tag in remove:
                    yield f"the tag {tag}", False
            case _:
                pass


def check_conflicts(ruleset: Ruleset, world: World, diagnostics: Diagnostics) -> None:
    """Report each rule that can clash with an earlier one, once for each path."""
    groups: dict[tuple[str, int], list[Write]] = {}
    for rule in ruleset.rules.values():
        needs = needs_of(rule, world)
        if not isinstance(needs, Never):
            for path, value in writes(rule):
                groups.setdefault((path, rule.priority), []).append(Write(rule, needs, value))
    for (path, _), group in groups.items():
        if len({write.value if not isinstance(write.value, list) else None for write in group}) > 1:
            _check_group(ruleset, path, group, diagnostics)


def needs_of(rule: Rule, world: World, *, at_once: bool = False) -> Needs | Never:
    """What must hold for the rule to fire."""
    return ANYTHING if rule.when is None else necessary(rule.when, world, at_once=at_once)


def _check_group(ruleset: Ruleset, path: str, group: list[Write], diagnostics: Diagnostics) -> None:
    told: set[str] = set()
    pairs = 0
    for bucket in _buckets(group, frozenset()):
        for first, second in combinations(bucket, 2):
            pairs += 1
            if pairs > MAX_PAIRS:
                diagnostics.error(
                    "CW210",
                    second.rule.cited.place,
                    f"{len(group)} rules of one priority set `{path}`, too many to compare in pairs",
                    "let each test one common path for its own value, or give them priorities",
                )
                return
            if second.rule.name not in told and _clash(ruleset, first, second):
                told.add(second.rule.name)
                _tell(path, first, second, diagnostics)


def _buckets(group: list[Write], used: frozenset[str]) -> Iterable[list[Write]]:
    """The group in parts outside of which no two of its rules can hold at once: by the value that they test for."""
    if len(group) <= SMALL:
        return [group]
    listed = Counter(
        key
        for write in group
        for key, need in write.needs.common.items()
        if need.allowed is not None and key not in used
    )
    if not listed:
        return [group]
    key = min(listed, key=lambda candidate: (-listed[candidate], candidate))
    free: list[Write] = []
    parts: dict[object, list[Write]] = {}
    for write in group:
        need = write.needs.common.get(key)
        if need is None or need.allowed is None:
            free.append(write)
        else:
            for value in sorted(need.allowed, key=str):
                parts.setdefault(value, []).append(write)
    parts = {value: [*free, *part] for value, part in parts.items()}
    if max(len(part) for part in parts.values()) >= len(group):
        return _buckets(group, used | {key})
    return [bucket for part in parts.values() for bucket in _buckets(part, used | {key})]


def _clash(ruleset: Ruleset, first: Write, second: Write) -> bool:
    if first.rule is second.rule or first.value == second.value:
        return False
    if first.needs.excludes(second.needs):
        return False
    if first.rule.each is not None and second.rule.each is not None:
        return _may_coincide(ruleset, first.rule.each, second.rule.each)
    return True


def _may_coincide(ruleset: Ruleset, first: str, second: str) -> bool:
    """Whether one entry of the history can be both events; what merely falls on one instant is left to the engine."""
    left, right = _entries(ruleset, first), _entries(ruleset, second)
    if left is None or right is None:
        return True
    return any(_overlap(one, other) for one in left for other in right)


def _entries(ruleset: Ruleset, name: str, depth: int = 0) -> list[Entry] | None:
    """The entries that an event stands for, through `any`; None for other events."""
    match event_term(ruleset, name):
        case Entry() as entry:
            return [entry]
        case AnyOf(names) if depth < 8:
            parts = [_entries(ruleset, part, depth + 1) for part in names]
            return None if any(part is None for part in parts) else [entry for part in parts if part for entry in part]
        case _:
            return None


def _overlap(one: Entry, other: Entry) -> bool:
    if not set(one.kinds) & set(other.kinds):
        return False
    theirs = dict(other.tests)
    for name, test in one.tests:
        rival = theirs.get(name)
        if isinstance(test, Is) and isinstance(rival, Is) and not test.negated and not rival.negated:
            actors = name == "by" and not {"customer", "automation"} >= {*test.values, *rival.values}
            if not set(test.values) & set(rival.values) and not (actors and _both_ours(test, rival)):
                return False
    return True


def _both_ours(one: Is, other: Is) -> bool:
    """Whether two different actors can be one person: an agent is also one of the people."""
    outside = {"customer", "automation"}
    return bool(set(one.values) - outside) and bool(set(other.values) - outside)


def _tell(path: str, first: Write, second: Write, diagnostics: Diagnostics) -> None:
    diagnostics.error(
        "CW601",
        second.rule.cited.place,
        f"the rules `{first.rule.name}` and `{second.rule.name}` can hold at once"
        f" and want {_shown(path, first, second)}",
        "give one of them a higher `priority`, or let them test one path for different values",
        [(first.rule.cited.place, f"`{first.rule.name}` has the same priority")],
    )


def _shown(path: str, first: Write, second: Write) -> str:
    if path.startswith("the tag "):
        return f"{path.replace('tag ', 'tag `')}` there and not there"
    return f"`{path}` to be {_value(first.value)} and {_value(second.value)}"


def _value(value: object) -> str:
    match value:
        case FromPath(path):
            return f"what stands at `{path}`"
        case Classify():
            return "what the table gives"
        case bool():
            return "`yes`" if value else "`no`"
        case tuple():
            return f"`[{', '.join(str(one) for one in value)}]`"
        case _:
            return f"`{value}`"
