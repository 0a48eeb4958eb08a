"""Request Tracker's REST 2 as calls: what is read comes in few requests, since each costs it a third of a second.

That third is bcrypt over the token, at the strength it ships with; so tickets, histories and texts are asked for by
the hundred.
"""

import json
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, TypeVar

from casewarden.model.event import Json
from casewarden.plugin.http import Http, RefusedError, Reply, as_array, as_id, as_number, as_object, path_of
from casewarden_rt.records import (
    DATES,
    ROLES,
    CustomField,
    Part,
    Ticket,
    Transaction,
    User,
    custom_field_of,
    part_of,
    ticket_of,
    transaction_of,
    user_of,
)

Known = TypeVar("Known")
Item = TypeVar("Item")
_ROOT: Final = "/REST/2.0"
PAGE: Final = 100
"""The most that Request Tracker gives at once."""
_CHUNK: Final = 40
"""Ids in one question: an address of 8,000 characters is the most that servers in front of it take."""
_MOST_AT_ONCE: Final = 2_000_000
"""Bytes of texts in one answer."""
_KNOWN_FOR_S: Final = 600.0
_MOST_KNOWN: Final = 10_000
_TRANSACTION_FIELDS: Final = "ObjectId,Type,Field,OldValue,NewValue,Creator,Created,TimeTaken"
_TICKET_FIELDS: Final = ",".join(
    ("Subject", "Status", "Priority", "Type", "Queue", "Owner", "EffectiveId", "CustomFields", *ROLES, *DATES)
)
_PART_FIELDS: Final = "TransactionId,ContentType,Filename,Headers,ContentLength,Subject"
"""Not `Parent`: asking for that fails with 500 where a part has none (5.0.3)."""
_UNSAID: Final = ("EmailRecord", "CommentEmailRecord", "SetWatcher")
"""Types that say nothing new: mail that went out, and the other half of a change of owner."""


@dataclass(frozen=True, slots=True)
class Live:
    """A ticket as it is at this moment: with its version, and what we may do with it, as its links say."""

    ticket: Ticket
    version: str
    links: frozenset[str]
    statuses: frozenset[str]


