"""Events: immutable observations on a subject, in the schema that histories, connectors and the engine share."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType

Json = None | bool | int | float | str | list["Json"] | dict[str, "Json"]
_NOTHING: Mapping[str, Json] = MappingProxyType({})

ENTRY_KINDS = frozenset({"opened", "message", "call", "resolved", "closed", "reopened", "plan", "work"})
ENGINE_KINDS = frozenset({"decided", "applied", "rejected", "withdrawn", "went_live"})
KINDS = (
    ENTRY_KINDS
    | ENGINE_KINDS
    | {"observed", "linked", "unlinked", "release", "watermark", "claimed", "granted", "ended"}
)

SOURCE_OF_ENGINE = "casewarden"


@dataclass(frozen=True, slots=True)
class Event:
    """One observation.

    `subject` is a kind and an id (`case:1042`, `account:acme`, `service:core`); `at` and `seen_at` are microseconds
    since the epoch in UTC; `by` is customer, agent, automation or ourselves, `who` the roles and names of the actor
    (`manager`); `key` is unique within `source`; `sequence` is the source's own order among events of one instant.

    `data` by kind:

    - `opened`: via, facts (path to value: all that is known at the opening)
    - `message`, `call`: to, via, public, automatic (null: it only looks so), bounced, answered, text, language,
      template, about (key of the message that this answers or bounces)
    - `resolved`, `closed`, `reopened`: via, reason
    - `plan`: change (started, renewed, ended), plan, facts
    - `work`: spent (whole microseconds)
    - `observed`: facts (path to value, null for emptied), determined (true: a person's determination), reason
    - `linked`: kind, id, facts (field to value); `unlinked`: kind, id
    - `release`: name, planned (instant text or null), frozen, released (true once it is out)
    - `watermark`: through (instant text): the source is known completely up to there
    - `claimed` (to an account): quota, case, occurrence, amount, plan, claim (its key)
    - `granted` (to a case): quota, occurrence, place (which of the window's it took), word (within, over), left,
      window_ends (microseconds)
    - `ended`: reason (spam, merged, deleted), into (the case that it was merged into), why: the case has no clocks any
      more, and no rule fires on it
    - `decided`, `applied`, `rejected`, `withdrawn`, `went_live`: written by the engine; see `casewarden.decide`
    """

    subject: str
    kind: str
    at: int
    seen_at: int
    by: str
    source: str
    key: str
    sequence: int = 0
    who: tuple[str, ...] = ()
    data: Mapping[str, Json] = field(default_factory=lambda: _NOTHING)  # Python 3.11 takes no proxy as default

    @property
    def order(self) -> tuple[int, int, str, str]:
        """The place among a subject's events: instant, the source's own sequence, then the dedup key."""
        return (self.at, self.sequence, self.source, self.key)

    def learnt_at(self, seen_at: int) -> "Event":
        """Return the event as one that is learnt of at this instant."""
        return self if self.seen_at == seen_at else replace(self, seen_at=seen_at)
