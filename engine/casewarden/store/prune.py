"""What need not be kept any longer is deleted, a few rows at a time, between which others have their turn.

Nothing goes that something open may need: of a case that is open or parked, and of a subject with something under way
in the outbox or an open obligation, only decisions from which nothing came go. A subject's last decision always stays.
Events, logs, ledger and audit are not pruned; a trial that has ended goes with its logs.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Column, ColumnElement, Table, case, delete, exists, func, or_, select

from casewarden.store.database import Database
from casewarden.store.prune_trials import pruning_trials
from casewarden.store.tables import decision, obligation, outbox, subject

_AT_ONCE: Final = 200
"""Rows that are looked at in one go; who deletes so many holds others up for some milliseconds."""
_BEFORE_ALL: Final = -(2**62)
_UNDER_WAY: Final = ("waiting", "sending", "asking")


@dataclass(frozen=True, slots=True)
class Keep:
    """How long to keep what, in microseconds, None for ever; dull is a decision from which nothing came.

    Trials are counted from the last decision in them, once they have ended.
    """

    dull_decisions: int | None
    decisions: int | None
    delivered: int | None
    trials: int | None = None


@dataclass(frozen=True, slots=True)
class Pruned:
    """How many rows were deleted; of trials, how many subjects with all that was theirs."""

    dull_decisions: int = 0
    decisions: int = 0
    delivered: int = 0
    of_trials: int = 0

    def __add__(self, other: "Pruned") -> "Pruned":
        return Pruned(
            self.dull_decisions + other.dull_decisions,
            self.decisions + other.decisions,
            self.delivered + other.delivered,
            self.of_trials + other.of_trials,
        )


def prune(database: Database, keep: Keep, now: int) -> Pruned:
    """Delete what is older than it has to be kept; stopped at any instant, what is left is whole.

    On SQLite the caller holds the store's place. The file does not shrink: what was freed is used again.
    """
    return sum(pruning(database, keep, now), Pruned())


def pruning(database: Database, keep: Keep, now: int) -> Iterator[Pruned]:
    """Do the same step by step: each is short, and tells what it deleted."""
    dull_before, before = _instants(now, keep.dull_decisions, keep.decisions)
    dull = (decision.c.outcome == "dull") & (decision.c.at < dull_before) & ~_is_last()
    others = (decision.c.outcome != "dull") & (decision.c.at < before) & ~_is_last() & ~_is_needed(decision.c.subject)
    for gone in _steps(database, decision, decision.c.at < max(dull_before, before), (dull, others)):
        yield Pruned(dull_decisions=gone[0], decisions=gone[1])
    (before,) = _instants(now, keep.delivered)
    is_done = outbox.c.state.not_in(_UNDER_WAY) & (outbox.c.done_at < before)
    for gone in _steps(database, outbox, outbox.c.decided_at < before, (is_done & ~_is_needed(outbox.c.subject),)):
        yield Pruned(delivered=gone[0])
    (before,) = _instants(now, keep.trials)
    for subjects in pruning_trials(database, before):
        yield Pruned(of_trials=subjects)


def _instants(now: int, *kept: int | None) -> tuple[int, ...]:
    """Before when rows go; what is kept for ever goes before all time."""
    return tuple(_BEFORE_ALL if each is None else now - each for each in kept)


def _is_last() -> ColumnElement[bool]:
    newest = decision.alias("newest")
    last = select(func.max(newest.c.id)).where(newest.c.subject == decision.c.subject)
    return decision.c.id == last.correlate(decision).scalar_subquery()


def _is_needed(whose: Column[int]) -> ColumnElement[bool]:
    under_way = outbox.alias("under_way")
    open_case = subject.c.name.like("case:%") & subject.c.state.in_(("open", "parked"))
    return or_(
        exists().where((subject.c.id == whose) & open_case).correlate(whose.table),
        exists().where((under_way.c.subject == whose) & under_way.c.state.in_(_UNDER_WAY)).correlate(whose.table),
        exists().where((obligation.c.subject == whose) & (obligation.c.state == "open")).correlate(whose.table),
    )


def _steps(
    database: Database, table: Table, is_old: ColumnElement[bool], goes: tuple[ColumnElement[bool], ...]
) -> Iterator[list[int]]:
    """Go through a table in the order in which it was written, up to where nothing is old any more.

    Each step deletes what meets one of the conditions, and yields how many rows met each.
    """
    id_, last = table.c.id, -1
    # as values, not as conditions: else a database may look through all that is dull or old to find these few
    meets = [case((each, 1), else_=0) for each in goes]
    while True:
        rows = select(id_, is_old.label("old"), *meets).where(id_ > last).order_by(id_).limit(_AT_ONCE)
        with database.read() as connection:
            looked_at = connection.execute(rows).all()
        if not any(row.old for row in looked_at):
            return
        last = looked_at[-1].id
        found = [[row.id for row in looked_at if row[2 + place]] for place in range(len(goes))]
        if not any(found):
            yield [0 for _ in goes]
            continue
        with database.write() as connection:
            # asked again: between reading and deleting a case may have been opened anew
            gone = [
                connection.execute(delete(table).where(id_.in_(ids), each == 1)).rowcount if ids else 0
                for ids, each in zip(found, meets, strict=True)
            ]
        yield gone
