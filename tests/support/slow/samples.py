"""Short ways to write rulesets, events and instants in tests: the terms themselves, without a file around them."""

import datetime as dt
import itertools
from collections.abc import Iterable, Iterator, Mapping
from zoneinfo import ZoneInfo

from casewarden.model.event import Event, Json
from casewarden.ruleset.diagnostics import Place
from casewarden.ruleset.syntax import (
    Action,
    CalendarDecl,
    Changes,
    Cited,
    Clock,
    Commitment,
    Defaults,
    EventDecl,
    Field,
    FieldType,
    Guard,
    Message,
    Plan,
    Revision,
    Rule,
    Ruleset,
    Severity,
    SeverityRow,
    TargetTable,
    Text,
)
from casewarden.ruleset.terms import (
    Bounds,
    Condition,
    Duration,
    EventTerm,
    FactTest,
    Is,
    Known,
    Path,
    Test,
    Unit,
    Value,
    Within,
)
from casewarden.worktime import ALWAYS, Boundary, CalendarSpec, DayMode, DayOrigin, DayRule
from support.slow.spans import us

NOWHERE = Place("test.yaml", 1, 1, 1, 1)
CITED = Cited(NOWHERE, clauses=("TEST-01",))
DAYS = DayRule(DayMode.END_OF_DAY, DayOrigin.NEXT_OPENING)
OFFICE_WEEK: tuple[list[tuple[int, int]], ...] = ([(8 * 60, 17 * 60)],) * 5 + ([],) * 2
ZURICH = "Europe/Zurich"
PERSONS = ("manager", "triage")


def at(text: str, zone: str = ZURICH) -> int:
    """`2026-03-06 16:40` in a zone, as microseconds."""
    return us(dt.datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)))


def iso(instant: int) -> str:
    return (dt.datetime(1970, 1, 1, tzinfo=dt.UTC) + dt.timedelta(microseconds=instant)).isoformat()


def span(text: str) -> Duration:
    """`2 business hours`, `15 minutes`."""
    count, *calendar, unit = text.split()
    word = Unit(unit if unit.endswith("s") else unit + "s")
    return Duration(int(count), word, *calendar)


def is_(path: str, *values: Value, held: str | None = None) -> FactTest:
    return FactTest(Path(path), Is(values), None if held is None else span(held), NOWHERE)


def path_test(path: str, test: Test, held: str | None = None) -> FactTest:
    return FactTest(Path(path), test, None if held is None else span(held), NOWHERE)


def calendars() -> dict[str, CalendarDecl]:
    specs = {"office": CalendarSpec.of(ZURICH, OFFICE_WEEK), "always": CalendarSpec.of(ZURICH, ALWAYS)}
    return {name: CalendarDecl(name, CITED, spec) for name, spec in specs.items()}


def plans() -> dict[str, Plan]:
    return {
        "basic": Plan("basic", CITED, "office", Commitment.BEST_EFFORT),
        "premium": Plan("premium", CITED, "always", Commitment.CONTRACTUAL, also_called=("Premium Plus",)),
    }


def fields() -> dict[str, Field]:
    declared = [
        Field("case.core", FieldType.CHOICE, CITED, of=("down", "degraded", "available")),
        Field("case.workaround", FieldType.YES_NO, CITED),
        Field("case.size", FieldType.INTEGER, CITED, when_missing=1),
        Field("case.labels", FieldType.SET, CITED, of=("vip", "legal", "new")),
        Field("case.text", FieldType.TEXT, CITED),
        Field("case.planned", FieldType.INSTANT, CITED),
        Field("case.cause", FieldType.CHOICE, CITED, of=("us", "them"), confirmed_by=("triage",)),
        Field("service.core.health", FieldType.CHOICE, CITED, of=("up", "down"), fresh_for=Duration(30, Unit.MINUTES)),
        Field("links.defect.status", FieldType.CHOICE, CITED, of=("open", "fixed")),
    ]
    return {field.path: field for field in declared}


