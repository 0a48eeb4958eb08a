"""What connectors can do, and what rules do where none can."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import chain, combinations
from typing import Final

from casewarden.ruleset import syntax
from casewarden.ruleset.syntax import Action, Rule, Ruleset

INWARD: Final = frozenset({"classify"})
"""What changes only how a case is seen here: no helpdesk is asked."""
MOST_WAYS: Final = 64
_KINDS: Final[dict[type[Action], str]] = {
    syntax.SetFact: "set",
    syntax.Classify: "classify",
    syntax.Assign: "assign",
    syntax.Tag: "tag",
    syntax.CloseCase: "close",
    syntax.Reopen: "reopen",
    syntax.Reply: "reply",
    syntax.Note: "note",
    syntax.Ask: "ask",
    syntax.Notify: "notify",
    syntax.Publish: "publish",
    syntax.Link: "link",
}

EVERYTHING: Final = frozenset(_KINDS.values())
"""What a sidecar can do that only records what it would do."""


@dataclass(frozen=True, slots=True)
class Instead:
    """A rule that does its `if_unsupported`: the kinds of action that no connector can do, and those it does."""

    rule: str
    lacks: tuple[str, ...]
    does: tuple[str, ...]


def kinds_of(actions: Iterable[Action]) -> set[str]:
    """The kinds of actions, as connectors call them."""
    return {_KINDS[type(action)] for action in actions}


def as_able(ruleset: Ruleset, able: frozenset[str]) -> Ruleset:
    """Return the ruleset in which rules that want what no connector can do have their `if_unsupported` instead."""
    rules = ruleset.rules
    changed = {name: replace(rules[name], then=rules[name].if_unsupported) for name in instead_of(ruleset, able)}
    return replace(ruleset, rules={**ruleset.rules, **changed}) if changed else ruleset


def instead_of(ruleset: Ruleset, able: frozenset[str]) -> dict[str, Instead]:
    """Return, by rule, what those do instead that want what no connector can do and say so."""
    return {
        rule.name: Instead(rule.name, tuple(sorted(lacks)), tuple(sorted(kinds_of(rule.if_unsupported))))
        for rule in ruleset.rules.values()
        if rule.if_unsupported and (lacks := kinds_of(rule.then) - able)
    }


def adapted(ruleset: Ruleset) -> Iterator[Ruleset]:
    """Yield the ruleset as it may have been adapted to connectors that cannot do something, each way once.

    Where rules that say what to do instead want many kinds of action, these are the first ways only.
    """
    wanted = sorted(set().union(*(kinds_of(rule.then) for rule in ruleset.rules.values() if rule.if_unsupported)))
    seen: set[tuple[str, ...]] = set()
    for missing in chain.from_iterable(combinations(wanted, size) for size in range(1, len(wanted) + 1)):
        found = as_able(ruleset, frozenset(wanted).union(_KINDS.values()) - set(missing))
        instead = tuple(name for name, rule in found.rules.items() if rule is not ruleset.rules[name])
        if instead and instead not in seen:
            seen.add(instead)
            yield found
            if len(seen) == MOST_WAYS:
                return


def unable(ruleset: Ruleset, able: frozenset[str]) -> Iterator[tuple[Rule, str]]:
    """Yield the rules that want what no connector can do and say nothing for that case, each with that kind."""
    for rule in as_able(ruleset, able).rules.values():
        for kind in sorted(kinds_of(rule.then) - able):
            yield rule, kind
