"""Scenario tests as data: what the reader builds, the player runs and the comparison judges.

Instants are microseconds since the epoch, lengths microseconds. Every part knows its place in the test file.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Literal

from casewarden.model.event import Json
from casewarden.ruleset.diagnostics import Place
from casewarden.ruleset.syntax import Action, Ruleset
from casewarden.ruleset.terms import Bounds, Duration, FactTest, LinksTest
from casewarden.scenario.customers.directory import Directory


@dataclass(frozen=True, slots=True)
class SeverityBy:
    """Whence the severity in force must come: person, rule, table, reported, or none."""

    word: str
    place: Place


@dataclass(frozen=True, slots=True)
class FactIs:
    """What must hold of a path: a test as in conditions, or the instant that stands there."""

    leaf: FactTest | LinksTest | None
    path: str
    instant: int | None
    place: Place


@dataclass(frozen=True, slots=True)
class ClockIs:
    """What must hold of one run of a clock, the newest where `run` is None; None leaves a part open.

    `due` and `stopped` may be "none": there must be no such instant.
    """

    clock: str
    place: Place
    parts: Mapping[str, Place]
    run: int | None = None
    state: str | None = None
    due: int | Literal["none"] | None = None
    started: int | None = None
    stopped: int | Literal["none"] | None = None
    remaining: int | None = None
    used: Decimal | Bounds | None = None
    target: str | None = None
    owner: str | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class ActionIs:
    """One action that must have been decided; None leaves a part open. `says` are texts that its message contains."""

    place: Place
    rule: str | None = None
    action: Action | None = None
    language: str | None = None
    says: tuple[str, ...] = ()
    at: int | None = None
    deliver_at: int | None = None
    provisional: bool | None = None
    late: bool | None = None


@dataclass(frozen=True, slots=True)
class WithheldIs:
    """One thing that must have been held back."""

    place: Place
    rule: str | None = None
    why: str | None = None
    says: str | None = None


@dataclass(frozen=True, slots=True)
class LedgerIs:
    """One entry that must stand in the ledger; `days` of a credit."""

    place: Place
    credit: str
    days: int | None = None
    state: str | None = None
    arithmetic: str | None = None


@dataclass(frozen=True, slots=True)
class AlertIs:
    """One alert that must have been raised."""

    place: Place
    kind: str
    says: str | None = None


@dataclass(frozen=True, slots=True)
class CorrectionIs:
    """One correction that must have been put up for approval."""

    place: Place
    kind: str
    says: str | None = None


@dataclass(frozen=True, slots=True)
class WakeupIs:
    """When the engine must ask to be woken next; None: not at all."""

    at: int | None
    place: Place


@dataclass(frozen=True, slots=True)
class QueueIs:
    """What the queue must look at for the case, by its order; None: the case must not wait for work."""

    standing: tuple[bool | str | int | None, ...] | None
    place: Place


@dataclass(frozen=True, slots=True)
class RevisionIs:
    """Whether this revision's terms must be those of the case."""

    binds: bool
    place: Place


@dataclass(frozen=True, slots=True)
class Expect:
    """All that must hold at an instant; `ledger` None says nothing, an empty one that it is empty."""

    place: Place
    severity_by: SeverityBy | None = None
    facts: tuple[FactIs, ...] = ()
    clocks: tuple[ClockIs, ...] = ()
    actions: tuple[ActionIs, ...] = ()
    nothing_else: Place | None = None
    withheld: tuple[WithheldIs, ...] = ()
    ledger: tuple[LedgerIs, ...] | None = None
    ledger_place: Place | None = None
    alerts: tuple[AlertIs, ...] = ()
    corrections: tuple[CorrectionIs, ...] = ()
    queue: QueueIs | None = None
    revision: RevisionIs | None = None
    next_wakeup: WakeupIs | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    """Something that happens: an event of the schema without subject, key and times. `place` is its key's."""

    kind: str
    by: str
    place: Place
    who: tuple[str, ...] = ()
    data: Mapping[str, Json] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Step:
    """One instant of the timeline: `at`, or `advance` from the step before.

    `happened_at` is when its entries happened, where they are learnt of only now.
    """

    place: Place
    at: int | None
    advance: Duration | None
    happened_at: int | None
    entries: tuple[Entry, ...]
    expect: Expect | None


@dataclass(frozen=True, slots=True)
class Scenario:
    """One test: what is known at the opening, and the timeline.

    `about` is whose record it is (case, customer, service.NAME); `reading` names interpretations that are tested in a
    reading not chosen; `live_from` is when the engine first sees the record. `customer` is whose record or case it is
    in the `directory`, `reporter` the id of the contact who opens the case.
    """

    name: str
    about: str
    place: Place
    clauses: tuple[str, ...]
    interpretations: tuple[str, ...]
    note: str | None
    reading: Mapping[str, str]
    live_from: int | None
    given: Mapping[str, Json]
    timeline: tuple[Step, ...]
    directory: Directory | None = None
    customer: str | None = None
    reporter: str | None = None

    @property
    def subject(self) -> str:
        """The subject whose log the timeline is."""
        if self.about == "case":
            return f"case:{self.name}"
        return f"account:{self.customer or self.name}" if self.about == "customer" else self.about.replace(".", ":")


@dataclass(frozen=True, slots=True)
class ScenarioFile:
    """All tests of a file. `rulesets` are the ruleset as it is and in the other readings that tests ask for.

    `accepted_mutants` are those that need not be noticed: the id of each, and the reason.
    """

    path: Path
    ruleset_path: Path
    zone: str
    scenarios: tuple[Scenario, ...]
    rulesets: Mapping[tuple[tuple[str, str], ...], Ruleset]
    accepted_mutants: Mapping[str, str] = field(default_factory=dict)

    def ruleset_of(self, scenario: Scenario) -> Ruleset:
        """The ruleset in the reading that a test asks for."""
        return self.rulesets[tuple(sorted(scenario.reading.items()))]
