"""A sidecar in a test's own hands whose rulesets come and go: reloaded from texts, rolled out, taken back."""

import random
from collections.abc import Callable
from typing import Any

from sqlalchemy import text

from casewarden.decide import Compiled
from casewarden.decide.binding import effective_at
from casewarden.model.decision import PlannedAction
from casewarden.ruleset.able import INWARD
from casewarden.service import rollouts
from casewarden.service.budget import Budget
from casewarden.service.course import Destination, Manner
from casewarden.service.deliver import Deliverer, Hears
from casewarden.service.held import Held
from casewarden.service.lanes import is_trial
from casewarden.service.process import Processor
from casewarden.service.projecting import Projector
from casewarden.service.revisions import keep_revisions, stored_book
from casewarden.service.rollouts import By, Changed
from casewarden.service.ruleset_sources import Revision, written_of
from casewarden.sidecar.rules import RulesInForce
from support.sidecars import KEY, Bench

ABLE = INWARD | {"set", "assign", "tag", "close", "reopen", "reply", "note", "ask", "notify", "publish", "link"}


def revision(said: str, now: int) -> Revision:
    """The revision of a whole ruleset's text, as a file gives it that is read now."""
    written = written_of({"small.yaml": said})
    return Revision(
        written.ruleset.name, written, {"small.yaml": said}, "small.yaml", effective_at(written.ruleset), now
    )


class Rolling(Bench):
    """Steps one owner by hand, with all that reloads and rollouts have it do between its turns.

    Unless `populating`, subjects join a trial only where something comes for them. Deciding fails for the subjects that
    are `spoilt_in` a lane.
    """

    rules: RulesInForce
    populating = True
    spoilt_in: set[tuple[str, str]] = set()  # noqa: RUF012  # exchanged, never changed

    def restart(self) -> None:
        """Begin anew with what stands in the store."""
        with self.database.read() as connection:
            self.rules = RulesInForce(stored_book(connection))
        self.rules.able = ABLE
        manner = Manner(
            self._compiled,
            self.rules.operations,
            lambda held, action: Destination("desk", held.name.partition(":")[2]),
            self._is_shadow,
            KEY,
            lambda held, decision, outcome: self.decisions.append(decision),
        )
        self.manner = manner
        self.processor = Processor(
            self.database,
            self.sealing,
            self.rules,
            manner,
            go_live=self.go_live,
            cached=self.cached,
            watermarks=lambda: self.known,
            limits=self.limits,
        )
        self.deliverer = Deliverer(
            self.database,
            self.sealing,
            self.processor,
            manner,
            caps=lambda: self.caps,
            budgets={"desk": Budget(1e9)},
            heard=Hears(),
            chance=random.Random(7),
        )
        self.projector = Projector(
            self.database, self.deliverer.budgets, Hears(), random.Random(7), lambda: self.shadow
        )
        self.deliverer.recover(self.slots)

    def _compiled(self, held: Held, at: int) -> Compiled:
        if (held.lane, held.name) in self.spoilt_in:
            raise ValueError(f"{held.name} is spoilt in {held.lane}")
        return self.rules.compiled(held, at)

    def _is_shadow(self, held: Held, action: PlannedAction) -> bool:
        return self.shadow or is_trial(held.lane)

    def reload(self, said: str) -> Revision:
        """Let the ruleset's file say something else from now on."""
        found = revision(said, self.now)
        with self.database.write() as connection:
            self.rules.book = self.rules.book.with_revision(found)
            keep_revisions(connection, self.rules.book)
        return found

    def roll(self, command: Callable[..., Changed], *arguments: Any) -> Changed:
        """Give a command of rollouts at the present instant."""
        with self.database.write() as connection:
            changed = command(connection, self.rules.book, *arguments, By("ada", "a try", self.now, ABLE))
        self.rules.book = changed.book
        return changed

    def start(self, name: str, said: str) -> Changed:
        """Begin a rollout of a ruleset's text."""
        return self.roll(rollouts.start, name, revision(said, self.now))

    def settle(self) -> None:
        """Do all that there is to do at the present instant."""
        for _ in range(10_000):
            super().settle()
            if not self._chores():
                return
        raise AssertionError("it does not come to rest")

    def _chores(self) -> bool:
        busy = False
        for lane in (*self.rules.book.lanes, *self.rules.book.trials):
            if is_trial(lane) and self.populating:
                busy |= self.processor.populate(self.slots, self.now, lane)
            busy |= self.processor.renew(self.slots, self.now, lane, self.rules.operations_in(lane, self.now))
        return busy

    def until(self, instant: int) -> None:
        """Go on to an instant, and stop at every one before it at which something is due or comes into force."""
        self.settle()
        while (following := self._following()) is not None and following <= instant:
            self.now = following
            self.settle()
        self.now = max(self.now, instant)
        self.settle()

    def _following(self) -> int | None:
        """The next instant at which there is something to do; what stands behind something else waits for that."""
        looks = (
            "SELECT min(due_at) FROM wakeup WHERE due_at > :now",
            "SELECT min(next_try) FROM outbox WHERE state = 'waiting' AND next_try > :now",
            "SELECT min(seen_at) FROM mailbox WHERE behind < 2 AND seen_at > :now",
        )
        with self.database.read() as connection:
            found = [connection.execute(text(look), {"now": self.now}).scalar() for look in looks]
        return min((at for at in (*found, self.rules.book.next_effective(self.now)) if at is not None), default=None)
