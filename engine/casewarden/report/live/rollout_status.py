"""Rollouts as they are listed, and one of them beside the live lane: what only one of the two does."""

from collections.abc import Iterable
from dataclasses import dataclass

from casewarden.report.blocks import Block, Bullets, Heading, Line, Paragraph, Span, Style, Table, line, soft, strong
from casewarden.report.live.page import Looked, bad, cell
from casewarden.report.tally_words import counted

_STATES: dict[str, Style] = {"shadow": "unknown", "promoted": "good", "rolled_back": "bad", "ended": ""}


@dataclass(frozen=True, slots=True)
class RolloutRow:
    """A rollout: which revision is tried (`head`) beside which (`base`), and the rules that were promoted."""

    name: str
    lane: str
    base: str
    head: str
    started_at: int
    promoted: tuple[str, ...]
    state: str


@dataclass(frozen=True, slots=True)
class Rollouts:
    """All that there were."""

    looked: Looked
    rollouts: tuple[RolloutRow, ...]


@dataclass(frozen=True, slots=True)
class Apart:
    """Something that differs: how often, and a few subjects that show it."""

    what: str
    count: int
    samples: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class DueApart:
    """A run of a clock that is due at another time in the trial than live; None for no time."""

    subject: str
    clock: str
    number: int
    live_at: int | None
    trial_at: int | None


@dataclass(frozen=True, slots=True)
class Posted:
    """Days of a credit posted since the start."""

    credit: str
    live: int
    trial: int


@dataclass(frozen=True, slots=True)
class SetAside:
    """A subject that the trial could not go on with, and why."""

    subject: str
    why: str


@dataclass(frozen=True, slots=True)
class RolloutStatus:
    """A trial beside the live lane.

    `in_force` is the live lane's revision now. `compared` subjects are in both, `missing` have not joined yet. Of
    actions since the start `same` were taken by both alike; `otherwise` by both with another content. `deadlines` are
    by clock, the first of them one by one in `due_apart`. `alerts` and `corrections` are decisions of the trial that
    would have been put before a person.
    """

    looked: Looked
    rollout: RolloutRow
    in_force: str
    compared: int
    missing: int
    same: int
    only_live: tuple[Apart, ...]
    only_trial: tuple[Apart, ...]
    otherwise: tuple[Apart, ...]
    severities: tuple[Apart, ...]
    deadlines: tuple[Apart, ...]
    due_apart: tuple[DueApart, ...]
    credits: tuple[Posted, ...]
    set_aside: tuple[SetAside, ...]
    alerts: int
    corrections: int

    @property
    def is_same(self) -> bool:
        """Whether nothing differs."""
        apart = (self.only_live, self.only_trial, self.otherwise, self.severities, self.deadlines, self.set_aside)
        return not any(apart) and all(one.live == one.trial for one in self.credits)


def list_blocks(view: Rollouts) -> list[Block]:
    """Return all that is said of them."""
    if not view.rollouts:
        return [Paragraph(line("There was no rollout yet: casewarden rollout start NAME FILE begins one."))]
    rows = tuple(
        (
            cell(strong(one.name)),
            cell(one.lane),
            cell(one.base[:12]),
            cell(one.head[:12]),
            cell(view.looked.when(one.started_at)),
            cell(Span(one.state.replace("_", " "), _STATES.get(one.state, ""))),
            cell(_promoted(one)),
        )
        for one in view.rollouts
    )
    return [Table(("rollout", "ruleset", "base", "head", "since", "state", "promoted"), rows), view.looked.foot()]


def _promoted(one: RolloutRow) -> str:
    return "all of it" if "*" in one.promoted else ", ".join(one.promoted)


def blocks(view: RolloutStatus) -> list[Block]:
    """Return all that is said of one."""
    one, looked = view.rollout, view.looked
    head = [
        line(f"revision {one.head[:12]} beside {one.base[:12]} of ", strong(one.lane), ", ", *_state(one)),
        line(f"since {looked.when(one.started_at)}, {looked.since(one.started_at)}"),
        line(strong(counted(view.compared, "subject")), " compared", *_missing(view.missing)),
    ]
    if view.in_force not in (one.base, one.head) and not one.promoted:
        head.append(line(bad(f"live is revision {view.in_force[:12]} by now"), ": it came after this rollout began"))
    if one.promoted:
        head.append(line("promoted: ", _promoted(one)))
    found: list[Block] = [Heading(f"Rollout {one.name}", 1), Bullets(tuple(head))]
    if one.state == "ended" and not view.compared:
        found.append(
            Paragraph(line("Nothing is left of the trial: `retention` says how long one that has ended is kept."))
        )
    elif view.is_same:
        found.append(Paragraph(line(Span("Nothing differs", "good"), f"; {counted(view.same, 'action')} alike.")))
    parts = (
        (f"Only live, beside {counted(view.same, 'action')} that both took", view.only_live),
        ("Only in the trial", view.only_trial),
        ("In both, with another content", view.otherwise),
        ("Severities, live and in the trial", view.severities),
        ("Deadlines", view.deadlines),
    )
    for title, rows in parts:
        found += [Heading(title), Bullets(tuple(_apart(rows)))] if rows else []
    found += [Heading("The first of these deadlines"), _due(view)] if view.due_apart else []
    posted = [row for row in view.credits if row.live != row.trial]
    if posted:
        found += [
            Heading("Days of credit posted since"),
            Bullets(tuple(line(f"{row.credit}: {row.live:,} live, {row.trial:,} in the trial") for row in posted)),
        ]
    if view.set_aside:
        rows_ = tuple(line(bad(row.subject), f": {row.why}") for row in view.set_aside)
        found += [Heading("Set aside in the trial"), Bullets(rows_)]
    for_a_person = [
        line(f"{counted(count, what)} in the trial")
        for count, what in ((view.alerts, "alert"), (view.corrections, "correction"))
        if count
    ]
    found += [Heading("What a person would have been told"), Bullets(tuple(for_a_person))] if for_a_person else []
    return [*found, looked.foot()]


def _state(one: RolloutRow) -> tuple[Span, ...]:
    return (Span(one.state.replace("_", " "), _STATES.get(one.state, "")),)


def _missing(count: int) -> tuple[Span, ...]:
    return (Span(f", {count:,} still to join", "unknown"),) if count else ()


def _apart(rows: Iterable[Apart]) -> list[Line]:
    found = []
    for row in rows:
        more = f" and {row.count - len(row.samples):,} more" if row.count > len(row.samples) else ""
        found.append(line(strong(f"{row.count:,} x {row.what}"), soft(f"  {', '.join(row.samples)}{more}")))
    return found


def _due(view: RolloutStatus) -> Table:
    looked = view.looked
    rows = tuple(
        (
            cell(row.subject),
            cell(row.clock if row.number == 1 else f"{row.clock}, run {row.number}"),
            cell(looked.when(row.live_at)),
            cell(looked.when(row.trial_at)),
        )
        for row in view.due_apart[:10]
    )
    return Table(("case", "clock", "live", "trial"), rows)
