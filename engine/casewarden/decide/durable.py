"""Static fact tests by the durable library, as a second matcher beside the generated function.

The library is used in one narrow pattern that was found to be sound: each case is one fact of whole numbers, asserted,
fired and retracted in a process of its own (durable_worker.py). Texts and choices go in as their numbers in a table,
so that nothing depends on how the library compares texts. A field that is not known is left out: no test on it fires,
which is what Kleene's unknown asks of a rule. What the library would get wrong (negation, sets, patterns, fractions,
comparing two fields, whether a field is known) is worked out before and goes in as a field of its own, 1 or 0, or not
at all while it is unknown. What depends on time, on events or on other records is refused, with rule, leaf and reason.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final, Self

from casewarden.decide.codegen import leaves_of
from casewarden.decide.durable_pattern import Encoding, Expression, Facts
from casewarden.decide.durable_worker import SENTINEL, DurableError, Worker, is_installed
from casewarden.decide.enforced import enforced
from casewarden.decide.explain.words import Words
from casewarden.ruleset.diagnostics import Place
from casewarden.ruleset.syntax import Rule, Ruleset
from casewarden.ruleset.terms import (
    Condition,
    FactTest,
    Happened,
    InHours,
    Leaf,
    LinksTest,
    SameAs,
    Since,
    Until,
)

RULES_A_SHARD: Final = 50
TESTS_A_SHARD: Final = 200  # the library hangs for good somewhere above 500 distinct ones
STATIC_ROOTS: Final = ("case", "customer", "contract", "service")


@dataclass(frozen=True, slots=True)
class Refusal:
    """What the matcher cannot hold: the leaf in the author's words (None: the rule as a whole), and why."""

    rule: str
    leaf: str | None
    reason: str
    place: Place

    def __str__(self) -> str:
        return f"{self.place}: rule `{self.rule}`{'' if self.leaf is None else f', `{self.leaf}`'}: {self.reason}"


class NotHeldError(Exception):
    """The matcher cannot hold these rules; `refusals` says which leaves, and why."""

    def __init__(self, refusals: Sequence[Refusal]) -> None:
        self.refusals = tuple(refusals)
        lines = "\n".join(f"  {refusal}" for refusal in self.refusals)
        super().__init__(f"the durable matcher cannot hold these rules:\n{lines}")


def refusals(ruleset: Ruleset, rules: Iterable[str] | None = None) -> list[Refusal]:
    """Return what the matcher cannot hold of these rules (of all), in the order of the file."""
    found: list[Refusal] = []
    words = Words(ruleset)
    for rule in _chosen(ruleset, rules):
        if rule.when is None or rule.each is not None:
            found.append(_whole(rule, "it waits for events, and the library's events are not used"))
        elif rule.about != "case":
            found.append(_whole(rule, f"it is about `{rule.about}`; a matcher is asked about cases"))
        else:
            refused = [(leaf, reason) for leaf in leaves_of(rule.when) if (reason := _refused(leaf, ruleset))]
            for leaf, reason in refused:
                found.append(Refusal(rule.name, words.leaf(leaf), reason, leaf.place or rule.cited.place))
            if not refused and (count := _size(rule.when, ruleset)) > TESTS_A_SHARD:
                found.append(_whole(rule, f"it makes {count} tests; the library is trusted with {TESTS_A_SHARD}"))
    return found


def _whole(rule: Rule, reason: str) -> Refusal:
    return Refusal(rule.name, None, reason, rule.cited.place)


def _chosen(ruleset: Ruleset, rules: Iterable[str] | None) -> list[Rule]:
    wanted = None if rules is None else set(rules)
    known = enforced(ruleset).rules
    if wanted is not None and (missing := wanted - set(known)):
        raise ValueError(f"no such rules: {', '.join(sorted(missing))}")
    return [rule for rule in known.values() if wanted is None or rule.name in wanted]


def _refused(leaf: Leaf, ruleset: Ruleset) -> str | None:
    """Return why a leaf is not a static test on facts of the case, None where it is."""
    match leaf:
        case Happened() | Since() | Until():
            return "it counts events or time"
        case LinksTest():
            return "linked tickets are other records; the library's joins are not used"
        case FactTest(held=held) if held is not None:
            return f"it must hold for {held}, and the library's timers are not used"
        case FactTest(test=InHours()):
            return "open hours depend on time and on the case's calendar"
        case FactTest(path, SameAs(other)):
            return _not_static(path.text, ruleset) or _not_static(other.text, ruleset)
        case FactTest(path=path):
            return _not_static(path.text, ruleset)


def _not_static(path: str, ruleset: Ruleset) -> str | None:
    root = path.partition(".")[0]
    if root not in STATIC_ROOTS:
        return "the engine works it out at the instant of the decision" if root != "now" else "it depends on time"
    declared = ruleset.fields.get(path)
    if declared is not None and declared.fresh_for is not None:
        return f"`{path}` turns stale after {declared.fresh_for}, which no event tells"
    return None


def _size(condition: Condition, ruleset: Ruleset) -> int:
    encoding = Encoding(Words(ruleset))
    encoding.true(condition)
    return len(encoding.tests)


class DurableMatcher:
    """Matches the standing rules of a ruleset (or those named) on the facts of a case, in a process of its own.

    NotHeldError where it cannot hold a rule; DurableError where the library is not installed, and from `matching` where
    it fails. Close it after use. As with everything that starts processes, a script that makes one guards its main part
    by `if __name__ == "__main__"`.
    """

    def __init__(self, ruleset: Ruleset, rules: Iterable[str] | None = None, *, limit: float = 60.0) -> None:
        """`limit`: the seconds after which the library counts as hung, its start included."""
        names = None if rules is None else list(rules)
        refused = refusals(ruleset, names)
        if refused:
            raise NotHeldError(refused)
        if not is_installed():
            raise DurableError(
                "the durable library is not installed: `pip install casewarden[durable]`, on Python 3.11 or 3.12"
            )
        self._rules = [rule.name for rule in _chosen(ruleset, names)]
        self._encoding = Encoding(Words(ruleset))
        shards = self._shards([rule.when for rule in _chosen(ruleset, names) if rule.when is not None])
        self._worker = Worker([json.dumps(shard) for shard in shards], [len(shard) for shard in shards], limit)

    def matching(self, facts: Facts) -> list[str]:
        """Return the names of the rules that are true, in the order of the file.

        Facts are typed values by path, as the engine's state holds them; a path left out, or None, is unknown.
        """
        fired = {int(name[1:]) for name in self._worker.ask(self._encoding.encoded(facts))}
        return [self._rules[index] for index in sorted(fired)]

    def close(self) -> None:
        """End the process."""
        self._worker.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _shards(self, conditions: Sequence[Condition]) -> list[Expression]:
        """Pack the rules into rulesets of a size with which the library is trusted, each with the sentinel."""
        shards: list[Expression] = [{SENTINEL: _rule({SENTINEL: 1})}]
        self._encoding.tests.clear()
        for index, condition in enumerate(conditions):
            before = set(self._encoding.tests)
            expression = self._encoding.true(condition)
            if len(shards[-1]) > RULES_A_SHARD or len(self._encoding.tests) > TESTS_A_SHARD:
                shards.append({SENTINEL: _rule({SENTINEL: 1})})
                self._encoding.tests -= before
                self._encoding.true(condition)
            shards[-1][f"r{index}"] = _rule(expression)
        return shards


def _rule(expression: Expression) -> Expression:
    return {"all": [{"m": expression}]}
