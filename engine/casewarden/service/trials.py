"""A rollout's trial beside a live lane: each of its subjects is a copy of a live one, and goes on by itself from there.

The copy has the live subject's whole log, with what the engine did in it, so that rules go on with what they did and
occurrence keys go on counting. It stands where the live one was decided last; what is decided next is that the rules of
the trial take it over. A subject joins its trial when something comes for it, or when its turn comes; until then the
live one's log keeps all that it will need.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final

from sqlalchemy import Connection, text

from casewarden.decide import outcome_event
from casewarden.decide.accounts import CLAIMED
from casewarden.model.subject import Subject
from casewarden.service.held import Held, planned
from casewarden.service.lanes import live_of
from casewarden.service.writes import Writes, put_mail
from casewarden.store.chain import GENESIS
from casewarden.store.log import Sealing, lane_source, read_logs
from casewarden.store.slots import in_slots

GOES_ON: Final = frozenset({"open", "done"})
"""The states of live subjects that a trial has to do with."""
WINDOW: Final = 5_000
"""How many numbers of subjects are looked through at once for those that have not joined."""

_WATCHED: Final = text("SELECT watched FROM watch WHERE watcher = :live")
_MAIL: Final = text("SELECT event, seen_at, behind FROM mailbox WHERE name = :name AND lane = :lane AND behind < 2")
_NEWS: Final = text(
    "SELECT fanout.event, fanout.at FROM fanout JOIN watch ON watch.watched = fanout.watched "
    "WHERE fanout.lane = :lane AND watch.watcher = :live AND fanout.cursor < :live"
)
_CLAIMS: Final = text("SELECT id, seen_at FROM event WHERE source = :source AND subject = :account AND kind = :kind")
_LAST: Final = text("SELECT max(id) FROM subject WHERE lane = :lane")
CONCERNED: Final = (
    "subject AS live WHERE live.lane = :lane AND (live.state = 'open' OR (live.state = 'done' AND "
    "(live.status = 'resolved' OR EXISTS (SELECT 1 FROM wakeup WHERE wakeup.subject = live.id))))"
)
"""The subjects of a live lane, called `live`, that a change has to do with: those that nothing closed for good."""
_ABSENT: Final = (
    f"FROM {CONCERNED} "  # noqa: S608
    "AND NOT EXISTS (SELECT 1 FROM subject AS twin WHERE twin.lane = :trial AND twin.name = live.name)"
)


def joined(connection: Connection, sealing: Sealing, live: Held, id_: int, trial: str, now: int) -> Held:
    """Let a live subject join a trial, under a number of its own: it is written, and not decided yet."""
    writes = Writes()
    twin = _copied(live, id_, trial)
    entries = read_logs(connection, sealing, [live.id])[live.id]
    twin.learn((number, entry.event) for number, entry in enumerate(entries, 1))
    for entry in entries:
        writes.enter(twin, entry.event, entry.row)
    _do_what_waits(live, twin, writes)
    writes.subjects[id_] = twin
    watched = connection.execute(_WATCHED, {"live": live.id}).scalars()
    writes.watches += [{"watched": name, "watcher": id_} for name in watched]
    writes.flush(connection, sealing, now)
    _forward(connection, live, trial)
    return twin


def _copied(live: Held, id_: int, trial: str) -> Held:
    """A subject of the trial without its log; what is open of the live one is not its own."""
    return replace(
        live,
        id=id_,
        lane=trial,
        version=0,
        length=0,
        head=GENESIS,
        woken=0,
        watermarks=dict(live.watermarks),
        subject=Subject(live.name),
        own=0,
        foreign=0,
        wakeup=None,
        generation=0,
        open=[],
    )


def _do_what_waits(live: Held, twin: Held, writes: Writes) -> None:
    """Take what waits to be done in the live lane for done: a trial sends nothing, and all its actions are at once."""
    for action in live.open:
        event = outcome_event("applied", planned(action), twin.name, twin.decided_at, twin.own, shadow=True)
        twin.learn([(twin.length + 1, event)])
        writes.enter(twin, event)


def _forward(connection: Connection, live: Held, trial: str) -> None:
    """Bring to the trial what is on its way to or from the live subject: mail, news of services, claims."""
    lane = live_of(trial)
    letters: list[tuple[str, str | None, int, int, int]] = [
        (live.name, trial, row.event, row.seen_at, row.behind)
        for row in connection.execute(_MAIL, {"name": live.name, "lane": lane})
    ]
    news = connection.execute(_NEWS, {"lane": lane, "live": live.id})
    letters += [(live.name, trial, row.event, row.at, 1) for row in news]
    if live.kind == "case" and live.account is not None:
        asked = {"source": lane_source(live.name, lane), "account": live.account, "kind": CLAIMED}
        letters += [(live.account, trial, row.id, row.seen_at, 0) for row in connection.execute(_CLAIMS, asked)]
    put_mail(connection, letters)


# -- whose turn it is


class Turns:
    """Who of a live lane has not joined a trial yet, looked through from number to number, once since the start.

    What joined stands in the store, so a process that begins anew finds the rest by itself.
    """

    def __init__(self) -> None:
        self._through: dict[tuple[str, tuple[range, ...]], int] = {}
        self._done: set[tuple[str, tuple[range, ...]]] = set()

    def is_done(self, trial: str, slots: Sequence[range]) -> bool:
        """Whether all have joined that were there when they were looked through."""
        return (trial, tuple(slots)) in self._done

    def next(self, connection: Connection, trial: str, slots: Sequence[range], most: int) -> list[str]:
        """The names of the next subjects to join; none where nobody is left in the part that was looked through."""
        key = (trial, tuple(slots))
        after = self._through.get(key, 0)
        where, values = in_slots(slots)
        statement = text(
            f"SELECT live.name {_ABSENT} AND live.id > :after AND live.id <= :through AND {where} "
            "ORDER BY live.id LIMIT :most"
        )
        through = after + WINDOW
        asked: dict[str, Any] = {"lane": live_of(trial), "trial": trial, "after": after, "through": through}
        found = list(connection.execute(statement, {**asked, "most": most, **values}).scalars())
        if len(found) < most:
            self._through[key] = through
            if through >= (connection.execute(_LAST, {"lane": live_of(trial)}).scalar() or 0):
                self._done.add(key)
        return found


def absent(connection: Connection, trial: str) -> int:
    """How many live subjects are still to join a trial."""
    return int(
        connection.execute(text(f"SELECT count(*) {_ABSENT}"), {"lane": live_of(trial), "trial": trial}).scalar_one()
    )
