"""What an element of a ruleset cannot do without: the other elements that it names, each by its section and name.

Two things may be needed of another element: what it means (a clock needs to know what its starting event is), or only
that there is one of that name (an event `template: closing_soon` is the same whatever that message says).
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass
from typing import Final

from casewarden.ruleset import catalogue
from casewarden.ruleset.check_records import shown_paths
from casewarden.ruleset.syntax import (
    Ask,
    Assign,
    Channel,
    Cited,
    Clock,
    CloseCase,
    Credit,
    Defaults,
    Field,
    FromPath,
    Guard,
    Link,
    Message,
    Note,
    Notify,
    Plan,
    Publish,
    Quota,
    Repeat,
    Reply,
    Rule,
    Ruleset,
    SetFact,
    SeverityRow,
)
from casewarden.ruleset.terms import (
    BUSINESS,
    ELAPSED,
    AllOf,
    AnyOf,
    ClockTurns,
    Duration,
    Entry,
    FactTest,
    Happened,
    Has,
    InHours,
    InstantOf,
    Is,
    LinksTest,
    Moment,
    Path,
    Test,
)

Ref = tuple[str, str]
"""An element by section and name: `("rules", "warn")`, `("fields", "case.core")`, `("defaults", "")`."""

TERMS: Final = ("revision", "defaults", "calendars", "plans", "severity", "clocks", "credits", "quotas")
"""The sections of what is promised: they bind a case from its opening on, and come or stay together."""
ALL: Final = "*"

_NAMED: Final[Mapping[type, Mapping[str, str]]] = {
    AllOf: {"names": "events"},
    AnyOf: {"names": "events"},
    Ask: {"message": "messages"},
    Assign: {"person": "people"},
    Cited: {"interpretations": "interpretations"},
    Clock: {"starts": "events", "stops": "events", "counts_from": "events", "owner": "people"},
    ClockTurns: {"clock": "clocks"},
    CloseCase: {"reason": "close_reasons"},
    Credit: {"clock": "clocks"},
    Defaults: {"calendar": "calendars", "plan": "plans"},
    Duration: {"calendar": "calendars"},
    Field: {"confirmed_by": "people"},
    Guard: {"except_reasons": "close_reasons"},
    Happened: {"event": "events"},
    InHours: {"calendar": "calendars"},
    Note: {"message": "messages"},
    Notify: {"who": "people", "message": "messages"},
    Plan: {"calendar": "calendars"},
    Publish: {"message": "messages"},
    Quota: {"counts": "events"},
    Repeat: {"reset_by": "events"},
    Reply: {"message": "messages"},
    Rule: {"each": "events", "deliver_in": "calendars"},
}
_VALUES: Final = {
    "case.type": "intake",
    "case.plan": "plans",
    "case.channel": "channels",
    "case.close_reason": "close_reasons",
    "case.assigned_to": "people",
}
_ATTRIBUTES: Final = {
    "by": "people",
    "to": "people",
    "via": "channels",
    "reason": "close_reasons",
    "template": "messages",
    "plan": "plans",
}
_STATES: Final = {"clock": "clocks", "quota": "quotas", "channel": "channels", "guard": "guards"}
_DERIVED: Final = {
    "case.scope": "scope",
    "case.excluded_as": "scope",
    "case.intake": "intake",
    "case.missing": "intake",
}
_NO_CALENDARS: Final = (BUSINESS, ELAPSED)
_CLOCK_MOMENTS: Final = (Moment.DUE, Moment.STARTED, Moment.STOPPED)
_BY_NAME: Final = frozenset({"people", "close_reasons", "interpretations"})


@dataclass(frozen=True, slots=True)
class Need:
    """Another element that is needed: what it `means`, or only that it is there. The name `*` stands for all."""

    section: str
    name: str
    means: bool = True


def element_of(ruleset: Ruleset, ref: Ref) -> object | None:
    """The element of a checked ruleset, None where it has none; of people and close reasons the name."""
    section, name = ref
    if section in ("people", "close_reasons"):
        return name if name in getattr(ruleset, section) else None
    part = getattr(ruleset, section, None)
    return part.get(name) if isinstance(part, Mapping) and name else part


def closure(ruleset: Ruleset, start: Iterable[Ref], has: Callable[[Ref], bool]) -> dict[Ref, bool]:
    """All that some elements need, through each other, up to the sections of terms: each with whether its meaning is.

    Of what only has to be there, nothing further is needed where `has` says that it is there anyway.
    """
    found: dict[Ref, bool] = {}
    todo = list(start)
    while todo:
        for ref, is_meant in direct(ruleset, todo.pop()):
            means = is_meant or not has(ref)
            if means and not found.get(ref):
                found[ref] = True
                if ref[0] not in TERMS:
                    todo.append(ref)
            found.setdefault(ref, means)
    return found


def direct(ruleset: Ruleset, ref: Ref) -> Iterator[tuple[Ref, bool]]:
    """The declared elements that one element needs by itself, each with whether its meaning is needed."""
    for need in needs(element_of(ruleset, ref)):
        for found in _refs(ruleset, need):
            yield found, need.means


def _refs(ruleset: Ruleset, need: Need) -> Iterator[Ref]:
    """The declared elements for which a need stands; what the language gives is nobody's element."""
    known = getattr(ruleset, need.section)
    if need.name == ALL:
        yield from ((need.section, name) for name in known)
    elif need.name.endswith("." + ALL):
        record = need.name.removesuffix(ALL)
        yield from ((need.section, name) for name in known if name.startswith(record))
    elif need.name in known:
        yield need.section, need.name


