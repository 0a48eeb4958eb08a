"""Sections that declare facts: calendars, fields, severity, plans, channels, intake, scope, events, messages."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from casewarden.ruleset.diagnostics import Place
from casewarden.ruleset.syntax.cited import Cited
from casewarden.ruleset.terms import Condition, Duration, EventTerm, Path, Value
from casewarden.worktime import CalendarSpec


@dataclass(frozen=True, slots=True)
class CalendarDecl:
    """A named calendar; `spec` has its holidays resolved."""

    name: str
    cited: Cited
    spec: CalendarSpec


class FieldType(StrEnum):
    """The declared type of a field."""

    TEXT = "text"
    CHOICE = "choice"
    SET = "set"
    YES_NO = "yes_no"
    INTEGER = "integer"
    NUMBER = "number"
    DURATION = "duration"
    INSTANT = "instant"
    VERSION = "version"


@dataclass(frozen=True, slots=True)
class Field:
    """A declared field; `path` is its full name (`case.core`, `service.core.health`, `links.defect.status`)."""

    path: str
    type: FieldType
    cited: Cited
    of: tuple[str, ...] = ()
    fresh_for: Duration | None = None
    confirmed_by: tuple[str, ...] = ()
    when_missing: Value | None = None


@dataclass(frozen=True, slots=True)
class SeverityRow:
    """One row of the decision table: equality tests over choices and yes_no, a path left out being any."""

    when: tuple[tuple[str, tuple[Value, ...]], ...]
    gives: str
    place: Place


@dataclass(frozen=True, slots=True)
class Severity:
    """The levels, most severe first, and the table that gives them."""

    cited: Cited
    levels: Mapping[str, str]
    until_classified: str
    hit: Literal["unique", "first"]
    table: tuple[SeverityRow, ...]
    otherwise: str | None = None


class Commitment(StrEnum):
    """How binding a promise is."""

    BEST_EFFORT = "best_effort"
    SLO = "slo"
    CONTRACTUAL = "contractual"


@dataclass(frozen=True, slots=True)
class Plan:
    """A plan: its calendar (one, or one for each severity), its commitment, other names that data may use."""

    name: str
    cited: Cited
    calendar: str | Mapping[str, str]
    commitment: Commitment
    also_called: tuple[str, ...] = ()


Inclusion = Literal["yes", "no", "per_contract", "unknown"]


@dataclass(frozen=True, slots=True)
class Channel:
    """Which plans include the channel: `all`, `per_contract`, `unknown`, a tuple of plans, or a word for each plan."""

    name: str
    cited: Cited
    included: Literal["all", "per_contract", "unknown"] | tuple[str, ...] | Mapping[str, Inclusion]


@dataclass(frozen=True, slots=True)
class Intake:
    """What a request of this type must and should bring."""

    request_type: str
    cited: Cited
    required: tuple[Path, ...]
    wanted: tuple[Path, ...] = ()


@dataclass(frozen=True, slots=True)
class Scope:
    """A reason for which a case is out of scope."""

    name: str
    cited: Cited
    when: Condition


@dataclass(frozen=True, slots=True)
class EventDecl:
    """A named event."""

    name: str
    cited: Cited
    term: EventTerm


@dataclass(frozen=True, slots=True)
class Text:
    """A message in one language."""

    body: str
    subject: str | None = None


@dataclass(frozen=True, slots=True)
class Message:
    """A message by language."""

    name: str
    cited: Cited
    texts: Mapping[str, Text]
