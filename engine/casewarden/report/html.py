"""The report of a replay as one HTML page."""

from datetime import UTC
from typing import Final

import casewarden
from casewarden.report.markup import Markup, el, join
from casewarden.report.page import card, meter, page, section, table, tile
from casewarden.report.plots import by_month, by_rule, distribution, legend
from casewarden.report.scales import when
from casewarden.report.summary import Heading, agreements, clock_sums, in_order
from casewarden.report.tally_words import counted, held_back, posted, several
from casewarden.report.timeline import happenings, timeline
from casewarden.ruleset.diagnostics import CATALOGUE
from casewarden.scenario.replay import Part
from casewarden.scenario.rows import Fate
from casewarden.scenario.story import Story
from casewarden.worktime.zones import zone

_OUTCOMES: Final = [("c-met", "met"), ("c-missed", "missed"), ("c-running", "running"), ("c-paused", "paused")]


def replay_page(heading: Heading, part: Part) -> str:
    """The whole page."""
    until = "" if heading.until is None else f" It was decided up to {when(heading.until, UTC)} UTC."
    seen = {"known": "as it became known", "happened": "as if all had been known when it happened"}[heading.mode]
    return page(
        f"{heading.ruleset} over {heading.history}",
        el("h1", f"{heading.ruleset} over {heading.history}"),
        el("p", f"Every case of the history, decided in virtual time with each event {seen}.{until}", class_="lead"),
        _tiles(heading, part),
        _clocks(heading, part),
        _months(heading, part),
        _lengths(heading, part),
        _actions(part),
        _recorded(part),
        _stories(part),
        _rows(part),
        el("footer", f"Casewarden {casewarden.__version__}, ruleset {heading.ruleset} ({heading.digest[:12]})"),
    )


def _tiles(heading: Heading, part: Part) -> Markup:
    rows, tally = part.rows, part.tally
    sums = clock_sums(heading, part)
    met, done = sum(one.met for one in sums), sum(one.met + one.missed for one in sums)
    tiles = [
        tile(f"{tally.cases:,}", several(tally.cases, "case")),
        tile(f"{tally.decisions:,}", several(tally.decisions, "decision")),
        tile(f"{100 * met / done:.1f}%" if done else "-", "of finished clocks met"),
        tile(f"{tally.actions.total():,}", f"{several(tally.actions.total(), 'action')} by rules"),
        tile(f"{rows.total:,}", f"{several(rows.total, 'row')}, {rows.fates[Fate.REFUSED]:,} refused"),
    ]
    return el("div", *tiles, class_="tiles")


def _clocks(heading: Heading, part: Part) -> Markup:
    headings = [("clock", "text"), ("runs", "num"), ("met", "num"), ("missed", "num"), ("going on", "num")]
    headings += [("not applicable", "num"), ("not started", "num"), ("met of finished", "num"), ("", "bar")]
    rows: list[list[str]] = []
    for one in clock_sums(heading, part):
        share = "-" if one.share_met is None else f"{100 * one.share_met:.1f}%"
        counts = (one.runs, one.met, one.missed, one.going_on, one.not_applicable, one.not_started)
        bar = meter([("met", one.met), ("missed", one.missed), ("running", one.going_on)])
        rows.append([one.clock, *(f"{count:,}" for count in counts), share, bar])
    if not rows:
        return section("Clocks", "No clock ran in this history.")
    return section("Clocks", "How each run of a clock stood at the end.", card(table(headings, rows)))


def _months(heading: Heading, part: Part) -> Markup:
    counts = part.tally.clocks
    months = sorted({month for _, month, _ in counts if month != "-"})
    if not months:
        return join("")
    pictures = []
    for clock in in_order((name for name, month, _ in counts if month != "-"), heading):
        own = {(month, state): number for (name, month, state), number in counts.items() if name == clock}
        pictures.append(card(el("h3", clock), by_month(own, months, f"{clock}: met and missed by month of its start")))
    return section(
        "Met and missed by month",
        "Runs by the month in which they started.",
        legend([*_OUTCOMES, ("c-not_applicable", "not applicable or cancelled")]),
        el("div", *pictures, class_="cards"),
    )


