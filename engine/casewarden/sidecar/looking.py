"""One look at a sidecar and its store: how they stand, and what in it needs a person."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from casewarden.config.settings import Settings
from casewarden.report.live.page import Looked, far
from casewarden.report.live.status import Connector, Process, Queue, Status
from casewarden.report.tally_words import counted
from casewarden.service.figures import store_figures
from casewarden.store import cursors
from casewarden.store.database import Database
from casewarden.store.status_view import lanes_in_force, next_wakeup, parked, paused_by
from casewarden.telemetry.figures import StoreFigures

_SECOND: Final = 1_000_000
_OVERDUE: Final = 10 * _SECOND
"""How late a wake-up is before somebody should look."""
_OLD: Final = 60 * _SECOND
"""How long an event waits before somebody should look."""
_STATES: Final = ("asking", "dead", "sending", "waiting")


def look(
    database: Database, settings: Settings, process: Process, breakers: Mapping[str, str], looked: Looked
) -> Status:
    """Return how all of it stands; `breakers` are those that the running sidecar tells of."""
    connectors = {one.name: one for one in settings.connectors}
    figures = store_figures(database, connectors, settings.partitions, looked.at)
    with database.read() as connection:
        lanes = lanes_in_force(connection, looked.at)
        told = paused_by(connection) if figures.paused else None
        next_ = next_wakeup(connection, looked.at)
        all_parked = parked(connection)
        known = {row.connector: row for row in cursors.states(connection)}
    found = tuple(_connector(one.name, known.get(one.name), breakers, looked.at) for one in settings.connectors)
    outbox = {state: sum(n for (_, each), n in figures.outbox.items() if each == state) for state in _STATES}
    return Status(
        looked=looked,
        process=process,
        store=str(database.path or f"{database.url.host or ''}/{database.url.database}"),
        go_live_at=settings.go_live,
        paused=figures.paused,
        paused_by=None if told is None else told.who,
        paused_at=None if told is None else told.at,
        paused_reason=None if told is None else told.why,
        shadow=settings.shadow if isinstance(settings.shadow, bool) else tuple(sorted(settings.shadow)),
        lanes=lanes,
        cases_open=sum(count for lane, count in figures.cases_open.items() if "@" not in lane),
        cases_parked=sum(figures.subjects_parked.values()),
        mailbox=Queue(figures.mailbox.count, figures.mailbox.oldest_at),
        fanout=Queue(figures.mailbox_fanout.count, figures.mailbox_fanout.oldest_at),
        overdue=Queue(figures.wakeups_overdue, figures.wakeup_overdue_since),
        next_wakeup_at=next_,
        outbox=outbox,
        connectors=found,
        obligations=dict(sorted(figures.obligations_open.items())),
        backup_at=figures.backup_at,
        problems=tuple(_problems(figures, process, found, outbox, all_parked, looked)),
    )


def _connector(name: str, row: Any, breakers: Mapping[str, str], now: int) -> Connector:
    if row is None:
        return Connector(name, None, None, 0, None, None, breakers.get(name))
    lag = None if row.complete_through is None else max(0, now - row.complete_through)
    return Connector(name, row.polled_at, lag, row.failures, row.failed_at, row.error, breakers.get(name))


def _problems(
    figures: StoreFigures,
    process: Process,
    connectors: tuple[Connector, ...],
    outbox: Mapping[str, int],
    parked: int,
    looked: Looked,
) -> Iterator[str]:
    """What a person should see to, the most pressing first."""
    now = looked.at
    if not process.running:
        yield "no sidecar runs: nothing is decided or sent; start it (casewarden serve)"
    yield from process.unwell
    if figures.paused:
        yield "sending is paused: casewarden resume lets it go"
    for one in connectors:
        if one.error is not None:
            yield f"{one.name} cannot be read: {one.error}"
        if one.breaker not in (None, "closed"):
            yield f"{one.name} fails to do what it is told, and is left alone for a while: casewarden outbox"
    since = figures.wakeup_overdue_since
    if process.running and since is not None and now - since > _OVERDUE:
        yield f"{counted(figures.wakeups_overdue, 'wake-up')} overdue, the first for {far(now - since)}"
    oldest = figures.mailbox.oldest_at
    if process.running and oldest is not None and now - oldest > _OLD:
        yield f"{counted(figures.mailbox.count, 'event')} wait to be decided, the first for {far(now - oldest)}"
    if parked:
        who = "1 case or other subject is" if parked == 1 else f"{parked:,} cases or other subjects are"
        yield f"{who} set aside: casewarden obligations"
    if outbox["dead"]:
        yield f"{counted(outbox['dead'], 'action')} given up after many attempts: casewarden outbox --state dead"
    if outbox["asking"]:
        yield f"{counted(outbox['asking'], 'action')} stopped by caps: casewarden outbox --state asking"
    rounds = figures.obligations_open.get("ping_pong", 0)
    if rounds:
        who = "1 rule and a helpdesk undo" if rounds == 1 else f"{rounds:,} rules and a helpdesk undo"
        yield f"{who} each other: casewarden obligations"
    count = sum(figures.obligations_open.values())
    if count:
        verb = "waits" if count == 1 else "wait"
        yield f"{counted(count, 'obligation')} {verb} for a person: casewarden obligations"
