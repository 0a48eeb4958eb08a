"""One connector beside one fake helpdesk: what happens there, what the connector brings of it, and the comparison."""

import json
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final

from casewarden.model.event import Event, Json
from casewarden.plugin import Answer, Attempt, Connector, Factory, Page
from casewarden.testing.factories import TEXT_KINDS, attempt
from casewarden.testing.helpdesk import REST, FakeHelpdesk, Happens
from casewarden.testing.rules import BrokenError

INSTANCE: Final = "desk"
MOST_PAGES: Final = 1_000


@dataclass(frozen=True, slots=True)
class Happened:
    """Something that happened at the helpdesk, and what its one event is known by: a text, or a fact.

    `is_exact`: the helpdesk tells when it happened.
    """

    what: Happens
    subject: str
    at: int
    text: str = ""
    path: str = ""
    fact: Json = None
    is_exact: bool = True

    def is_told_by(self, event: Event) -> bool:
        """Whether an event tells this."""
        if event.subject != self.subject:
            return False
        match self.what:
            case "ticket":
                return event.kind == "opened"
            case "comment":
                return event.kind in ("message", "call") and self.text in str(event.data.get("text", ""))
            case "change":
                facts = event.data.get("facts")
                is_there = isinstance(facts, Mapping) and self.path in facts and facts[self.path] == self.fact
                return event.kind == "observed" and is_there and (event.at == self.at or not self.is_exact)

    def __str__(self) -> str:
        match self.what:
            case "ticket":
                return f"the opening of {self.subject}"
            case "comment":
                return f"the message {self.text!r} on {self.subject}"
            case "change":
                return f"the change of {self.path} to {self.fact!r} on {self.subject}"


@dataclass(frozen=True, slots=True)
class Polled:
    """What polling to the end gave; `cursors` has one more than `pages`: the one that was begun with."""

    pages: Sequence[Page]
    cursors: Sequence[Json]

    @property
    def events(self) -> list[Event]:
        """All events, as often as they came."""
        return [event for page in self.pages for event in page.events]

    @property
    def keys(self) -> set[str]:
        """The keys of all events."""
        return {event.key for event in self.events}

    @property
    def cursor(self) -> Json:
        """Where to go on."""
        return self.cursors[-1]

    @property
    def refused(self) -> list[str]:
        """What was no event, in words."""
        return [reason for page in self.pages for reason in page.refused]


