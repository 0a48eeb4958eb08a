"""Subjects by the names that people say: found, told apart by lane, and what was meant where there is none."""

from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import Connection, Row, text

from casewarden.ruleset.diagnostics import did_you_mean
from casewarden.store.database import StoreError

TRIAL: Final = "@"
"""What is in the name of a lane that is a trial beside another."""
_AROUND: Final = 300
"""How many names on either side of one that is not there are looked at for what was meant."""
_BY_NAME: Final = text("SELECT * FROM subject WHERE name = :name ORDER BY lane")
_BEFORE: Final = text(
    "SELECT DISTINCT name FROM subject WHERE name < :name AND name >= :kind ORDER BY name DESC LIMIT :most"
)
_BEHIND: Final = text("SELECT DISTINCT name FROM subject WHERE name > :name AND name < :end ORDER BY name LIMIT :most")
_NEWEST: Final = text("SELECT name FROM subject WHERE name >= :kind AND name < :end ORDER BY id DESC LIMIT :most")
_LANES: Final = text("SELECT DISTINCT lane FROM ruleset WHERE state <> 'retired'")


class UnknownNameError(StoreError):
    """Nothing in the store has that name."""


def full_name(said: str) -> str:
    """Return the subject that is meant: a number alone is a case's."""
    return said if ":" in said else f"case:{said}"


def rows_of(connection: Connection, said: str) -> Sequence[Row[Any]]:
    """Return the rows of a subject in all lanes; UnknownNameError with what may be meant."""
    name = full_name(said)
    rows = connection.execute(_BY_NAME, {"name": name}).all()
    if not rows:
        raise UnknownNameError(f"there is no {shown(name)} in the store", _meant(connection, name))
    return rows


def one_of(connection: Connection, said: str, lane: str | None = None) -> Row[Any]:
    """Return the row of a subject in one lane, without `lane` in the only one that is no trial.

    UnknownNameError where it is not there; StoreError where it is in several.
    """
    rows = rows_of(connection, said)
    name = full_name(said)
    if lane is not None:
        for row in rows:
            if row.lane == lane:
                return row
        known = [row.lane for row in rows]
        near = did_you_mean(lane, {*known, *connection.execute(_LANES).scalars()})
        fix = f"did you mean `{near}`?" if near else f"it is in {', '.join(known)}"
        raise UnknownNameError(f"{shown(name)} is not in the lane `{lane}`", fix)
    live = [row for row in rows if TRIAL not in row.lane] or rows
    if len(live) > 1:
        raise StoreError(
            f"{shown(name)} is in several lanes: {', '.join(row.lane for row in live)}",
            f"say which, as with --lane {live[0].lane}",
        )
    return live[0]


def shown(name: str) -> str:
    """Return a subject's name as it is told: a case with that word, the others as they are."""
    kind, _, id_ = name.partition(":")
    return f"case {id_}" if kind == "case" else name


def _meant(connection: Connection, name: str) -> str:
    kind = name.partition(":")[0]
    bounds = {"name": name, "kind": f"{kind}:", "end": f"{kind};", "most": _AROUND}  # `;` comes right behind `:`
    near = {found for each in (_BEFORE, _BEHIND, _NEWEST) for found in connection.execute(each, bounds).scalars()}
    meant = did_you_mean(name.partition(":")[2], [found.partition(":")[2] for found in near])
    if meant is not None:
        return f"did you mean {shown(f'{kind}:{meant}')}?"
    if kind == "case":
        return "casewarden cases lists those that are open"
    known = sorted(near)[:12]
    return f"there are {', '.join(known)}" if known else f"there is no {kind} at all"
