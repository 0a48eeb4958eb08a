"""Delivery: what waits in the outbox is asked again, sent, and what came of it is brought back into the log.

An attempt is written down before it is made, so that after a crash it is known that it may have been carried out; the
connector is then told to look before it writes (`again`). Nothing here calls a connector: that is done in threads,
which hand their answers back.
"""

import json
import random
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal, NamedTuple

import structlog
from sqlalchemy import Connection, text

from casewarden.config.settings import Caps
from casewarden.decide import objection
from casewarden.model.decision import WithheldWhy
from casewarden.model.event import Event, Json
from casewarden.plugin import AlreadyApplied, Answer, Applied, Attempt, Conflict, Page, Rejected, Retry
from casewarden.service.backoff import wait_after
from casewarden.service.budget import SECOND, Budget
from casewarden.service.course import Course, Manner, RestlessError
from casewarden.service.held import Held, Holding, planned
from casewarden.service.intake import take
from casewarden.service.neighbours import kind_of_linked, linked_now
from casewarden.service.ping_pong import DAY, rounds
from casewarden.service.process import Processor
from casewarden.service.tally import WRITES, Tally
from casewarden.service.writes import Writes
from casewarden.store.database import Database
from casewarden.store.holdings import ERASED, is_anybody_left
from casewarden.store.log import Sealing
from casewarden.store.outbox import OpenAction
from casewarden.store.slots import ALL_SLOTS, in_slots, is_in
from casewarden.store.statements import Statement, statement
from casewarden.telemetry.catalogue import ActionOutcome, Cap

Stop = Cap | Literal["ping_pong"]
"""What holds an action back for a person."""
TO_CONTACT: Final = frozenset({"reply", "ask"})
MOST_ATTEMPTS: Final = 24
"""With waits that double up to half an hour: about ten hours."""
DISCARDED: Final = "discarded by "
"""How the detail of an action begins that a person took back; it is withdrawn at the next look, paused or not."""
RELEASED: Final = "released"
"""The detail of an action that a person let go although a cap had stopped it."""
_PAUSED: Final = Statement("SELECT value FROM setting WHERE name = 'paused'")
_VERSION: Final = Statement("SELECT version FROM ticket WHERE connector = :connector AND ticket = :ticket")
_IS_DISCARDED: Final = f"state_detail LIKE '{DISCARDED}%'"
_IS_HEAD: Final = (
    f"({_IS_DISCARDED} OR NOT EXISTS (SELECT 1 FROM outbox AS ahead WHERE ahead.subject = outbox.subject "  # noqa: S608
    "AND ahead.state IN ('waiting', 'sending', 'asking') AND ("
    "(ahead.firing = outbox.firing AND ahead.position < outbox.position) OR "
    "(ahead.connector = outbox.connector AND ahead.id < outbox.id AND (ahead.state = 'sending' OR "
    "(ahead.state = 'waiting' AND (ahead.attempts > 0 OR ahead.next_try <= :now))))))) "
    "AND NOT EXISTS (SELECT 1 FROM subject WHERE subject.id = outbox.subject AND (subject.state = 'parked' OR EXISTS "
    "(SELECT 1 FROM mailbox WHERE mailbox.name = subject.name AND mailbox.behind = 0 AND mailbox.seen_at <= :now "
    "AND (mailbox.lane IS NULL OR mailbox.lane = subject.lane)))) "
    "AND NOT EXISTS (SELECT 1 FROM wakeup WHERE wakeup.subject = outbox.subject AND wakeup.due_at <= :now)"
)
"""As `_stands_behind`: what stands behind something else, or on a subject that is set aside, takes no place of those
that may go. A subject that has something to decide decides that before: it is asked with all that is known, and no
wake-up is passed over."""
_PUT_BACK: Final = text("UPDATE outbox SET state = 'waiting', again = true WHERE id = :id")
_log = structlog.get_logger("casewarden.deliver")


