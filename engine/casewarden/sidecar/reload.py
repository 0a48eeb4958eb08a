"""Rulesets as they come into force: loaded at the start, watched, loaded anew all or nothing, kept in the store."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from time import monotonic
from typing import Final, NamedTuple

import structlog

from casewarden.config.read_settings import read_settings
from casewarden.config.settings import Settings
from casewarden.model.event import Event, Json
from casewarden.report.diagnostics import render_text
from casewarden.ruleset.able import EVERYTHING, unable
from casewarden.ruleset.diagnostics import Diagnostic, Diagnostics, Level
from casewarden.service.desks import Desks
from casewarden.service.governing import ask_again
from casewarden.service.held import Held
from casewarden.service.holds import hold_all
from casewarden.service.lanes import is_trial, rollout_of
from casewarden.service.process import Processor
from casewarden.service.revisions import book_version, hold_book, keep_revisions, stored_book
from casewarden.service.rollouts import By, end
from casewarden.service.rulebook import Rulebook, last_read, taken_in
from casewarden.service.ruleset_sources import SourceRead, StoredRulesetError, read_source
from casewarden.sidecar.assembly import StartError
from casewarden.sidecar.current import Current, mark_of, needs_restart
from casewarden.sidecar.customers import Customers, DirectoryError, directories, marks_of
from casewarden.sidecar.rules import RulesInForce
from casewarden.store import audit
from casewarden.store.database import Database
from casewarden.telemetry.metrics import Metrics

_LOOK_EVERY: Final = 2.0
_log = structlog.get_logger("casewarden.reload")


class _Stands(NamedTuple):
    """What a lane was gone through for: a revision, whether its date has come, and the partitions."""

    revision: str
    in_force: bool
    parts: tuple[range, ...]


class Reloader:
    """Keeps the rulesets in force as their sources say; called in the owner's thread."""

    def __init__(
        self, database: Database, current: Current, rules: RulesInForce, desks: Desks, metrics: Metrics, now: int
    ) -> None:
        settings = current.settings
        self._database = database
        self._current = current
        self._mark = mark_of(settings.file)
        self._rules = rules
        self._desks = desks
        self._metrics = metrics
        self._reads = [read_source(source, now) for source in settings.rulesets]
        self._marks = marks_of(settings.customers)
        self._looked_at = monotonic()
        self._renewed: dict[str, _Stands] = {}
        self._told = rules.book
        self.customers = directories(settings, rules.book)
        metrics.loaded(self._revisions(now), now)

    def require_able(self) -> None:
        """StartError where a rule asks for what no connector can do, and does not say what to do instead."""
        self._rules.able = self._desks.able
        problems = self._cannot(self._rules.book, self._desks.able)
        if problems:
            told = "; ".join(problems)
            raise StartError(
                f"no connector can do what rules want: {told}",
                "let a connector do it (`actions`), or say in the rule what to do instead (`if_unsupported`)",
            )

    def _cannot(self, book: Rulebook, able: frozenset[str]) -> list[str]:
        found = (
            f"the rule `{rule.name}` of {lane} asks for `{kind}`"
            for lane in book.lanes
            for one in book.timelines[lane]
            for rule, kind in unable(one.ruleset, able)
        )
        return list(dict.fromkeys(found))

    def directory(self, held: Held, log: Sequence[Event]) -> Iterable[Event]:
        """What the customer directory knows of a subject that begins."""
        return self.customers.told(held, log)

    def chore(self, processor: Processor, parts: Sequence[range]) -> Callable[[int], bool]:
        """What the owner does between its turns: look for changed files, and let new rules reach every subject."""

        def run(now: int) -> bool:
            if monotonic() - self._looked_at > _LOOK_EVERY:
                self._looked_at = monotonic()
                changed = mark_of(self._current.settings.file) != self._mark
                if changed or self._files_changed() or any(read.watched.has_changed() for read in self._reads):
                    self.reload(now)
            return self._renew(processor, parts, now)

        return run

    def _files_changed(self) -> bool:
        """Whether the directory's files are others than when they were looked at last."""
        marks = marks_of(self._current.settings.customers)
        is_new, self._marks = marks != self._marks, marks
        return is_new

    def _tell(self, now: int) -> None:
        """Let what goes by the rulebook follow it, whoever has put another one in force."""
        if self._rules.book is not self._told:
            self._told = self._rules.book
            try:
                self.customers = directories(self._current.settings, self._rules.book)
            except DirectoryError as problem:  # by the rules that are in force now; what it said before goes on
                self._metrics.reload_refused()
                _log.error("customers_refused")
                _log.debug("customers_refused_why", problem=str(problem))
            self._metrics.revisions(self._revisions(now))

    def _renew(self, processor: Processor, parts: Sequence[range], now: int) -> bool:
        self._tell(now)
        busy = False
        book, owned = self._rules.book, tuple(parts)
        for lane in (*book.lanes, *book.trials):
            current = self._rules.operations_in(lane, now)
            if is_trial(lane):
                busy |= processor.populate(parts, now, lane)
            stands = _Stands(current, book.operations_at(lane, now) is not None, owned)
            if self._renewed.get(lane) == stands:
                continue
            if processor.renew(parts, now, lane, current):
                busy = True
            else:
                self._renewed[lane] = stands
                busy |= self._ask_again(parts)
                self._metrics.revisions(self._revisions(now))
        return busy

    def _ask_again(self, parts: Sequence[range]) -> bool:
        """Look again at cases that no ruleset governed, or two, by the rules that are in force now."""
        with self._database.write() as connection:
            return ask_again(connection, parts)

    def reload(self, now: int, who: str = "the sidecar") -> Json:
        """Load configuration and rulesets anew; where anything is wrong with one of them nothing changes.

        Every problem is told, and which changed keys take effect with the next start only.
        """
        self._mark = mark_of(self._current.settings.file)
        settings, problems = read_settings(self._current.settings.file)
        if settings is None:
            return self._refuse(problems)
        reads = [read_source(source, now) for source in settings.rulesets]
        self._reads = reads
        self._marks = marks_of(settings.customers)
        found = taken_in(reads, self._rules.book)
        if isinstance(found, Diagnostics):
            return self._refuse(found)
        try:
            customers = directories(settings, found)
        except DirectoryError as problem:
            return self._refused(str(problem), 1)
        only_records = settings.shadow is True
        cannot = self._cannot(found, EVERYTHING if only_records else self._desks.able_to_act)
        if cannot:
            return self._refused(f"no connector can do it: {'; '.join(cannot)}", len(cannot))
        before = self._rules.book
        if found is not before:
            with self._database.write() as connection:
                hold_book(connection)
                self._rules.look(connection)
                found = taken_in(reads, self._rules.book)  # again: somebody may have changed it meanwhile
                if isinstance(found, Rulebook) and found is not self._rules.book:
                    keep_revisions(connection, found)
                    details: dict[str, Json] = {"revisions": dict(_digests(found, now))}
                    audit.append(connection, now, who, "reload", None, details)
            if isinstance(found, Diagnostics):
                self._tell(now)
                return self._refuse(found)
            self.exchange(found, now)
        later = needs_restart(self._current.settings, settings)
        self._exchange(settings, customers, now, who)
        self._metrics.loaded(self._revisions(now), now)
        _log.info("reloaded", lanes=len(self._rules.book.lanes), before=len(before.lanes))
        return {"reloaded": True, "revisions": dict(_digests(self._rules.book, now)), "needs_restart": list(later)}

    def _refuse(self, problems: Diagnostics) -> Json:
        errors = [item for item in problems.items if item.level is Level.ERROR]
        first = errors[0] if errors else None
        return self._refused(render_text(problems, colour=False), len(problems.items), first)

    def _refused(self, problems: str, count: int, first: Diagnostic | None = None) -> Json:
        """Go on as before; the log says where the `first` of the problems is, and all are told to who asked."""
        self._metrics.reload_refused()
        code, place = (None, None) if first is None else (first.code, str(first.place))
        _log.error("reload_refused", problems=count, code=code, place=place)
        return {"reloaded": False, "problems": problems}

    def _exchange(self, settings: Settings, customers: Customers, now: int, who: str) -> None:
        """Let caps, shadow, customers and the level of logs be as the configuration says now."""
        before = self._current.settings
        changed = [name for name in ("shadow", "caps", "log_level") if getattr(before, name) != getattr(settings, name)]
        if changed:
            with self._database.write() as connection:
                audit.append(connection, now, who, "reload", None, {"changed": list(changed)})
        self._current.exchange(settings)
        self._desks.only_records = settings.shadow is True
        self._rules.able = self._desks.able
        gone = sum(len(self.customers.gone(customers, lane)) for lane in self._rules.book.lanes)
        if gone:
            _log.warning("customers_gone", customers=gone)
        self.customers = customers
        shadow = settings.shadow
        self._metrics.shadow(everything=shadow is True, rules=0 if isinstance(shadow, bool) else len(shadow))

    def exchange(self, book: Rulebook, now: int) -> None:
        """Put another rulebook in force, as a rollout does; the caller has written it into the store."""
        self._rules.book = book
        self._tell(now)

    def _revisions(self, now: int) -> dict[str, str]:
        return dict(_digests(self._rules.book, now))


