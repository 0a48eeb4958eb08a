"""Connectors at work: which action goes to which, calls in threads, polling."""

import threading
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Final

import structlog

from casewarden.config.settings import ConnectorSettings
from casewarden.model.decision import PlannedAction
from casewarden.model.event import Event, Json
from casewarden.plugin import Answer, Conflict, Connector, Listening, Page, Retry
from casewarden.ruleset.able import EVERYTHING, INWARD
from casewarden.service.brought import Brought, answer_of, events_of, in_words, page_of
from casewarden.service.course import Destination
from casewarden.service.deliver import Came, Sent
from casewarden.service.held import Held
from casewarden.service.intake import Cursor, Order, StoppingError
from casewarden.service.neighbours import kind_of_linked, told_by
from casewarden.service.projecting import PROJECT
from casewarden.service.threads import Threads
from casewarden.store import cursors
from casewarden.store.database import Database
from casewarden.telemetry.catalogue import Call
from casewarden.telemetry.traces import Decided, Tracer

_LONGEST_WAIT: Final = 300.0
_QUIET_POLLS: Final = 5
MOST_EVENTS: Final = 1_000
"""Events of a page that are taken in at once: a larger page goes in parts, so that nobody waits for it."""
_log = structlog.get_logger("casewarden.connectors")


class Desks:
    """The configured connectors by name, in the order of the configuration.

    `only_records`: nothing goes to any of them, so what none can do is recorded like everything else.
    """

    def __init__(
        self, connectors: Mapping[str, Connector], settings: Sequence[ConnectorSettings], *, only_records: bool = False
    ) -> None:
        self.connectors = connectors
        self.only_records = only_records
        self.settings = {one.name: one for one in settings}
        self._actions = {
            one.name: connectors[one.name].spec().actions & (one.for_actions or connectors[one.name].spec().actions)
            for one in settings
        }

    def destination(self, held: Held, action: PlannedAction) -> Destination:
        """Where an action goes: to the connector that the case came from, else to the first that can do it.

        A field of linked tickets is set where those are: by whoever told of them, else by one that can make such. What
        goes to another helpdesk than the case's own has no ticket there: its ids mean other tickets.
        """
        if action.kind in INWARD:
            return Destination("", None)
        came_from = next((event.source for event in held.subject.events if event.kind == "opened"), None)
        ticket = held.name.partition(":")[2] if held.kind == "case" else None
        name = self._name(held, action, came_from)
        if name is None and self.only_records:
            return Destination("", None)
        if name is None:
            raise LookupError(f"no connector can do `{action.kind}`, which the rule {action.rule} asks for")
        is_elsewhere = came_from in self._actions and came_from != name
        return Destination(name, None if is_elsewhere else ticket)

    def _name(self, held: Held, action: PlannedAction, came_from: str | None) -> str | None:
        kind = kind_of_linked(action.kind, action.content)
        wanted = {action.kind} if kind is None else {action.kind, "link"}
        able = [name for name, kinds in self._actions.items() if wanted <= kinds]
        first = came_from if kind is None else told_by(held.subject.events, kind) or came_from
        return first if first in able else next(iter(able), None)

    def shows(self, held: Held) -> str | None:
        """The connector that a case came from, where it can show in its helpdesk how the case stands."""
        came_from = next((event.source for event in held.subject.events if event.kind == "opened"), None)
        return came_from if came_from is not None and PROJECT in self._actions.get(came_from, ()) else None

    @property
    def able(self) -> frozenset[str]:
        """The kinds of action that can be done here or by some connector."""
        return EVERYTHING if self.only_records else self.able_to_act

    @property
    def able_to_act(self) -> frozenset[str]:
        """The same, where what is decided is done."""
        return INWARD.union(*self._actions.values())

    def close(self) -> None:
        """Let all of them go."""
        for name, connector in self.connectors.items():
            try:
                connector.close()
            except Exception:  # noqa: BLE001  # the others are closed all the same, and the sidecar stops
                _log.warning("close_failed", connector=name, exc_info=True)

    def heard(self, name: str, headers: Mapping[str, str], body: bytes, now: int) -> Sequence[Event]:
        """The events of a webhook; WebhookError where the connector does not believe it.

        What is no event is left out: polling finds it, and tells.
        """
        connector = self.connectors[name]
        connector.verify_webhook(headers, body, now)
        events, refused = events_of(connector.parse_webhook(headers, body), name)
        if refused:
            _log.warning("webhook_refused", connector=name, count=len(refused))
        return events


