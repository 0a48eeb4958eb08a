"""What a change of a ruleset would move, before anything is changed: every stored case decided as of now, both ways.

Nothing is written. The new rules take each case over as they would if a rollout began now: with a baseline for rules
that are new to it, and with its terms kept unless the new revision binds all cases.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Final

from sqlalchemy import Connection, text

from casewarden.decide import Compiled, compile_ruleset, decide
from casewarden.decide.takeover import baseline
from casewarden.decide.walk import state_at
from casewarden.model.subject import Subject
from casewarden.report.live.page import Looked
from casewarden.report.live.rollout_plan import Bound, CaseMoves, Example, LeftOut, RolloutPlan
from casewarden.ruleset.able import as_able
from casewarden.service.held import Held, Holding
from casewarden.service.lanes import trial_of
from casewarden.service.neighbours import Observed, known_of, unwatched
from casewarden.service.rollout_elements import elements, wordings
from casewarden.service.rollout_moves import Sums, counted, explained, moves
from casewarden.service.rollouts import in_force
from casewarden.service.rulebook import Rulebook
from casewarden.service.ruleset_sources import Revision
from casewarden.service.trials import CONCERNED
from casewarden.store.database import Database
from casewarden.store.log import Sealing

EXAMPLES: Final = 10
_AT_ONCE: Final = 200
_PLAN: Final = "plan"
_NEXT: Final = text(f"SELECT live.id FROM {CONCERNED} AND live.id > :after ORDER BY live.id LIMIT {_AT_ONCE}")  # noqa: S608
_COUNT: Final = text(f"SELECT count(*) FROM {CONCERNED}")  # noqa: S608


class Planner:
    """Plans a change over the subjects of one store, which is only read."""

    def __init__(
        self, database: Database, sealing: Sealing, book: Rulebook, head: Revision, able: frozenset[str], now: int
    ) -> None:
        self._database = database
        self._sealing = sealing
        self._book = book.with_trial(head.lane, _PLAN, head, now)
        self._base = in_force(book, head.lane, now)
        self._head = head
        self._able = able
        self._now = now
        self._observed = Observed()
        self._adapted: dict[str, Compiled] = {}
        self._zone = head.ruleset.calendars[head.ruleset.defaults.calendar].spec.zone
        self._sums = Sums()

    def count(self) -> int:
        """How many cases and other subjects there are to decide."""
        with self._database.read() as connection:
            return int(connection.execute(_COUNT, {"lane": self._head.lane}).scalar_one())

    def decide(self) -> Iterator[int]:
        """Decide all of them both ways, a part at a time, and yield how many each part had."""
        after = 0
        while True:
            with self._database.read() as connection:
                asked = {"lane": self._head.lane, "after": after}
                ids = list(connection.execute(_NEXT, asked).scalars())
                if not ids:
                    return
                after = ids[-1]
                for held in Holding(len(ids)).load(connection, self._sealing, ids=ids):
                    self._sums.take(held.kind, held.terms or self._base.digest, self._moves(connection, held))
            yield len(ids)

    def plan(self) -> RolloutPlan:
        """What moves of those that were decided."""
        sums, base, head = self._sums, self._base, self._head
        found = elements(base.written, head.written)
        moved = sorted(sums.moved, key=lambda one: one.rank)
        return RolloutPlan(
            looked=Looked(self._now, self._zone),
            lane=head.lane,
            base=base.digest,
            head=head.digest,
            binds_all=head.binds_all,
            cases=sums.cases,
            others=sums.others,
            elements=found,
            wordings=wordings(found, base.ruleset, head.ruleset),
            deadlines=sums.deadlines_moved(),
            runs=counted(sums.runs),
            severities=counted(sums.severities),
            credits=sums.days(),
            true_already=counted(sums.true_already),
            at_once=counted(sums.at_once),
            not_taken=counted(sums.not_taken),
            bound=tuple(self._bound()),
            moved=tuple(moved),
            examples=tuple(self._examples(moved[:EXAMPLES])),
        )

    def _moves(self, connection: Connection, held: Held) -> CaseMoves:
        at = max(self._now, held.decided_at)
        base = self._compiled(held, self._head.lane, self._base)
        before = decide(base, held.subject, at)
        state = state_at(base.about(held.kind, held.name), held.subject, at)
        up = [name for name, record in state.rules.items() if record.active]
        head = self._compiled(held, trial_of(self._head.lane, _PLAN), self._head)
        subject = self._told(connection, held, at)
        edges, event = baseline(head, subject, at)
        after = decide(head, subject if event is None else subject.with_events([event]), at)
        true = [edge.rule for edge in (*edges, *after.edges) if edge.baseline and edge.rises and edge.rule not in up]
        return moves(held.name, before, after, true, self._zone)

    def _compiled(self, held: Held, lane: str, operations: Revision) -> Compiled:
        compiled = self._book.compiled(lane, held.terms or operations.digest, operations.digest)
        digest = compiled.ruleset.digest
        if digest not in self._adapted:
            ruleset = as_able(compiled.ruleset, self._able)
            self._adapted[digest] = compiled if ruleset is compiled.ruleset else compile_ruleset(ruleset)
        return self._adapted[digest]

    def _told(self, connection: Connection, held: Held, at: int) -> Subject:
        """The case with what it would be told of subjects that only the new rules speak of."""
        names = unwatched(connection, held, self._head.ruleset) if held.kind == "case" else []
        if not names:
            return held.subject
        told = known_of(connection, self._sealing, self._observed, held, names, held.subject.events)
        return held.subject.with_events(replace(event, seen_at=max(at, event.at)) for _, event in told)

    def _bound(self) -> Iterator[Bound]:
        """What cases that keep older terms have not of the new revision, by the revision that binds them."""
        lane = trial_of(self._head.lane, _PLAN)
        for terms, cases in self._sums.terms.most_common():
            composed = self._book.composed(lane, terms, self._head.digest)
            refused = None if composed.refused is None else composed.refused.message
            if composed.left_out or composed.kept or refused is not None:
                left_out = tuple(LeftOut(one.section, one.name, one.why, one.instead) for one in composed.left_out)
                yield Bound(terms, cases, left_out, composed.kept, refused)

    def _examples(self, chosen: Sequence[CaseMoves]) -> list[Example]:
        with self._database.read() as connection:
            names = [one.subject for one in chosen]
            helds = {
                held.name: held
                for held in Holding(len(names) + 1).load(connection, self._sealing, names=names)
                if held.lane == self._head.lane
            }
            found = []
            for one in chosen:
                held = helds[one.subject]
                base = self._compiled(held, self._head.lane, self._base)
                head = self._compiled(held, trial_of(self._head.lane, _PLAN), self._head)
                told = self._told(connection, held, one.at)
                found.append(Example(one, explained(base, held.subject, one), explained(head, told, one)))
            return found
