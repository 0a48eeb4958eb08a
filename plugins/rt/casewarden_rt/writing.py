"""Actions: states that are wanted, written against a version and read back; and texts, found again by their mark."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from casewarden.model.event import Json
from casewarden.plugin import AlreadyApplied, Answer, Applied, Attempt, Conflict, Rejected, Retry
from casewarden.plugin.http import HttpError, as_answer
from casewarden.plugin.mapping import NotWrittenError
from casewarden.plugin.marks import mark_at_end, mark_of, with_mark
from casewarden_rt.binding import Binding
from casewarden_rt.records import Ticket, User
from casewarden_rt.server import Live, Server
from casewarden_rt.texts import text_of, wanted
from casewarden_rt.wanted import STATES, Forms

_TEXTS: Final = {"reply": "correspond", "ask": "correspond", "note": "comment", "notify": "comment"}


class _NoTicketError(Exception):
    """There is no such ticket; the text is the reason to reject."""


@dataclass(slots=True)
class Writer:
    """Carries out actions in one Request Tracker."""

    server: Server
    binding: Binding
    own: Callable[[], User]

    def apply(self, attempt: Attempt) -> Answer:
        """See `Connector`."""
        if attempt.ticket is None or not (attempt.ticket.isascii() and attempt.ticket.isdecimal()):
            return Rejected(f"{attempt.subject} has no ticket in Request Tracker")
        request: dict[str, Json] = {}
        try:
            if attempt.kind in STATES:
                return self._want(attempt, attempt.ticket, request)
            return self._say(attempt, attempt.ticket, request)
        except HttpError as problem:
            return as_answer(problem, request)
        except (NotWrittenError, _NoTicketError) as problem:
            return Rejected(str(problem), request)

    # -- states

    def _want(self, attempt: Attempt, ticket: str, request: dict[str, Json]) -> Answer:
        live = self.server.live(ticket)
        if attempt.kind == "project" and (live is None or live.ticket.id != ticket):
            return Applied()  # nobody works there any more, so there is nothing to show
        if live is None:
            raise _NoTicketError(_no_ticket(ticket))
        if live.ticket.id != ticket:
            return Rejected(f"ticket {ticket} was merged into ticket {live.ticket.id}")
        forms = self._forms(live.ticket)
        wanted_values = forms.wanted(attempt.kind, attempt.content, lambda name: self.server.user(name).name)
        changes = forms.missing(wanted_values)
        if not changes:
            return AlreadyApplied() if attempt.again else Applied()
        if attempt.precondition is not None and attempt.precondition != live.version:
            return Conflict(f"ticket {ticket} has changed since it was looked at")
        body = forms.body(changes)
        request |= {"method": "PUT", "path": f"/ticket/{ticket}", "body": body}
        said = self.server.update(ticket, body, live.version)
        return self._read_back(ticket, changes, said, request)

    def _read_back(self, ticket: str, changes: Mapping[str, Json], said: list[str], request: dict[str, Json]) -> Answer:
        """Success and refusal look alike: 200 and a list of texts. What counts is how the ticket is afterwards."""
        missing = self._forms(self._live(ticket).ticket).missing(changes)
        if not missing:
            return Applied({}, request)
        words = "; ".join(said) or "nothing"
        return Rejected(f"Request Tracker did not set {', '.join(missing)}; it said: {words}", request)

    def _forms(self, ticket: Ticket) -> Forms:
        return Forms(self.binding.settings(), ticket, self.server.custom_field, self._zone)

    def _zone(self) -> ZoneInfo | None:
        name = self.own().zone
        try:
            return ZoneInfo(name or "")
        except (ZoneInfoNotFoundError, ValueError):
            return None

    # -- texts

    def _say(self, attempt: Attempt, ticket: str, request: dict[str, Json]) -> Answer:
        mark = mark_of(attempt.key)
        if attempt.again or attempt.precondition is not None:
            live = self._live(ticket)
            if attempt.again and (found := self._written(mark, {ticket, live.ticket.id})) is not None:
                return AlreadyApplied({"transaction": found})
            if attempt.precondition is not None and attempt.precondition != live.version:
                return Conflict(f"ticket {ticket} has changed since it was looked at")
        how = _TEXTS[attempt.kind]
        body: dict[str, Json] = {"Content": with_mark(_text(attempt), mark), "ContentType": "text/plain"}
        subject = attempt.content.get("subject")
        if isinstance(subject, str) and subject:
            body["Subject"] = " ".join(subject.split())  # one line: it becomes a header of mail
        request |= {"method": "POST", "path": f"/ticket/{ticket}/{how}", "body": body}
        number, said = self.server.write(ticket, how, body)
        if number is None:
            return Retry(
                f"Request Tracker does not say what it wrote to ticket {ticket}", reached=False, request=request
            )
        if not self.server.parts([number])[number]:
            words = "; ".join(said) or "nothing"
            return Rejected(
                f"what was written to ticket {ticket} is not to be seen there; Request Tracker said: {words}. The"
                " account needs the rights ShowTicket and ShowTicketComments",
                request,
            )
        return Applied({"transaction": number}, request)

    def _written(self, mark: str, tickets: set[str]) -> int | None:
        """The transaction in which our account wrote the text with this mark."""
        name = self.own().name
        mine = [
            one.id
            for history in self.server.histories(sorted(tickets)).values()
            for one in history
            if one.type in ("Correspond", "Comment") and one.creator == name
        ]
        parts = self.server.parts(mine)
        contents = self.server.contents([part for several in parts.values() for part in wanted(several)])
        return next((one for one in mine if mark_at_end(text_of(parts[one], contents)) == mark), None)

    def _live(self, ticket: str) -> Live:
        live = self.server.live(ticket)
        if live is None:
            raise _NoTicketError(_no_ticket(ticket))
        return live


def _no_ticket(ticket: str) -> str:
    return f"Request Tracker has no ticket {ticket}"


def _text(attempt: Attempt) -> str:
    text, who = str(attempt.content.get("text") or ""), attempt.content.get("who")
    return f"For {who}:\n\n{text}" if attempt.kind == "notify" and who else text