def needs(value: object) -> Iterator[Need]:
    """What an element, or any part of one, needs directly."""
    match value:
        case Path(text):
            yield from _of_path(text)
        case FactTest(path, test):
            yield from _of_path(path.text)
            yield from _of_values(_VALUES.get(path.text), test)
        case LinksTest(kind):
            yield Need("fields", f"links.{kind}.{ALL}", means=False)
            for tests in (value.some, value.every, value.none):
                yield from (Need("fields", f"links.{kind}.{name}") for name, _ in tests)
        case Link(kind, create):
            yield Need("fields", f"links.{kind}.{ALL}", means=False)
            yield from (Need("fields", f"links.{kind}.{name}") for name, _ in create)
        case InstantOf(moment, name):
            yield from _of_instant(moment, name)
        case SeverityRow(when):
            for name, _ in when:
                yield from _of_path(name)
        case Entry(tests=tests):
            for name, test in tests:
                yield from _of_values(_ATTRIBUTES.get(name), test)
        case SetFact(path, wanted):
            yield from _of_values(_VALUES.get(path.text), wanted)
        case CloseCase(FromPath() as source):
            yield from _of_values("close_reasons", source)
        case Message():
            for shown in shown_paths(value):
                yield from _of_path(shown)
        case Publish(service=service):
            yield Need("fields", f"service.{service}.{ALL}", means=False)
        case Rule(about=about) if about.startswith("service."):
            yield Need("fields", f"{about}.{ALL}", means=False)
        case Ask("missing"):
            yield Need("intake", ALL)
        case Channel(included=tuple() as plans):
            yield from _of_names("plans", plans)
        case _:
            pass
    yield from _of_parts(value)


def _of_parts(value: object) -> Iterator[Need]:
    """What the names in an element and its further parts need."""
    if isinstance(value, tuple | list):
        for item in value:
            yield from needs(item)
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from needs(item)
    elif is_dataclass(value) and not isinstance(value, type):
        named = _NAMED.get(type(value), {})
        for part in fields(value):
            inner = getattr(value, part.name)
            if part.name in named:
                yield from _of_names(named[part.name], inner)
            if not isinstance(inner, str):
                yield from needs(inner)


def _of_names(section: str, said: object) -> Iterator[Need]:
    """The names that stand in one place: one, several, or one for each severity."""
    names = said.values() if isinstance(said, Mapping) else said if isinstance(said, tuple) else (said,)
    for name in names:
        if isinstance(name, str) and not (section == "calendars" and name in _NO_CALENDARS):
            yield Need(section, name, means=section not in _BY_NAME)


def _of_values(section: str | None, test: Test | object) -> Iterator[Need]:
    """The names among the values of a test, or that are wanted: only that there are such elements."""
    if section is None:
        return
    for value in test.values if isinstance(test, Is | Has) else (test,):
        if isinstance(value, str):
            yield Need(section, value, means=False)
        elif isinstance(value, FromPath):  # whatever stands there must be such a name
            yield Need(section, ALL, means=False)


def _of_path(text: str) -> Iterator[Need]:
    root, _, rest = text.partition(".")
    if text in _DERIVED:
        yield Need(_DERIVED[text], ALL)
    elif root in _STATES:
        yield Need(_STATES[root], rest.partition(".")[0])
    elif text not in catalogue.GIVEN_PATHS:
        yield Need("fields", text.removesuffix(".proposed"))


def _of_instant(moment: Moment, name: str) -> Iterator[Need]:
    if moment is Moment.AT:
        yield from _of_path(name)
    else:
        yield Need("clocks" if moment in _CLOCK_MOMENTS else "events", name)