class Sent(NamedTuple):
    """An attempt that is to be made by a connector; `number` counts the attempts at its action from 1.

    The number tells whose answer counts: who took the action over since has made another attempt.
    """

    connector: str
    action: int
    subject: int
    attempt: Attempt
    slot: int
    number: int
    lane: str = ""
    decided_at: int = 0


@dataclass(frozen=True, slots=True)
class Came:
    """What came of an attempt: the connector's answer, or what it raised; after a conflict also the ticket anew."""

    sent: Sent
    answer: Answer | None
    error: str | None = None
    anew: Page | None = None


@dataclass(slots=True)
class Claimed:
    """The attempts to make now, and when there is more to try."""

    sent: list[Sent] = field(default_factory=list)
    next_at: int | None = None
    did: int = 0


class Deliverer:
    """Claims and settles actions of some ranges of slots; called by their owner only, with what it holds."""

    def __init__(
        self,
        database: Database,
        sealing: Sealing,
        processor: Processor,
        manner: Manner,
        *,
        caps: Callable[[], Caps],
        budgets: Mapping[str, Budget],
        heard: "Hears",
        chance: random.Random,
    ) -> None:
        self._database = database
        self._sealing = sealing
        self._processor = processor
        self._holding: Holding = processor.holding
        self._manner = manner
        self._caps = caps
        self.budgets = budgets
        self._heard = heard
        self._chance = chance
        self._tally = Tally(shared=not database.is_sqlite)

    # -- claiming

    def recover(self, slots: Sequence[range]) -> Sequence[range]:
        """Put back what somebody was sending who is no more: it may have been carried out.

        The partitions where that was done; another one is still held by somebody.
        """
        with self._database.write() as connection:
            owned = self._processor.hold(connection, slots)
            where, values = in_slots(owned)
            anew = f"UPDATE outbox SET state = 'waiting', again = true WHERE state = 'sending' AND {where}"  # noqa: S608
            connection.execute(text(anew), values)
            return owned

    def reclaim(self, slots: Sequence[range], underway: Collection[int]) -> bool:
        """Put back what stands as being sent and is not: where a commit fails, nobody knows whether it stands.

        Whether that could be done in all partitions; another one is held by somebody else at the moment.
        """
        with self._database.write() as connection:
            owned = self._processor.hold(connection, slots)
            where, values = in_slots(owned)
            sending = text(f"SELECT id FROM outbox WHERE state = 'sending' AND {where}")  # noqa: S608
            lost = [id_ for id_ in connection.execute(sending, values).scalars() if id_ not in underway]
            if lost:
                connection.execute(_PUT_BACK, [{"id": id_} for id_ in lost])
                self._holding.clear()
            return list(owned) == list(slots)

    def claim(self, slots: Sequence[range], host: int) -> Claimed:
        """Choose what may go out now, earliest deadline first, each asked again before; written down as being sent."""
        where, values = in_slots(slots)
        claimed = Claimed()
        with self._database.read() as connection:
            earliest = statement(f"SELECT min(next_try) FROM outbox WHERE state = 'waiting' AND {where}")  # noqa: S608
            claimed.next_at = earliest.ask(connection, **values).scalar()
            if claimed.next_at is None:
                return claimed
            now = self._database.now(connection, host)
            paused = _PAUSED.ask(connection).scalar() == "true"
            first = statement(
                f"SELECT id, subject, slot FROM outbox WHERE state = 'waiting' AND next_try <= :now AND {where} "  # noqa: S608
                f"AND {_IS_HEAD} {f'AND {_IS_DISCARDED}' if paused else ''} ORDER BY "
                " CASE WHEN deadline IS NULL THEN 1 ELSE 0 END, deadline, id LIMIT :most"
            )
            rows = first.ask(connection, now=now, most=self._processor.limits.claims, **values).all()
        if paused:
            claimed.next_at = None
        if not rows:
            return claimed
        try:
            with self._database.write() as connection:
                owned = self._processor.hold(connection, slots)
                rows = [row for row in rows if is_in(row.slot, owned)]
                self._tally.refresh(connection, now)
                subjects = list(dict.fromkeys(row.subject for row in rows))
                helds = {held.id: held for held in self._holding.load(connection, self._sealing, ids=subjects)}
                writes = Writes()
                for row in rows:
                    self._consider(connection, helds[row.subject], row.id, now, writes, claimed)
                writes.flush(connection, self._sealing, now)
        except BaseException:
            self._holding.clear()
            self._tally = Tally(shared=not self._database.is_sqlite)
            for sent in claimed.sent:  # they are not made
                self.budgets[sent.connector].came_back()
            raise
        return claimed

    def _consider(
        self, connection: Connection, held: Held, id_: int, now: int, writes: Writes, claimed: Claimed
    ) -> None:
        action = next((one for one in held.open if one.id == id_), None)
        if action is None or action.state != "waiting" or held.state == "parked":
            return
        course = Course(held, self._manner, writes)
        at = max(now, held.decided_at)
        if (action.state_detail or "").startswith(DISCARDED):
            claimed.did += 1
            self._withdraw(held, action, course, at, str(action.state_detail))
            return
        if _stands_behind(held, action, now):
            return
        claimed.did += 1
        try:
            against = self._against(held, action, at)
        except Exception as problem:  # noqa: BLE001  # it is logged, and put before a person
            _log.exception("subject_failed", case=held.name, lane=held.lane, attempt=0)
            _set_aside(held, f"asking its rules again fails: {type(problem).__name__}: {problem}", at, writes)
            return
        if self._is_erased(connection, held, action):
            self._withdraw(held, action, course, at, ERASED)
        elif held.state == "ended":
            self._withdraw(held, action, course, at, "the case has ended")  # it was under way when that was learnt
        elif against is not None:
            self._withdraw(held, action, course, at, against[1])
        elif (reason := self._over_cap(held, action, now)) is not None:
            self._ask(held, action, now, reason, writes)
        elif action.connector == "":
            self._tally_sent(action, now)
            self._applied(held, action, course, at, {})
        else:
            self._send(connection, held, action, now, writes, claimed)

    def _against(self, held: Held, action: OpenAction, at: int) -> tuple[WithheldWhy, str] | None:
        """Return what speaks against an action by now.

        Where nothing was learnt since it was decided, what speaks against it is either what the same decision brought,
        which is no objection, or that time has passed: then it did not speak against it at the time.
        """
        compiled, asked = self._manner.compiled(held, at), planned(action)
        just_decided = held.is_just_decided(action)
        against = objection(compiled, held.subject, asked, at, just_decided=just_decided)
        if against is not None or not just_decided or at == action.decided_at:
            return against
        against = objection(compiled, held.subject, asked, at)
        if against is None:
            return None
        then = self._manner.compiled(held, action.decided_at)
        return against if objection(then, held.subject, asked, action.decided_at) is None else None

    def _is_erased(self, connection: Connection, held: Held, action: OpenAction) -> bool:
        """Whether it is for a contact who was erased: its texts are gone, or there is nobody left to write to."""
        if action.is_erased or not held.sealed or action.kind not in TO_CONTACT:
            return action.is_erased
        return not is_anybody_left(connection, self._sealing.sealer, held.id, held.name)

    def _send(
        self, connection: Connection, held: Held, action: OpenAction, now: int, writes: Writes, claimed: Claimed
    ) -> None:
        budget = self.budgets[action.connector]
        if not budget.take(now):
            claimed.did -= 1
            action.next_try, action.changed = budget.next_at(now), True
            writes.actions.append(action)
            return
        again = action.again
        action.state, action.attempts, action.sent_at = "sending", action.attempts + 1, now
        action.again = action.changed = True
        self._tally_sent(action, now)
        precondition = _version(connection, action)
        attempt = Attempt(
            action.key,
            held.name,
            action.ticket,
            action.kind,
            action.content,
            precondition,
            again,
            _linked(held, action),
        )
        action.request = {"kind": action.kind, "ticket": action.ticket, "attempt": action.attempts}
        writes.actions.append(action)
        writes.subjects[held.id] = held
        claimed.sent.append(
            Sent(
                action.connector, action.id, held.id, attempt, held.slot, action.attempts, held.lane, action.decided_at
            )
        )

    def _tally_sent(self, action: OpenAction, now: int) -> None:
        if action.attempts <= 1:
            self._tally.add(now, action.rule, action.kind, action.subject)

    # -- caps

    def _over_cap(self, held: Held, action: OpenAction, now: int) -> tuple[Stop, str] | None:
        """Return which cap stops the action, and why in words; a person released it where its detail says so."""
        if action.attempts or action.state_detail == RELEASED:
            return None
        caps, tally = self._caps(), self._tally
        if tally.rules[action.rule] >= caps.per_rule:
            return "per_rule", f"{action.rule} acted {caps.per_rule} times within an hour"
        if tally.subjects[held.id] >= caps.per_case:
            return "per_case", f"{held.name} got {caps.per_case} actions within an hour"
        if tally.all >= caps.in_all:
            return "in_all", f"{caps.in_all} actions went out within an hour"
        if action.kind in WRITES:
            return self._undone(held, action, now, caps.ping_pong)
        return None

    def _undone(self, held: Held, action: OpenAction, now: int, most: int) -> tuple[Stop, str] | None:
        """Return that something changes it back each time, where it seems so."""
        person = _last_person(held)
        if self._tally.changes_of(held.id, action.rule, person) >= most:
            return "ping_pong", (
                f"{action.rule} changed {held.name} {most} times within an hour, and no person had a part in it: "
                "something changes it back each time"
            )
        since = max(person, now - DAY)
        if rounds(held.subject.events, action.rule, action.kind, action.content, since) >= most:
            return "ping_pong", (
                f"{action.rule} changed {held.name} {most} times within a day, and no person had a part in it: "
                "something changes it back each time"
            )
        return None

    def _ask(self, held: Held, action: OpenAction, now: int, reason: tuple[Stop, str], writes: Writes) -> None:
        """Stop the action, and what comes after it, until a person lets it go or drops it."""
        cap, why = reason
        action.settle("asking", now, why)
        writes.actions.append(action)
        scope = {"per_rule": action.rule, "in_all": "all"}.get(cap, f"{held.name}/{action.rule}")
        kind = "ping_pong" if cap == "ping_pong" else "cap"
        key = f"{kind}/{cap}/{scope}/{now // (3_600 * SECOND)}"
        writes.oblige(kind, key, f"{why}; the rest waits for a person", now, held, {"cap": cap, "rule": action.rule})
        self._heard.capped(cap)
        _log.warning("stopped_by_cap", case=held.name, rule=action.rule, cap=cap)

    # -- what came of it

    def settle(self, came: Sequence[Came], host: int, slots: Sequence[range] = (ALL_SLOTS,)) -> Sequence[Came]:
        """Write down what came of attempts, and let the cases go on from there.

        Return what has to wait, because somebody else holds its partition at the moment.
        """
        if not came:
            return ()
        try:
            with self._database.write() as connection:
                now = self._database.now(connection, host)
                owned = self._processor.hold(connection, slots)
                later = [one for one in came if not is_in(one.sent.slot, owned)]
                came = [one for one in came if is_in(one.sent.slot, owned)]
                names = list(dict.fromkeys(one.sent.attempt.subject for one in came))
                behind = self._processor.bring_up(connection, now, names)
                ids = list(dict.fromkeys(one.sent.subject for one in came))
                helds = {held.id: held for held in self._holding.load(connection, self._sealing, ids=ids)}
                writes = Writes()
                for one in came:
                    held = helds[one.sent.subject]
                    action = next((each for each in held.open if each.id == one.sent.action), None)
                    if action is None or action.state != "sending" or action.attempts != one.sent.number:
                        continue  # somebody else has taken this partition over since, and tries it anew
                    course = Course(held, self._manner, writes, is_behind=held.name in behind)
                    self._settle(connection, action, one, now, course)
                for held in helds.values():  # a link that was made is one to watch
                    news = [entry.event for entry in writes.entries if entry.held is held]
                    self._processor.watch_linked(connection, held, news, writes, now)
                writes.flush(connection, self._sealing, now)
        except BaseException:
            self._holding.clear()
            raise
        for one in came:
            self.budgets[one.sent.connector].came_back()
        return later

    def _settle(self, connection: Connection, action: OpenAction, came: Came, now: int, course: Course) -> None:
        held = course.held
        at = max(now, held.decided_at)
        budget = self.budgets[action.connector]
        answer = came.answer
        match answer:
            case Applied(details) | AlreadyApplied(details):
                budget.succeeded()
                if isinstance(answer, Applied) and answer.request:
                    action.request = answer.request
                self._applied(held, action, course, at, details)
            case Rejected(reason, request):
                budget.succeeded()
                action.request = request or action.request
                self._rejected(held, action, course, at, "rejected", reason)
            case Conflict(reason):
                budget.succeeded()
                self._conflict(connection, held, action, came, now, course.writes, reason)
            case Retry(reason, after, reached, request):
                budget.failed(now)
                if after is not None:
                    budget.rest(now, after)
                action.again = came.sent.attempt.again if reached else True
                action.request = request or action.request
                self._later(held, action, course, at, reason, None if after is None else int(after * SECOND))
            case None:
                budget.failed(now)
                self._later(held, action, course, at, came.error or "no answer", None)
        outcome = "dead" if action.state == "dead" else outcome_of_attempt(answer)  # the last of many that failed
        self._heard.answered(action.connector, action.kind, outcome)

    def _applied(self, held: Held, action: OpenAction, course: Course, at: int, details: Mapping[str, Json]) -> None:
        action.settle("applied", at)
        action.answer = dict(details)
        more: dict[str, Json] = {"id": details["id"]} if "id" in details else {}
        self._close(held, action, course, at, course.answer(action, "applied", at, **more))

    def _rejected(self, held: Held, action: OpenAction, course: Course, at: int, state: str, reason: str) -> None:
        action.settle(state, at, reason)
        action.answer = {"reason": reason}
        what = "was refused" if state == "rejected" else "could not be delivered"
        message = f"{action.kind} of {action.rule} on {held.name} {what}: {reason}"
        course.writes.oblige(state, f"{state}/{action.lane}/{action.key}", message, at, held, {"key": action.key})
        self._close(held, action, course, at, course.answer(action, "rejected", at, reason=reason), rest=True)
        _log.warning("not_applied", case=held.name, rule=action.rule, connector=action.connector, state=state)

    def _withdraw(self, held: Held, action: OpenAction, course: Course, at: int, why: str) -> None:
        action.settle("withdrawn", at, why)
        course.tell_of_doubt(action, at)
        self._heard.answered(action.connector, action.kind, "withdrawn")
        self._close(held, action, course, at, course.answer(action, "withdrawn", at, reason=why), rest=True)

    def _close(
        self,
        held: Held,
        action: OpenAction,
        course: Course,
        at: int,
        event: tuple[int | None, Event],
        *,
        rest: bool = False,
    ) -> None:
        """End an action, tell the log, and decide on: what comes after one that was not done is not done either."""
        course.writes.actions.append(action)
        held.open = [one for one in held.open if one.is_open]
        course.take_in([event])
        if rest:
            course.withdraw_rest(action, at)
        if held.state == "parked":
            return  # it is decided when a person takes it up again
        if course.is_behind:
            _wake(held, at)
            return
        try:
            course.go_on(at)
        except RestlessError as problem:
            _set_aside(held, str(problem), at, course.writes)
        except Exception:  # noqa: BLE001  # who decides subjects tries it again, and sets it aside
            _log.exception("subject_failed", case=held.name, lane=held.lane, attempt=0)
            _wake(held, at)

    def _conflict(
        self,
        connection: Connection,
        held: Held,
        action: OpenAction,
        came: Came,
        now: int,
        writes: Writes,
        reason: str,
    ) -> None:
        """Take in the ticket as it is now; the action is asked again, with all that is then known."""
        action.state, action.state_detail, action.changed = "waiting", reason, True
        action.again = came.sent.attempt.again
        action.next_try = now + wait_after(action.attempts, self._chance)
        action.answer = {"conflict": reason}
        writes.actions.append(action)
        writes.subjects[held.id] = held
        if came.anew is not None:
            take(connection, self._sealing, came.anew.events, now)
            _keep_version(connection, action, held.name, came.anew.cursor)

    def _later(self, held: Held, action: OpenAction, course: Course, at: int, reason: str, after: int | None) -> None:
        if action.attempts >= MOST_ATTEMPTS:
            self._rejected(held, action, course, at, "dead", f"given up after {action.attempts} attempts: {reason}")
            return
        action.state, action.state_detail, action.changed = "waiting", reason, True
        action.next_try = at + max(
            after or 0, wait_after(action.attempts, self._chance)
        )  # short ones use up no attempts
        action.answer = {"retry": reason}
        course.writes.actions.append(action)
        course.writes.subjects[held.id] = held