@dataclass(slots=True)
class Trial:
    """What a rule is tried with. `content` gives what an action of a kind with a text in it says."""

    helpdesk: FakeHelpdesk
    factory: Factory
    settings: Mapping[str, Json]
    content: Callable[[str, str], Mapping[str, Json]]
    happened: list[Happened] = field(default_factory=list)
    _made: list[Connector] = field(default_factory=list)
    _texts: int = 0

    # -- the connector

    def connect(self, settings: Mapping[str, Json] | None = None, instance: str = INSTANCE) -> Connector:
        """A connector as after a start, with these settings or the right ones."""
        connector = self.factory.connect(instance, dict(self.settings if settings is None else settings))
        self._made.append(connector)
        return connector

    def close(self) -> None:
        """Let all connectors go that were made."""
        for connector in self._made:
            with suppress(Exception):  # rules about closing close by themselves
                connector.close()

    def forget(self, connector: Connector) -> None:
        """Hold a connector no longer, so that it goes once nobody else does."""
        self._made.remove(connector)

    def poll(self, connector: Connector, cursor: Json = None) -> Polled:
        """Poll until there is no more."""
        pages: list[Page] = []
        cursors = [cursor]
        while True:
            page = connector.changes(cursor)
            pages.append(page)
            cursor = page.cursor
            cursors.append(cursor)
            if not page.more:
                return Polled(pages, cursors)
            if len(pages) >= MOST_PAGES:
                raise BrokenError(f"after {MOST_PAGES:,} pages it still says that there are more")

    @property
    def spec_actions(self) -> frozenset[str]:
        """The kinds of action that the connector names."""
        return self.factory.spec().actions

    @property
    def main_kind(self) -> str | None:
        """The kind of action that the rules of writing go by: one whose text can be found again, if there is one."""
        kinds = [kind for kind in TEXT_KINDS if kind in self.spec_actions]
        return kinds[0] if kinds else next(iter(sorted(self.spec_actions)), None)

    # -- the helpdesk

    def text(self) -> str:
        """A text that nothing else has."""
        self._texts += 1
        return f"Number {self._texts} of the messages."

    def open_ticket(self) -> str:
        """Let a ticket be opened, and time pass."""
        ticket = self.helpdesk.open_ticket(self.text())
        if "ticket" in self.helpdesk.happens:
            self._note(Happened("ticket", self.helpdesk.subject(ticket), self.helpdesk.now()))
        self.helpdesk.advance(1)
        return ticket

    def comment(self, ticket: str, text: str | None = None) -> Happened:
        """Let the customer write, and time pass."""
        said = text or self.text()
        self.helpdesk.comment(ticket, said)
        return self._note(Happened("comment", self.helpdesk.subject(ticket), self.helpdesk.now(), said))

    def change(self, ticket: str, value: str | None, fact: Json) -> Happened:
        """Let a person change the field of `choice`, and time pass."""
        choice = self.helpdesk.choice
        assert choice is not None, "`change` happens, so there is a `choice`"
        self.helpdesk.change(ticket, value)
        at, subject = self.helpdesk.now(), self.helpdesk.subject(ticket)
        return self._note(
            Happened("change", subject, at, path=choice.path, fact=fact, is_exact=not self.shows_now_only)
        )

    def _note(self, happened: Happened) -> Happened:
        self.happened.append(happened)
        self.helpdesk.advance(1)
        return happened

    def happen(self, ticket: str | None = None) -> str:
        """Let something happen to a ticket, or to a new one; which ticket."""
        happens = self.helpdesk.happens
        if ticket is None or not happens & {"comment", "change"}:
            ticket = self.open_ticket()
            if "ticket" in happens:
                return ticket
        choice = self.helpdesk.choice
        if "comment" in happens and ("change" not in happens or len(self.happened) % 2):
            self.comment(ticket)
        elif choice is not None:
            known = list(choice.values.items())
            subject = self.helpdesk.subject(ticket)
            before = sum(one.what == "change" and one.subject == subject for one in self.happened)
            self.change(ticket, *known[before % len(known)])
        return ticket

    @property
    def shows_now_only(self) -> bool:
        """Whether the helpdesk shows how things are and not how they came to be."""
        return self.helpdesk.page == 0

    def story(self) -> None:
        """Let happen what fills three pages and more, on several tickets."""
        ticket = None
        for number in range(3 * self.helpdesk.page + 1):
            ticket = self.happen(None if number % 4 == 0 else ticket)

    def settle(self) -> None:
        """Let time pass until all that happened is shown: some helpdesks hold the last minute back."""
        self.helpdesk.advance(REST)

    # -- the comparison

    def wanted(self, after: int = 0) -> list[Happened]:
        """What must come of all that happened: of a helpdesk that shows how things are now, the newest of a subject."""
        happened = self.happened[after:]
        return list({one.subject: one for one in happened}.values()) if self.shows_now_only else happened

    def require_all(self, events: Iterable[Event], after: int = 0) -> None:
        """BrokenError where something that happened did not come, or came as several events.

        Where it only shows how things are now, it may be told again.
        """
        found = {event.key: event for event in events}
        for happened in self.wanted(after):
            keys = [key for key, event in found.items() if happened.is_told_by(event)]
            if not keys:
                raise BrokenError(f"{happened} never came")
            if len(keys) > 1 and happened.is_exact:
                raise BrokenError(f"{happened} came as {len(keys)} events, with the keys {', '.join(sorted(keys))}")

    # -- actions

    def attempt(self, kind: str, ticket: str, text: str, *, precondition: Json = None, again: bool = False) -> Attempt:
        """An attempt at an action of a kind that says a text; the same text is the same action."""
        subject = self.helpdesk.subject(ticket)
        return attempt(
            kind, subject, ticket, self.content(kind, text), key=text, precondition=precondition, again=again
        )

    def apply(self, connector: Connector, one: Attempt) -> Answer | Exception:
        """The answer to an attempt, or what was raised."""
        try:
            return connector.apply(one)
        except Exception as problem:  # noqa: BLE001  # the contract lets it raise anything
            return problem


def told(keys: Iterable[str]) -> str:
    """Some keys, for a message."""
    listed = sorted(keys)
    return ", ".join(listed[:5]) + (f" and {len(listed) - 5} more" if len(listed) > 5 else "")


def same_json(value: Json) -> Json:
    """A value as it comes back from the store."""
    back: Json = json.loads(json.dumps(value, allow_nan=False))
    return back


def counted(events: Iterable[Event]) -> Counter[tuple[str, str, str, int]]:
    """Events by what they are known by: key, subject, kind, instant."""
    return Counter((event.key, event.subject, event.kind, event.at) for event in events)


def shown(answer: Answer | Exception) -> str:
    """An answer in a few words."""
    text = f"{answer!r}"
    return text if len(text) <= 300 else f"{text[:300]}..."
