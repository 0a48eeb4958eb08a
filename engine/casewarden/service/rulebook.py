"""`Rulebook`: which revisions of which rulesets hold when, as one value; a reload makes another, or none.

A lane is one ruleset's, or `NAME@ROLLOUT` for a trial beside it. The revisions of a lane are in force one after the
other, each from its `effective_at` on. One that is learnt of later takes the place of all that would be in force from
its own date on: what the source says now is what its author means now. Those stay known, for the cases that they bind.
"""

import re
from collections import OrderedDict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain
from threading import Lock
from typing import Final

from casewarden.config.settings import RulesetSource
from casewarden.decide import Compiled, compile_ruleset
from casewarden.decide.walk import state_at
from casewarden.model.subject import Subject
from casewarden.ruleset.compose import Composed, compose
from casewarden.ruleset.diagnostics import Diagnostics, Place
from casewarden.service.lanes import is_trial, trial_of
from casewarden.service.ruleset_sources import Revision, SourceRead, read_source

_MOST_COMPILED: Final = 64
_COMMIT: Final = re.compile(r"@[0-9a-f]{40,64}:")


class UnknownRevisionError(LookupError):
    """A revision, or a lane, that the rulebook does not have; the message says which."""


class _Shelf:
    """What was compiled lately, by the digests of terms and operations; shared by all rulebooks and threads."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._lock = Lock()
        self._made: OrderedDict[tuple[str, str], tuple[Composed, Compiled]] = OrderedDict()

    def get(self, terms: Revision, operations: Revision) -> tuple[Composed, Compiled]:
        """Compose and compile, unless that was done lately."""
        key = (terms.digest, operations.digest)
        with self._lock:
            made = self._made.get(key)
            if made is None:
                composed = compose(terms.written, operations.written)
                made = self._made[key] = composed, compile_ruleset(composed.ruleset)
                if len(self._made) > self._most:
                    self._made.popitem(last=False)
            self._made.move_to_end(key)
            return made


@dataclass(frozen=True, slots=True)
class Rulebook:
    """All revisions that are known, and by lane those that are or will be in force. Nothing in it changes.

    `lanes` are those in which cases live, by name; `trials` those of rollouts that are tried.
    """

    timelines: Mapping[str, tuple[Revision, ...]] = field(default_factory=dict)
    known: Mapping[str, Revision] = field(default_factory=dict)
    _shelf: _Shelf = field(default_factory=lambda: _Shelf(_MOST_COMPILED), repr=False, compare=False)
    _found: dict[tuple[str, str, str], tuple[Revision, Revision]] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )
    lanes: tuple[str, ...] = field(init=False, repr=False, compare=False)
    trials: tuple[str, ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        # asked for every event
        object.__setattr__(self, "lanes", tuple(sorted(lane for lane in self.timelines if not is_trial(lane))))
        object.__setattr__(self, "trials", tuple(sorted(lane for lane in self.timelines if is_trial(lane))))

    @staticmethod
    def of(in_force: Iterable[Revision], others: Iterable[Revision] = (), *, most: int = _MOST_COMPILED) -> "Rulebook":
        """The rulebook of revisions that were stored: those in force now or later, and those that are known besides.

        `most` is how many compiled rulesets are kept at hand.
        """
        lanes: dict[str, list[Revision]] = {}
        known = {revision.digest: revision for revision in others}
        for revision in in_force:
            lanes.setdefault(revision.lane, []).append(revision)
            known[revision.digest] = revision
        return Rulebook({lane: tuple(sorted(line, key=_order)) for lane, line in lanes.items()}, known, _Shelf(most))

    # -- what holds

    def operations_at(self, lane: str, now: int) -> Revision | None:
        """The revision whose operations hold in a lane; None before the first, and where there is no such lane."""
        return next((one for one in reversed(self.timelines.get(lane, ())) if one.effective_at <= now), None)

    def terms_at(self, lane: str, opened_at: int) -> Revision:
        """The revision whose terms bind a case opened at an instant; UnknownRevisionError where there is no such lane.

        A case keeps what this gives at its opening. One that was opened before the first revision has that one's terms:
        there are none that were promised earlier.
        """
        line = self.timelines.get(lane)
        if not line:
            raise UnknownRevisionError(f"there is no ruleset `{lane}`")
        return next((one for one in reversed(line) if one.effective_at <= opened_at), line[0])

    def next_effective(self, now: int) -> int | None:
        """The first instant after `now` at which another revision comes into force, in any lane."""
        coming = (one.effective_at for one in chain.from_iterable(self.timelines.values()) if one.effective_at > now)
        return min(coming, default=None)

    def governing(self, subject: Subject, now: int) -> tuple[str, ...]:
        """The lanes whose rulesets govern a case, by `applies_to`: two are for a person to settle.

        Any other subject is in all lanes with a revision in force.
        """
        return tuple(lane for lane in self.lanes if self._governs(lane, subject, now))

    def _governs(self, lane: str, subject: Subject, now: int) -> bool:
        revision = self.operations_at(lane, now)
        if revision is None:
            return False
        compiled = self.compiled(lane, revision.digest, revision.digest)
        if subject.kind != "case" or compiled.governs is None:
            return True
        return compiled.governs(state_at(compiled, subject, now), now)[0] is True

    # -- what decides

    def compiled(self, lane: str, terms: str, operations: str) -> Compiled:
        """What decides with the terms of one revision and the operations of another, by their digests.

        UnknownRevisionError for a digest that is not known.
        """
        return self._made(lane, terms, operations)[1]

    def composed(self, lane: str, terms: str, operations: str) -> Composed:
        """The same, with what of the newer revision it leaves out and why."""
        return self._made(lane, terms, operations)[0]

    def _made(self, lane: str, terms: str, operations: str) -> tuple[Composed, Compiled]:
        found = self._found.get((lane, terms, operations))
        if found is None:
            found = self._found[lane, terms, operations] = self._find(lane, terms, operations)
        return self._shelf.get(*found)

    def _find(self, lane: str, terms: str, operations: str) -> tuple[Revision, Revision]:
        """The revision whose terms hold by now, and the one of the operations."""
        line = self.timelines.get(lane, ())
        newest = next((one for one in reversed(line) if one.digest == operations), None) or self.revision(operations)
        opening = next((one for one in line if one.digest == terms), None) or self.revision(terms)
        return self._in_force(lane, opening, newest), newest

    def _in_force(self, lane: str, terms: Revision, operations: Revision) -> Revision:
        """The terms that hold by now: those of the opening, unless a revision since then bound all cases."""
        since = (one for one in self.timelines.get(lane, ()) if _order(terms) < _order(one) <= _order(operations))
        return next((one for one in reversed(list(since)) if one.binds_all), terms)

    def revision(self, digest: str) -> Revision:
        """A revision by its digest; UnknownRevisionError."""
        found = self.known.get(digest)
        if found is None:
            raise UnknownRevisionError(f"revision {digest[:12]} is neither in the store nor in a file")
        return found

    # -- other rulebooks

    def with_revision(self, revision: Revision) -> "Rulebook":
        """The rulebook with one more in its lane: from its date on it takes the place of all others there."""
        before = (one for one in self.timelines.get(revision.lane, ()) if one.effective_at < revision.effective_at)
        line = (*before, revision)
        timelines = {**self.timelines, revision.lane: line}
        return replace(self, timelines=timelines, known={**self.known, revision.digest: revision})

    def with_known(self, revision: Revision) -> "Rulebook":
        """The rulebook with a revision that is in force nowhere, such as one that cases are bound to or a trial's."""
        return replace(self, known={revision.digest: revision, **self.known})

    def with_beside(self, revision: Revision) -> "Rulebook":
        """The rulebook with one more in its lane; those with a later date come into force at theirs all the same."""
        line = tuple(sorted((*self.timelines.get(revision.lane, ()), revision), key=_order))
        timelines = {**self.timelines, revision.lane: line}
        return replace(self, timelines=timelines, known={**self.known, revision.digest: revision})

    def without_rollout(self, lane: str, rollout: str, at: int) -> "Rulebook":
        """The rulebook without what a rollout put in force in a lane: what was in force before is so again, from `at`.

        The same one comes back where the rollout has put nothing in force.
        """
        line = [one for one in self.timelines.get(lane, ()) if not one.is_of(rollout)]
        if len(line) == len(self.timelines.get(lane, ())):
            return self
        again = next((one for one in reversed(line) if one.effective_at <= at), None)
        kept = tuple(replace(one, added_at=at) if one is again else one for one in line)
        return replace(self, timelines={**self.timelines, lane: kept})

    def with_trial(self, lane: str, rollout: str, head: Revision, at: int) -> "Rulebook":
        """The rulebook with a lane beside another one, in which the head is in force from an instant on."""
        trial = trial_of(lane, rollout)
        before = (replace(one, lane=trial) for one in self.timelines.get(lane, ()) if one.effective_at < at)
        line = (*before, replace(head, lane=trial, effective_at=at))
        return replace(self.with_known(head), timelines={**self.timelines, trial: line})

    def without_lane(self, lane: str) -> "Rulebook":
        """The rulebook without a lane; its revisions stay known."""
        timelines = {name: line for name, line in self.timelines.items() if name != lane}
        return replace(self, timelines=timelines)