def severity_table(rows: Iterable[SeverityRow] | None = None, otherwise: str | None = None) -> Severity:
    table = (
        SeverityRow((("case.core", ("down",)),), "1", NOWHERE),
        SeverityRow((("case.core", ("degraded",)), ("case.workaround", (False,))), "2", NOWHERE),
        SeverityRow((("case.core", ("degraded",)), ("case.workaround", (True,))), "3", NOWHERE),
    )
    levels = {"1": "Critical", "2": "Degraded", "3": "Standard"}
    chosen = table if rows is None else tuple(rows)
    return Severity(CITED, levels, "reported", "unique", chosen, otherwise)


def clock(name: str, starts: str, stops: str, target: str | TargetTable, **more: object) -> Clock:
    table = TargetTable({None: {None: Within(span(target))}}) if isinstance(target, str) else target
    return Clock(name, CITED, starts, stops, table, Changes(), DAYS, **more)  # type: ignore[arg-type]


def rule(name: str, *then: Action, when: Condition | None = None, **more: object) -> Rule:
    return Rule(name, CITED, then, when, **more)  # type: ignore[arg-type]


def guard(name: str, forbids: str, condition: Condition, *except_reasons: str) -> Guard:
    return Guard(name, CITED, forbids, condition, except_reasons)  # type: ignore[arg-type]


def ruleset(
    *,
    events: Mapping[str, EventTerm] | None = None,
    clocks: Iterable[Clock] = (),
    rules: Iterable[Rule] = (),
    guards: Iterable[Guard] = (),
    severity: Severity | None = None,
    days: DayRule = DAYS,
    boundary: Boundary = Boundary.CLOSING,
) -> Ruleset:
    """A ruleset over the calendars, plans and fields of these tests."""
    return Ruleset(
        name="sample",
        digest="0" * 64,
        revision=Revision(dt.date(2020, 1, 1), "all_cases"),
        defaults=Defaults("office", "en", days, boundary, Changes(), "basic"),
        people=PERSONS,
        close_reasons=("solved", "unreachable"),
        calendars=calendars(),
        fields=fields(),
        plans=plans(),
        events={name: EventDecl(name, CITED, term) for name, term in (events or {}).items()},
        clocks={one.name: one for one in clocks},
        rules={one.name: one for one in rules},
        guards={one.name: one for one in guards},
        severity=severity if severity is not None else severity_table(),
        messages={"hello": Message("hello", CITED, {"en": Text("Hello.")})},
    )


class Log:
    """Events of one case, written one after another; keys and sequences count up."""

    def __init__(self, subject: str = "case:1") -> None:
        self.subject = subject
        self.numbers: Iterator[int] = itertools.count(1)
        self.events: list[Event] = []

    def add(self, kind: str, instant: int, by: str = "customer", /, *who: str, **data: Json) -> "Log":
        number = next(self.numbers)
        source = str(data.pop("source", "desk"))
        self.events.append(Event(self.subject, kind, instant, instant, by, source, f"e{number:03}", number, who, data))
        return self

    def opened(self, instant: int, **facts: Json) -> "Log":
        paths = {path.replace("__", "."): value for path, value in facts.items()}
        return self.add("opened", instant, facts=paths)

    def observed(self, instant: int, path: str, value: Json, by: str = "agent", *who: str, **data: Json) -> "Log":
        return self.add("observed", instant, by, *who, facts={path: value}, **data)

    def decided(self, instant: int, *edges: dict[str, Json], **facts: Json) -> "Log":
        return self.add(
            "decided",
            instant,
            "ourselves",
            source="casewarden",
            edges=list(edges),
            facts={path.replace("__", "."): value for path, value in facts.items()},
        )


def message(log: Log, instant: int, by: str = "customer", *who: str, public: bool = True, **data: Json) -> Log:
    return log.add("message", instant, by, *who, public=public, via="mail", **data)


__all__ = [
    "Bounds",
    "Known",
    "Log",
    "at",
    "clock",
    "guard",
    "is_",
    "iso",
    "message",
    "path_test",
    "rule",
    "ruleset",
    "span",
]
