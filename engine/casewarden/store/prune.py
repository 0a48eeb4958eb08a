"""What need not be kept any longer is deleted, in batches, between which others have their turn.

Nothing goes that something open may need: of a case that is open or parked, and of a subject with something under way
in the outbox or an open obligation, only decisions from which nothing came go. A subject's last decision always stays.
Events, logs, ledger and audit are not pruned.
"""

from dataclasses import dataclass
from typing import Final

from sqlalchemy import Column, ColumnElement, Table, delete, exists, func, or_, select, tuple_

from casewarden.store.database import Database
from casewarden.store.tables import decision, obligation, outbox, subject

_BATCH: Final = 1_000
_UNDER_WAY: Final = ("waiting", "sending", "asking")


@dataclass(frozen=True, slots=True)
class Keep:
    """How long to keep what, in microseconds, None for ever; dull is a decision from which nothing came."""

    dull_decisions: int | None
    decisions: int | None
    delivered: int | None


@dataclass(frozen=True, slots=True)
class Pruned:
    """How many rows were deleted."""

    dull_decisions: int
    decisions: int
    delivered: int


def prune(database: Database, keep: Keep, now: int) -> Pruned:
    """Delete what is older than it has to be kept; stopped at any instant, what is left is whole.

    On SQLite the caller holds the store's place. The file does not shrink: what was freed is used again.
    """

    def kept_since(kept: int | None) -> int | None:
        return None if kept is None else now - kept

    return Pruned(
        _prune_dull(database, kept_since(keep.dull_decisions)),
        _prune_decisions(database, kept_since(keep.decisions)),
        _prune_delivered(database, kept_since(keep.delivered)),
    )


def _prune_dull(database: Database, before: int | None) -> int:
    if before is None:
        return 0
    goes = (decision.c.outcome == "dull") & (decision.c.at < before) & ~_is_last()
    return _delete(database, decision, goes, (decision.c.at, decision.c.id))  # by its index, from the oldest on


def _prune_decisions(database: Database, before: int | None) -> int:
    if before is None:
        return 0
    goes = (decision.c.outcome != "dull") & (decision.c.at < before) & ~_is_last() & ~_is_needed(decision.c.subject)
    return _delete(database, decision, goes, (decision.c.id,))


def _prune_delivered(database: Database, before: int | None) -> int:
    if before is None:
        return 0
    over = outbox.c.state.not_in(_UNDER_WAY) & (outbox.c.done_at < before)
    return _delete(database, outbox, over & ~_is_needed(outbox.c.subject), (outbox.c.id,))


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


def _delete(database: Database, table: Table, goes: ColumnElement[bool], order: tuple[Column[int], ...]) -> int:
    """Delete the rows that meet a condition, a batch at a time in an order that ends in the id; how many there were."""
    statement = select(*order).where(goes).order_by(*order).limit(_BATCH)
    found, deleted = statement, 0
    while True:
        with database.read() as connection:
            batch = connection.execute(found).all()
        if not batch:
            return deleted
        found = statement.where(tuple_(*order) > tuple_(*batch[-1]))
        with database.write() as connection:
            # asked again: between reading and deleting a case may have been opened anew
            gone = connection.execute(delete(table).where(table.c.id.in_([row[-1] for row in batch]), goes))
            deleted += gone.rowcount