def _order(revision: Revision) -> tuple[int, int]:
    return revision.effective_at, revision.added_at


# -- reloading


def reloaded(sources: Sequence[RulesetSource], rulebook: Rulebook, now: int) -> "Rulebook | Diagnostics":
    """The rulebook with what its sources say now, or every problem; as `taken_in`."""
    return taken_in([read_source(source, now) for source in sources], rulebook)


def taken_in(reads: Sequence[SourceRead], rulebook: Rulebook) -> "Rulebook | Diagnostics":
    """The rulebook with what was read, all or nothing: the problems where anything is wrong with any of the sources.

    A source that says what it said before changes nothing, also where a rollout has put something else in force since.
    The lane of a ruleset that no source has any more is left out. The same rulebook comes back where nothing changed.
    """
    problems = Diagnostics()
    for read in reads:
        if read.revision is None:
            problems.extend(read.diagnostics)
    found = [read.revision for read in reads if read.revision is not None]
    _refuse_equal_names(found, problems)
    _refuse_other_names(found, rulebook, problems)
    if problems.has_errors:
        return problems
    for revision in found:
        last = last_read(rulebook.timelines.get(revision.lane, ()))
        if last is None or last.digest != revision.digest:
            rulebook = rulebook.with_revision(revision)
    gone = set(rulebook.lanes) - {revision.lane for revision in found}
    for lane in sorted(gone):
        rulebook = rulebook.without_lane(lane)
    return rulebook


