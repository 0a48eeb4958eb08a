"""Actions on their way out, and what became of others."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from casewarden.model.event import Json
from casewarden.report.blocks import Block, Bullets, Heading, Line, Paragraph, Span, Style, Table, line, soft, strong
from casewarden.report.explain_parts import action_words
from casewarden.report.live.page import Looked, cell
from casewarden.report.tally_words import counted
from casewarden.report.terminal import json_text

_STYLES: dict[str, Style] = {"applied": "good", "dead": "bad", "rejected": "bad", "asking": "bad"}


@dataclass(frozen=True, slots=True)
class ActionRow:
    """One action. `content`, `request` and `answer` are without what is sealed where `is_open` is False.

    `why` says what it waits for or what became of it, `after` which action has to be done before it.
    """

    number: int
    key: str
    lane: str
    subject: str
    rule: str
    kind: str
    state: str
    why: str | None
    after: int | None
    connector: str
    ticket: str | None
    decided_at: int
    next_try: int
    attempts: int
    sent_at: int | None
    done_at: int | None
    content: Mapping[str, Json]
    answer: Json


@dataclass(frozen=True, slots=True)
class Outbox:
    """Actions, those first that wait for a person, then by when they go out; of so many that there are."""

    looked: Looked
    actions: tuple[ActionRow, ...]
    total: int


@dataclass(frozen=True, slots=True)
class OneAction:
    """An action with the exact request that was sent last, and the answer.

    `is_open` is False where something in it is sealed, and the key is not at hand or was destroyed.
    """

    looked: Looked
    action: ActionRow
    request: Json
    provisional: bool
    even_if_over: bool
    late: bool
    is_open: bool


def blocks(view: Outbox) -> list[Block]:
    """Return all that is said of them."""
    if not view.total:
        return [Paragraph(line("Nothing is there."))]
    rows = tuple(_row(row, view.looked) for row in view.actions)
    found: list[Block] = [Table(("no>", "case", "what", "rule", "state", "when", "why, or the last answer"), rows)]
    shown = len(view.actions)
    said = counted(view.total, "action") if shown == view.total else f"{shown:,} of {counted(view.total, 'action')}"
    found.append(Paragraph(line(soft(f"{said}. At {view.looked.when(view.looked.at)}, times in {view.looked.zone}."))))
    return found


def action_rows(actions: tuple[ActionRow, ...], looked: Looked) -> Table:
    """Return the actions of one case as a table."""
    rows = tuple((each[0], *each[2:]) for each in (_row(one, looked) for one in actions))
    return Table(("no>", "what", "rule", "state", "when", "why, or the last answer"), rows)


def _row(row: ActionRow, looked: Looked) -> tuple[Line, ...]:
    return (
        cell(str(row.number)),
        cell(Span(row.subject.removeprefix("case:"), "strong")),
        cell(action_words(row.kind, row.content)),
        cell(row.rule),
        cell(Span(row.state, _STYLES.get(row.state, ""))),
        cell(_when(row, looked)),
        cell(_why(row)),
    )


def _when(row: ActionRow, looked: Looked) -> str:
    match row.state:
        case "waiting" if row.after is not None:
            return f"after {row.after}"
        case "waiting":
            tried = f", tried {row.attempts} times" if row.attempts > 1 else ", tried once" if row.attempts else ""
            return ("may go now" if row.next_try <= looked.at else f"from {looked.when(row.next_try)}") + tried
        case "sending":
            return f"since {looked.when(row.sent_at)}"
        case "asking":
            return looked.when(row.decided_at)
        case _:
            return looked.when(row.done_at)


def _why(row: ActionRow) -> str | None:
    if row.why:
        return row.why
    if isinstance(row.answer, dict):
        return (
            ", ".join(f"{name} {value}" for name, value in row.answer.items() if isinstance(value, str | int)) or None
        )
    return None


def one_blocks(view: OneAction) -> list[Block]:
    """Return all that is said of one action."""
    row, looked = view.action, view.looked
    marks = [word for word, is_so in (("provisional", view.provisional), ("late", view.late)) if is_so]
    said = f"{action_words(row.kind, row.content)}, by rule {row.rule} of {row.lane}"
    goes_to = "nowhere: it only changes how the case is seen here" if not row.connector else row.connector
    lines: list[Line] = [
        line("state ", Span(row.state, _STYLES.get(row.state, "strong")), f": {row.why}" if row.why else ""),
        line("decided ", looked.when(row.decided_at), f" ({', '.join(marks)})" if marks else ""),
        line("goes to ", strong(goes_to), f", ticket {row.ticket}" if row.ticket else ""),
        line(_tried(row, looked)),
    ]
    if row.done_at is not None:
        lines.append(line("done ", looked.when(row.done_at)))
    if view.even_if_over:
        lines.append(line("goes out even if its condition is over by then"))
    found: list[Block] = [Heading(row.key, 1), Paragraph(line(said)), Bullets(tuple(lines))]
    if not view.is_open:
        found.append(
            Paragraph(line(Span("What a person reads in it is sealed, and the key is not at hand.", "unknown")))
        )
    for heading, value in (("What it says", row.content), ("The request", view.request), ("The answer", row.answer)):
        if value:
            found += [Heading(heading), Bullets(tuple(line(each) for each in _lines(value)))]
    return [*found, looked.foot()]


def _tried(row: ActionRow, looked: Looked) -> str:
    times = "once" if row.attempts == 1 else f"{row.attempts} times"
    if not row.attempts:
        return (
            f"not tried yet; it may go out from {looked.when(row.next_try)} on"
            if row.state == "waiting"
            else "not tried"
        )
    last = f"tried {times}, last at {looked.when(row.sent_at)}"
    return f"{last}; the next try is at {looked.when(row.next_try)}" if row.state == "waiting" else last


def _lines(value: Any) -> list[str]:
    plain = dict(value) if isinstance(value, Mapping) else value
    return json_text(plain).splitlines()
