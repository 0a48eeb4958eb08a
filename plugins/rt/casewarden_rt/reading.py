"""Polling: transactions page by page, with what is needed to tell them asked for by the hundred."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final

from casewarden.model.event import Event, Json
from casewarden.plugin import Page
from casewarden.plugin.http import Reply
from casewarden.plugin.http.quota import date_of
from casewarden.plugin.mapping import Unmapped
from casewarden_rt.binding import Binding
from casewarden_rt.past import Names, Past, past_of
from casewarden_rt.position import Looked, Position, position_of
from casewarden_rt.records import Transaction, User
from casewarden_rt.server import Server
from casewarden_rt.texts import wanted
from casewarden_rt.translate import INCREMENTS, MESSAGES, Known, Translator
from casewarden_rt.watched import Watched

_SECOND: Final = 1_000_000
LAG_S: Final = 5
"""Seconds by which the watermark stays behind the server's time: so long a transaction may take to be committed."""
_MOST_TOLD: Final = 1_000


@dataclass(slots=True)
class Reader:
    """Reads one instance's Request Tracker. HttpError where that fails."""

    server: Server
    binding: Binding
    instance: str
    now: Callable[[], int]
    _told: set[Unmapped] = field(default_factory=set)
    _looked: Looked | None = None

    @property
    def own(self) -> User:
        """The account that is used."""
        return self.server.user(self.binding.said.account)

    def changes(self, cursor: Json) -> Page:
        """The next transactions that were not read before, as events."""
        position, watched = position_of(cursor), self.binding.watched()
        looked = self._looked if self._looked is not None and self._looked.cursor == cursor else None
        began = position.began
        last, deep = position.start(looked, self._server_now())
        while True:
            asked = self.now()
            found, reply = self.server.transactions_after(last, watched.condition())
            if began is None:
                began = self._time_of(reply) - (self.now() - asked) // _SECOND - 1
            deep = began if deep is None else deep
            if not found:
                return self._at_end(cursor, position, began, deep)
            last = found[-1].id
            if new := position.new_among(watched.among(found)):
                break
        events, refused = self._told_of(self._with_past(new, watched))
        return Page(events, position.with_read(new, last, began, deep).as_json(), more=True, refused=refused)

    def _at_end(self, cursor: Json, position: Position, began: int, deep: int) -> Page:
        """The end of a look; what was committed when it began, it has seen."""
        back = cursor if position.at is None else position.at_end().as_json()
        self._looked = Looked(back, began, deep)
        return Page((), back, complete_through=(began - LAG_S) * _SECOND)

    def ticket(self, ticket: str) -> Page:
        """One ticket whole; its version is the cursor. An empty page where there is no such ticket."""
        live = self.server.live(ticket)
        if live is None:
            return Page((), None)
        history = self.server.histories([ticket])[ticket]
        events, refused = self._told_of(history)
        return Page(events, live.version or None, refused=refused)

    # -- what is needed to tell

    def _with_past(self, new: Sequence[Transaction], watched: Watched) -> Sequence[Transaction]:
        """These, and the past of tickets that came into a watched queue or left one, for what was not read of it."""
        crossing = watched.crossing(new)
        if not crossing:
            return new
        every = {one.id: one for one in new}
        for history in self.server.histories(crossing).values():
            every |= {one.id: one for one in watched.shown(history)}
        return [every[number] for number in sorted(every)]

    def _told_of(self, new: Sequence[Transaction]) -> tuple[list[Event], list[str]]:
        known = self._known(new)
        translator = Translator(self.instance, self.binding.settings(), known, self.own.name, self.now())
        events = [event for one in new for event in translator.events(one)]
        lost = {one.ticket for one in new if one.type == "Create"} - set(known.pasts)
        refused = [f"ticket {ticket} was opened and is no more: its fields are not known" for ticket in sorted(lost)]
        return events, refused + self._first_time(translator.unmapped)

    def _known(self, new: Sequence[Transaction]) -> Known:
        parts = self.server.parts(one.id for one in new if one.type in MESSAGES)
        contents = self.server.contents([part for several in parts.values() for part in wanted(several)])
        names = Names(self._user_name, self.server.queue, self._custom_name)
        pasts = self._pasts({one.ticket for one in new if one.type in INCREMENTS}, names)
        return Known(names, self.server.user, pasts, parts, contents)

    def _pasts(self, tickets: Iterable[str], names: Names) -> dict[str, Past]:
        found = self.server.tickets(sorted(tickets, key=int))
        histories = self.server.histories(found)
        return {ticket: past_of(one, histories[ticket], names) for ticket, one in found.items()}

    def _user_name(self, number: str) -> str:
        return self.server.user(number).name

    def _custom_name(self, number: str) -> str:
        found = self.server.custom_field(number)
        return number if found is None else found.name

    # -- small things

    def _first_time(self, unmapped: Iterable[Unmapped]) -> list[str]:
        """What is told for the first time since the start, in words."""
        if len(self._told) > _MOST_TOLD:
            self._told.clear()
        new = [one for one in dict.fromkeys(unmapped) if one not in self._told]
        self._told.update(new)
        return [str(one) for one in new]

    def _server_now(self) -> int:
        """The server's time in seconds, as far as it is known."""
        return int(self.now() / _SECOND + (self.server.http.skew or 0))

    def _time_of(self, reply: Reply) -> int:
        """The server's time in seconds, ours where it does not say."""
        stated = date_of(reply.headers)
        return (self.now() if stated is None else stated) // _SECOND
