"""One sidecar over several systems: the parts that a configuration names, with fakes of Zendesk and Jira behind them.

The store, the rules and the way of each event and action are the sidecar's own; only its threads are not there: a test
turns the clock that all share, and lets things be done. A system that is `down` answers nothing.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from sqlalchemy import text

from casewarden.cli.opened import settings_of
from casewarden.config.connect import connector_settings
from casewarden.model.event import Event, Json
from casewarden.plugin import (
    AlreadyApplied,
    Answer,
    Applied,
    Attempt,
    Check,
    Conflict,
    Connector,
    Factory,
    Page,
    Spec,
    WebhookError,
)
from casewarden.plugin.http import HttpError
from casewarden.service.brought import answer_of, page_of
from casewarden.service.deliver import Came, Sent
from casewarden.service.desks import Desks
from casewarden.service.intake import take
from casewarden.service.neighbours import tell_some
from casewarden.service.waiting import next_due
from casewarden.sidecar.assembly import Watermarks, open_store_for_writing, parts_of
from casewarden.sidecar.reload import begin
from casewarden.store import cursors
from casewarden.store.log import read_logs
from casewarden.store.slots import ALL_SLOTS
from casewarden.telemetry.metrics import Metrics
from casewarden.testing.helpdesk import Fault
from casewarden_email.plugin import SPEC
from casewarden_jira.plugin import JiraConnectors
from casewarden_zendesk.plugin import Zendesk
from support.jira.server import FakeJira
from support.zendesk.server import FakeZendesk

MINUTE = 60.0
_DUE = (
    "SELECT min(next_try) FROM outbox WHERE state = 'waiting' AND next_try > :now",
    "SELECT min(next_try) FROM projection WHERE next_try > :now",
    "SELECT min(seen_at) FROM mailbox WHERE behind < 2 AND seen_at > :now",
)


@dataclass
class Letterbox:
    """In place of the email connector: it takes notices, each once for its key. It is its own factory."""

    taken: dict[str, Attempt] = field(default_factory=dict)
    is_down: bool = False

    def spec(self) -> Spec:
        return SPEC

    def connect(self, instance: str, settings: Mapping[str, Json]) -> Connector:
        return self

    def check(self) -> Check:
        return Check(())

    def changes(self, cursor: Json) -> Page:
        if self.is_down:
            raise ConnectionError("the mail server cannot be reached")
        return Page((), cursor)

    def fetch(self, ticket: str) -> Page:
        raise AssertionError(f"it has no ticket {ticket}")

    def apply(self, attempt: Attempt) -> Answer:
        if self.is_down:
            raise ConnectionError("the mail server cannot be reached")
        assert attempt.ticket is None, "a case of Zendesk has no ticket here"
        if attempt.key in self.taken:
            return AlreadyApplied()
        self.taken[attempt.key] = attempt
        return Applied()

    def verify_webhook(self, headers: Mapping[str, str], body: bytes, now: int) -> None:
        raise WebhookError("a mailbox has no webhooks")

    def parse_webhook(self, headers: Mapping[str, str], body: bytes) -> Sequence[Event]:
        return ()

    def close(self) -> None:
        """It has nothing to let go of."""


class Across:
    """Used in a `with`. `down` names the connectors whose system cannot be reached at the moment."""

    def __init__(
        self,
        file: Path,
        environ: Mapping[str, str],
        factories: Mapping[str, Factory],
        zendesk: FakeZendesk,
        jira: FakeJira,
        letters: Letterbox,
    ) -> None:
        self.zendesk, self.jira, self.letters = zendesk, jira, letters
        self.down: set[str] = set()
        self.attempts: list[Attempt] = []
        self.file, self.environ, self._factories = file, environ, factories
        self._open()

    def _open(self) -> None:
        settings = settings_of(self.file)
        self.place, store = open_store_for_writing(settings, self.environ, self.now)
        self.database, self.sealing, _ = store
        self.database.own_time = False
        rules = begin(self.database, settings, self.now)
        made = {
            one.name: self._factories[one.plugin].connect(
                one.name,
                connector_settings(
                    one, self._factories[one.plugin].spec().settings, environ=self.environ, base=self.file.parent
                ),
            )
            for one in settings.connectors
        }
        self.connectors: dict[str, Connector] = made
        self.desks = Desks(made, settings.connectors)
        self.metrics = Metrics("test")
        self.parts = parts_of(settings, store, rules, self.desks, self.metrics)
        self._watermarks = Watermarks(self.database)
        self.processor = self.parts.processor(self._watermarks)
        self.deliverer = self.parts.deliverer(self.processor)
        self.projector = self.parts.projector(self.deliverer)
        self.deliverer.recover([ALL_SLOTS])

    def restart(self) -> None:
        """Stop and begin anew with what stands in the store."""
        self.close()
        self._open()

    def close(self) -> None:
        """Stop."""
        self.desks.close()
        self.database.close()
        if self.place is not None:
            self.place.release()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def now(self) -> int:
        """The instant that all clocks show."""
        return self.zendesk.clock.now()

    # -- outages

    def goes_down(self, name: str) -> None:
        """Let a system answer nothing from now on."""
        self.down.add(name)
        match name:
            case "desk":
                self.zendesk.inject(Fault.UNAVAILABLE, on="any", times=1_000_000)
            case "tracker":
                self.jira.inject(Fault.UNAVAILABLE, on="any", times=1_000_000)
            case _:
                self.letters.is_down = True

    def comes_back(self) -> None:
        """Let all answer again."""
        self.down.clear()
        self.zendesk.clear()
        self.jira.clear()
        self.letters.is_down = False

    # -- time

    def pass_time(self, minutes: float, every: float = 5) -> None:
        """Let time pass: every so many minutes all are polled; what is due is done at its instant."""
        end = self.now + round(minutes * MINUTE * 1_000_000)
        while self.now < end:
            until = min(end, self.now + round(every * MINUTE * 1_000_000))
            while (due := self._following()) is not None and due < until:
                self._go_to(due)
                self.settle()
            self._go_to(until)
            self.poll()
            self.settle()

    def _go_to(self, instant: int) -> None:
        self.zendesk.clock.advance(max(0, instant - self.now) / 1_000_000)

    def _following(self) -> int | None:
        """The next instant after now at which something is due."""
        with self.database.read() as connection:
            found = [next_due(connection, [ALL_SLOTS])]
            found += [connection.execute(text(one), {"now": self.now}).scalar() for one in _DUE]
        return min((one for one in found if one is not None and one > self.now), default=None)

    def poll(self) -> None:
        """Take in what each system has that can be reached; a page and its cursor stand together."""
        for name, connector in self.connectors.items():
            more = True
            while more:
                with self.database.read() as connection:
                    cursor = cursors.cursor_of(connection, name)
                try:
                    page = page_of(connector.changes(cursor), name)
                except (OSError, HttpError):
                    assert name in self.down
                    break
                assert not page.refused, page.refused
                with self.database.write() as connection:
                    taken = take(connection, self.sealing, page.events, self.now)
                    cursors.move(connection, name, page.cursor, page.complete_through, self.now)
                self.processor.remember(taken.rows)
                more = page.more

    def settle(self) -> None:
        """Do all that there is to do at the present instant."""
        for _ in range(10_000):
            self._watermarks.refresh()
            done = self.processor.batch([ALL_SLOTS], self.now)
            with self.database.write() as connection:
                told = tell_some(connection, [ALL_SLOTS])
            claimed = self.deliverer.claim([ALL_SLOTS], self.now)
            self.deliverer.settle([self._carry(sent) for sent in claimed.sent], self.now)
            shown = self.projector.claim([ALL_SLOTS], self.now)
            self.projector.settle([self._carry(sent) for sent in shown], self.now)
            if done.idle and not done.more and not told and not claimed.did and not shown:
                return
        raise AssertionError("it does not come to rest")

    def _carry(self, sent: Sent) -> Came:
        """As a courier does: what a connector raises is not known to have been done; after a conflict it is fetched."""
        connector = self.connectors[sent.connector]
        self.attempts.append(sent.attempt)
        try:
            answer = answer_of(connector.apply(sent.attempt))
            if isinstance(answer, Conflict) and sent.attempt.ticket is not None:
                page = page_of(connector.fetch(sent.attempt.ticket), sent.connector)
                return Came(sent, answer, anew=Page(page.events, page.cursor))
            return Came(sent, answer)
        except Exception as problem:  # noqa: BLE001  # as a courier does
            return Came(sent, None, str(problem))

    # -- what came of it

    def log(self, name: str) -> list[Event]:
        """The log of a subject, in the order in which it learnt."""
        with self.database.read() as connection:
            (id_,) = connection.execute(text("SELECT id FROM subject WHERE name = :name"), {"name": name}).scalars()
            return [entry.event for entry in read_logs(connection, self.sealing, [id_])[id_]]

    def rows(self, statement: str, **values: object) -> list[tuple[Any, ...]]:
        """The rows of a query."""
        with self.database.read() as connection:
            return [tuple(row) for row in connection.execute(text(statement), values)]

    def done(self, *kinds: str) -> list[tuple[str, str, str]]:
        """Rule, connector and state of all actions of some kinds, in order."""
        rows = self.rows("SELECT kind, rule, connector, state FROM outbox ORDER BY id")
        return [(rule, connector, state) for kind, rule, connector, state in rows if kind in kinds]

    def problems(self) -> list[tuple[str, str]]:
        """What was put before a person: kind and message."""
        return [(kind, message) for kind, message in self.rows("SELECT kind, message FROM obligation ORDER BY id")]

    # -- in Zendesk and Jira

    def replies(self, ticket: str) -> list[str]:
        """The public comments of our own account on a ticket."""
        return [
            event["body"]
            for audit in self.zendesk.state.audits
            if audit["ticket_id"] == int(ticket) and audit["author_id"] == 1
            for event in audit["events"]
            if event["type"] == "Comment" and event["public"]
        ]

    def custom(self, ticket: str, number: int) -> Any:
        """The value of a custom field of a ticket."""
        fields = self.zendesk.state.tickets[int(ticket)]["custom_fields"]
        return next(one["value"] for one in fields if one["id"] == number)

    @property
    def defects(self) -> Sequence[Any]:
        """The issues of the project of defects."""
        return [one for one in self.jira.state.issues.values() if one.project == "ENG"]


def factories(now: Callable[[], int]) -> dict[str, Factory]:
    """What makes connectors that go by the fakes' clock."""
    return {"zendesk": Zendesk(now=now, retries=0), "jira": JiraConnectors(now=now, retries=0)}
