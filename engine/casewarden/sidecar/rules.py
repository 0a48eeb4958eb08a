"""The rulesets in force, as deciding asks for them; a reload exchanges all of them at once."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

from sqlalchemy import Connection

from casewarden.decide import Compiled, compile_ruleset
from casewarden.model.event import Event
from casewarden.model.subject import Subject
from casewarden.ruleset.able import Instead, as_able, instead_of
from casewarden.ruleset.syntax import Ruleset
from casewarden.service.held import Held
from casewarden.service.lanes import Begun, live_of
from casewarden.service.revisions import book_version, stored_book
from casewarden.service.rulebook import Rulebook
from casewarden.service.ruleset_sources import Revision

_MOST: Final = 64


class RulesInForce:
    """What holds now. `book` is exchanged as a whole, between two transactions of the owner.

    `able` are the kinds of action that some connector can do, None while that is not known: rules that want another do
    what they say for that case instead.
    """

    def __init__(self, book: Rulebook, version: int | None = None) -> None:
        self.book = book
        self.able: frozenset[str] | None = None
        self._adapted: dict[tuple[str, frozenset[str]], Compiled] = {}
        self._version = version

    def look(self, connection: Connection) -> None:
        """Take over what another process has put in force since."""
        version = book_version(connection)
        if version != self._version and self._version is not None:
            self.book = stored_book(connection)
        self._version = version

    def lanes_of(self, name: str, events: Sequence[Event], now: int) -> Sequence[str]:
        """A case belongs to the ruleset that governs it, and to trials beside that; all else belongs to every one."""
        book = self.book
        if not name.startswith("case:"):
            return (*book.lanes, *book.trials)
        governing = book.lanes
        if len(governing) > 1:
            learnt = [replace(event, seen_at=now) for event in events]
            governing = book.governing(Subject(name).with_events(learnt), max(now, *(event.at for event in events)))
        return (*governing, *(trial for lane in governing for trial in self.trials_of(lane)))

    def trials_of(self, lane: str) -> Sequence[str]:
        """The trials that run beside a lane."""
        trials = self.book.trials
        return [trial for trial in trials if live_of(trial) == lane] if trials else ()

    def begun(self, trial: str) -> Begun:
        """When a trial began, and beside what."""
        *before, head = self.book.timelines[trial]
        return Begun(head.effective_at, before[-1].digest if before else None)

    def takes_over(self, held: Held) -> int | None:
        """The first instant, not before its last decision, at which other rules hold for a subject than for that.

        A revision takes over what exists from its date on, or from when it was learnt of. Nothing does before a first
        decision.
        """
        line = self.book.timelines.get(held.lane, ())
        if held.operations is None or not line:
            return None
        newest = line[-1]
        if newest.digest == held.operations and newest.effective_at <= held.decided_at:
            return None
        begin = [(max(one.effective_at, one.added_at), one.digest) for one in line]
        for at in sorted({held.decided_at, *(since for since, _ in begin if since > held.decided_at)}):
            known = next((digest for since, digest in reversed(begin) if since <= at), None)
            if known not in (None, held.operations):
                return at
        return None

    def ruleset(self, lane: str, now: int) -> Ruleset:
        """The newest ruleset of a lane."""
        return self._operations(lane, now).ruleset

    def terms_at(self, lane: str, opened_at: int) -> str:
        """The revision whose terms bind a case opened then."""
        return self.book.terms_at(lane, opened_at).digest

    def operations(self, held: Held, at: int) -> str:
        """The revision whose rules a subject has at an instant."""
        return self._operations(held.lane, at).digest

    def operations_in(self, lane: str, now: int) -> str:
        """The revision whose rules hold in a lane."""
        return self._operations(lane, now).digest

    def compiled(self, held: Held, at: int) -> Compiled:
        """What decides: the terms of the opening, the operations of the instant."""
        compiled = self._written(held, at)
        return compiled if self.able is None else self._as_able(compiled, self.able)

    def instead(self, held: Held, at: int) -> Mapping[str, Instead]:
        """Which of the rules that decide do something else than they want, because no connector can do that."""
        return {} if self.able is None else instead_of(self._written(held, at).ruleset, self.able)

    def _written(self, held: Held, at: int) -> Compiled:
        operations = self._operations(held.lane, at)
        return self.book.compiled(held.lane, held.terms or operations.digest, operations.digest)

    def _as_able(self, compiled: Compiled, able: frozenset[str]) -> Compiled:
        key = compiled.ruleset.digest, able
        found = self._adapted.get(key)
        if found is None:
            ruleset = as_able(compiled.ruleset, able)
            found = self._adapted[key] = compiled if ruleset is compiled.ruleset else compile_ruleset(ruleset)
            if len(self._adapted) > _MOST:
                self._adapted.pop(next(iter(self._adapted)))
        return found

    def _operations(self, lane: str, at: int) -> Revision:
        """Before the first revision of a lane its rules hold: there are none that were meant earlier."""
        return self.book.operations_at(lane, at) or self.book.timelines[lane][0]