class Hears:
    """Who wants to hear of deliveries; metrics do."""

    def __init__(
        self,
        answered: Callable[[str, str, ActionOutcome], None] = lambda *_: None,
        capped: Callable[[Stop], None] = lambda _: None,
    ) -> None:
        self.answered = answered
        self.capped = capped


def outcome_of_attempt(answer: Answer | None) -> ActionOutcome:
    """What became of an attempt, as metrics call it."""
    match answer:
        case Applied():
            return "applied"
        case AlreadyApplied():
            return "already_applied"
        case Rejected():
            return "rejected"
        case Conflict():
            return "conflict"
        case Retry():
            return "retry"
        case None:
            return "failed"


def _stands_behind(held: Held, action: OpenAction, now: int) -> bool:
    """Whether another action has to be done with before: of its own firing, or one to the same connector underway."""
    for one in held.open:
        if one.id == action.id:
            continue
        if one.firing == action.firing and one.position < action.position:
            return True
        if one.connector == action.connector and one.id < action.id:
            underway = one.state == "sending" or (one.state == "waiting" and (one.attempts > 0 or one.next_try <= now))
            if underway:
                return True
    return False


def _set_aside(held: Held, why: str, at: int, writes: Writes) -> None:
    """Park a subject until a person has looked at it."""
    held.state, held.state_detail, held.wants_wakeup, held.awaits = "parked", why, None, None
    writes.oblige("parked", f"{held.lane}/{held.name}/parked/{at}", f"{held.name} is set aside: {why}", at, held)
    _log.error("parked", case=held.name, lane=held.lane)