class Couriers:
    """Threads that call connectors, some for each, so that none waits for another; what comes of it is handed back.

    While `is_ours` says no, nobody is called: another process may be making the same attempt.
    """

    def __init__(
        self,
        desks: Desks,
        answer: Callable[[Came], None],
        failed: Callable[[str, Call], None],
        threads: int = 8,
        tracer: Tracer | None = None,
        is_ours: Callable[[], bool] = lambda: True,
    ) -> None:
        self._desks = desks
        self._is_ours = is_ours
        self._answer = answer
        self._failed = failed
        self._tracer = tracer
        self._threads = {name: Threads(threads, f"courier-{name}") for name in desks.connectors}

    def send(self, sent: Sent) -> None:
        """Make an attempt soon."""
        self._threads[sent.connector].submit(partial(self._carry, sent))

    def close(self) -> None:
        """Take no more; what is underway is not waited for."""
        for threads in self._threads.values():
            threads.close()

    def _carry(self, sent: Sent) -> None:
        connector = self._desks.connectors[sent.connector]
        try:
            answer = self._applied(connector, sent)
            anew = self._anew(connector, sent) if isinstance(answer, Conflict) else None
            came = Came(sent, answer, anew=anew)
        except (Exception, SystemExit) as problem:  # noqa: BLE001  # whatever it was, it is not known whether the action was done
            self._failed(sent.connector, "apply")
            _log.warning("attempt_failed", connector=sent.connector, case=sent.attempt.subject, exc_info=True)
            came = Came(sent, None, in_words(problem))
        self._answer(came)

    def _applied(self, connector: Connector, sent: Sent) -> Answer:
        if not self._is_ours():
            return Retry("the process had lost the others, and did not attempt it", reached=True)
        if self._tracer is None:
            return answer_of(connector.apply(sent.attempt))
        decided = Decided(sent.lane, sent.attempt.subject, sent.decided_at)
        with self._tracer.deliver(decided, sent.attempt.key, sent.connector) as span:
            answer = answer_of(connector.apply(sent.attempt))
            span.note(outcome=type(answer).__name__)
            return answer

    def _anew(self, connector: Connector, sent: Sent) -> Page | None:
        if sent.attempt.ticket is None:
            return None
        page = page_of(connector.fetch(sent.attempt.ticket), sent.connector)
        return Page(page.events, page.cursor)


class Poller:
    """Polls one connector in a thread of its own: page after page, each kept together with its cursor."""

    def __init__(
        self,
        database: Database,
        connector: Connector,
        settings: ConnectorSettings,
        *,
        order: Callable[[Order], object],
        failing: Callable[[str, str], None],
        refused: Callable[[str, str], None],
        failed: Callable[[str, Call], None],
    ) -> None:
        self._database = database
        self._connector = connector
        self._settings = settings
        self._order = order
        self._failing = failing
        self._refused = refused
        self._failed = failed
        self._quiet_polls = _QUIET_POLLS
        self._bell = threading.Event()

    def ring(self) -> None:
        """Look now: a webhook says that there is something."""
        self._bell.set()

    def run(self, stop: threading.Event) -> None:
        """Poll until told to stop; a connector that fails is asked less and less often, up to every five minutes."""
        failures = 0
        every = self._settings.poll_every / 1e6
        if isinstance(self._connector, Listening):
            self._connector.listen(self.ring)
        while not stop.is_set():
            try:
                more = self.poll()
                failures = 0
            except StoppingError:
                return  # the sidecar stops
            except (Exception, SystemExit) as problem:  # noqa: BLE001  # told to the operator in plain words, and tried again
                failures += 1
                more = False
                self._failed(self._settings.name, "changes")
                _log.warning("poll_failed", connector=self._settings.name, failures=failures, exc_info=True)
                self._failing(self._settings.name, in_words(problem))
            if not more:
                wait = min(_LONGEST_WAIT, every * 2 ** min(failures, 10))
                slept = 0.0
                while slept < wait and not stop.is_set() and not self._bell.wait(min(0.5, wait - slept)):
                    slept += 0.5
                self._bell.clear()

    def poll(self) -> bool:
        """Take one page in; whether there is another already."""
        name = self._settings.name
        with self._database.read() as connection:
            cursor = cursors.cursor_of(connection, name)
        page = page_of(self._connector.changes(cursor), name)
        for reason in page.refused:
            self._refused(name, reason)
        moved = page.events or page.cursor != cursor or page.complete_through is not None
        if moved or self._quiet_polls >= _QUIET_POLLS:
            self._quiet_polls = 0
            self._take(page, cursor)
        else:
            self._quiet_polls += 1  # that it went well is written down only now and then
        return page.more

    def _take(self, page: Brought, before: Json) -> None:
        """Let a page be taken in, a large one in parts; the last of them brings the cursor on."""
        name, events = self._settings.name, page.events
        for start in range(0, max(1, len(events)), MOST_EVENTS):
            is_last = start + MOST_EVENTS >= len(events)
            cursor = Cursor(name, page.cursor, page.complete_through) if is_last else Cursor(name, before, None)
            order = Order(events[start : start + MOST_EVENTS], name, cursor=cursor)
            self._order(order)
            for reason in order.done.result(timeout=60).refused:
                self._refused(name, reason)
