"""The connector contract, version 1: a connector brings events and applies actions; of rules it knows nothing.

Calls are blocking and are made from threads, one at a time for each destination. Instants are int microseconds since
the epoch in UTC; the present one is `casewarden.plugin.clock.now`. Whatever a connector raises is taken as "not known
whether it happened": the attempt is made again later, with `again` set. No secret stands in what it raises or answers.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal, Protocol, runtime_checkable

from casewarden.model.event import Event, Json

CONTRACT: Final = 1


@dataclass(frozen=True, slots=True)
class Spec:
    """What a connector is and can do.

    `settings` is the JSON Schema of its settings (secrets have `"secret": true`, those that no helpdesk knows beside it
    `"ours": true`); `actions` are the kinds of action that it applies (set, assign, tag, close, reopen, reply, note,
    ask, notify, publish, link), and `project` where it shows how cases stand. `states_watermark`: its pages say up to
    which instant they are complete.
    """

    name: str
    version: str
    settings: Mapping[str, Json]
    actions: frozenset[str]
    states_watermark: bool = False
    contract: int = CONTRACT


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that a check found, in plain words, and what would be right."""

    level: Literal["ok", "warning", "error"]
    message: str
    fix: str | None = None


@dataclass(frozen=True, slots=True)
class Check:
    """Whether the connector can work: it can where no finding is an error."""

    findings: tuple[Finding, ...]

    @property
    def is_fit(self) -> bool:
        """Whether nothing stands in the way."""
        return all(finding.level != "error" for finding in self.findings)


@dataclass(frozen=True, slots=True)
class Page:
    """Some events, and where to go on: `cursor` is kept once the events are, and given to the next call.

    `complete_through`: up to this instant nothing is missing (the watermark), None where that cannot be said. `more`:
    the next page is there already. `refused` are inputs that are no events, each told in words; they are kept for the
    operator, and do not stop the rest. A call that has nothing new gives back the cursor that it was given. A page may
    hold events that an earlier one had, in any order: source and key tell them apart.
    """

    events: Sequence[Event]
    cursor: Json
    complete_through: int | None = None
    more: bool = False
    refused: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Attempt:
    """One action to apply.

    `key` is the occurrence key, the action's name for ever; `subject` the case or other subject; `ticket` the ticket in
    this connector's helpdesk, None where the case has none there. `kind` and `content` are as in
    `casewarden.model.decision.PlannedAction`. `precondition` is what `fetch` said last of the ticket's version, None
    where nothing is known. `again`: an earlier attempt may have been carried out, so look before writing; it stays set
    until the action is settled.

    `project` is no rule's action: write how the case stands into the helpdesk's own fields, whatever stands there. Its
    content is `status`, `severity`, `plan`, `next_due` and `next_clock`, and `clocks`: an object of clocks' names to
    `state`, `due`, `target` and `stopped` (instants as ISO 8601 in UTC; null where there is none).
    """

    key: str
    subject: str
    ticket: str | None
    kind: str
    content: Mapping[str, Json]
    precondition: Json = None
    again: bool = False
    linked: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Applied:
    """It was done. `details` is kept with the action (`id` of a ticket that was made); `request` what was sent."""

    details: Mapping[str, Json] = field(default_factory=dict)
    request: Mapping[str, Json] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class AlreadyApplied:
    """An earlier attempt had done it."""

    details: Mapping[str, Json] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Conflict:
    """The ticket is not as it was when this was decided; nothing was written. It is fetched and decided again."""

    reason: str


@dataclass(frozen=True, slots=True)
class Retry:
    """Not now: after so many seconds (None: as the sidecar thinks fit). `reached` tells that the other end answered."""

    reason: str
    after: float | None = None
    reached: bool = False
    request: Mapping[str, Json] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Rejected:
    """Never: the helpdesk refuses it, for this reason; a person is asked."""

    reason: str
    request: Mapping[str, Json] = field(default_factory=dict)


Answer = Applied | AlreadyApplied | Conflict | Retry | Rejected


class WebhookError(ValueError):
    """A webhook that is not believed: wrongly signed, stale, replayed, or no event of this connector."""


@runtime_checkable
class Connector(Protocol):
    """One configured instance; two of one plugin live side by side. `source` of its events is the instance's name."""

    def spec(self) -> Spec:
        """What it is and can do."""
        ...

    def check(self) -> Check:
        """Whether it can log in and may do what is asked of it."""
        ...

    def changes(self, cursor: Json) -> Page:
        """The events after a cursor; None begins at the beginning. Polling is the truth."""
        ...

    def fetch(self, ticket: str) -> Page:
        """One ticket as it is now, for read-back and repair; its cursor is the precondition for writing to it."""
        ...

    def apply(self, attempt: Attempt) -> Answer:
        """Carry out one action, at most once for each key as far as the other end lets that be known."""
        ...

    def verify_webhook(self, headers: Mapping[str, str], body: bytes, now: int) -> None:
        """Accept a webhook as authentic; WebhookError otherwise. Header names are in lower case."""
        ...

    def parse_webhook(self, headers: Mapping[str, str], body: bytes) -> Sequence[Event]:
        """The events of a verified webhook: hints that make things faster, each also found by polling.

        No events: the webhook only says that there is something, and the connector is polled soon.
        """
        ...

    def close(self) -> None:
        """Let go of connections and files."""
        ...


@runtime_checkable
class Listening(Protocol):
    """A connector whose helpdesk says by itself that there is something, such as a mailbox, may be this too."""

    def listen(self, ring: Callable[[], None]) -> None:
        """Ring when there may be news, until `close`; returns at once. Who rings is polled soon; it brings nothing."""
        ...


class Factory(Protocol):
    """Makes connectors; `casewarden_connectors` of a plugin returns its factories."""

    def spec(self) -> Spec:
        """As of the connectors that it makes."""
        ...

    def connect(self, instance: str, settings: Mapping[str, Json]) -> Connector:
        """A connector under this name. ValueError says what is wrong with the settings."""
        ...