def _wake(held: Held, at: int) -> None:
    """Let a subject be decided on what it has learnt, by who decides subjects."""
    held.wants_wakeup = at if held.wants_wakeup is None else min(held.wants_wakeup, at)


def _last_person(held: Held) -> int:
    """When a person last had a part in the case."""
    people = (event.seen_at for event in reversed(held.subject.events) if event.by in ("customer", "agent"))
    return next(people, -(2**62))


def _linked(held: Held, action: OpenAction) -> tuple[str, ...]:
    """The linked tickets that an action writes to, where it writes to such and not to the case's own."""
    kind = kind_of_linked(action.kind, action.content)
    return () if kind is None else linked_now(held.subject.events, kind)


def _version(connection: Connection, action: OpenAction) -> Json:
    if action.ticket is None:
        return None
    value = _VERSION.ask(connection, connector=action.connector, ticket=action.ticket).scalar()
    found: Json = None if value is None else json.loads(value)
    return found


def _keep_version(connection: Connection, action: OpenAction, case: str, version: Json) -> None:
    if action.ticket is None:
        return
    connection.execute(
        text(
            'INSERT INTO ticket (connector, ticket, "case", version) VALUES (:connector, :ticket, :name, :version) '
            "ON CONFLICT (connector, ticket) DO UPDATE SET version = excluded.version"
        ),
        {"connector": action.connector, "ticket": action.ticket, "name": case, "version": json.dumps(version)},
    )
