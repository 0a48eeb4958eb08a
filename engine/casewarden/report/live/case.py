"""All of one subject: how it stands, what was decided and done, what waits, and its log."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from casewarden.model.event import Json
from casewarden.report.blocks import Block, Bullets, Heading, Line, Span, Style, Table, line, soft, strong
from casewarden.report.explain_parts import instead
from casewarden.report.live.obligations import ObligationRow, obligation_rows
from casewarden.report.live.outbox import ActionRow, action_rows
from casewarden.report.live.page import Looked, bad, cell, left
from casewarden.ruleset.able import Instead

_STATES: dict[str, Style] = {"met": "good", "missed": "bad", "paused": "unknown"}


@dataclass(frozen=True, slots=True)
class ClockRow:
    """A clock as it stands; `remaining` is what is left of its target in its own time, None where nothing counts."""

    clock: str
    number: int
    state: str
    started: int | None
    target: str | None
    due: int | None
    stopped: int | None
    remaining: int | None
    owner: str | None
    reason: str | None


@dataclass(frozen=True, slots=True)
class Fact:
    """The present value of a field; None where it is sealed or was emptied."""

    path: str
    value: Json


@dataclass(frozen=True, slots=True)
class Fired:
    """How often a rule fired, and when last; of these late, provisional, or without doing anything."""

    rule: str
    times: int
    last_at: int
    late: int
    provisional: int
    silent: int


@dataclass(frozen=True, slots=True)
class Posting:
    """A row of the ledger."""

    name: str
    state: str
    amount: int
    arithmetic: str
    at: int
    account: str | None


@dataclass(frozen=True, slots=True)
class Decided:
    """A decision that is kept, and in words what came of it."""

    number: int
    at: int
    outcome: str
    revision: str
    what: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Waiting:
    """An event that is stored and not decided yet; `attempts` is how often that was tried."""

    key: str
    kind: str
    seen_at: int
    attempts: int


@dataclass(frozen=True, slots=True)
class LogRow:
    """An entry of the log. `data` is without what persons wrote where that is sealed (`sealed`)."""

    number: int
    seen_at: int
    at: int
    kind: str
    by: str
    who: tuple[str, ...]
    source: str
    key: str
    data: Mapping[str, Json]
    sealed: bool


@dataclass(frozen=True, slots=True)
class CaseView:
    """One subject in one lane.

    `erased` is how many of its events lost what persons wrote; `log` is None where it was not asked for.
    `instead` are the rules that the sidecar has do their `if_unsupported`, by what the connectors of now can do.
    """

    looked: Looked
    subject: str
    lane: str
    state: str
    detail: str | None
    merged_into: str | None
    merged: tuple[str, ...]
    erased: int
    opened_at: int | None
    decided_at: int | None
    terms: str | None
    operations: str | None
    status: str | None
    severity: str | None
    plan: str | None
    account: str | None
    next_wakeup_at: int | None
    facts: tuple[Fact, ...]
    watches: tuple[str, ...]
    clocks: tuple[ClockRow, ...]
    actions: tuple[ActionRow, ...]
    rules: tuple[Fired, ...]
    ledger: tuple[Posting, ...]
    obligations: tuple[ObligationRow, ...]
    decisions: tuple[Decided, ...]
    waiting: tuple[Waiting, ...]
    log: tuple[LogRow, ...] | None
    instead: tuple[Instead, ...] = ()


def blocks(view: CaseView) -> list[Block]:
    """Return all that is said of it."""
    looked = view.looked
    found: list[Block] = [Heading(view.subject, 1), Bullets(tuple(_head(view)))]
    parts: list[tuple[str, Block | None]] = [
        ("Clocks", _clocks(view) if view.clocks else None),
        ("Obligations", obligation_rows(view.obligations, looked) if view.obligations else None),
        ("Events that wait", _waiting(view) if view.waiting else None),
        ("Actions under way", action_rows(view.actions, looked) if view.actions else None),
        ("Rules that fired", _rules(view) if view.rules else None),
        ("Ledger", _ledger(view) if view.ledger else None),
        ("Facts", Bullets(tuple(_fact(one) for one in view.facts)) if view.facts else None),
        ("Last decisions", _decisions(view) if view.decisions else None),
        ("Log", Bullets(tuple(_log(view))) if view.log else None),
    ]
    for heading, block in parts:
        if block is not None:
            found += [Heading(heading), block]
    return [*found, looked.foot()]


def _head(view: CaseView) -> list[Line]:
    when = view.looked.when
    found: list[Line] = [line(*_state(view))]
    if view.opened_at is not None:
        found.append(line(f"opened {when(view.opened_at)}"))
    account = None if view.account is None else view.account.partition(":")[2]
    said = (("status", view.status), ("severity", view.severity), ("plan", view.plan), ("account", account))
    known = [f"{word} {value}" for word, value in said if value is not None]
    if known:
        found.append(line(", ".join(known)))
    revision = "" if view.operations is None else f", revision {view.operations[:12]}"
    terms = "" if view.terms in (None, view.operations) else f", with the terms of {str(view.terms)[:12]}"
    found.append(line("ruleset ", strong(view.lane), f"{revision}{terms}"))
    if view.merged:
        found.append(line(f"merged into it: {', '.join(view.merged)}"))
    if view.watches:
        found.append(line(f"watches {', '.join(view.watches)}"))
    if view.decided_at is not None:
        wakes = "" if view.next_wakeup_at is None else f"; wakes {when(view.next_wakeup_at)}"
        found.append(line(f"decided last {when(view.decided_at)}{wakes}"))
    if view.erased:
        events = "1 event" if view.erased == 1 else f"{view.erased} events"
        found.append(line(Span("sealed", "unknown"), f": what a person wrote in {events} was erased, and is unknown"))
    return found


def _state(view: CaseView) -> tuple[str | Span, ...]:
    match view.state:
        case "parked":
            return (bad("set aside"), f": {view.detail}")
        case "ended":
            into = f" into {view.merged_into}" if view.merged_into else ""
            return (strong("ended"), f": {view.detail}{into}")
        case _:
            return (strong(view.state),)


def _clocks(view: CaseView) -> Table:
    when = view.looked.when
    rows = []
    for one in view.clocks:
        name = one.clock if one.number < 2 else f"{one.clock} ({one.number})"
        state = cell(Span(one.state.replace("_", " "), _STATES.get(one.state, "strong")))
        rest = left(one.remaining, None) if one.remaining is not None and one.state != "missed" else None
        why = one.reason or ("" if one.stopped is None else f"stopped {when(one.stopped)}")
        owner = f"owner {one.owner}" if one.owner else ""
        said = ", ".join(filter(None, (why, owner)))
        rows.append((cell(name), state, cell(when(one.due)), cell(rest), cell(one.target), line(said)))
    return Table(("clock", "state", "due", "left", "target", ""), tuple(rows))


def _waiting(view: CaseView) -> Table:
    rows = tuple(
        (cell(one.key), cell(one.kind), cell(view.looked.when(one.seen_at)), cell(str(one.attempts)))
        for one in view.waiting
    )
    return Table(("key", "kind", "learnt", "tried>"), rows)


def _rules(view: CaseView) -> Table:
    rows = []
    adapted = {one.rule: instead(one) for one in view.instead}
    for one in view.rules:
        counts = (("late", one.late), ("provisional", one.provisional), ("without effect", one.silent))
        said = [f"{count} {word}" for word, count in counts if count]
        said += [adapted[one.rule]] if one.rule in adapted else []
        rows.append((cell(one.rule), cell(str(one.times)), cell(view.looked.when(one.last_at)), line(", ".join(said))))
    return Table(("rule", "times>", "last", ""), tuple(rows))


def _ledger(view: CaseView) -> Table:
    rows = tuple(
        (cell(one.name), cell(one.state), cell(f"{one.amount:,}"), cell(view.looked.when(one.at)), cell(one.arithmetic))
        for one in view.ledger
    )
    return Table(("name", "state", "amount>", "at", "arithmetic"), rows)


def _fact(one: Fact) -> Line:
    return line(soft(f"{one.path}  "), _plain(one.value))


def _plain(value: Json) -> str:
    match value:
        case None:
            return "-"
        case bool():
            return "yes" if value else "no"
        case list():
            return ", ".join(map(str, value)) or "none"
        case _:
            return str(value)


def _decisions(view: CaseView) -> Table:
    rows = tuple(
        (cell(view.looked.when(one.at)), cell(one.outcome), cell(one.revision[:12]), cell("; ".join(one.what)))
        for one in view.decisions
    )
    return Table(("at", "outcome", "revision", "what came of it"), rows)


def _log(view: CaseView) -> Iterator[Line]:
    """Each entry in a line of its own, and under it what it says."""
    when = view.looked.when
    for one in view.log or ():
        who = f" ({', '.join(one.who)})" if one.who else ""
        happened = "" if one.at == one.seen_at else f", happened {when(one.at)}"
        head = f"{one.number}  {when(one.seen_at)}  "
        yield line(head, strong(one.kind), f" by {one.by}{who}{happened}", soft(f"  {one.key}"))
        said = [*_said(one.data), *(["what a person wrote is sealed"] if one.sealed else [])]
        yield from (line(f"    {each}") for each in said)


def _said(data: Mapping[str, Json]) -> list[str]:
    """What an event says; what the engine notes of its own revision is left out."""
    parts: list[str] = []
    for name, value in data.items():
        match value:
            case dict() if name == "facts":
                parts += [f"{path}: {_plain(each)}" for path, each in value.items()]
            case list() if name == "edges":
                parts += [f"{each.get('rule')} {'rises' if each.get('rises') else 'falls'}" for each in _rows(value)]
            case list() if name == "actions":
                parts += [f"{each.get('kind')} by {each.get('rule')}" for each in _rows(value)]
            case list() if name in ("withheld", "ledger", "corrections"):
                parts += [
                    f"{name}: {each.get('detail') or each.get('message') or each.get('name')}" for each in _rows(value)
                ]
            case _ if name in ("rules", "revision", "fresh", "content", "key"):
                pass
            case _:
                parts.append(f"{name}: {_plain(value)}")
    return parts


def _rows(value: list[Json]) -> list[dict[str, Json]]:
    return [each for each in value if isinstance(each, dict)]
