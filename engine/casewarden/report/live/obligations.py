"""What waits for a person."""

from dataclasses import dataclass
from typing import Final

from casewarden.report.blocks import Block, Line, Paragraph, Span, Table, line, soft, strong
from casewarden.report.live.page import Looked, cell
from casewarden.report.tally_words import counted

APPROVING: Final = {
    "rejected": "tries the action again",
    "dead": "tries the action again",
    "cap": "lets go what was stopped",
    "ping_pong": "lets go what was stopped",
    "parked": "takes it up again from where it was",
    "correction": "records what is right",
}
"""What approving an obligation of a kind does; of the others it says that somebody has seen it."""


@dataclass(frozen=True, slots=True)
class ObligationRow:
    """One obligation; `approving` is what approving it does."""

    number: int
    kind: str
    subject: str | None
    lane: str | None
    message: str
    opened_at: int
    state: str
    settled_at: int | None
    settled_by: str | None
    reason: str | None
    approving: str


@dataclass(frozen=True, slots=True)
class Obligations:
    """Obligations, the oldest first, of so many that there are."""

    looked: Looked
    obligations: tuple[ObligationRow, ...]
    total: int


def blocks(view: Obligations) -> list[Block]:
    """Return all that is said of them."""
    if not view.total:
        return [Paragraph(line("Nothing waits for a person."))]
    found: list[Block] = [obligation_rows(view.obligations, view.looked)]
    shown = len(view.obligations)
    said = counted(view.total, "obligation")
    said = said if shown == view.total else f"{shown:,} of {said}"
    found.append(Paragraph(line(soft(f"{said}. At {view.looked.when(view.looked.at)}, times in {view.looked.zone}."))))
    if any(row.state == "open" for row in view.obligations):
        how = "casewarden obligations approve NO, or casewarden obligations dismiss NO --reason WHY"
        found.append(Paragraph(line(soft(how))))
    return found


def obligation_rows(rows: tuple[ObligationRow, ...], looked: Looked) -> Table:
    """Return obligations as a table."""
    return Table(("no>", "kind", "since", "what", "approving it"), tuple(_row(row, looked) for row in rows))


def _row(row: ObligationRow, looked: Looked) -> tuple[Line, ...]:
    over = line(row.approving)
    if row.state != "open":
        why = f": {row.reason}" if row.reason else ""
        over = line(soft(f"{row.state} by {row.settled_by}, {looked.when(row.settled_at)}{why}"))
    return (
        cell(strong(str(row.number))),
        cell(Span(row.kind, "bad" if row.state == "open" else "soft")),
        cell(looked.since(row.opened_at)),
        cell(row.message),
        over,
    )
