"""Which queues are watched, and what a ticket that is moved between them and others shows of itself. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from casewarden_rt.records import Transaction


@dataclass(frozen=True, slots=True)
class Watched:
    """The numbers of the queues whose tickets are read; None for all that the account may see."""

    queues: frozenset[str] | None = None

    def condition(self) -> str:
        """What a search for transactions is narrowed to: those of tickets that lie there now, and all moves."""
        if self.queues is None:
            return ""
        theirs = " OR ".join(f"TicketQueue = {int(number)}" for number in sorted(self.queues, key=int))
        return f" AND ({theirs} OR (Type = 'Set' AND Field = 'Queue'))"

    def among(self, found: Iterable[Transaction]) -> list[Transaction]:
        """Those that are of watched tickets: without moves between queues of which none is watched."""
        return [one for one in found if not _is_move(one) or self._watches(one.old) or self._watches(one.new)]

    def crossing(self, found: Iterable[Transaction]) -> list[str]:
        """The tickets that came into a watched queue or left it: what a search shows of their past is not all."""
        moved = [one for one in found if _is_move(one) and self._watches(one.old) != self._watches(one.new)]
        return list(dict.fromkeys(one.ticket for one in moved))

    def shown(self, history: Sequence[Transaction]) -> list[Transaction]:
        """What is shown of a ticket that crossed: all where it is watched now, else all up to when it left.

        So nothing is lost of what was done just before it left, and nothing told that was done elsewhere afterwards.
        """
        moves = [one for one in history if _is_move(one)]
        if not moves or self._watches(moves[-1].new):
            return list(history)
        left = max((one.id for one in moves if self._watches(one.old)), default=0)
        return [one for one in history if one.id <= left]

    def _watches(self, queue: str) -> bool:
        return self.queues is None or queue in self.queues


def _is_move(one: Transaction) -> bool:
    return one.type == "Set" and one.field == "Queue"
