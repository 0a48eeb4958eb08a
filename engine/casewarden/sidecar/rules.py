"""The rulesets in force, as deciding asks for them; a reload exchanges all of them at once."""

from collections.abc import Sequence

from casewarden.decide import Compiled
from casewarden.model.event import Event
from casewarden.model.subject import Subject
from casewarden.ruleset.syntax import Ruleset
from casewarden.service.held import Held
from casewarden.service.rulebook import Rulebook


class RulesInForce:
    """What holds now. `book` is exchanged as a whole, between two transactions of the owner."""

    def __init__(self, book: Rulebook) -> None:
        self.book = book

    def lanes_of(self, name: str, events: Sequence[Event], now: int) -> Sequence[str]:
        """A case belongs to the ruleset that governs it, and to trials beside that; all else belongs to every one."""
        if not name.startswith("case:"):
            return self.book.lanes
        live = [lane for lane in self.book.lanes if "@" not in lane]
        governing = live if len(live) == 1 else self.book.governing(Subject(name).with_events(events), now)
        return [lane for lane in self.book.lanes if lane.partition("@")[0] in governing]

    def ruleset(self, lane: str, now: int) -> Ruleset:
        """The newest ruleset of a lane."""
        return self.book.operations_at(lane, now).ruleset

    def terms_at(self, lane: str, opened_at: int) -> str:
        """The revision whose terms bind a case opened then."""
        return self.book.terms_at(lane, opened_at).digest

    def operations(self, held: Held, at: int) -> str:
        """The revision whose rules a subject has at an instant."""
        return self.book.operations_at(held.lane, at).digest

    def compiled(self, held: Held, at: int) -> Compiled:
        """What decides: the terms of the opening, the operations of the instant."""
        operations = self.book.operations_at(held.lane, at)
        return self.book.compiled(held.lane, held.terms or operations.digest, operations.digest)
