"""The ruleset as a whole, and what holds wherever its elements say nothing."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Literal

from casewarden.ruleset.syntax.cited import Cited, Interpretation
from casewarden.ruleset.syntax.declared import (
    CalendarDecl,
    Channel,
    EventDecl,
    Field,
    Intake,
    Message,
    Plan,
    Scope,
    Severity,
)
from casewarden.ruleset.syntax.promises import Changes, Clock, Credit, Guard, Queue, Quota
from casewarden.ruleset.syntax.rules import Rule
from casewarden.ruleset.terms import Condition
from casewarden.worktime import Boundary, DayRule


@dataclass(frozen=True, slots=True)
class Revision:
    """Terms bind cases opened at or after `from_date` (midnight in the default calendar's zone), or all cases."""

    from_date: date
    binds: Literal["new_cases", "all_cases"]


@dataclass(frozen=True, slots=True)
class Defaults:
    """What holds where an element says nothing."""

    calendar: str
    language: str
    days: DayRule
    boundary: Boundary
    on_change: Changes
    plan: str | None = None


@dataclass(frozen=True, slots=True)
class Ruleset:
    """One checked ruleset: a file with its includes. `digest` is the SHA-256 of its meaning (files and lock)."""

    name: str
    digest: str
    revision: Revision
    defaults: Defaults
    people: tuple[str, ...]
    close_reasons: tuple[str, ...]
    calendars: Mapping[str, CalendarDecl]
    fields: Mapping[str, Field]
    plans: Mapping[str, Plan]
    events: Mapping[str, EventDecl]
    clocks: Mapping[str, Clock]
    rules: Mapping[str, Rule]
    severity: Severity | None = None
    channels: Mapping[str, Channel] = field(default_factory=dict)
    intake: Mapping[str, Intake] = field(default_factory=dict)
    scope: Mapping[str, Scope] = field(default_factory=dict)
    credits: Mapping[str, Credit] = field(default_factory=dict)
    quotas: Mapping[str, Quota] = field(default_factory=dict)
    guards: Mapping[str, Guard] = field(default_factory=dict)
    queue: Queue | None = None
    messages: Mapping[str, Message] = field(default_factory=dict)
    interpretations: Mapping[str, Interpretation] = field(default_factory=dict)
    applies_to: Condition | None = None
    policy: str | None = None
    clauses_file: str | None = None
    files: tuple[str, ...] = ()

    def is_open(self, cited: Cited) -> bool:
        """Whether an element rests on a reading that is still open, so that it is listed and not enforced."""
        chosen = (self.interpretations.get(name) for name in cited.interpretations)
        return any(reading is not None and reading.is_open for reading in chosen)