def _lengths(heading: Heading, part: Part) -> Markup:
    lengths = part.tally.lengths
    pictures = []
    for clock in in_order((name for name, _, _ in lengths), heading):
        own = {(state, quarters): number for (name, state, quarters), number in lengths.items() if name == clock}
        pictures.append(card(el("h3", clock), distribution(own, f"{clock}: how long it took, in open hours")))
    if not pictures:
        return join("")
    return section(
        "How long it took",
        "Business hours from the start of each finished run to its stop, on the calendar of the case's plan, without "
        "pauses. Each bin is twice as wide as the one before it.",
        legend(_OUTCOMES[:2]),
        el("div", *pictures, class_="cards"),
    )


def _actions(part: Part) -> Markup:
    actions = part.tally.actions
    if not actions:
        return section("Actions by rule", "No rule fired.")
    kinds = sorted({kind for _, kind in actions})
    keys = [(f"k{place % 8}", kind) for place, kind in enumerate(kinds)]
    said = held_back(part.tally)
    ledger = [list(row) for row in posted(part.tally)]
    return section(
        "Actions by rule",
        "What the rules would have done." + (f" Held back: {said}." if said else ""),
        legend(keys),
        card(by_rule(actions, kinds, "Actions by rule"), class_="card bars"),
        card(table([("credit or quota", "text"), ("state", ""), ("sum", "num")], ledger)) if ledger else "",
    )


def _recorded(part: Part) -> Markup:
    found = agreements(part)
    if not found:
        return join("")
    headings = [("recorded", "text"), ("clock", "text"), ("cases", "num"), ("agree", "num"), ("", "num")]
    headings += [("both met", "num"), ("both missed", "num"), ("only recorded met", "num"), ("only clock met", "num")]
    headings += [("no answer", "num")]
    rows = []
    for one in found:
        counts = (one.both_met, one.both_missed, one.only_recorded_met, one.only_clock_met, one.no_answer)
        share = f"{100 * one.agree / one.total:.1f}%"
        rows.append(
            [one.recorded, one.clock, f"{one.total:,}", f"{one.agree:,}", share, *(f"{count:,}" for count in counts)]
        )
    return section(
        "Against what the source recorded",
        "The source's own verdict, read from the last row of each case after everything was decided. No clock and no "
        "rule sees it. Where the two differ, either the targets are not the source's, or its data are incomplete.",
        card(table(headings, rows)),
    )


def _stories(part: Part) -> Markup:
    stories = part.stories.chosen()
    if not stories:
        return join("")
    keys = [
        ("open", "open hours"),
        ("c-met", "running"),
        ("b-paused", "paused"),
        ("c-missed", "past its deadline"),
    ]
    return section(
        "Single cases",
        "A few telling cases in time. A flag is a deadline, a dot the stop of a clock; numbers are events and, ringed "
        "in violet, what rules did. Point at anything to read what it is.",
        legend(keys),
        *(_story(story) for story in stories),
    )


def _story(story: Story) -> Markup:
    where = zone(story.zone).tz
    name = story.subject.removeprefix("case:")
    ledger = el("p", "Ledger: " + "; ".join(story.ledger), class_="aside") if story.ledger else None
    return el(
        "div",
        el("h3", name, el("span", story.sort.value, class_="tag")),
        timeline(story, where),
        ledger,
        el("details", el("summary", "What happened"), happenings(story, where)),
        class_="card timeline",
    )


def _rows(part: Part) -> Markup:
    report = part.rows
    fates = [[fate.value, f"{report.fates[fate]:,}"] for fate in Fate if report.fates[fate]]
    fates.append(["all rows", f"{report.total:,}"])
    reasons = [[code, CATALOGUE[code].title, f"{number:,}"] for code, number in sorted(report.by_reason.items())]
    problems = [
        [str(found.place), found.code, found.message + (f" ({found.fix})" if found.fix else "")]
        for found in report.diagnostics()
    ]
    unshown = report.unshown()
    more = ", ".join(f"{number:,} more {code}" for code, number in unshown.items())
    return section(
        "Every row accounted for",
        f"What became of the rows of the history; they gave {counted(report.events, 'event')}.",
        card(table([("row", "text"), ("rows", "num")], fates)),
        card(table([("code", ""), ("refused for", "text"), ("rows", "num")], reasons)) if reasons else "",
        el(
            "details",
            el("summary", f"Problems and notes{f' (and {more})' if more else ''}"),
            card(table([("place", "text"), ("code", ""), ("what", "text")], problems)),
        )
        if problems
        else "",
    )
