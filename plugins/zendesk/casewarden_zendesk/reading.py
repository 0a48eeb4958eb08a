"""Polling and fetching: the exports page by page, and one ticket whole."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final

from casewarden.model.event import Event, Json
from casewarden.plugin import Page
from casewarden_zendesk.audits import Audit, read_ticket_event
from casewarden_zendesk.customers import account_events, day_of
from casewarden_zendesk.known import Known
from casewarden_zendesk.position import DELAY_S, STREAMS, Position, Timed, read_position
from casewarden_zendesk.records import SECOND, Ticket, read_organization
from casewarden_zendesk.server import Server, TimedPage
from casewarden_zendesk.settings import ZendeskSettings
from casewarden_zendesk.translate import Translator

_MOST_CHAIN: Final = 50
_MOST_OVERLAP: Final = 10
"""Pages that are read anew at the beginning of a round, at most: more than a busy helpdesk fills in the overlap."""


@dataclass(frozen=True, slots=True)
class Reader:
    """Reads one Zendesk."""

    server: Server
    said: ZendeskSettings
    known: Known
    instance: str
    now: Callable[[], int]

    def changes(self, cursor: Json) -> Page:
        """A page of each export that this round has not read to its end; after the last the watermark is known."""
        now = self.now()
        since = 0 if self.said.since is None else self.said.since // SECOND
        place = read_position(cursor, since, now // SECOND)
        if self.said.contracts.plan is not None and place.begun is None:
            place = place.rereading(day_of(now, self.said.contracts))
        translator = self._translator(now)
        begun = now // SECOND if place.begun is None else place.begun
        done = place.done
        events: list[Event] = []
        if "tickets" not in done:
            place = self._tickets(place, since, translator, events)
        if "organizations" not in done:
            place = self._organizations(place, now, events)
        if "audits" not in done:
            place = self._audits(place, translator, events)
        more = len(place.done) < len(STREAMS)
        place = replace(place, begun=begun) if more else replace(place, done=frozenset(), begun=None)
        through = None if more else self._through(begun)
        refused = list(dict.fromkeys(map(str, translator.unmapped)))
        return Page(events, place.json(), through, more, refused)

    def ticket(self, ticket: str) -> Page:
        """A case whole: its ticket and those that follow it up. The version is that of the one that is written to."""
        chain = self.chain(ticket)
        if not chain:
            return Page((), None)
        translator = self._translator(self.now())
        audits = [audit for one in chain for audit in self.server.audits(one.id)]
        events = self._told(audits, translator)
        return Page(events, version_of(chain[-1]), None, False, list(dict.fromkeys(map(str, translator.unmapped))))

    def chain(self, ticket: str) -> list[Ticket]:
        """A ticket and those that follow it up, the newest last: that is the one which can be written to."""
        found: list[Ticket] = []
        following: str | None = ticket
        while following is not None and len(found) < _MOST_CHAIN:
            one = self.server.ticket(following)
            if one is None or any(one.id == known.id for known in found):
                break
            self.known.saw(one)
            found.append(one)
            following = max(one.followups, key=int, default=None)
        return found

    # -- the exports

    def _tickets(self, place: Position, since: int, translator: Translator, events: list[Event]) -> Position:
        page = self.server.tickets(place.tickets, since)
        self.known.take(page.users, page.organizations)
        for ticket in page.tickets:
            self.known.saw(ticket)
        events += [event for ticket in page.tickets if (event := translator.deleted(ticket)) is not None]
        for ticket in page.tickets:
            # What was opened before our time says so itself: the export of audits begins after it
            if ticket.created < since * SECOND and ticket.status != "deleted":
                events += self._told(list(self.server.audits(ticket.id)), translator)
        return replace(place, tickets=page.after).with_done("tickets", is_last=page.is_last)

    def _organizations(self, place: Position, now: int, events: list[Event]) -> Position:
        following, rows = _read(place.organizations, self.server.organizations)
        found = [read_organization(row) for row in rows]
        self.known.take((), found)
        names = self.known.names()
        for one in found:
            events += account_events(one, self.said.contracts, names.mapping, self.instance, now)
        is_last = not following.within
        return replace(place, organizations=following).with_done("organizations", is_last=is_last)

    def _audits(self, place: Position, translator: Translator, events: list[Event]) -> Position:
        following, rows = _read(place.audits, self.server.ticket_events)
        audits = [audit for row in rows if (audit := read_ticket_event(row)) is not None]
        events += self._told(audits, translator)
        return replace(place, audits=following).with_done("audits", is_last=not following.within)

    # -- events

    def _told(self, audits: Sequence[Audit], translator: Translator) -> list[Event]:
        self.known.need_users(number for audit in audits for number in audit.people())
        self.known.need_organizations(number for audit in audits for number in audit.organizations())
        self.known.need_cases(_tickets_of(audits))
        return [
            event for audit in sorted(audits, key=lambda one: (one.at, one.id)) for event in translator.events(audit)
        ]

    def _translator(self, now: int) -> Translator:
        return Translator(self.instance, self.said, self.known, self.known.names(), now)

    def _through(self, begun: int) -> int:
        """Up to when nothing is missing: the exports leave out the last minute, by the clock of the helpdesk."""
        skew = min(0, round(self.server.http.skew or 0.0))
        return (begun + skew - DELAY_S - 1) * SECOND


def _read(place: Timed, ask: Callable[[int], TimedPage]) -> tuple[Timed, list[Json]]:
    """The rows of the next page; at the beginning of a round those of all pages up to where the last one ended."""
    rows: list[Json] = []
    known = 0 if place.within else place.at
    for _ in range(_MOST_OVERLAP):
        start = place.start
        page = ask(start)
        rows += page.rows
        place = place.after(page, start)
        if not place.within or place.at > known:
            break
    return place, rows


def version_of(ticket: Ticket) -> Json:
    """What a ticket is known by until it changes."""
    return f"{ticket.id}@{ticket.version}"


def _tickets_of(audits: Iterable[Audit]) -> list[str]:
    found: dict[str, None] = {}
    for audit in audits:
        found[audit.ticket] = None
        if audit.merged_into:
            found[audit.merged_into] = None
    return list(found)
