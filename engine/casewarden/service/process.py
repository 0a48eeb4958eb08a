"""`Processor`: mailboxes and wake-ups of some partitions, decided in one order, each batch one transaction.

The same code runs on SQLite, where one process owns everything, and in every worker on PostgreSQL.
"""

import json
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

import structlog
from sqlalchemy import Connection, Row, text

from casewarden.model.event import Event
from casewarden.model.instants import iso
from casewarden.service import waiting
from casewarden.service.batch import USUAL, Batch, Done, Helds, Limits, Mail, Rules
from casewarden.service.catching_up import catch_up
from casewarden.service.course import Course, Manner, RestlessError
from casewarden.service.governing import sorted_out
from casewarden.service.held import Held, Holding, new_held
from casewarden.service.holds import Hold, hold_free
from casewarden.service.lanes import is_trial, live_of
from casewarden.service.merged import PASSED_ON, goes_on_in
from casewarden.service.neighbours import (
    Observed,
    begin_to_watch,
    introduce,
    known_now,
    known_of,
    told_to_watchers,
    unwatched,
    watch_linked,
)
from casewarden.service.resting import WAKES
from casewarden.service.trials import GOES_ON, Turns, can_join, is_over, joined
from casewarden.service.writes import Writes, could_be_learnt, put_mail
from casewarden.store.database import TROUBLE, Database
from casewarden.store.log import Sealing, read_events, seen_by
from casewarden.store.slots import in_slots

MOST_REMEMBERED: Final = 20_000
TRIES: Final = 3
_ALONE: Final = "alone"
_log = structlog.get_logger("casewarden.process")


