"""A case at an instant: severity and why, clocks, what rules did, what comes next, the ledger, what was withheld."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from casewarden.decide.compile import Compiled
from casewarden.decide.engine import decide
from casewarden.decide.explain.coming import Coming, coming
from casewarden.decide.explain.firings import Firing, firings, rows
from casewarden.decide.explain.moments import state_of
from casewarden.decide.explain.readings import Reading, read_linked, read_quota
from casewarden.decide.explain.rule import Onward
from casewarden.decide.explain.sources import Source, source_of
from casewarden.decide.explain.tree import Look, Node
from casewarden.decide.state import State
from casewarden.decide.trilean import Trilean
from casewarden.model.decision import ClockInstance, Decision, LedgerEntry
from casewarden.model.event import Event, Json
from casewarden.model.subject import Subject
from casewarden.ruleset.able import Instead
from casewarden.ruleset.diagnostics import Place
from casewarden.ruleset.terms import All, FactTest, Is, Path

_MOST_COMING = 8


@dataclass(frozen=True, slots=True)
class Row:
    """A row of the severity table as it is now; `tree` its tests. `decides` marks the one that gave the level."""

    number: int
    gives: str
    truth: Trilean
    decides: bool
    tree: Node
    place: Place


@dataclass(frozen=True, slots=True)
class SeverityExplained:
    """The severity in force and whence it comes: person, rule, table, reported, or None while there is none.

    `source` is the event or the rule's decision that set it by hand; `since` when it came into force.
    """

    level: str | None
    label: str | None
    by: str | None
    since: int | None
    source: Source | None
    rows: tuple[Row, ...]
    gap: bool


@dataclass(frozen=True, slots=True)
class RuleDone:
    """A rule that is active now, or that did something: when last, and what."""

    rule: str
    active: bool
    firings: tuple[Firing, ...]


@dataclass(frozen=True, slots=True)
class Held:
    """Something that was not done, as the log keeps it."""

    rule: str
    why: str
    detail: str
    at: int


@dataclass(frozen=True, slots=True)
class CaseExplained:
    """All there is to say of a subject at an instant. `facts` are its readings by path.

    `instead` are the rules that the sidecar has do their `if_unsupported`, by what the connectors of now can do.
    """

    subject: str
    at: int
    zone: str
    events: int
    severity: SeverityExplained | None
    facts: tuple[Reading, ...]
    clocks: tuple[ClockInstance, ...]
    rules: tuple[RuleDone, ...]
    coming: tuple[Coming, ...]
    ledger: tuple[LedgerEntry, ...]
    withheld: tuple[Held, ...]
    alerts: tuple[str, ...]
    excluded: tuple[tuple[str, Node], ...]
    instead: tuple[Instead, ...] = ()


def explain_case(
    compiled: Compiled, subject: Subject, decisions: Sequence[Decision], now: int, onward: Onward, horizon: int
) -> CaseExplained:
    """Explain a subject whose log is known up to `now`; `decisions` are those taken on it so far."""
    last = decide(compiled, subject, now)
    compiled = compiled.about(subject.kind, subject.id)
    events = tuple(event for event in subject.events if event.at <= now)
    state = state_of(compiled, events, now)
    look = Look(compiled, state, events, now)
    return CaseExplained(
        subject.id,
        now,
        state.own_calendar().spec.zone,
        len(events),
        _severity(look),
        _facts(look),
        _clocks(state, now),
        _rules(compiled, state, events),
        coming(look, last, onward, horizon, _MOST_COMING),
        _ledger(events, last),
        _withheld(events),
        tuple(dict.fromkeys(alert.message for decision in decisions for alert in decision.alerts)),
        tuple((name, look.tree(reason.when)) for name, reason in compiled.ruleset.scope.items()),
    )


def _severity(look: Look) -> SeverityExplained | None:
    classifier = look.compiled.classifier
    state = look.state
    if classifier is None:
        return None
    by = classifier.by(state)
    level = state.values.get("case.severity")
    given: str | None = None if level is None else str(level)
    truths = classifier.ask_rows(state, look.now)
    decides = truths.index(True) if by == "table" and True in truths else None
    found = []
    for number, (row, truth) in enumerate(zip(classifier.severity.table, truths, strict=True), start=1):
        tests = tuple(FactTest(Path(path), Is(values)) for path, values in row.when)
        tree = look.tree(tests[0] if len(tests) == 1 else All(tests))
        found.append(Row(number, row.gives, truth, decides == number - 1, tree, row.place))
    by_hand = by in ("person", "rule")
    return SeverityExplained(
        given,
        None if given is None else classifier.severity.levels.get(given),
        by,
        state.severity_history[-1][0] if state.severity_history else None,
        source_of(state, look.events, "case.severity", look.now) if by_hand else None,
        tuple(found),
        state.gap,
    )


def _facts(look: Look) -> tuple[Reading, ...]:
    foreign = look.state.subject.partition(":")[0] not in ("case", "account")  # only those have a plan
    paths = sorted(
        path for path in look.state.values if path != "case.severity" and not (foreign and path.startswith("case."))
    )
    linked = read_linked(look.state, look.events, look.now, look.words)
    return (*(look.reading(path) for path in paths), *linked, *_quotas(look))


def _quotas(look: Look) -> Iterator[Reading]:
    """What the account answered to the case's claims; a quota that the case has no part in is left out."""
    if look.state.subject.startswith("case:"):
        for name in look.compiled.ruleset.quotas:
            if name in look.state.granted:
                yield read_quota(look.state, look.events, f"quota.{name}", look.now, look.words)


def _clocks(state: State, now: int) -> tuple[ClockInstance, ...]:
    found: list[ClockInstance] = []
    for name in state.compiled.ruleset.clocks:
        runs = state.runs(name)
        found += [run.at(now) for run in runs] if runs else [state.compiled.waiting[name]]
    return tuple(found)


def _rules(compiled: Compiled, state: State, events: Sequence[Event]) -> tuple[RuleDone, ...]:
    found: list[RuleDone] = []
    for rule in compiled.rules:
        done = firings(compiled, events, rule)
        active = state.record(rule.name).active
        if done or active:
            found.append(RuleDone(rule.name, active, done))
    return tuple(found)


def _ledger(events: Sequence[Event], last: Decision) -> tuple[LedgerEntry, ...]:
    """What was posted or claimed, by the log, and what accrues now."""
    found: dict[str, LedgerEntry] = {}
    for event in events:
        for row in rows(event.data.get("ledger")):
            entry = _entry(row, event.at)
            found[entry.key] = entry
    for accruing in last.ledger:
        found.setdefault(accruing.key, accruing)
    return tuple(found.values())


def _entry(row: dict[str, Json], at: int) -> LedgerEntry:
    amount = row.get("amount")
    return LedgerEntry(
        str(row.get("key")),
        str(row.get("name")),
        str(row.get("state")),
        amount if isinstance(amount, int) else 0,
        str(row.get("arithmetic") or ""),
        at,
    )


def _withheld(events: Sequence[Event]) -> tuple[Held, ...]:
    return tuple(
        Held(str(row.get("rule")), str(row.get("why")), str(row.get("detail")), event.at)
        for event in events
        if event.kind == "decided"
        for row in rows(event.data.get("withheld"))
    )
