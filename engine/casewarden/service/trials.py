"""A rollout's trial beside a live lane: each of its subjects begins as a live one was, and goes on by itself then.

It begins with the log that the live subject had when the trial began, with what the engine did in it: rules go on with
what they did, and occurrence keys go on counting. Then the rules of the trial take it over, as of that instant, and
what came since is learnt again, when it was learnt. So it makes no difference when a subject joins: it does when
something comes for it, or when its turn comes; until then the live one's log keeps all that it will need.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final, NamedTuple

from sqlalchemy import Connection, bindparam, text

from casewarden.decide import outcome_event
from casewarden.decide.accounts import CLAIMED, GRANTED
from casewarden.decide.state import watermarks_of
from casewarden.model.decision import PlannedAction
from casewarden.model.event import SOURCE_OF_ENGINE, Event, Json
from casewarden.model.subject import Subject
from casewarden.service.held import Held, new_held
from casewarden.service.lanes import Begun, live_of
from casewarden.service.writes import Writes, put_mail
from casewarden.store.chain import GENESIS
from casewarden.store.log import Entered, Sealing, read_logs
from casewarden.store.slots import in_slots

GOES_ON: Final = frozenset({"open", "done"})
"""The states of live subjects that a trial has to do with."""
WINDOW: Final = 5_000
"""How many numbers of subjects are looked through at once for those that have not joined."""
_ANSWERS: Final = frozenset({"applied", "rejected", "withdrawn"})
_LETTERS: Final = frozenset({CLAIMED, GRANTED})
"""What subjects bring to each other within a lane: a trial has its own from its beginning on."""
_OF_LANE: Final = frozenset({SOURCE_OF_ENGINE, "watermark"})
"""The sources of what a lane tells its own subjects."""

_WATCHED: Final = text("SELECT watched FROM watch WHERE watcher = :live")
_MAIL: Final = text(
    "SELECT mailbox.event, mailbox.seen_at, mailbox.behind, event.kind, event.seen_at AS told_at FROM mailbox "
    "JOIN event ON event.id = mailbox.event WHERE mailbox.name = :name AND mailbox.lane = :lane AND mailbox.behind < 2"
)
_NEWS: Final = text(
    "SELECT fanout.event, fanout.at FROM fanout JOIN watch ON watch.watched = fanout.watched "
    "WHERE fanout.lane = :lane AND watch.watcher = :live AND fanout.cursor < :live"
)
_TOLD: Final = text("SELECT id FROM event WHERE id IN :ids AND seen_at <= :at").bindparams(
    bindparam("ids", expanding=True)
)
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


def can_join(live: Held) -> bool:
    """Whether a subject of a live lane goes on, so that a trial has to do with it."""
    return live.version > 0 and live.state in GOES_ON


def is_over(live: Held) -> bool:
    """Whether a case was closed for good, as it looks: a trial has to do with it only if something comes for it."""
    return live.state == "done" and live.status != "resolved" and live.wakeup is None


def joined(connection: Connection, sealing: Sealing, live: Held, id_: int, trial: str, begun: Begun, now: int) -> Held:
    """Let a live subject join a trial under a number of its own, as it was when the trial began; not decided yet.

    What came since waits in its mailbox. One that did not exist yet begins with that.
    """
    entries = read_logs(connection, sealing, [live.id])[live.id]
    known = max((number for number, entry in enumerate(entries, 1) if entry.event.seen_at <= begun.at), default=0)
    twin = new_held(id_, trial, live.name)
    if known:
        twin = _copied(connection, sealing, live, twin, entries[:known], begun, now)
    _forward(connection, live, trial, entries[known:], begun.at)
    return twin


def _copied(
    connection: Connection, sealing: Sealing, live: Held, new: Held, entries: Sequence[Entered], begun: Begun, now: int
) -> Held:
    writes = Writes()
    log = [entry.event for entry in entries]
    twin = replace(
        live,
        id=new.id,
        lane=new.lane,
        version=0,
        length=0,
        head=GENESIS,
        decided_at=min(live.decided_at, begun.at),
        woken=0,
        operations=begun.base or live.operations,
        watermarks=watermarks_of(log),
        subject=Subject(live.name),
        own=0,
        foreign=0,
        learnt_at=-(2**62),
        wakeup=None,
        generation=0,
        wants_wakeup=None,
        awaits=None,
        open=[],
    )
    twin.learn(enumerate(log, 1))
    for entry in entries:
        writes.enter(twin, entry.event, entry.row)
    _do_what_waits(twin, log, writes)
    writes.subjects[twin.id] = twin
    watched = connection.execute(_WATCHED, {"live": live.id}).scalars()
    writes.watches += [{"watched": name, "watcher": twin.id} for name in watched]
    writes.flush(connection, sealing, now)
    return twin


def _do_what_waits(twin: Held, log: Sequence[Event], writes: Writes) -> None:
    """Take what was under way for done: a trial sends nothing, and all its actions are at once."""
    waiting: dict[str, PlannedAction] = {}
    for event in log:
        rows = event.data.get("actions") if event.kind == "decided" else None
        for row in rows if isinstance(rows, list) else ():
            if isinstance(row, dict):
                waiting[str(row["key"])] = PlannedAction(
                    str(row["key"]), str(row["rule"]), str(row["kind"]), _content(row.get("content"))
                )
        if event.kind in _ANSWERS and event.source == SOURCE_OF_ENGINE:
            waiting.pop(str(event.data.get("key")), None)
    for action in waiting.values():
        event = outcome_event("applied", action, twin.name, twin.decided_at, twin.own, shadow=True)
        twin.learn([(twin.length + 1, event)])
        writes.enter(twin, event)


def _content(raw: Json) -> dict[str, Json]:
    return raw if isinstance(raw, dict) else {}


def _forward(connection: Connection, live: Held, trial: str, since: Sequence[Entered], begun: int) -> None:
    """Put into the mailbox of a trial's subject what the live one learnt since, and what is on its way to it."""
    lane = live_of(trial)
    letters = {entry.row for entry in since if entry.event.kind in _LETTERS}
    told = set(connection.execute(_TOLD, {"ids": sorted(letters), "at": begun}).scalars()) if letters else set()
    mail: list[tuple[str, str | None, int, int, int]] = [
        (live.name, trial, entry.row, entry.event.seen_at, 0)
        for entry in since
        if (entry.row in told if entry.row in letters else entry.event.source not in _OF_LANE)
    ]
    mail += [
        (live.name, trial, row.event, row.seen_at, row.behind)
        for row in connection.execute(_MAIL, {"name": live.name, "lane": lane})
        if row.kind not in _LETTERS or row.told_at <= begun
    ]
    news = connection.execute(_NEWS, {"lane": lane, "live": live.id})
    mail += [(live.name, trial, row.event, row.at, 1) for row in news]
    put_mail(connection, mail)


