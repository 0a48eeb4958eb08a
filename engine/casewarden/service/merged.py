"""Cases that were merged into others: where what people say to them goes."""

from typing import Final

from sqlalchemy import Connection

from casewarden.service.held import Held
from casewarden.store.statements import Statement

PASSED_ON: Final = frozenset({"message", "call", "work"})
"""What goes to the older case of a merge: what people say and do. What else is told of the younger stays with it, so
that a helpdesk that closes its ticket does not close the older case."""
_INTO: Final = Statement("SELECT merged_into FROM subject WHERE name = :name AND lane NOT LIKE '%@%'")
"""A case has one lane that is live, and goes on there whichever ruleset the younger one had."""


def goes_on_in(connection: Connection, held: Held) -> str | None:
    """Return the case in which one that was merged goes on, at the end of a chain of merges.

    None where it was not merged, or where the chain leads back to itself: then it hears itself what is said to it.
    """
    seen = {held.name}
    into = held.merged_into
    while into is not None:
        if into in seen:
            return None
        seen.add(into)
        following = _INTO.ask(connection, name=into).scalar()
        if following is None:
            return into
        into = str(following)
    return None
