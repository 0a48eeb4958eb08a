"""How a sidecar and its store stand, and what in it needs a person."""

from dataclasses import dataclass
from typing import Final

from casewarden.report.blocks import Block, Bullets, Heading, Line, Paragraph, Span, Table, line, soft, strong
from casewarden.report.live.page import Looked, bad, cell, far
from casewarden.report.tally_words import counted

_BREAKERS: Final = {"half_open": "trying one attempt"}


@dataclass(frozen=True, slots=True)
class Process:
    """The sidecar: whether it runs, since when, where it answers, and what it says of itself that is not well.

    `processes` is how many share a store on PostgreSQL; None for SQLite, where one does everything.
    """

    running: bool
    pid: int | None = None
    since: int | None = None
    url: str | None = None
    unwell: tuple[str, ...] = ()
    processes: int | None = None


@dataclass(frozen=True, slots=True)
class Lane:
    """A ruleset in force: its revision, since when, and the one that comes next, if there is one."""

    lane: str
    revision: str
    since: int
    origin: str
    trial: bool
    next_revision: str | None = None
    next_at: int | None = None


@dataclass(frozen=True, slots=True)
class Connector:
    """How a connector fares; `lag` is how far its watermark is behind, in microseconds, None where it has none."""

    name: str
    succeeded_at: int | None
    lag: int | None
    failures: int
    failed_at: int | None
    error: str | None
    breaker: str | None


@dataclass(frozen=True, slots=True)
class Queue:
    """How much waits, and since when the oldest does."""

    count: int
    oldest: int | None


@dataclass(frozen=True, slots=True)
class Status:
    """All of it. `shadow` is True, False, or the rules that only record. `problems` are what needs a person."""

    looked: Looked
    process: Process
    store: str
    go_live_at: int
    paused: bool
    paused_by: str | None
    paused_at: int | None
    paused_reason: str | None
    shadow: bool | tuple[str, ...]
    lanes: tuple[Lane, ...]
    cases_open: int
    cases_parked: int
    mailbox: Queue
    fanout: Queue
    overdue: Queue
    next_wakeup_at: int | None
    outbox: dict[str, int]
    connectors: tuple[Connector, ...]
    obligations: dict[str, int]
    backup_at: int | None
    problems: tuple[str, ...]


def blocks(view: Status) -> list[Block]:
    """Return all that is said of it."""
    found: list[Block] = []
    if view.problems:
        found += [Heading("What needs a person", 1), Bullets(tuple(line(bad(one)) for one in view.problems))]
    else:
        found.append(Paragraph(line(Span("All is well.", "good"))))
    found += [Heading("The sidecar"), Bullets(tuple(_head(view)))]
    found += [Heading("Rulesets"), _lanes(view)] if view.lanes else []
    found += [Heading("Work"), Bullets(tuple(_work(view)))]
    found += [Heading("Connectors"), _connectors(view)] if view.connectors else []
    return [*found, view.looked.foot()]


def _head(view: Status) -> list[Line]:
    process, looked = view.process, view.looked
    found: list[Line] = []
    if process.running:
        since = "" if process.since is None else f", since {looked.when(process.since)}"
        pid = "" if process.pid is None else f" as process {process.pid}"
        if process.processes is not None:
            pid = " as 1 process" if process.processes == 1 else f" as {process.processes} processes"
        found.append(line(Span("running", "good"), f"{pid}{since}", f", {process.url}" if process.url else ""))
    else:
        found.append(line(bad("not running")))
    found.append(line("store ", view.store))
    if view.go_live_at > looked.at:
        found.append(line("goes live ", strong(looked.when(view.go_live_at)), f", {looked.since(view.go_live_at)}"))
    else:
        found.append(line("live since ", looked.when(view.go_live_at)))
    if view.paused:
        found.append(line(bad("paused"), _paused(view)))
    if view.shadow is True:
        found.append(line(Span("in shadow", "unknown"), ": it decides and records, and sends nothing"))
    elif view.shadow:
        found.append(line(Span("in shadow", "unknown"), f": {', '.join(view.shadow)}"))
    return found


def _paused(view: Status) -> str:
    said = "" if view.paused_at is None else f" since {view.looked.when(view.paused_at)}"
    said += "" if view.paused_by is None else f" by {view.paused_by}"
    return said + ("" if view.paused_reason is None else f": {view.paused_reason}")


def _lanes(view: Status) -> Table:
    rows = []
    for lane in view.lanes:
        coming = ""
        if lane.next_revision is not None:
            coming = f"{lane.next_revision[:12]} from {view.looked.when(lane.next_at)}"
        name = (strong(lane.lane), soft(" (trial)")) if lane.trial else (strong(lane.lane),)
        since = cell(view.looked.when(lane.since))
        rows.append((cell(*name), cell(lane.revision[:12]), since, cell(lane.origin), cell(coming)))
    return Table(("ruleset", "revision", "since", "from", "next"), tuple(rows))


def _work(view: Status) -> list[Line]:
    looked = view.looked
    parked = (", ", bad(f"{view.cases_parked:,} set aside")) if view.cases_parked else ()
    found = [line("cases: ", strong(f"{view.cases_open:,} open"), *parked)]
    found.append(line("events that wait: ", _queue(view.mailbox, looked)))
    if view.fanout.count:
        found.append(line("to be told to watchers: ", _queue(view.fanout, looked)))
    next_ = "none" if view.next_wakeup_at is None else f"{looked.when(view.next_wakeup_at)}"
    overdue = f"{view.overdue.count:,} overdue, " if view.overdue.count else ""
    found.append(line(f"wake-ups: {overdue}next {next_}"))
    states = ", ".join(f"{count:,} {state}" for state, count in view.outbox.items() if count)
    found.append(line("actions: ", states or "none under way"))
    kinds = ", ".join(f"{count:,} {kind}" for kind, count in view.obligations.items() if count)
    found.append(line("obligations: ", kinds or "none open"))
    never = "never" if view.backup_at is None else f"{looked.when(view.backup_at)}, {looked.since(view.backup_at)}"
    found.append(line(f"last backup: {never}"))
    return found


def _queue(queue: Queue, looked: Looked) -> str:
    if not queue.count or queue.oldest is None:
        return "none"
    return f"{queue.count:,}, the oldest {looked.since(queue.oldest)}"


def _connectors(view: Status) -> Table:
    looked = view.looked
    rows = []
    for one in view.connectors:
        last = "never" if one.succeeded_at is None else looked.since(min(one.succeeded_at, looked.at))
        known = "-" if one.lag is None else f"{far(one.lag)} behind"
        error = None
        if one.error is not None:
            times = counted(one.failures, "time") if one.failures > 1 else "once"
            error = bad(f"failed {times}, last {looked.since(one.failed_at or looked.at)}: {one.error}")
        breaker = None if one.breaker in (None, "closed") else bad(_BREAKERS.get(one.breaker or "", one.breaker or ""))
        rows.append((cell(strong(one.name)), cell(last), cell(known), cell(breaker or one.breaker), cell(error)))
    return Table(("connector", "last read", "known", "breaker", "error"), tuple(rows))
