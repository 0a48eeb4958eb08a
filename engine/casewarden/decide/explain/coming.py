"""What comes next on a case if nothing else happens: when the engine looks again, why, and what comes of it."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain

from casewarden.decide.codegen import leaves_of
from casewarden.decide.compile import Compiled
from casewarden.decide.explain.rule import Onward
from casewarden.decide.explain.tree import Look
from casewarden.decide.state import State
from casewarden.decide.trilean import NEVER
from casewarden.model.decision import ClockState, Decision
from casewarden.ruleset.terms import Becomes, Condition

_MOST_LOOKS = 2_000


@dataclass(frozen=True, slots=True)
class Coming:
    """An instant to come. `reasons` say why the engine looks then, `what` comes of it if nothing else happens."""

    at: int
    reasons: tuple[str, ...]
    what: tuple[str, ...]


def wakeups(look: Look) -> dict[int, list[str]]:
    """Return the instants at which something can change by itself as the case stands, each with its reasons."""
    found: dict[int, list[str]] = {}
    for owner, condition in conditions(look.compiled):
        for leaf in leaves_of(condition):
            _, again = look.ask(leaf, look.state, look.now)
            if look.now < again < NEVER:
                reason = f"{owner}: `{look.words.leaf(leaf)}`"
                reasons = found.setdefault(again, [])
                if reason not in reasons:
                    reasons.append(reason)
    for name in look.compiled.ruleset.clocks:
        for run in look.state.runs(name):
            change = run.next_change(look.now)
            if run.due is not None and run.due > look.now and run.stopped is None:
                found.setdefault(run.due, []).append(f"clock {name} is due")
            elif change is not None:
                found.setdefault(change, []).append(f"clock {name} changes its state")
    for path in look.state.stale_at:
        value, stale = look.state.fact(path, look.now)
        if value is not None and stale < NEVER:
            found.setdefault(stale, []).append(f"{path} turns stale")
    return found


def conditions(compiled: Compiled) -> Iterator[tuple[str, Condition]]:
    """Yield every condition that is asked as time goes by, with whose it is."""
    ruleset = compiled.ruleset
    for rule in compiled.standing:
        if rule.when is not None:
            yield f"rule {rule.name}", rule.when
    for name, term in compiled.events.items():
        if isinstance(term, Becomes):
            yield f"event {name}", term.condition
    for clock in ruleset.clocks.values():
        if clock.pauses_while is not None:
            yield f"clock {clock.name} (pauses_while)", clock.pauses_while
        if clock.applies_if is not None:
            yield f"clock {clock.name} (applies_if)", clock.applies_if
    for reason in ruleset.scope.values():
        yield f"scope {reason.name}", reason.when


def coming(look: Look, last: Decision, onward: Onward, horizon: int, most: int) -> tuple[Coming, ...]:
    """Return what comes up to `horizon`, at most so many instants: those at which something happens, and the next."""
    reasons = wakeups(look)
    found: list[Coming] = []
    before = last
    for number, decision in enumerate(onward((), horizon)):
        what = tuple(_what(before, decision))
        before = decision
        known = tuple(reasons.get(decision.at, ())) or _of_clocks(look.state, decision.at)
        if what and found and found[-1].at == decision.at:
            found[-1] = Coming(decision.at, found[-1].reasons, (*found[-1].what, *what))
        elif what or not number:
            found.append(Coming(decision.at, known, what))
        if len(found) > most or number > _MOST_LOOKS:
            break
    return tuple(found[:most])


def _of_clocks(state: State, at: int) -> tuple[str, ...]:
    """The clocks that were due right before an instant."""
    names = state.compiled.ruleset.clocks
    return tuple(
        f"clock {name} was due"
        for name in names
        if any(run.due is not None and run.due + 1 == at and run.stopped is None for run in state.runs(name))
    )


def _what(before: Decision, after: Decision) -> Iterator[str]:
    if after.severity != before.severity:
        yield f"severity becomes {after.severity}"
    was = {(one.clock, one.number): one.state for one in before.clocks}
    for one in after.clocks:
        known = was.get((one.clock, one.number))
        if one.state is not known and one.state is not ClockState.WAITING:
            yield f"clock {one.clock} is {one.state.value}"
    acting = {action.rule for action in after.actions}
    for edge in after.edges:
        if edge.rises and not (edge.silent or edge.baseline):
            kinds = ", ".join(action.kind for action in after.actions if action.rule == edge.rule)
            yield f"rule {edge.rule} fires" + (f": {kinds}" if edge.rule in acting else "")
    for row in after.withheld:
        yield f"{row.rule} is held back: {row.why.replace('_', ' ')}, {row.detail}"
    posted = {entry.key for entry in before.ledger}
    for entry in chain(after.ledger):
        if entry.key not in posted or entry.state == "posted":
            yield f"{entry.name} {entry.state}: {entry.arithmetic}"
