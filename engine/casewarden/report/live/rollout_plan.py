"""What a change of a ruleset would move, before it is made: counts first, then cases with why; JSON has all of it."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any, Final, Literal

from casewarden.decide.explain import ClockExplained, RuleExplained
from casewarden.report.blocks import Block, Bullets, Heading, Line, Paragraph, Table, line, soft, strong
from casewarden.report.explain import render_short
from casewarden.report.explain_json import as_json as explained_json
from casewarden.report.live.page import Looked, as_json, bad, cell, far
from casewarden.report.tally_words import counted, several
from casewarden.scenario.outcome import Difference

How = Literal["new", "gone", "otherwise", "acts otherwise"]
"""`acts otherwise` is of a rule whose condition is the same: it is no rule that begins anew."""
_LONGEST: Final = 160


@dataclass(frozen=True, slots=True)
class Element:
    """An element of a ruleset that differs, and how."""

    section: str
    name: str
    how: How


@dataclass(frozen=True, slots=True)
class Wording:
    """A message in one language, before and after (None: not there), and the rules of the new revision that send it."""

    message: str
    language: str
    before: str | None
    after: str | None
    rules: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Deadline:
    """A run of a clock whose due time moves; None for no time. `by` is how much later, None without two times."""

    clock: str
    number: int
    before_at: int | None
    after_at: int | None
    by: int | None


@dataclass(frozen=True, slots=True)
class Run:
    """A run of a clock that stands otherwise."""

    clock: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Level:
    """A severity that is another one; None for none."""

    before: str | None
    after: str | None


@dataclass(frozen=True, slots=True)
class Act:
    """An action by its rule and kind."""

    rule: str
    kind: str


@dataclass(frozen=True, slots=True)
class Days:
    """Days of a credit, posted and accruing."""

    credit: str
    before: int
    after: int


@dataclass(frozen=True, slots=True)
class CaseMoves:
    """What a change moves of one case or other subject, decided at an instant.

    `true_already` are rules that are new to it and true: a baseline. `at_once` are actions that only the new revision
    would take now, `not_taken` those that only the one in force would. `words` has each difference, the most telling
    first.
    """

    subject: str
    at: int
    deadlines: tuple[Deadline, ...] = ()
    runs: tuple[Run, ...] = ()
    severity: Level | None = None
    true_already: tuple[str, ...] = ()
    at_once: tuple[Act, ...] = ()
    not_taken: tuple[Act, ...] = ()
    credits: tuple[Days, ...] = ()
    words: tuple[Difference, ...] = ()

    @property
    def is_nothing(self) -> bool:
        """Whether nothing moves."""
        return not (self.words or self.true_already)

    @property
    def rank(self) -> tuple[int, int, int, str]:
        """The most telling first."""
        most = max((one.weight for one in self.words), default=0)
        return -most, -sum(one.weight is most for one in self.words), -len(self.true_already), self.subject


@dataclass(frozen=True, slots=True)
class Moved:
    """Of a clock: how many runs are due earlier, later, or at a time where before or after there is none."""

    clock: str
    earlier: int
    later: int
    otherwise: int


@dataclass(frozen=True, slots=True)
class Counted:
    """How many there are of something that is the same for each."""

    count: int
    of: str | Run | Level | Act


@dataclass(frozen=True, slots=True)
class LeftOut:
    """An element of the new revision that such cases have not, and why; `instead`: they keep the older one."""

    section: str
    name: str
    why: str
    instead: bool


@dataclass(frozen=True, slots=True)
class Bound:
    """Cases that keep the terms of an older revision, and what of the new one they have not.

    `kept` are elements (section, name) that stay the older revision's because its terms rest on them; `refused` is why
    the two do not go together at all, so that such a case keeps the older revision as it is.
    """

    terms: str
    cases: int
    left_out: tuple[LeftOut, ...]
    kept: tuple[tuple[str, str], ...]
    refused: str | None


@dataclass(frozen=True, slots=True)
class Example:
    """A case with why it comes so under each of the two; None where there is nothing to explain it by."""

    moves: CaseMoves
    base: ClockExplained | RuleExplained | None
    head: ClockExplained | RuleExplained | None


@dataclass(frozen=True, slots=True)
class RolloutPlan:
    """All of it. `moved` has every case and other subject of which something moves, the most telling first."""

    looked: Looked
    lane: str
    base: str
    head: str
    binds_all: bool
    cases: int
    others: int
    elements: tuple[Element, ...]
    wordings: tuple[Wording, ...]
    deadlines: tuple[Moved, ...]
    runs: tuple[Counted, ...]
    severities: tuple[Counted, ...]
    credits: tuple[Days, ...]
    true_already: tuple[Counted, ...]
    at_once: tuple[Counted, ...]
    not_taken: tuple[Counted, ...]
    bound: tuple[Bound, ...]
    moved: tuple[CaseMoves, ...]
    examples: tuple[Example, ...]


# -- text


def blocks(view: RolloutPlan) -> list[Block]:
    """Return what a person reads before the change is made."""
    binding = "its terms bind all cases" if view.binds_all else "cases keep the terms of their opening"
    moved = sum(one.subject.startswith("case:") for one in view.moved)
    found: list[Block] = [
        Heading(f"{view.lane}: revision {view.head[:12]} instead of {view.base[:12]}", 1),
        Bullets(
            (
                line(
                    strong(counted(view.cases, "case")),
                    f" and {counted(view.others, 'other subject')} decided both ways",
                ),
                line(strong(f"{moved:,}"), f" {several(moved, 'case')} come out otherwise; {binding}"),
            )
        ),
    ]
    parts: list[tuple[str, list[Line]]] = [
        ("What the ruleset says otherwise", [_element(one) for one in view.elements]),
        ("Deadlines", [_moved(one) for one in view.deadlines]),
        ("Clocks", [_counted(one) for one in view.runs]),
        ("Severities", [_counted(one) for one in view.severities]),
        ("Credits", [line(f"{one.credit}: {one.before:,} days, then {one.after:,}") for one in view.credits]),
        ("Would go out at once", [_counted(one) for one in view.at_once]),
        ("Would not go out any more", [_counted(one) for one in view.not_taken]),
        (
            "True already: nothing is done about it (casewarden backfill RULE lets it act after all)",
            [_counted(one) for one in view.true_already],
        ),
    ]
    for title, lines in parts:
        found += [Heading(title), Bullets(tuple(lines))] if lines else []
    found += [Heading("Messages"), *_wordings(view.wordings)] if view.wordings else []
    found += [Heading("What cases under older terms have not of it"), *_bound(view.bound)] if view.bound else []
    if not view.moved:
        found.append(Paragraph(line("No case would come out otherwise now.")))
    return [*found, view.looked.foot()]


def examples_text(view: RolloutPlan, *, colour: bool, width: int) -> str:
    """Return the examples as text, each with why it comes so before and after."""
    lines: list[str] = []
    for one in view.examples:
        lines += ["", one.moves.subject]
        lines += [f"  {word.what}: {word.before} -> {word.after}{word.unit}" for word in one.moves.words]
        lines += [f"  {deadline.clock} is due {_way(deadline.by)}" for deadline in one.moves.deadlines if deadline.by]
        lines += [f"  rule `{rule}` is true already: nothing is done" for rule in one.moves.true_already]
        for title, explained in (("now", one.base), ("then", one.head)):
            if explained is not None:
                said = render_short(explained, colour=colour, width=width - 4).splitlines()
                lines += [f"  {title}:", *(f"    {row}" for row in said if row.strip())]
    return "\n".join(lines) + "\n" if lines else ""


def _way(by: int) -> str:
    return f"{far(abs(by))} {'later' if by > 0 else 'earlier'}"


def _element(one: Element) -> Line:
    name = f"{one.section}" if not one.name else f"{one.section}: {one.name}"
    return line(f"{name} ", soft(one.how))


def _moved(one: Moved) -> Line:
    parts = [
        f"{count:,} {word}"
        for count, word in ((one.earlier, "earlier"), (one.later, "later"), (one.otherwise, "otherwise"))
        if count
    ]
    return line(strong(one.clock), f": {', '.join(parts)}")


def _counted(one: Counted) -> Line:
    match one.of:
        case str(rule):
            return line(strong(rule), f": {counted(one.count, 'time')}")
        case Run(clock, before, after):
            return line(strong(clock), f": {one.count:,} {before}, then {after}")
        case Level(before, after):
            return line(f"{before or 'none'}, then {after or 'none'}: {counted(one.count, 'case')}")
        case Act(rule, kind):
            return line(strong(f"{one.count:,} x {kind}"), f" by {rule}")


def _wordings(wordings: Iterable[Wording]) -> list[Block]:
    rows = tuple(
        (
            cell(f"{one.message} ({one.language})"),
            cell(_short(one.before)),
            cell(_short(one.after)),
            cell(", ".join(one.rules)),
        )
        for one in wordings
    )
    return [Table(("message", "now", "then", "sent by"), rows)]


def _short(text: str | None) -> str | None:
    if text is None:
        return None
    said = " ".join(text.split())
    return said if len(said) <= _LONGEST else f"{said[:_LONGEST]}..."


def _bound(bound: Iterable[Bound]) -> list[Block]:
    found: list[Block] = []
    for one in bound:
        found.append(Heading(f"{counted(one.cases, 'case')} under the terms of {one.terms[:12]}", 3))
        if one.refused is not None:
            found.append(Paragraph(line(bad("They keep that revision as it is"), f": {one.refused}")))
            continue
        lines = [
            line(f"{row.section}: {row.name}: {row.why}", soft("; the older one goes on") if row.instead else "")
            for row in one.left_out
        ]
        if one.kept:
            names = ", ".join(f"{section}: {name}" for section, name in one.kept)
            lines.append(line(f"as the older revision has it, since its terms rest on it: {names}"))
        found.append(Bullets(tuple(lines)))
    return found


# -- JSON


def plan_json(view: RolloutPlan) -> dict[str, Any]:
    """Return the whole plan as JSON values; lengths are microseconds."""
    shown: dict[str, Any] = as_json(replace(view, examples=()))
    return {**shown, "examples": [_explained(one) for one in view.examples]}


def _explained(one: Example) -> dict[str, Any]:
    return {
        "subject": one.moves.subject,
        "base": None if one.base is None else explained_json(one.base),
        "head": None if one.head is None else explained_json(one.head),
    }
