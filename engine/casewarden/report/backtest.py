"""What two versions of a ruleset make of one history: text, JSON, and one page."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import casewarden
from casewarden.report.explain import Explained, html_parts, html_style, render_short
from casewarden.report.explain_json import as_json as explained_json
from casewarden.report.markup import Markup, el
from casewarden.report.page import card, page, section, table, tile
from casewarden.report.scenarios import Painter
from casewarden.report.terminal import json_text, visible
from casewarden.scenario.backtest import BASE, BOTH, HEAD, MOVED, Comparison, Sampled
from casewarden.scenario.outcome import Difference

_MESSAGES: Final = ("reply", "ask", "note", "notify", "publish")
_WHERE: Final = (BASE, BOTH, MOVED, HEAD)
_COLUMNS: Final = (("only base", "num"), ("both", "num"), ("moved", "num"), ("only head", "num"))


@dataclass(frozen=True, slots=True)
class Names:
    """What was compared: both rulesets' files and digests, and the history."""

    base: str
    base_digest: str
    head: str
    head_digest: str
    history: str


@dataclass(frozen=True, slots=True)
class Shown:
    """A sample with why it came out so under each version; None where the version has no such clock or rule."""

    sample: Sampled
    base: Explained | None
    head: Explained | None


Row = tuple[str, tuple[int, int, int, int]]


def rules(found: Comparison) -> list[Row]:
    """Firings by rule: in the base only, in both, moved, in the head only; rules that differ first."""
    return _rows((rule, where, number) for (rule, where), number in found.firings.items())


def messages(found: Comparison) -> list[Row]:
    """Messages likewise, by rule and message."""
    return _rows(
        (f"{rule}: {what}", where, number)
        for (rule, what, where), number in found.actions.items()
        if what.partition(" ")[0] in _MESSAGES
    )


def _rows(counts: Iterable[tuple[str, str, int]]) -> list[Row]:
    by_name: dict[str, Counter[str]] = {}
    for name, where, number in counts:
        by_name.setdefault(name, Counter())[where] += number
    rows = [(name, (own[BASE], own[BOTH], own[MOVED], own[HEAD])) for name, own in by_name.items()]
    return sorted(rows, key=lambda row: (row[1][0] + row[1][2] + row[1][3] == 0, row[0]))


def breaches(found: Comparison) -> list[tuple[str, int, int, int, int]]:
    """By clock: missed under the base only, under both, under the head only, and deadlines moved."""
    clocks = sorted({clock for clock, _, _ in found.clocks})
    return [(clock, *found.breaches(clock), found.due_moved[clock]) for clock in clocks]


def credit_days(found: Comparison) -> list[tuple[str, int, int]]:
    """By credit: days under the base, days under the head."""
    names = sorted({name for name, _ in found.credits})
    return [(name, found.credits[name, BASE], found.credits[name, HEAD]) for name in names]


def severities(found: Comparison) -> list[tuple[str, str, int]]:
    """Cases whose severity at the end differs: under the base, under the head, how many."""
    return [(one, other, number) for (one, other), number in sorted(found.severities.items()) if one != other]


# -- text


def render_text(names: Names, found: Comparison, shown: Sequence[Shown], *, colour: bool = False) -> str:
    """The comparison for a terminal."""
    paint = Painter(colour=colour)
    share = f" ({100 * found.changed / found.cases:.1f}%)" if found.cases else ""
    lines = [
        f"{paint('head', names.history)}: {_cases(found.cases)} by {names.base} (base) and {names.head} (head)",
        f"{_cases(found.changed)} come{'s' * (found.changed == 1)} out otherwise{share}; {found.decisions:,} decisions",
    ]
    if not found.changed:
        return "\n".join(lines) + "\n"
    heads = [name for name, _ in _COLUMNS]
    lines += _text_table("rule", heads, [(name, *counts) for name, counts in rules(found)], paint)
    lines += _text_table("message", heads, [(name, *counts) for name, counts in messages(found)], paint)
    breached = ["only base", "both", "only head", "due moved"]
    lines += _text_table("missed clock", breached, breaches(found), paint)
    lines += _text_table("days of credit", ["base", "head"], credit_days(found), paint)
    for one, other, number in severities(found):
        lines.append(f"severity {one} under the base, {other} under the head: {_cases(number)}")
    lines += ["", paint("head", f"{len(shown)} sample case{'s' * (len(shown) != 1)}")]
    for one_shown in shown:
        lines += _text_sample(one_shown, paint, colour=colour)
    return "\n".join(lines) + "\n"


def _cases(number: int) -> str:
    return "1 case" if number == 1 else f"{number:,} cases"


def _text_table(
    title: str, headings: Sequence[str], rows: Sequence[tuple[str, *tuple[int, ...]]], paint: Painter
) -> list[str]:
    """A table whose first column is text; nothing where there are no rows."""
    if not rows:
        return []
    width = max(len(title), *(len(row[0]) for row in rows))
    sizes = [max(len(head), *(len(f"{row[place + 1]:,}") for row in rows)) for place, head in enumerate(headings)]
    top = "  ".join([title.ljust(width), *(head.rjust(size) for head, size in zip(headings, sizes, strict=True))])
    lines = ["", paint("head", top)]
    for name, *counts in rows:
        cells = [f"{count:,}".rjust(size) for count, size in zip(counts, sizes, strict=True)]
        lines.append("  ".join([visible(name).ljust(width), *cells]))
    return lines


