"""What an expectation looks at: the last decision of an instant, and what happened since the last expectation."""

from dataclasses import dataclass

from casewarden.decide import Compiled
from casewarden.model.decision import Alert, Correction, Decision, Edge, LedgerEntry, PlannedAction, Withheld
from casewarden.model.subject import Subject
from casewarden.worktime.zones import Zone


@dataclass(frozen=True, slots=True)
class Moment:
    """The state of a case in virtual time.

    `actions` carry the instant at which they were decided; `edges` and `ledger` are those since the opening, all others
    since the last expectation.
    """

    compiled: Compiled
    subject: Subject
    now: int
    zone: Zone
    decision: Decision
    actions: tuple[tuple[int, PlannedAction], ...]
    withheld: tuple[Withheld, ...]
    alerts: tuple[Alert, ...]
    corrections: tuple[Correction, ...]
    edges: tuple[Edge, ...]
    ledger: tuple[LedgerEntry, ...]