def last_read(line: Iterable[Revision]) -> Revision | None:
    """What the source of a lane said last; what rollouts put in force was not read from it."""
    return max((one for one in line if not one.is_of_rollout), key=lambda one: one.added_at, default=None)


def _refuse_equal_names(found: Sequence[Revision], problems: Diagnostics) -> None:
    first: dict[str, Revision] = {}
    for revision in found:
        other = first.setdefault(revision.lane, revision)
        if other is not revision:
            problems.error(
                "CW928",
                _name_place(revision),
                f"two rulesets are called `{revision.lane}`: {other.origin} and {revision.origin}",
                "give one of them another name, or take it out of the configuration",
                [(_name_place(other), "the other one")],
            )


def _refuse_other_names(found: Sequence[Revision], rulebook: Rulebook, problems: Diagnostics) -> None:
    """Refuse that a source gives a ruleset of another name: the cases of the one that it gave would have no rules."""
    names = {revision.lane for revision in found}
    for lane in rulebook.lanes:
        last = last_read(rulebook.timelines[lane])
        for revision in found if last is not None and lane not in names else ():
            if revision.lane not in rulebook.timelines and _source(revision) == _source(last):
                problems.error(
                    "CW928",
                    _name_place(revision),
                    f"the ruleset `{lane}` is now called `{revision.lane}`, and its cases would be nobody's",
                    f"write `ruleset: {lane}`; a ruleset of another name goes into a file of its own",
                )


def _source(revision: Revision | None) -> str | None:
    """Where a revision came from, whatever the commit."""
    return None if revision is None else _COMMIT.sub(":", revision.origin)


def _name_place(revision: Revision) -> Place:
    node = revision.written.document.main.get("ruleset")
    return revision.written.document.main.place if node is None else node.place
