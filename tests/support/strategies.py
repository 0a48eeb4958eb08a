"""Random rulesets and random histories over one small closed vocabulary, made so that things coincide often.

Terms are built in layers, so that no definition leads back to itself: plain events and conditions over facts; events
and clocks over those; conditions over clocks; rules.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from hypothesis import strategies as st

from casewarden.model.event import Event, Json
from casewarden.ruleset.catalogue import CLOCK_STATES
from casewarden.ruleset.syntax import (
    Action,
    CatchUp,
    Classify,
    Clock,
    CloseCase,
    Guard,
    Limit,
    Note,
    Notify,
    Repeat,
    Reply,
    Rule,
    Ruleset,
    SetFact,
    Severity,
    SeverityRow,
    TargetTable,
)
from casewarden.ruleset.terms import (
    All,
    AllOf,
    Any,
    AnyOf,
    Becomes,
    Bounds,
    ClockTurns,
    Condition,
    Contains,
    Duration,
    Entry,
    EventTerm,
    FactTest,
    Happened,
    Has,
    InHours,
    InstantOf,
    Is,
    Known,
    LinksTest,
    Matches,
    Moment,
    NoClock,
    NoDueTime,
    Not,
    Path,
    SetMode,
    Since,
    Target,
    Test,
    Turn,
    Unit,
    Until,
    Value,
    Within,
)
from casewarden.worktime import Boundary
from support.slow.samples import Log, at, clock, guard, iso, rule, ruleset, severity_table
from support.slow.spans import MINUTE

# Friday afternoon in Zurich: opening hours end soon, and the weekend lies ahead.
BEGINNING = at("2026-03-06 16:00")
MINUTES_AHEAD = (0, 5, 10, 15, 20, 30, 40, 60, 70, 90, 120, 960 + 2880, 975 + 2880, 1020 + 2880)

SHORT = st.sampled_from([10, 15, 20, 30, 60]).map(lambda count: Duration(count, Unit.MINUTES))
BUSINESS = st.sampled_from([10, 30, 60, 90]).flatmap(
    lambda count: st.sampled_from(["business", "office", "always"]).map(
        lambda word: Duration(count, Unit.MINUTES, word)
    )
)
DAYS = st.sampled_from(["business", "office", "always", "elapsed"]).map(lambda word: Duration(1, Unit.DAYS, word))
SPANS = SHORT | BUSINESS
LONG_SPANS = SPANS | DAYS

VALUES: dict[str, list[Value]] = {
    "case.core": ["down", "degraded", "available"],
    "case.workaround": [True, False],
    "case.size": [0, 1, 2, 3],
    "case.labels": [(), ("vip",), ("legal", "vip"), ("new",)],
    "case.text": ["alpha", "Beta ALPHA", "gamma"],
    "case.cause": ["us", "them"],
    "service.core.health": ["up", "down"],
    "case.severity": ["1", "2", "3"],
    "case.plan": ["basic", "premium"],
}
PLAIN_EVENTS = (
    "case_opened",
    "customer_message",
    "customer_call",
    "customer_contact",
    "agent_reply",
    "agent_note",
    "manager_spoke",
    "looks_public",
)
ENTRIES: dict[str, EventTerm] = {
    "manager_spoke": Entry(("message", "call"), (("by", Is(("manager",))),)),
    "looks_public": Entry(("message",), (("public", Is((True,))),)),
}


@st.composite
def value_tests(draw: st.DrawFn, path: str) -> Test:
    """A test that fits the type of a path."""
    match path:
        case "case.size":
            number = st.integers(0, 3)
            return draw(
                st.builds(lambda n: Bounds(at_least=n), number)
                | st.builds(lambda n: Bounds(less_than=n), number)
                | st.builds(lambda n: Is((n,)), number)
            )
        case "case.labels":
            labels: list[tuple[str, ...]] = [("vip",), ("legal", "vip"), ("new",)]
            return draw(st.builds(Has, st.sampled_from(SetMode), st.sampled_from(labels)))
        case "case.text":
            texts: list[Test] = [Contains("ALPHA"), Matches("^beta"), Is(("gamma",)), Known(wanted=True)]
            return draw(st.sampled_from(texts))
        case _:
            values = st.lists(st.sampled_from(VALUES[path]), min_size=1, max_size=2, unique=True)
            equal = st.builds(Is, values.map(tuple), st.booleans())
            return draw(equal | equal | st.builds(Known, st.booleans()))


@st.composite
def fact_leaves(draw: st.DrawFn) -> Condition:
    path = draw(st.sampled_from(sorted(VALUES)))
    held = draw(st.none() | st.none() | LONG_SPANS)
    shown = path + (".proposed" if path == "case.cause" and draw(st.booleans()) else "")
    return FactTest(Path(shown), draw(value_tests(path)), held)


LINK_TESTS = st.sampled_from(["open", "fixed"]).flatmap(
    lambda status: st.booleans().map(lambda negated: (("status", Is((status,), negated)),))
)
LINK_LEAVES = (
    LINK_TESTS.map(lambda tests: LinksTest("defect", some=tests))
    | LINK_TESTS.map(lambda tests: LinksTest("defect", every=tests))
    | LINK_TESTS.map(lambda tests: LinksTest("defect", none=tests))
    | st.integers(0, 2).map(lambda n: LinksTest("defect", count=Bounds(at_least=n)))
)
NOW_LEAVES = st.sampled_from(["business", "office"]).map(lambda word: FactTest(Path("now"), InHours(word)))


@st.composite
def happenings(draw: st.DrawFn, names: Sequence[str]) -> Happened:
    """A count of events; rarely with everything at once."""
    event = draw(st.sampled_from(names))
    moments = st.builds(InstantOf, st.sampled_from([Moment.FIRST, Moment.LAST]), st.sampled_from(names))
    return Happened(
        event,
        times=draw(st.sampled_from([1, 1, 2, 3])),
        since=draw(st.none() | st.none() | moments),
        in_last=draw(st.none() | st.none() | SPANS),
        apart=draw(st.none() | st.none() | SPANS | DAYS),
        different=draw(st.none() | st.none() | st.none() | st.just(("via", 2))) if event in PLAIN_EVENTS else None,
    )


@st.composite
def instants(draw: st.DrawFn, names: Sequence[str], clocks: Sequence[str] = ()) -> InstantOf:
    happened = st.builds(InstantOf, st.sampled_from([Moment.FIRST, Moment.LAST]), st.sampled_from(names))
    planned = st.just(InstantOf(Moment.AT, "case.planned"))
    if not clocks:
        return draw(happened | planned)
    moments = st.sampled_from([Moment.DUE, Moment.DUE, Moment.STARTED, Moment.STOPPED])
    return draw(happened | planned | st.builds(InstantOf, moments, st.sampled_from(clocks)))


@st.composite
def timed_leaves(draw: st.DrawFn, names: Sequence[str], clocks: Sequence[str] = ()) -> Condition:
    instant = draw(instants(names, clocks))
    if draw(st.booleans()):
        return Since(instant, draw(LONG_SPANS), draw(st.booleans()))
    return Until(instant, draw(SPANS), draw(st.booleans()))


@st.composite
def clock_leaves(draw: st.DrawFn, clocks: Sequence[str]) -> Condition:
    name = draw(st.sampled_from(clocks))
    if draw(st.booleans()):
        states = draw(st.lists(st.sampled_from(CLOCK_STATES), min_size=1, max_size=2, unique=True))
        held = draw(st.none() | st.none() | SHORT)
        return FactTest(Path(f"clock.{name}"), Is(tuple(states)), held)
    share = Decimal(draw(st.sampled_from(["0.5", "0.75", "1"])))
    bounds = draw(st.sampled_from([Bounds(at_least=share), Bounds(more_than=share), Bounds(less_than=share)]))
    return FactTest(Path(f"clock.{name}.used"), bounds)


def trees(leaves: st.SearchStrategy[Condition]) -> st.SearchStrategy[Condition]:
    """Conditions over leaves: mostly small."""
    return st.recursive(
        leaves,
        lambda parts: (
            st.lists(parts, min_size=2, max_size=3).map(lambda found: All(tuple(found)))
            | st.lists(parts, min_size=2, max_size=3).map(lambda found: Any(tuple(found)))
            | parts.map(Not)
        ),
        max_leaves=3,
    )


PLAIN = trees(
    fact_leaves() | fact_leaves() | LINK_LEAVES | NOW_LEAVES | happenings(PLAIN_EVENTS) | timed_leaves(PLAIN_EVENTS)
)


@st.composite
def event_terms(draw: st.DrawFn) -> dict[str, EventTerm]:
    """The entries, and three events that are made of others."""
    pairs = st.lists(st.sampled_from(PLAIN_EVENTS), min_size=2, max_size=2, unique=True).map(tuple)
    return {
        **ENTRIES,
        "turned": Becomes(draw(PLAIN)),
        "both": AllOf(draw(pairs), draw(st.none() | SPANS), draw(st.booleans())),
        "either": AnyOf(draw(pairs)),
    }


TARGETS: st.SearchStrategy[Target] = (
    LONG_SPANS.map(Within) | LONG_SPANS.map(Within) | st.sampled_from([NoClock("none"), NoDueTime("best_effort")])
)


@st.composite
def target_tables(draw: st.DrawFn) -> TargetTable:
    levels: list[tuple[str | None, ...]] = [("1", "2", "3"), (None,)]
    row = st.sampled_from(levels).flatmap(lambda keys: st.fixed_dictionaries(dict.fromkeys(keys, TARGETS)))
    if draw(st.booleans()):
        return TargetTable({None: draw(row)})
    return TargetTable({"basic": draw(row), "premium": draw(row)})


def silences() -> st.SearchStrategy[Condition]:
    """That something plain has happened lately, or has not."""
    return happenings(PLAIN_EVENTS).flatmap(lambda leaf: st.sampled_from([leaf, Not(leaf)]))


@st.composite
def clocks_over(draw: st.DrawFn, name: str, names: Sequence[str]) -> Clock:
    return clock(
        name,
        draw(st.sampled_from(names)),
        draw(st.sampled_from(names)),
        draw(target_tables()),
        counts_from=draw(st.none() | st.none() | st.sampled_from(PLAIN_EVENTS)),
        applies_if=draw(st.none() | st.none() | PLAIN),
        pauses_while=draw(st.none() | PLAIN | silences()),
        each_time=draw(st.booleans()),
    )


def settings(path: str) -> st.SearchStrategy[SetFact]:
    return st.sampled_from(VALUES[path]).map(lambda value: SetFact(Path(path), value))


SETTABLE = ("case.core", "case.workaround", "case.size", "case.labels", "case.text", "case.severity", "case.cause")
TELLING: list[Action] = [Note("hello"), Notify("manager", "hello"), Reply("hello")]
STATING: list[Action] = [Classify(), CloseCase("solved"), CloseCase("unreachable")]
ACTIONS: st.SearchStrategy[Action] = (
    st.sampled_from(SETTABLE).flatmap(settings) | st.sampled_from(TELLING) | st.sampled_from(STATING)
)


@st.composite
def rules_over(draw: st.DrawFn, name: str, conditions: st.SearchStrategy[Condition], names: Sequence[str]) -> Rule:
    """A rule that waits for a condition or for each of some events."""
    then = draw(st.lists(ACTIONS, min_size=1, max_size=3))
    each = draw(st.none() | st.none() | st.sampled_from(names))
    when = draw(conditions) if each is None else draw(st.none() | conditions)
    repeat = None
    if each is None and draw(st.sampled_from([False, False, True])):
        repeat = Repeat(
            draw(SPANS),
            draw(st.sampled_from(["at_once", "after_interval"])),
            draw(st.none() | st.sampled_from(names)),
            draw(st.none() | st.none() | st.just(Path("case.planned"))),
            draw(st.sampled_from(CatchUp)),
        )
    limit = draw(st.none() | st.none() | st.builds(Limit, st.integers(1, 2), st.none() | SPANS))
    return rule(
        name,
        *then,
        when=when,
        each=each,
        priority=draw(st.integers(0, 1)),
        repeat=repeat,
        limit=limit,
        over_person=draw(st.booleans()),
    )


GUARDS = st.builds(
    lambda condition, spared: guard("unfinished", "close", condition, *(["unreachable"] if spared else [])),
    PLAIN,
    st.booleans(),
)


@st.composite
def severities(draw: st.DrawFn) -> Severity:
    """The plain table, or one that is read from the top."""
    if draw(st.booleans()):
        return severity_table(otherwise=draw(st.sampled_from([None, "3", "person"])))
    tests = st.sampled_from(
        [
            ("case.core", ("down",)),
            ("case.core", ("down", "degraded")),
            ("case.workaround", (True,)),
            ("case.cause", ("us",)),
        ]
    )
    whens = st.lists(tests, min_size=1, max_size=2, unique_by=lambda test: test[0])
    rows = draw(st.lists(st.tuples(whens, st.sampled_from("123")), min_size=1, max_size=3))
    plain = severity_table(otherwise=draw(st.sampled_from([None, "3", "person"])))
    table = tuple(SeverityRow(tuple(when), gives, plain.cited.place) for when, gives in rows)
    return Severity(
        plain.cited, plain.levels, draw(st.sampled_from(["reported", "3"])), "first", table, plain.otherwise
    )


@st.composite
def rulesets(draw: st.DrawFn) -> Ruleset:
    """A whole ruleset: an event or two of each kind, up to three clocks, up to four rules, a guard."""
    terms = draw(event_terms())
    names = [*PLAIN_EVENTS, "turned", "both", "either"]
    clocks = [draw(clocks_over("first", names))]
    terms["first_turned"] = ClockTurns("first", draw(st.sampled_from(Turn)))
    names.append("first_turned")
    clocks += [draw(clocks_over(name, names)) for name in ("second", "third")[: draw(st.integers(0, 2))]]
    names += ["case_classified", "case_unclassified", "severity_raised", "severity_lowered"]
    guards: list[Guard] = draw(st.lists(GUARDS, max_size=1))
    clock_names = [one.name for one in clocks]
    leaves = PLAIN | clock_leaves(clock_names) | happenings(names) | timed_leaves(names, clock_names)
    if guards:
        leaves = leaves | st.sampled_from(["forbids", "allows"]).map(
            lambda word: FactTest(Path("guard.unfinished"), Is((word,)))
        )
    conditions = trees(leaves)
    rules = [draw(rules_over(f"rule_{number}", conditions, names)) for number in range(draw(st.integers(1, 4)))]
    return ruleset(
        events=terms,
        clocks=clocks,
        rules=rules,
        guards=guards,
        severity=draw(severities()),
        boundary=draw(st.sampled_from(Boundary)),
    )


# Histories


@dataclass(frozen=True)
class Step:
    """One observation to come: so many minutes after the beginning."""

    minutes: int
    kind: str
    by: str
    who: tuple[str, ...]
    data: tuple[tuple[str, Json], ...]


def as_json(value: Value | None) -> Json:
    return list(value) if isinstance(value, tuple) else value  # type: ignore[return-value]


PEOPLE = st.sampled_from(
    [("customer", ()), ("agent", ()), ("agent", ("manager",)), ("agent", ("triage",)), ("automation", ())]
)


@st.composite
def observations(draw: st.DrawFn) -> dict[str, Json]:
    """One or two facts, at times emptied."""
    paths = draw(st.lists(st.sampled_from(sorted(VALUES)), min_size=1, max_size=2, unique=True))
    facts: dict[str, Json] = {path: as_json(draw(st.none() | st.sampled_from(VALUES[path]))) for path in paths}
    if draw(st.booleans()):
        facts["case.planned"] = iso(BEGINNING + draw(st.sampled_from(MINUTES_AHEAD)) * MINUTE)
    return facts


MESSAGES: st.SearchStrategy[dict[str, Json]] = st.fixed_dictionaries(
    {"public": st.booleans(), "via": st.sampled_from(["mail", "chat"])},
    optional={"automatic": st.sampled_from([None, True, False])},
)


@st.composite
def steps(draw: st.DrawFn) -> Step:
    """Something that happens: mostly messages and observations."""
    minutes = draw(st.sampled_from(MINUTES_AHEAD))
    kind = draw(st.sampled_from(["message", "message", "observed", "observed", "call", "linked", "unlinked"]))
    by, who = draw(PEOPLE)
    data: dict[str, Json]
    match kind:
        case "message" | "call":
            data = draw(MESSAGES)
        case "observed":
            facts = draw(observations())
            determined = "case.severity" in facts or (by == "agent" and draw(st.booleans()))
            data = {"facts": facts, "determined": True} if determined else {"facts": facts}
        case "linked":
            status = draw(st.sampled_from([None, "open", "fixed"]))
            data = {"kind": "defect", "id": draw(st.sampled_from(["a", "b"])), "facts": {"status": status}}
        case _:
            data = {"kind": "defect", "id": draw(st.sampled_from(["a", "b"]))}
    return Step(minutes, kind, by, who, tuple(data.items()))


@st.composite
def histories(draw: st.DrawFn) -> list[Event]:
    """A case opened on a Friday afternoon, and what happens to it until Monday noon, in order."""
    paths = sorted(set(VALUES) - {"case.severity"})
    opening: dict[str, Json] = {
        path: as_json(draw(st.sampled_from(VALUES[path])))
        for path in sorted(draw(st.sets(st.sampled_from(paths), min_size=2)))
    }
    opening["case.reported_severity"] = draw(st.sampled_from([None, "1", "3"]))
    log = Log().add("opened", BEGINNING, "customer", facts=opening)
    for step in sorted(draw(st.lists(steps(), min_size=3, max_size=12)), key=lambda step: step.minutes):
        log.add(step.kind, BEGINNING + step.minutes * MINUTE, step.by, *step.who, **dict(step.data))
    return log.events


@dataclass(frozen=True, repr=False)
class Case:
    """A ruleset and a history that it decides."""

    ruleset: Ruleset
    history: list[Event]

    def __repr__(self) -> str:
        return f"Case({len(self.ruleset.rules)} rules, {len(self.history)} events)"


def cases() -> st.SearchStrategy[Case]:
    return st.builds(Case, rulesets(), histories())


@st.composite
def watched_cases(draw: st.DrawFn) -> Case:
    """Cases whose sources tell at times up to when they are known completely, some minutes behind."""
    case = Case(draw(rulesets()), draw(histories()))
    marks = []
    for number in range(draw(st.integers(1, 4))):
        told_at = BEGINNING + draw(st.sampled_from(MINUTES_AHEAD)) * MINUTE
        through = told_at - draw(st.sampled_from([0, 5, 30])) * MINUTE
        source, sequence = draw(st.sampled_from(["desk", "status"])), 900 + number
        marks.append(
            replace(
                case.history[0],
                kind="watermark",
                at=told_at,
                seen_at=told_at,
                by="automation",
                source=source,
                key=f"w{number}",
                sequence=sequence,
                data={"through": iso(through)},
            )
        )
    return Case(case.ruleset, sorted([*case.history, *marks], key=lambda event: event.order))


@st.composite
def late_cases(draw: st.DrawFn) -> Case:
    """Cases of which some events, never the opening, are learnt of a while after they happened."""
    case = draw(cases())
    opening, *rest = case.history
    delays = st.sampled_from([0, 0, 0, 5, 20, 60, 3900])
    late = [replace(event, seen_at=event.at + draw(delays) * MINUTE) for event in rest]
    return Case(case.ruleset, [opening, *late])
