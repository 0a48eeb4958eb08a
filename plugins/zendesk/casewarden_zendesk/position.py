"""How far the three exports were read: tickets by cursor; audits and organizations by the second."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from casewarden.model.event import Json
from casewarden_zendesk.server import TimedPage

DELAY_S: Final = 60
"""Seconds that the exports leave out: what happened within them is not shown yet."""
OVERLAP_S: Final = 180
"""Seconds that a time-based export is read anew at each round: what was shown late comes all the same."""
STREAMS: Final = ("tickets", "organizations", "audits")


@dataclass(frozen=True, slots=True)
class Timed:
    """A place in a time-based export: `at` in seconds; `within`: there are more pages after it."""

    at: int
    within: bool = False

    @property
    def start(self) -> int:
        """Where the next page begins: a round begins a little before what was read last."""
        return self.at if self.within else max(0, self.at - OVERLAP_S)

    def after(self, page: TimedPage, start: int) -> "Timed":
        """The place after a page that began at `start`."""
        if page.is_last:
            return Timed(max(self.at if not self.within else 0, page.until or start))
        # A page whose rows are all of one second holds all rows of that second, so the next one may begin after it
        following = page.until if page.until is not None and page.until > start else start + 1
        return Timed(following, within=True)


@dataclass(frozen=True, slots=True)
class Position:
    """The place in all three. `done` are those that this round, begun at `begun` (seconds), has read.

    `day` is the number of the day on which all organizations were read last.
    """

    tickets: str | None
    organizations: Timed
    audits: Timed
    done: frozenset[str] = frozenset()
    begun: int | None = None
    day: int | None = None

    def json(self) -> Json:
        """As a cursor."""
        return {
            "tickets": self.tickets,
            "organizations": self.organizations.at,
            "audits": self.audits.at,
            "within": list[Json](name for name in STREAMS if self._is_within(name)),
            "done": list[Json](sorted(self.done)),
            "begun": self.begun,
            "day": self.day,
        }

    def _is_within(self, name: str) -> bool:
        return (name == "audits" and self.audits.within) or (name == "organizations" and self.organizations.within)

    def rereading(self, day: int) -> "Position":
        """The same, with all organizations to be read anew: a plan's first or last day has come without a change."""
        return self if self.day == day else replace(self, organizations=Timed(0, within=True), day=day)

    def with_done(self, name: str, *, is_last: bool) -> "Position":
        """The same with one of them read to its end, or not."""
        return replace(self, done=self.done | {name} if is_last else self.done - {name})


def read_position(cursor: Json, since_s: int, now_s: int) -> Position:
    """The position of a cursor. ValueError for what is no cursor of this connector.

    None begins at `since_s`, and two minutes ago at the latest: a start within the last minute is refused.
    """
    if cursor is None:
        start = Timed(max(0, min(since_s, now_s - 2 * DELAY_S)), within=True)
        return Position(None, start, start)
    if not isinstance(cursor, Mapping):
        raise ValueError("the cursor is none of the Zendesk connector")  # noqa: TRY004  # it is data, not code
    tickets, organizations, audits = (cursor.get(name) for name in STREAMS)
    within, done, begun, day = (cursor.get(name) for name in ("within", "done", "begun", "day"))
    if not (
        isinstance(organizations, int) and isinstance(audits, int) and (tickets is None or isinstance(tickets, str))
    ):
        raise ValueError("the cursor is none of the Zendesk connector")
    inside = within if isinstance(within, list) else []
    return Position(
        tickets,
        Timed(organizations, "organizations" in inside),
        Timed(audits, "audits" in inside),
        frozenset(str(name) for name in done) if isinstance(done, list) else frozenset(),
        begun if isinstance(begun, int) else None,
        day if isinstance(day, int) else None,
    )
