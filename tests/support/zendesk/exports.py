"""The three incremental exports with their habits: a minute is left out, pages end where they may."""

import base64
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import takewhile
from typing import Any

from casewarden.testing.wire import Reply, Request, json_reply
from support.zendesk import bodies
from support.zendesk.state import World

_SITE = "https://example.zendesk.com/api/v2"
Rows = Sequence[dict[str, Any]]


@dataclass(frozen=True)
class Exports:
    """What is exported now: up to the second `until`, `page` rows at once; what is late is left out if `is_hiding`."""

    world: World
    page: int
    until: int
    is_hiding: bool

    def answer(self, request: Request, what: Sequence[str]) -> Reply:
        """A page of one of them."""
        match what:
            case ["tickets", "cursor"]:
                return self._tickets(request)
            case ["ticket_events"]:
                return self._timed(request, "ticket_events", self._audits, bodies.exported)
            case ["organizations"]:
                return self._timed(request, "organizations", self._organizations, dict)
            case _:
                return json_reply({"error": "InvalidEndpoint"}, 404)

    # -- tickets, by cursor

    def _tickets(self, request: Request) -> Reply:
        cursor, start = request.query("cursor"), request.query("start_time")
        if (cursor is None) == (start is None):
            return json_reply({"error": "InvalidValue", "description": "one of cursor and start_time"}, 400)
        place = _read_cursor(cursor) if cursor is not None else 0
        newest = reversed(self.world.tickets.values())
        rows = [*takewhile(lambda one: one["cursor"] > place, newest)][::-1]
        rows = [one for one in rows if one["generated_timestamp"] <= self.until]
        if start is not None:
            rows = [one for one in rows if one["generated_timestamp"] >= int(start)]
        some = rows[: self.page]
        if some:
            place = some[-1]["cursor"]
        people = {one["requester_id"] for one in some} | {one["assignee_id"] for one in some}
        after = base64.b64encode(f"{place}||".encode()).decode()
        return json_reply(
            {
                "tickets": [bodies.ticket(one) for one in some],
                "users": [self.world.users[one] for one in sorted(people - {None})],
                "organizations": [*self.world.organizations.values()],
                "after_cursor": after,
                "after_url": f"{_SITE}/incremental/tickets/cursor.json?cursor={after}",
                "before_cursor": None,
                "before_url": None,
                "end_of_stream": len(rows) <= self.page,
            }
        )

    # -- by the second

    def _audits(self, start: int) -> Iterable[tuple[int, dict[str, Any]]]:
        """Those of these seconds, in order."""
        audits = self.world.audits
        first = bisect_left(audits, start, key=lambda one: int(one["seconds"]))
        last = bisect_right(audits, self.until, key=lambda one: int(one["seconds"]))
        some = audits[first:last]
        return [(one["seconds"], one) for one in some if not (one["late"] and self.is_hiding)]

    def _organizations(self, start: int) -> Iterable[tuple[int, dict[str, Any]]]:
        rows = [(epoch(one["updated_at"]), one) for one in self.world.organizations.values()]
        return sorted((one for one in rows if start <= one[0] <= self.until), key=lambda one: one[0])

    def _timed(
        self,
        request: Request,
        name: str,
        rows: Callable[[int], Iterable[tuple[int, dict[str, Any]]]],
        shown: Callable[[dict[str, Any]], dict[str, Any]],
    ) -> Reply:
        start = int(request.query("start_time") or 0)
        if start > self.until:
            said = "Too recent start_time. Use a start_time older than 60 seconds"
            return json_reply({"error": "InvalidValue", "description": said}, 422)
        found = [*rows(start)]
        some = found[: self.page]
        # A page that ends within a second goes on to the end of it
        some += takewhile(lambda one: one[0] == some[-1][0], found[self.page :])
        end = some[-1][0] if some else None
        listed: list[Any] = [shown(one) for _, one in some]
        return json_reply(
            {
                name: listed,
                "count": len(some),
                "end_time": end,
                "end_of_stream": len(some) == len(found),
                "next_page": None if end is None else f"{_SITE}/incremental/{name}.json?start_time={end}",
            }
        )


def _read_cursor(cursor: str) -> int:
    return int(base64.b64decode(cursor).decode().partition("|")[0])


def epoch(stamp: str) -> int:
    """The seconds of a time as answers state it."""
    return round(datetime.fromisoformat(stamp).timestamp())
