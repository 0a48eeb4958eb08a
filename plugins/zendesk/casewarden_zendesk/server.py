"""The calls of Zendesk's API that the connector makes."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from casewarden.model.event import Json
from casewarden.plugin.http import Http, Pace, RefusedError, Reply, as_array, as_id, as_object
from casewarden_zendesk.audits import Audit, read_audit
from casewarden_zendesk.records import (
    Organization,
    Ticket,
    User,
    read_organization,
    read_ticket,
    read_user,
)

MANY: Final = 100
"""The most ids that `show_many` and `update_many` take."""
_API: Final = "/api/v2"
_MOST_PAGES: Final = 1_000
_GONE: Final = 404


@dataclass(frozen=True, slots=True)
class TicketPage:
    """A page of the cursor-based export; `after` is the cursor to go on with, and to keep at the end."""

    tickets: Sequence[Ticket]
    users: Sequence[User]
    organizations: Sequence[Organization]
    after: str | None
    is_last: bool


@dataclass(frozen=True, slots=True)
class TimedPage:
    """A page of a time-based export: `until` is the second of its last row, None where it has no rows."""

    rows: Sequence[Json]
    until: int | None
    is_last: bool


@dataclass(frozen=True, slots=True)
class Server:
    """One Zendesk. Each export has a rate of its own: a few calls a minute."""

    http: Http
    tickets_pace: Pace
    events_pace: Pace
    organizations_pace: Pace

    # -- exports

    def tickets(self, cursor: str | None, start: int) -> TicketPage:
        """A page of tickets as they are; `start` in seconds, for the first page only."""
        begin: dict[str, str | int] = {"start_time": start} if cursor is None else {"cursor": cursor}
        reply = self.http.get(
            f"{_API}/incremental/tickets/cursor",
            {**begin, "include": "users,organizations"},
            pace=self.tickets_pace,
        )
        raw = reply.object()
        after = raw.get("after_cursor")
        return TicketPage(
            [read_ticket(one) for one in as_array(raw.get("tickets"), "`tickets` of the export")],
            [read_user(one) for one in _several(raw, "users")],
            [read_organization(one) for one in _several(raw, "organizations")],
            after if isinstance(after, str) else cursor,
            raw.get("end_of_stream") is not False,
        )

    def ticket_events(self, start: int) -> TimedPage:
        """A page of audits with their comments, from a second on."""
        params: dict[str, str | int] = {"start_time": start, "include": "comment_events"}
        return _timed(
            self.http.get(f"{_API}/incremental/ticket_events", params, pace=self.events_pace), "ticket_events"
        )

    def organizations(self, start: int) -> TimedPage:
        """A page of organizations that changed from a second on."""
        reply = self.http.get(f"{_API}/incremental/organizations", {"start_time": start}, pace=self.organizations_pace)
        return _timed(reply, "organizations")

    # -- tickets

    def ticket(self, ticket: str) -> Ticket | None:
        """A ticket as it is, None where there is none (any more)."""
        reply = self._found(lambda: self.http.get(f"{_API}/tickets/{ticket}"))
        return None if reply is None else read_ticket(reply.object().get("ticket"))

    def tickets_of(self, ids: Iterable[str]) -> Iterator[Ticket]:
        """Those tickets that are there, deleted ones not."""
        for some in _batches(ids):
            raw = self.http.get(f"{_API}/tickets/show_many", {"ids": ",".join(some)}).object()
            yield from map(read_ticket, as_array(raw.get("tickets"), "`tickets`"))

    def audits(self, ticket: str) -> Iterator[Audit]:
        """The whole history of a ticket, oldest first."""
        for page in self.pages(f"{_API}/tickets/{ticket}/audits"):
            yield from map(read_audit, as_array(page.get("audits"), "`audits`"))

    def audit(self, ticket: str, number: int) -> Audit | None:
        """One entry of a ticket's history, None where it is not there."""
        reply = self._found(lambda: self.http.get(f"{_API}/tickets/{ticket}/audits/{number}"))
        return None if reply is None else read_audit(reply.object().get("audit"))

    def update(self, ticket: str, body: Mapping[str, Json]) -> int | None:
        """Change a ticket in one audit; its number. HttpError, of which a conflict is a RefusedError of 409."""
        raw = self.http.send("PUT", f"{_API}/tickets/{ticket}", {"ticket": dict(body)}).object()
        return _audit_number(raw)

    def update_many(self, changes: list[Json]) -> Mapping[str, Json]:
        """Change several tickets, each an object with its `id`; the job that does it."""
        raw = self.http.send("PUT", f"{_API}/tickets/update_many", {"tickets": changes}).object()
        return as_object(raw.get("job_status"), "`job_status`")

    def job(self, number: str) -> Mapping[str, Json]:
        """How a job stands."""
        return as_object(self.http.get(f"{_API}/job_statuses/{number}").object().get("job_status"), "`job_status`")

    def create(self, body: Mapping[str, Json], key: str) -> Ticket:
        """Make a ticket, once for each key (Zendesk keeps keys for two hours)."""
        reply = self.http.send("POST", f"{_API}/tickets", {"ticket": dict(body)}, headers={"idempotency-key": key})
        return read_ticket(reply.object().get("ticket"))

    # -- people and names

    def me(self) -> User:
        """Whose login this is."""
        return read_user(self.http.get(f"{_API}/users/me").object().get("user"))

    def users(self, ids: Iterable[str]) -> Iterator[User]:
        """Those users that are there."""
        for some in _batches(ids):
            raw = self.http.get(f"{_API}/users/show_many", {"ids": ",".join(some)}).object()
            yield from map(read_user, as_array(raw.get("users"), "`users`"))

    def user_by_email(self, email: str) -> User | None:
        """The user of an address."""
        raw = self.http.get(f"{_API}/users/search", {"query": f'email:"{email}"'}).object()
        found = (read_user(one) for one in _several(raw, "users"))
        return next((one for one in found if one.email.casefold() == email.casefold()), None)

    def organizations_of(self, ids: Iterable[str]) -> Iterator[Organization]:
        """Those organizations that are there."""
        for some in _batches(ids):
            raw = self.http.get(f"{_API}/organizations/show_many", {"ids": ",".join(some)}).object()
            yield from map(read_organization, as_array(raw.get("organizations"), "`organizations`"))

    def listed(self, path: str, name: str) -> Iterator[Mapping[str, Json]]:
        """All of a list such as `ticket_fields`."""
        for page in self.pages(f"{_API}/{path}"):
            for one in as_array(page.get(name), f"`{name}`"):
                yield as_object(one, f"one of `{name}`")

    def pages(self, path: str) -> Iterator[Mapping[str, Json]]:
        """The pages of a list, by cursor, or by the older links where a list has no cursors."""
        reply = self.http.get(path, {"page[size]": MANY})
        for _ in range(_MOST_PAGES):
            raw = reply.object()
            yield raw
            meta, links = raw.get("meta"), raw.get("links")
            following: Json = raw.get("next_page")
            if isinstance(meta, dict):
                following = links.get("next") if meta.get("has_more") is True and isinstance(links, dict) else None
            if not isinstance(following, str):
                return
            reply = self.http.get(following)

    @staticmethod
    def _found(ask: Callable[[], Reply]) -> Reply | None:
        try:
            return ask()
        except RefusedError as problem:
            if problem.status == _GONE:
                return None
            raise


def _timed(reply: Reply, name: str) -> TimedPage:
    raw = reply.object()
    rows = as_array(raw.get(name), f"`{name}` of the export")
    until = raw.get("end_time")
    return TimedPage(rows, until if isinstance(until, int) and rows else None, raw.get("end_of_stream") is not False)


def _several(raw: Mapping[str, Json], name: str) -> Sequence[Json]:
    value = raw.get(name)
    return value if isinstance(value, list) else ()


def _batches(ids: Iterable[str]) -> Iterator[list[str]]:
    known = list(dict.fromkeys(one for one in ids if one.isdecimal()))
    for start in range(0, len(known), MANY):
        yield known[start : start + MANY]


def _audit_number(raw: Mapping[str, Json]) -> int | None:
    audit = raw.get("audit")
    if not isinstance(audit, dict) or audit.get("id") is None:
        return None
    return int(as_id(audit["id"], "the audit's `id`"))