@dataclass(slots=True)
class Server:
    """The calls. HttpError says what went wrong."""

    http: Http
    monotonic: Callable[[], float] = time.monotonic
    _users: dict[str, tuple[float, User]] = field(default_factory=dict)
    _queues: dict[str, tuple[float, str]] = field(default_factory=dict)
    _customs: dict[str, tuple[float, CustomField | None]] = field(default_factory=dict)

    # -- reading

    def version(self) -> str:
        """Which Request Tracker it is."""
        return str(self.get("/rt").object().get("Version"))

    def transactions_after(self, last: int, only: str = "") -> tuple[list[Transaction], Reply]:
        """The next transactions of tickets by number, none at the end; and the answer, for its time.

        `only` narrows the search, as `Watched.condition` says it.

        A page may hold fewer than it has room for, none as well, and still not be the last one: what the account may
        not see is taken out of it afterwards. What is taken out are comments; so where a page is empty it is asked
        whether there is anything else further on.
        """
        query = f"{_of_tickets()}{only} AND id > {last}"
        page = 1
        while True:
            reply = self.get("/transactions", {**_by_id(_TRANSACTION_FIELDS), "query": query, "page": page})
            found = [transaction_of(item) for item in items_of(reply)]
            if found or (page == 1 and not self._goes_on(query)):
                return found, reply
            page += 1

    def _goes_on(self, query: str) -> bool:
        """Whether there is something behind a page from which all was taken out."""
        reply = self.get("/transactions", {"query": f"{query} AND Type != 'Comment'", "per_page": 1})
        return bool(items_of(reply))

    def histories(self, tickets: Iterable[str]) -> dict[str, list[Transaction]]:
        """All transactions that were made in these tickets, in their order."""
        found: dict[str, list[Transaction]] = {ticket: [] for ticket in tickets}
        for some in _chunks(list(found)):
            which = " OR ".join(f"ObjectId = {int(ticket)}" for ticket in some)
            last = 0
            while read := self.transactions_after(last, f" AND ({which})")[0]:
                for one in read:
                    found[one.ticket].append(one)
                last = read[-1].id
        return found

    def tickets(self, ids: Iterable[str]) -> dict[str, Ticket]:
        """These tickets as they are, also merged and deleted ones; without those that are no more.

        `EffectiveId > 0` makes a search find merged tickets; deleted ones no search finds.
        """
        wanted = list(dict.fromkeys(ids))
        found: dict[str, Ticket] = {}
        for some in _chunks(wanted):
            which = " OR ".join(f"id = {int(ticket)}" for ticket in some)
            asked = {**_by_id(_TICKET_FIELDS), "fields[Queue]": "Name", "query": f"({which}) AND EffectiveId > 0"}
            for item in items_of(self.get("/tickets", asked)):
                ticket = ticket_of(item)
                found[ticket.id] = ticket
        for ticket_id in wanted:
            if ticket_id not in found and (live := self.live(ticket_id)) is not None and live.ticket.id == ticket_id:
                found[ticket_id] = live.ticket
        return found

    def live(self, ticket: str) -> Live | None:
        """A ticket with its version; None where there is none. Of a merged one it is the ticket that it went into."""
        try:
            reply = self.get(path_of("/ticket/{}", ticket), {"fields[Queue]": "Name"})
        except RefusedError as problem:
            if problem.status == 404:
                return None
            raise
        said = reply.object()
        links = [link for link in as_array(said.get("_hyperlinks"), "links of a ticket") if isinstance(link, dict)]
        statuses = frozenset(str(link.get("to")) for link in links if link.get("ref") == "lifecycle")
        kinds = frozenset(str(link.get("ref")) for link in links)
        return Live(ticket_of(said), reply.headers.get("etag", ""), kinds, statuses)

    def parts(self, transactions: Iterable[int]) -> dict[int, list[Part]]:
        """What was written in these transactions: the parts of it, without their contents."""
        found: dict[int, list[Part]] = {number: [] for number in transactions}
        for some in _chunks(list(found)):
            for item in self._any_of("/attachments", "TransactionId", some, _PART_FIELDS):
                part = part_of(item)
                found[part.transaction].append(part)
        return found

    def contents(self, parts: Sequence[Part]) -> dict[int, str]:
        """The contents of these parts, which are texts."""
        found: dict[int, str] = {}
        for some in _light(parts):
            for item in self._any_of("/attachments", "id", some, "Content"):
                said = as_object(item, "an attachment")
                content = said.get("Content")
                found[int(as_id(said.get("id"), "the id of an attachment"))] = (
                    content if isinstance(content, str) else ""
                )
        return found

    def user(self, who: str) -> User:
        """A user by number or name; somebody whom we may not see is a customer of that name."""
        return self._known(self._users, who, lambda: self._asked_user(who))

    def queue(self, number: str) -> str:
        """The name of a queue; of one that we may not see its number."""
        return self._known(self._queues, number, lambda: self._asked_queue(number))

    def custom_field(self, number: str) -> CustomField | None:
        """A custom field; None where we may not see it."""
        return self._known(self._customs, number, lambda: self._asked_custom(number))

    # -- writing

    def update(self, ticket: str, changes: Mapping[str, Json], version: str) -> list[str]:
        """Change a ticket if it still is of this version; what Request Tracker says of it, which may be a refusal."""
        headers = {"if-match": version} if version else {}
        reply = self.http.send("PUT", _ROOT + path_of("/ticket/{}", ticket), dict(changes), headers=headers)
        return [str(line) for line in reply.array()]

    def write(self, ticket: str, how: str, body: Mapping[str, Json]) -> tuple[int | None, list[str]]:
        """Write into a ticket, `how` being correspond or comment; the number of the transaction, and what is said."""
        reply = self.http.send("POST", _ROOT + path_of("/ticket/{}/{}", ticket, how), dict(body))
        number = reply.headers.get("location", "").rpartition("/")[2]
        return (int(number) if number.isdigit() else None), [str(line) for line in reply.array()]

    # -- one request

    def get(self, path: str, params: Mapping[str, str | int] | None = None) -> Reply:
        """An answer of the programs' door."""
        return self.http.get(_ROOT + path, params)

    def _any_of(self, path: str, name: str, values: Sequence[int], fields: str) -> Iterator[Json]:
        query = json.dumps([{"field": name, "value": value, "entry_aggregator": "OR"} for value in values])
        page = 1
        while True:
            reply = self.get(path, {**_by_id(fields), "query": query, "page": page})
            items = items_of(reply)
            yield from items
            if len(items) < as_number(reply.object().get("per_page"), f"{reply.what}: per_page"):
                return  # nothing was taken out of it: of all of them we know that we may see them
            page += 1

    def _asked_user(self, who: str) -> User:
        try:
            return user_of(self.get(path_of("/user/{}", who)).object(), who)
        except RefusedError as problem:
            if problem.status not in (403, 404):
                raise
            return User(who, who, "", is_staff=False)

    def _asked_queue(self, number: str) -> str:
        try:
            return str(self.get(path_of("/queue/{}", number)).object().get("Name"))
        except RefusedError as problem:
            if problem.status not in (403, 404):
                raise
            return number

    def _asked_custom(self, number: str) -> CustomField | None:
        try:
            return custom_field_of(self.get(path_of("/customfield/{}", number)).object())
        except RefusedError as problem:
            if problem.status not in (403, 404):
                raise
            return None

    def _known(self, known: dict[str, tuple[float, Known]], key: str, ask: Callable[[], Known]) -> Known:
        """What was asked not long ago, else what is answered now."""
        now = self.monotonic()
        if (kept := known.get(key)) is not None and now - kept[0] < _KNOWN_FOR_S:
            return kept[1]
        value = ask()
        if len(known) >= _MOST_KNOWN:
            known.clear()
        known[key] = (now, value)
        return value


def _of_tickets() -> str:
    return "ObjectType = 'RT::Ticket' AND " + " AND ".join(f"Type != '{name}'" for name in _UNSAID)


def _by_id(fields: str) -> dict[str, str | int]:
    return {"fields": fields, "orderby": "id", "per_page": PAGE}


def items_of(reply: Reply) -> list[Json]:
    """The rows of a collection."""
    return as_array(reply.object().get("items"), f"{reply.what}: items")


def _light(parts: Sequence[Part]) -> Iterator[list[int]]:
    """Numbers of parts, so many at once as make no large answer."""
    some: list[int] = []
    size = 0
    for part in parts:
        if some and (size + part.size > _MOST_AT_ONCE or len(some) >= _CHUNK):
            yield some
            some, size = [], 0
        some.append(part.id)
        size += part.size
    if some:
        yield some


def _chunks(items: Sequence[Item]) -> Iterator[Sequence[Item]]:
    for start in range(0, len(items), _CHUNK):
        yield items[start : start + _CHUNK]