def _digests(book: Rulebook, now: int) -> Iterable[tuple[str, str]]:
    for lane in (*book.lanes, *book.trials):
        revision = book.operations_at(lane, now)
        yield lane, (revision or book.timelines[lane][0]).digest


def begin(database: Database, settings: Settings, now: int) -> RulesInForce:
    """The rulesets at the start: those that the store knows, with what their sources say now; StartError."""
    reads = [read_source(source, now) for source in settings.rulesets]
    _end_lost_trials(database, now)
    with database.write() as connection:
        hold_book(connection)
        with _as_start_error():
            book = stored_book(connection)
        if not database.is_sqlite:
            reads = [_not_older(read, book) for read in reads]
        found = _sound(taken_in(reads, book))
        if found is not book:
            keep_revisions(connection, found)
        return RulesInForce(found, book_version(connection))


def _end_lost_trials(database: Database, now: int) -> None:
    """End trials whose ruleset can no longer be read, as a rollout's own commands do."""
    lost: dict[str, str] = {}
    with database.read() as connection, _as_start_error():
        stored_book(connection, lost)
    if not lost:
        return
    with database.write() as connection:
        hold_all(connection)  # before the rulebook, as commands do: the other way round two could wait for each other
        hold_book(connection)
        lost = {}
        with _as_start_error():
            book = stored_book(connection, lost)
        for lane, why in lost.items():
            _log.error("trial_lost", lane=lane)
            book = end(connection, book, rollout_of(lane), By("the sidecar", why, now, frozenset())).book


@contextmanager
def _as_start_error() -> Iterator[None]:
    try:
        yield
    except StoredRulesetError as problem:
        raise StartError(str(problem)) from None


def _not_older(read: SourceRead, book: Rulebook) -> SourceRead:
    """What is in force of a ruleset, where its source says what was in force before that.

    Machines that share a store have sources of their own. One that was left behind and begins again must not take back
    what the others have; loaded anew while the process runs it does, for then somebody means it.
    """
    mine = read.revision
    last = None if mine is None else last_read(book.timelines.get(mine.lane, ()))
    known = None if mine is None else book.known.get(mine.digest)
    if last is None or known is None or known.digest == last.digest or known.added_at >= last.added_at:
        return read
    _log.warning("ruleset_left_behind", lane=last.lane, revision=known.digest)
    return replace(read, revision=last)


def _sound(found: Rulebook | Diagnostics) -> Rulebook:
    if isinstance(found, Diagnostics):
        raise StartError(
            f"a ruleset has errors:\n{render_text(found, colour=False)}", "casewarden check tells them all"
        )
    return found
