"""Open cases by urgency."""

from dataclasses import dataclass

from casewarden.report.blocks import Block, Line, Paragraph, Span, Table, line, soft
from casewarden.report.live.page import Looked, bad, cell, far, left
from casewarden.report.tally_words import counted


@dataclass(frozen=True, slots=True)
class CaseRow:
    """One case. `due` is that of the clock that is due first, `remaining` what is left of it in its own time.

    `remaining` is None where it is not known: without the key of what is sealed, or while a pause lasts.
    """

    case: str
    lane: str
    state: str
    status: str | None
    severity: str | None
    plan: str | None
    account: str | None
    opened_at: int | None
    due: int | None
    clock: str | None
    target: str | None
    remaining: int | None


@dataclass(frozen=True, slots=True)
class Cases:
    """Cases, the most urgent first, of so many that there are."""

    looked: Looked
    cases: tuple[CaseRow, ...]
    total: int


def blocks(view: Cases) -> list[Block]:
    """Return all that is said of them."""
    if not view.total:
        return [Paragraph(line("There is no such case."))]
    several = len({row.lane for row in view.cases}) > 1
    headings = (
        "case",
        "due",
        "left",
        "clock",
        "severity",
        "plan",
        "account",
        "state",
        *(("ruleset",) if several else ()),
    )
    rows = tuple((*_row(row, view.looked), *((cell(row.lane),) if several else ())) for row in view.cases)
    found: list[Block] = [Table(headings, rows)]
    shown = len(view.cases)
    said = counted(view.total, "case") if shown == view.total else f"{shown:,} of {counted(view.total, 'case')}"
    found.append(Paragraph(line(soft(f"{said}. At {view.looked.when(view.looked.at)}, times in {view.looked.zone}."))))
    return found


def _row(row: CaseRow, looked: Looked) -> tuple[Line, ...]:
    return (
        cell(Span(row.case.partition(":")[2], "strong")),
        cell(looked.when(row.due)),
        cell(_left(row, looked)),
        cell(row.clock),
        cell(row.severity),
        cell(row.plan),
        cell((row.account or "").partition(":")[2]),
        cell(_state(row)),
    )


def _state(row: CaseRow) -> Span | str:
    match row.state:
        case "parked":
            return bad("set aside")
        case "ended":
            return "ended"
        case _:
            return row.status or row.state


def _left(row: CaseRow, looked: Looked) -> Span | str | None:
    if row.due is None:
        return None
    if row.due < looked.at:
        return bad(f"missed {looked.since(row.due)}")
    return f"in {far(row.due - looked.at)}" if row.remaining is None else left(row.remaining, row.target)