# -- whose turn it is


class Turns:
    """Who of a live lane has not joined a trial yet, looked through from number to number: first all that cases watch.

    What joined stands in the store, so a process that begins anew finds the rest by itself.
    """

    def __init__(self) -> None:
        self._turns: dict[tuple[str, tuple[range, ...]], Turn] = {}

    def is_done(self, trial: str, slots: Sequence[range]) -> bool:
        """Whether all have joined that were there when they were looked through."""
        return self._turns.get((trial, tuple(slots)), _FIRST).round >= len(_ROUNDS)

    def next(self, connection: Connection, trial: str, slots: Sequence[range], most: int) -> tuple[list[str], "Turn"]:
        """The names of the next subjects to join, and whose turn it is once they have."""
        turn = self._turns.get((trial, tuple(slots)), _FIRST)
        where, values = in_slots(slots)
        statement = text(
            f"SELECT live.id, live.name {_ABSENT} AND live.id > :after AND live.id <= :through AND {where} "
            f"AND {_ROUNDS[turn.round]} ORDER BY live.id LIMIT :most"
        )
        through = turn.after + WINDOW
        asked: dict[str, Any] = {"lane": live_of(trial), "trial": trial, "after": turn.after, "through": through}
        found = connection.execute(statement, {**asked, "most": most, **values}).all()
        if len(found) == most:
            return [row.name for row in found], Turn(turn.round, found[-1].id)
        last = connection.execute(_LAST, {"lane": live_of(trial)}).scalar() or 0
        return [row.name for row in found], Turn(turn.round + 1, 0) if through >= last else Turn(turn.round, through)

    def took(self, trial: str, slots: Sequence[range], following: "Turn") -> None:
        """Go on from there; what was written meanwhile is committed."""
        self._turns[trial, tuple(slots)] = following


class Turn(NamedTuple):
    """How far it was looked through: in which round, and after which number it goes on."""

    round: int
    after: int


_FIRST: Final = Turn(0, 0)


_ROUNDS: Final = ("live.name NOT LIKE 'case:%'", "live.name LIKE 'case:%'")


def absent(connection: Connection, trial: str) -> int:
    """How many live subjects are still to join a trial."""
    return int(
        connection.execute(text(f"SELECT count(*) {_ABSENT}"), {"lane": live_of(trial), "trial": trial}).scalar_one()
    )