def _text_sample(shown: Shown, paint: Painter, *, colour: bool) -> list[str]:
    sample = shown.sample
    lines = ["", f"  {paint('head', visible(sample.subject))}"]
    lines += [
        f"    {visible(one.what)}: {visible(f'{one.before} -> {one.after}')}{one.unit}" for one in sample.differences
    ]
    for word, explained in (("base", shown.base), ("head", shown.head)):
        if explained is not None:
            lines.append(paint("quiet", f"    under the {word}:"))
            lines += [f"      {row}" for row in render_short(explained, colour=colour, width=100).splitlines() if row]
    return lines


# -- JSON


def as_json(names: Names, found: Comparison, shown: Sequence[Shown]) -> dict[str, Any]:
    """The comparison as a JSON object."""
    return {
        "base": {"ruleset": names.base, "digest": names.base_digest},
        "head": {"ruleset": names.head, "digest": names.head_digest},
        "history": names.history,
        "cases": found.cases,
        "changed": found.changed,
        "decisions": found.decisions,
        "rules": [{"rule": name, **_counts(counts)} for name, counts in rules(found)],
        "messages": [{"message": name, **_counts(counts)} for name, counts in messages(found)],
        "breaches": [
            {"clock": clock, "only_base": base, "both": both, "only_head": head, "due_moved": moved}
            for clock, base, both, head, moved in breaches(found)
        ],
        "credits": [{"credit": name, "base_days": base, "head_days": head} for name, base, head in credit_days(found)],
        "severities": [{"base": one, "head": other, "cases": number} for one, other, number in severities(found)],
        "samples": [
            {
                "subject": one.sample.subject,
                "differences": [_difference(difference) for difference in one.sample.differences],
                "base": None if one.base is None else explained_json(one.base),
                "head": None if one.head is None else explained_json(one.head),
            }
            for one in shown
        ],
    }


def _counts(counts: tuple[int, int, int, int]) -> dict[str, int]:
    return {f"only_{where}" if where in (BASE, HEAD) else where: n for where, n in zip(_WHERE, counts, strict=True)}


def _difference(one: Difference) -> dict[str, Any]:
    return {"what": one.what, "base": f"{one.before}{one.unit}", "head": f"{one.after}{one.unit}"}


def render_json(names: Names, found: Comparison, shown: Sequence[Shown]) -> str:
    """`as_json` as text."""
    return json_text(as_json(names, found, shown))


# -- HTML


def render_html(names: Names, found: Comparison, shown: Sequence[Shown]) -> str:
    """The comparison as a whole page."""
    share = f"{100 * found.changed / found.cases:.1f}%" if found.cases else "-"
    moved = sum(found.due_moved.values())
    more = sum(head - base for _, base, head in credit_days(found))
    tiles = [
        tile(f"{found.cases:,}", "cases"),
        tile(f"{found.changed:,}", f"come out otherwise ({share})"),
        tile(f"{moved:,}", "deadlines moved"),
        tile(f"{more:+,}" if more else "0", "days of credit under the head"),
    ]
    return page(
        f"Backtest over {names.history}",
        html_style(),
        el("h1", f"Backtest over {names.history}"),
        el("p", f"Every case decided twice: by {names.base} (the base) and by {names.head} (the head).", class_="lead"),
        el("div", *tiles, class_="tiles"),
        *_tables(found),
        *([_samples(shown)] if shown else []),
        el(
            "footer",
            f"Casewarden {casewarden.__version__}, base {names.base_digest[:12]}, head {names.head_digest[:12]}",
        ),
    )


def _tables(found: Comparison) -> list[Markup]:
    parts: list[Markup] = []
    by_rule, by_message = rules(found), messages(found)
    how = "Firings in one version only, in both at the same instant, and in both at another one."
    if by_rule:
        parts.append(section("Rules", how, card(table([("rule", "text"), *_COLUMNS], _cells(by_rule)))))
    if by_message:
        how = "What customers and colleagues would have been told."
        parts.append(section("Messages", how, card(table([("message", "text"), *_COLUMNS], _cells(by_message)))))
    clocks = [[clock, *(f"{n:,}" for n in counts)] for clock, *counts in breaches(found)]
    if clocks:
        headings = [
            ("clock", "text"),
            ("only base", "num"),
            ("both", "num"),
            ("only head", "num"),
            ("due moved", "num"),
        ]
        parts.append(
            section("Missed clocks", "Runs that end as missed, and deadlines that move.", card(table(headings, clocks)))
        )
    days = [[name, f"{base:,}", f"{head:,}"] for name, base, head in credit_days(found)]
    if days:
        headings = [("credit", "text"), ("base", "num"), ("head", "num")]
        parts.append(section("Days of credit", "Posted, and accruing at the end.", card(table(headings, days))))
    levels = [[one, other, f"{number:,}"] for one, other, number in severities(found)]
    if levels:
        headings = [("under the base", "text"), ("under the head", "text"), ("cases", "num")]
        parts.append(section("Severities", "Cases whose severity at the end differs.", card(table(headings, levels))))
    return parts


def _cells(rows: Sequence[Row]) -> list[list[str]]:
    return [[name, *(f"{count:,}" for count in counts)] for name, counts in rows]


def _samples(shown: Sequence[Shown]) -> Markup:
    cards = []
    for one in shown:
        rows = [[d.what, f"{d.before}{d.unit}", f"{d.after}{d.unit}"] for d in one.sample.differences]
        why = [
            el("details", el("summary", f"Why, under the {word}"), *html_parts(explained))
            for word, explained in (("base", one.base), ("head", one.head))
            if explained is not None
        ]
        headings = [("what", "text"), ("base", "text"), ("head", "text")]
        cards.append(card(el("h3", one.sample.subject.removeprefix("case:")), table(headings, rows), *why))
    return section("Sample cases", "Those that differ most in what matters to a customer.", *cards)