class Processor:
    """Decides what waits in some ranges of slots. Not for several threads at once."""

    def __init__(
        self,
        database: Database,
        sealing: Sealing,
        rules: Rules,
        manner: Manner,
        *,
        go_live: int,
        cached: int = 10_000,
        directory: Callable[[Held, Sequence[Event]], Iterable[Event]] | None = None,
        watermarks: Callable[[], Mapping[str, int]] = dict,
        poisoned: Callable[[], None] = lambda: None,
        limits: Limits = USUAL,
        hold: Hold = hold_free,
        look: Callable[[Connection], object] = lambda _: None,
    ) -> None:
        self.holding = Holding(cached)
        self.hold = hold
        self._look = look
        self._database = database
        self._sealing = sealing
        self._rules = rules
        self._manner = manner
        self._go_live = go_live
        self._directory = directory
        self._watermarks = watermarks
        self._poisoned = poisoned
        self.limits = limits
        self._observed = Observed()
        self._turns = Turns()
        self._failures: Counter[tuple[str, str]] = Counter()
        self._singly = 0
        self._alone = ""
        self._asked: Mapping[str, int] = {}
        self._asked_more = False
        self._just_taken: dict[int, Event] = {}

    # -- one transaction

    def batch(self, slots: Sequence[range], host: int) -> Done:
        """Take a batch of what waits, in one transaction; `host` is the host's instant."""
        try:
            with self._database.write() as connection:
                now = self._database.now(connection, host)
                owned = self.hold(connection, slots)
                self._look(connection)
                batch = Batch(connection, now)
                if now >= self._go_live and owned:
                    self._work(batch, owned)
        except TROUBLE:
            self._asked = {}
            self.holding.clear()  # what was learnt is not written: nothing that is held can be trusted
            raise
        except Exception as problem:  # noqa: BLE001  # it is found out whose it is, and put before a person
            self.holding.clear()
            return self._refused(problem, host)
        if self._singly:
            self._singly -= 1
        return batch.done

    def _refused(self, problem: Exception, host: int) -> Done:
        """The store will not take what this batch writes: find out whose it is, one by one, and set that aside."""
        _log.error("batch_refused", attempt=self._failures[_ALONE, self._alone], exc_info=True)
        if not self._singly or not self._alone:
            self._singly = 2 * self.limits.mail
            return Done(more=True)
        self._failures[_ALONE, self._alone] += 1
        if self._failures[_ALONE, self._alone] >= TRIES:
            del self._failures[_ALONE, self._alone]
            self._poisoned()
            with self._database.write() as connection:
                now = self._database.now(connection, host)
                set_aside(connection, self._alone, f"it cannot be written: {type(problem).__name__}", now)
        return Done(more=True)

    def renew(self, slots: Sequence[range], host: int, lane: str, revision: str) -> bool:
        """Let some of the subjects go on that were decided with other rules of their lane last; whether there were any.

        A revision takes effect on all of them, not only where something happens or was to wake: what its rules would
        have to say later is only known once it was asked.
        """
        where, values = in_slots(slots)
        statement = text(
            "SELECT name FROM subject WHERE lane = :lane AND operations <> :revision AND state IN ('open', 'done') "  # noqa: S608
            f"AND {where} ORDER BY id LIMIT {self.limits.wakeups}"
        )
        asked = {"lane": lane, "revision": revision, **values}
        with self._database.read() as connection:
            if connection.execute(statement, asked).first() is None:
                return False
        try:
            with self._database.write() as connection:
                batch = Batch(connection, self._database.now(connection, host))
                if list(self.hold(connection, slots)) != list(slots):
                    return True  # somebody else is at it
                self._look(connection)
                names = list(connection.execute(statement, asked).scalars())
                self._advance(batch, replace(waiting.of(connection, names, batch.now), names=names))
        except BaseException:
            self.holding.clear()
            raise
        return True

    def populate(self, slots: Sequence[range], host: int, trial: str) -> bool:
        """Let some of the live subjects join a trial whose turn has not come by itself; whether more may follow."""
        if self._turns.is_done(trial, slots):
            return False
        try:
            with self._database.write() as connection:
                if list(self.hold(connection, slots)) != list(slots):
                    return True  # somebody else is at it
                self._look(connection)
                if trial not in self._rules.trials_of(live_of(trial)):
                    return False  # somebody else has ended it
                batch = Batch(connection, self._database.now(connection, host))
                names, turn = self._turns.next(connection, trial, slots, self.limits.joining)
                self._advance(batch, replace(waiting.of(connection, names, batch.now), names=names))
        except BaseException:
            self.holding.clear()
            raise
        self._turns.took(trial, slots, turn)
        return True

    def _work(self, batch: Batch, slots: Sequence[range]) -> None:
        connection, now, limits = batch.connection, batch.now, self.limits
        if self._singly:
            waits = waiting.one(connection, slots, now, limits.mail)
            self._alone = next(iter(waits.names), "")
        else:
            also = self._awaiting(connection, slots)
            waits = waiting.some(connection, slots, now, limits.mail, limits.wakeups, limits.told, also)
        if waits.names:
            self._advance(batch, waits)

    def _advance(self, batch: Batch, waits: waiting.Waiting) -> None:
        """Let subjects learn what waits for them, and decide them up to the horizon."""
        connection, now = batch.connection, batch.now
        batch.done.more = waits.full
        helds = Helds(self.holding.load(connection, self._sealing, waits.names))
        rows = [*waits.rows, *self._join(batch, waits, helds)]
        events: dict[int, Event] = {}

        def read(wanted: set[int]) -> Mapping[int, Event]:
            events.update(self._events(connection, wanted - events.keys()))
            return events

        rows, lanes = sorted_out(
            connection,
            rows,
            read,
            helds.names,
            lambda name, learnt: self._rules.lanes_of(name, learnt, now),
            batch.writes,
            now,
        )
        read({row.event for row in rows})
        mail: dict[tuple[str, str], list[Mail]] = defaultdict(list)
        for row in rows:
            self._deliver(batch, row, events[row.event], helds, lanes.get(row.name), mail)
        for held in helds.in_order():
            self._subject(batch, held, mail.get((held.lane, held.name), ()), waits.horizon)
        batch.writes.flush(connection, self._sealing, now)

    def bring_up(self, connection: Connection, now: int, names: Sequence[str]) -> Collection[str]:
        """Decide what has come for these subjects and what is due, in order, in a transaction that somebody has begun.

        Return those for which something waits all the same: deciding them fails, or takes longer.
        """
        waits = waiting.of(connection, names, now)
        if not waits.names:
            return ()
        self._advance(Batch(connection, now), waits)
        return waiting.of(connection, names, now).names

    # -- who gets what

    def adopt(self, part: range) -> None:
        """Begin with a partition that others may have worked on: what is remembered of it may be of before that."""
        self.holding.leave(part)
        self._asked = {}

    def remember(self, rows: Iterable[tuple[int, Event]]) -> None:
        """Keep events that were just written, so that they need not be read again."""
        self._just_taken.update(rows)
        if len(self._just_taken) > MOST_REMEMBERED:
            self._just_taken.clear()

    def forget(self) -> None:
        """Read events from the store again."""
        self._just_taken.clear()

    def _events(self, connection: Connection, rows: set[int]) -> dict[int, Event]:
        known = {row: self._just_taken.pop(row) for row in rows & self._just_taken.keys()}
        return known | read_events(connection, self._sealing, rows - known.keys())

    def _deliver(
        self,
        batch: Batch,
        row: Row[Any],
        event: Event,
        helds: Helds,
        governing: Sequence[str] | None,
        mail: dict[tuple[str, str], list[Mail]],
    ) -> None:
        """Put an event before every lane that it is for; a subject that is new in a lane begins there."""
        lanes = helds.lanes(row.name) if row.lane is None else [row.lane]
        if row.lane is None and not lanes:
            lanes = list(governing or self._rules.lanes_of(row.name, [event], batch.now))
        batch.done.mail += 1
        batch.done.lags.append(max(0, batch.now - row.seen_at))
        waits = False
        letter = Mail(row.id, row.event, row.seen_at, seen_by(row.name, event), row.lane, row.attempts)
        for lane in lanes:
            held = helds.get(lane, row.name)
            if held is None:
                live = helds.get(live_of(lane), row.name) if is_trial(lane) else None
                if live is not None and live.version > 0:
                    continue  # it is over, or set aside, and has not joined
                held = new_held(helds.new_id(batch.connection), lane, row.name)
                helds.add(held)
                self.holding.put(held)
            into = goes_on_in(batch.connection, held) if event.kind in PASSED_ON else None
            if into is not None:
                if not is_trial(lane):  # the trials of the older one hear of it with that
                    put_mail(batch.connection, [(into, None, row.event, row.seen_at, 0)])
            elif held.state == "parked":
                waits |= not is_trial(lane)
            else:
                mail[lane, row.name].append(letter)
        if waits:
            batch.writes.kept_mail.append({"id": row.id, "behind": 2, "attempts": row.attempts})
        else:
            batch.writes.done_mail.append(row.id)

    def _join(self, batch: Batch, waits: waiting.Waiting, helds: Helds) -> list[Row[Any]]:
        """Let subjects join the trials that run beside their lanes; return what waits for them there.

        Those for which something is brought in a trial cannot wait; of the others it is a few at a time.
        """
        found: list[str] = []
        for live in helds.in_order():
            for trial in self._rules.trials_of(live.lane) if can_join(live) else ():
                if helds.get(trial, live.name) is not None:
                    continue
                brought = {row.lane for row in waits.rows if row.name == live.name}
                must = trial in brought or (is_over(live) and None in brought)
                if must or (not is_over(live) and len(found) < self.limits.joining):
                    id_, begun = helds.new_id(batch.connection), self._rules.begun(trial)
                    held = joined(batch.connection, self._sealing, live, id_, trial, begun, batch.now)
                    helds.add(held)
                    self.holding.put(held)
                    found.append(live.name)
        if not found:
            return []
        known = {row.id for row in waits.rows}
        return [row for row in waiting.of(batch.connection, found, waits.horizon).rows if row.id not in known]

    def _awaiting(self, connection: Connection, slots: Sequence[range]) -> list[str]:
        """The subjects whose sources are now known as far as they wait for; asked again only when one knows more."""
        known = dict(self._watermarks())
        if not known or (known == self._asked and not self._asked_more):
            return []
        where, values = in_slots(slots)
        statement = text(
            f"SELECT name, awaits, watermarks FROM subject WHERE awaits <= :most AND {where} ORDER BY awaits"  # noqa: S608
        )
        rows = connection.execute(statement, {"most": max(known.values()), **values}).all()
        ready = [row.name for row in rows if _is_known(json.loads(row.watermarks or "{}"), known, row.awaits)]
        self._asked, self._asked_more = known, len(ready) > self.limits.wakeups
        return ready[: self.limits.wakeups]

    # -- one subject

    def _subject(self, batch: Batch, held: Held, mail: Sequence[Mail], horizon: int) -> None:
        """Decide one subject; whatever goes wrong with it is its own, the others go on."""
        writes = Writes()
        try:
            left = self._course(batch, held, sorted(mail, key=lambda one: (one.seen_at, one.id)), horizon, writes)
            catch_up(Course(held, self._manner, writes), batch.now)
        except RestlessError as problem:
            self._park(batch, held, mail, str(problem))
        except Exception as problem:  # noqa: BLE001  # it is logged, tried again, and put before a person
            key = (held.lane, held.name)
            self._failures[key] += 1
            _log.exception("subject_failed", case=held.name, lane=held.lane, attempt=self._failures[key])
            if self._failures[key] < TRIES:
                self._keep(batch, held, mail)
            else:
                del self._failures[key]
                self._poisoned()
                self._park(batch, held, mail, f"deciding it fails: {type(problem).__name__}: {problem}")
        else:
            self._failures.pop((held.lane, held.name), None)
            if left:
                batch.done.more = True
                gone = {one.id for one in left}
                batch.writes.done_mail = [id_ for id_ in batch.writes.done_mail if id_ not in gone]
                told = [(held.name, held.lane, one.row, one.seen_at, 0) for one in left if one.id < 0]
                put_mail(batch.connection, told)
            batch.writes.absorb(writes)

    def _course(self, batch: Batch, held: Held, mail: list[Mail], horizon: int, writes: Writes) -> list[Mail]:
        """Go from instant to instant up to the horizon; return the mail that is left for another transaction."""
        course = Course(held, self._manner, writes)
        if held.length == 0:  # also where it was set aside before it could begin
            if not mail:
                return []
            mail = self._begin(batch, held, mail, writes)
        mail = [
            one for one in mail if not held.subject.has(one.event)
        ]  # told twice, as when it has just begun to watch
        for _ in range(self.limits.steps):
            at = self._next(held, mail, horizon)
            if at is None:
                break
            over = self._takes_over(held)
            if over is not None and over <= at:
                course.taken_over(at, self._also_watched(batch, held, at, writes))
                continue
            fresh: list[tuple[int | None, Event]] = []
            while mail and max(mail[0].seen_at, held.decided_at) <= at:
                one = mail.pop(0)
                fresh.append((one.row, one.event.learnt_at(max(at, one.event.at))))
            if not fresh and held.wants_wakeup is not None and held.wants_wakeup <= at:
                batch.done.wakeups += 1
                batch.done.lateness.append(max(0, batch.now - at))
            if held.state == "done" and held.kind == "case":
                fresh += self._watched_again(batch, held, at, fresh, writes)
            fresh += self._known_sources(held, at, [event for _, event in fresh])
            before = held.length
            course.step(at, fresh)
            entered = writes.entries[len(writes.entries) - (held.length - before) :]
            told_to_watchers(held, [(one.row, one.event) for one in entered], writes, batch.now)
            self.watch_linked(batch.connection, held, [one.event for one in entered], writes, batch.now)
        if held.is_behind and (held.wants_wakeup is None or held.learnt_at < held.wants_wakeup):
            held.wants_wakeup = held.learnt_at
        return mail

    def watch_linked(self, connection: Connection, held: Held, news: Sequence[Event], writes: Writes, now: int) -> None:
        """Let a case watch what it was linked to by these entries of its log."""
        watch_linked(connection, self._sealing, self._observed, held, news, writes, now)

    def _next(self, held: Held, mail: Sequence[Mail], horizon: int) -> int | None:
        """The next instant at which there is something to decide."""
        instants = [max(mail[0].seen_at, held.decided_at)] if mail and mail[0].seen_at <= horizon else []
        if held.wants_wakeup is not None and held.wants_wakeup <= horizon and held.state != "parked":
            instants.append(held.wants_wakeup)
        over = self._takes_over(held)
        if over is not None and over <= horizon:
            instants.append(over)
        if held.is_behind and held.learnt_at <= horizon:
            instants.append(held.learnt_at)
        waits = held.awaits is not None and not instants
        if waits and _is_known(held.watermarks, self._watermarks(), held.awaits or 0):
            instants.append(max(horizon, held.decided_at))
        return min(instants, default=None)

    def _takes_over(self, held: Held) -> int | None:
        """When other rules take a subject over. They do so before they learn of anything, so that it is no baseline."""
        return self._rules.takes_over(held) if held.state in GOES_ON else None

    def _also_watched(self, batch: Batch, held: Held, at: int, writes: Writes) -> list[tuple[int | None, Event]]:
        """What a case must know of subjects that only the rules which take it over speak of: it watches them now."""
        if held.kind != "case":
            return []
        names = unwatched(batch.connection, held, self._rules.ruleset(held.lane, at))
        begin_to_watch(batch.connection, names)
        writes.watches += [{"watched": name, "watcher": held.id} for name in names]
        told = known_of(batch.connection, self._sealing, self._observed, held, names, held.subject.events)
        return [(row, event.learnt_at(max(at, event.at))) for row, event in told]

    def _watched_again(
        self,
        batch: Batch,
        held: Held,
        at: int,
        fresh: Sequence[tuple[int | None, Event]],
        writes: Writes,
    ) -> list[tuple[int | None, Event]]:
        """What a case must know that has rested, now that it goes on: it watches again."""
        if not any(event.kind in WAKES for _, event in fresh):
            return []
        ruleset = self._rules.ruleset(held.lane, at)
        found = known_now(batch.connection, self._sealing, self._observed, held, ruleset, at)
        writes.watches += [{"watched": name, "watcher": held.id} for name in found.watches]
        return [(row, event.learnt_at(max(at, event.at))) for row, event in found.told]

    def _begin(self, batch: Batch, held: Held, mail: list[Mail], writes: Writes) -> list[Mail]:
        """Begin a subject: what it must know at first sight stands before what has happened."""
        first = max(mail[0].seen_at, self._go_live)
        log = [one.event for one in mail if one.seen_at <= first]  # whenever it is looked at, it begins alike
        opened = next((event.at for event in log if event.kind == "opened"), min(event.at for event in log))
        held.opened_at = opened if held.kind == "case" else None
        held.terms = self._rules.terms_at(held.lane, opened)
        added: list[tuple[int | None, Event]] = []
        if opened < self._go_live:
            live = self._go_live
            added.append((None, Event(held.name, "went_live", live, live, "ourselves", "configuration", held.lane)))
        if held.kind == "case":
            ruleset = self._rules.ruleset(held.lane, batch.now)
            found = introduce(batch.connection, self._sealing, self._observed, held, ruleset, log)
            writes.watches += [{"watched": name, "watcher": held.id} for name in found.watches]
            added += found.told
        if self._directory is not None:
            added += [(None, event) for event in self._directory(held, log)]
        known = [
            Mail(-1, row, first if row is None else max(first, could_be_learnt(event, batch.now)), event, None, 0)  # type: ignore[arg-type]  # None: ours to write
            for row, event in added
        ]
        own = [one._replace(seen_at=max(one.seen_at, self._go_live)) for one in mail]
        return sorted([*known, *own], key=lambda one: one.seen_at)  # what services told since comes when they told it

    def _known_sources(self, held: Held, at: int, fresh: Sequence[Event]) -> list[tuple[int | None, Event]]:
        """Tell a log up to when its sources are known: when it begins to hear of one, and when it waits for that."""
        known = self._watermarks()
        if not known or held.kind not in ("case", "account"):
            return []
        new = {event.source for event in fresh if event.source in known and event.source not in held.watermarks}
        waits = held.awaits is not None
        found: list[tuple[int | None, Event]] = []
        for source in sorted(new | (set(held.watermarks) if waits else set())):
            through = known.get(source)
            if through is None or through <= held.watermarks.get(source, -(2**62)):
                continue
            held.watermarks[source] = through
            data = {"of": source, "through": iso(through)}
            key = f"{held.lane}/{source}/{through}"
            found.append((None, Event(held.name, "watermark", at, at, "automation", "watermark", key, data=data)))
        return found

    # -- what goes wrong

    def _keep(self, batch: Batch, held: Held, mail: Sequence[Mail]) -> None:
        """Leave the mail where it is, and look again at the next batch."""
        gone = {one.id for one in mail}
        batch.writes.done_mail = [id_ for id_ in batch.writes.done_mail if id_ not in gone]
        batch.writes.kept_mail += [
            {"id": one.id, "behind": 0, "attempts": one.attempts + 1} for one in mail if one.id > 0
        ]
        self.holding.drop(held)
        batch.done.more = True

    def _park(self, batch: Batch, held: Held, mail: Sequence[Mail], why: str) -> None:
        """Set a subject aside until a person has looked at it; its mail waits, everybody else's goes on."""
        self.holding.drop(held)
        if held.version > 0:
            (held,) = self.holding.load(batch.connection, self._sealing, ids=[held.id])
        elif not mail:
            return
        if is_trial(held.lane):
            mail = ()  # nobody takes it up there: the live one has it
        gone = {one.id for one in mail}
        batch.writes.done_mail = [id_ for id_ in batch.writes.done_mail if id_ not in gone]
        batch.writes.kept_mail += [
            {"id": one.id, "behind": 2, "attempts": one.attempts + 1} for one in mail if one.id > 0
        ]
        fresh = new_held(held.id, held.lane, held.name) if held.version == 0 else held
        fresh.state, fresh.state_detail, fresh.wants_wakeup, fresh.awaits = "parked", why, None, None
        key = f"{held.lane}/{held.name}/parked/{batch.now}"
        batch.writes.oblige("parked", key, f"{held.name} is set aside: {why}", batch.now, fresh)
        _log.error("parked", case=held.name, lane=held.lane)


def _is_known(sources: Iterable[str], known: Mapping[str, int], through: int) -> bool:
    """Whether all of a subject's sources are known up to an instant."""
    return min((known.get(source, -1) for source in sources), default=-1) >= through


def set_aside(connection: Connection, name: str, why: str, now: int) -> None:
    """Park a subject in all its lanes without touching what it is: its mail waits, and a person is told."""
    connection.execute(text("UPDATE mailbox SET behind = 2 WHERE name = :name"), {"name": name})
    connection.execute(
        text("UPDATE subject SET state = 'parked', state_detail = :why, version = version + 1 WHERE name = :name"),
        {"name": name, "why": why},
    )
    connection.execute(
        text("DELETE FROM wakeup WHERE subject IN (SELECT id FROM subject WHERE name = :name)"), {"name": name}
    )
    connection.execute(
        text(
            "INSERT INTO obligation (key, kind, message, opened_at, state) "
            "VALUES (:key, 'parked', :message, :now, 'open') ON CONFLICT (key) DO NOTHING"
        ),
        {"key": f"parked/{name}/{now}", "message": f"{name} is set aside: {why}", "now": now},
    )
