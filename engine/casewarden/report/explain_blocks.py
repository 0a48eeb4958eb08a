"""Explanations in words: what is said of a case, a rule and a clock, and in which order."""

from casewarden.decide.explain.case import CaseExplained, RuleDone, SeverityExplained
from casewarden.decide.explain.clock import ClockExplained, RunExplained
from casewarden.decide.explain.coming import Coming
from casewarden.decide.explain.moments import Spell
from casewarden.decide.explain.rule import RuleExplained, Seen, Suggestion
from casewarden.decide.explain.tree import GroupNode
from casewarden.model.decision import ClockInstance, ClockState, LedgerEntry, Stretch
from casewarden.report.blocks import (
    Block,
    Bullets,
    Heading,
    Line,
    Paragraph,
    Span,
    Table,
    Zone,
    clock_length,
    code,
    line,
    soft,
    strong,
)
from casewarden.report.explain_parts import actor, firing, instead, outcome, reading, source, tree, verdict
from casewarden.ruleset.able import Instead
from casewarden.ruleset.syntax import Cited

_DAY = 86_400_000_000
_REASONS = {
    "no_target": "no target to count against",
    "reopened": "closed until it was reopened",
    "elapsed": "plain time",
    "break": "a break",
}


def blocks(explained: CaseExplained | RuleExplained | ClockExplained) -> list[Block]:
    """Return all that is said of an explanation, in order."""
    zone = Zone(explained.zone)
    match explained:
        case CaseExplained():
            return _case(explained, zone)
        case RuleExplained():
            return _rule(explained, zone)
        case ClockExplained():
            return _clock(explained, zone)


def title(explained: CaseExplained | RuleExplained | ClockExplained) -> str:
    """Return what the explanation is of."""
    match explained:
        case CaseExplained():
            return explained.subject
        case RuleExplained():
            return f"{explained.subject}: rule {explained.rule.name}"
        case ClockExplained():
            return f"{explained.subject}: clock {explained.clock.name}"


def _head(
    explained: CaseExplained | RuleExplained | ClockExplained, zone: Zone, cited: Cited | None = None
) -> list[Block]:
    found: list[Block] = [Heading(title(explained), 1)]
    found.append(Paragraph(line("At ", strong(zone.when(explained.at)), f". Times are in {zone.name}.")))
    if cited is not None:
        said = f"{cited.place.file}:{cited.place.line}"
        if cited.clauses:
            said += f", clause {', '.join(cited.clauses)}"
        if cited.interpretations:
            said += f", interpretation {', '.join(cited.interpretations)}"
        found.append(Paragraph(line(soft(said))))
    return found


# A rule


def _rule(explained: RuleExplained, zone: Zone) -> list[Block]:
    found = _head(explained, zone, explained.rule.cited)
    fired = explained.fired
    if fired:
        times = "once," if len(fired) == 1 else f"{len(fired)} times, last"
        active = "it is active now" if explained.active else "it is not active now"
        found.append(Paragraph(line(Span("Fired", "good"), f" {times} at {zone.when(fired[-1].at)}; {active}.")))
    else:
        found.append(Paragraph(line(Span("Has not fired", "bad"), " up to this instant.")))
    if explained.instead is not None:
        found.append(Paragraph(line(Span("Adapted", "unknown"), f": {instead(explained.instead)}.")))
    found += _condition(explained, zone)
    found += _why_not(explained, zone)
    found += _when(explained, zone)
    if explained.occurrences or explained.rule.each:
        found += _occurrences(explained, zone)
    if explained.firings:
        found.append(Heading("What it did"))
        for one in explained.firings:
            found += firing(one, zone)
            if one.tree is not None and not one.baseline:
                found.append(Paragraph(line(soft("Its condition when that was decided:"))))
                found.append(tree(one.tree, zone))
    return found


def _condition(explained: RuleExplained, zone: Zone) -> list[Block]:
    if explained.tree is None:
        return []
    each = explained.rule.each
    heading = f"Its condition now (asked at each {each})" if each else "Its condition now"
    return [Heading(heading), tree(explained.tree, zone)]


def _why_not(explained: RuleExplained, zone: Zone) -> list[Block]:
    found: list[Block] = []
    why = explained.why_not
    if why is not None or explained.blocked is not None:
        found.append(Heading("Why not again" if explained.fired else "Why not"))
    if why is not None:
        wanted = "" if why.need.wanted else " (it has to be false)"
        found.append(
            Paragraph(
                line(
                    "The first condition that fails is ",
                    code(why.leaf.words),
                    wanted,
                    ": ",
                    verdict(why.leaf.verdict),
                    ".",
                )
            )
        )
        if isinstance(explained.tree, GroupNode):
            found.append(Paragraph(line(_others(why.others_held, zone))))
    if explained.blocked is not None:
        text = zone.sentence(explained.blocked)
        found.append(Paragraph(line(f"{text[0].upper()}{text[1:]}.")))
    return found


def _others(spell: Spell | None, zone: Zone) -> str:
    """When everything but the failing condition held last."""
    if spell is None:
        return "There was no moment yet at which everything else held."
    if spell.end is None:
        return f"Everything else holds, since {zone.when(spell.start)}."
    return f"Everything else last held from {zone.when(spell.start)} until {zone.when(spell.end)}."


def _when(explained: RuleExplained, zone: Zone) -> list[Block]:
    days = (explained.horizon - explained.at) // _DAY
    again = " again" if explained.fired else ""
    found: list[Block] = [Heading("When it fires" + again)]
    if explained.by_time is not None:
        found.append(Paragraph(line("At ", strong(zone.when(explained.by_time)), ", if nothing else happens.")))
    else:
        found.append(
            Paragraph(
                line(f"Time alone does not make it fire within {days} days (until {zone.when(explained.horizon)}).")
            )
        )
    if explained.suggestions:
        found.append(Bullets(tuple(_suggestion(one, zone) for one in explained.suggestions)))
    return found


def _suggestion(one: Suggestion, zone: Zone) -> Line:
    parts: list[str | Span] = []
    for number, change in enumerate(one.changes):
        if number:
            parts.append(" and ")
        parts.append(strong(change.words))
    if one.fires_at is None:
        return line("it needs that ", *parts, soft(" (this cannot be tried out from here)"))
    when = "at once" if one.at_once else f"at {zone.when(one.fires_at)}"
    return line("if now ", *parts, f", it fires {when}")


def _occurrences(explained: RuleExplained, zone: Zone) -> list[Block]:
    found: list[Block] = [Heading(f"Every {explained.rule.each}")]
    if not explained.occurrences:
        found.append(Paragraph(line(f"No {explained.rule.each} has happened.")))
        return found
    rows = tuple(
        (line(zone.when(one.at)), line("" if one.source is None else source(one.source, zone)), _asked(one))
        for one in explained.occurrences
    )
    found.append(Table(("when", "what", "its condition then"), rows))
    return found


def _asked(one: Seen) -> Line:
    if one.own:
        return line(soft("our own doing, which the event does not name"))
    word = Span("true", "true") if one.truth else Span("false" if one.truth is False else "unknown", "false")
    return line(word, ", ", Span("fired", "good") if one.fired else "did not fire")


# A clock


def _clock(explained: ClockExplained, zone: Zone) -> list[Block]:
    found = _head(explained, zone, explained.clock.cited)
    if explained.waits is not None:
        found.append(Paragraph(line(Span("waiting", "soft"), f": {zone.sentence(explained.waits)}.")))
    for one in reversed(explained.runs):
        found += _run(one, zone, several=len(explained.runs) > 1)
    for name, node in (("applies_if", explained.applies), ("pauses_while", explained.pauses)):
        if node is not None:
            found += [Heading(f"Its {name} now"), tree(node, zone)]
    return found


def _run(run: RunExplained, zone: Zone, *, several: bool) -> list[Block]:
    one = run.instance
    found: list[Block] = [Heading(f"Run {one.number}" if several else "How it stands")]
    found.append(Paragraph(line(_state(one), f": {zone.sentence(run.why)}.")))
    found.append(Bullets(tuple(_terms(run, zone))))
    if run.stretches:
        heading = "The proof of its deadline" if one.due is not None or run.missed_at else "What counted so far"
        found += [Heading(heading, 3), *_proof(run, zone)]
        if one.budget is not None and run.missed_at is not None:
            equal = "which is" if run.counted == one.budget else "and not"
            text = f"Counted: {clock_length(run.counted)}, {equal} its whole budget of {clock_length(one.budget)}."
            found.append(Paragraph(line(text)))
    if run.shares:
        rows = tuple(
            (line(f"{int(one.share * 100)}%"), line("not reached" if one.at is None else zone.when(one.at)))
            for one in run.shares
        )
        found += [Heading("Shares of the target", 3), Table(("used up", "at"), rows)]
    if run.credits:
        found.append(Heading("Credits", 3))
    for credit in run.credits:
        text = credit.arithmetic or f"{clock_length(credit.late)} late, which earns nothing"
        state = f" ({credit.state})" if credit.days else ""
        where = f", added to {credit.add_to}" if credit.days else ""
        found.append(Paragraph(line(strong(credit.name), f"{state}: {text}{where}.")))
    return found


def _terms(run: RunExplained, zone: Zone) -> list[Line]:
    one = run.instance
    found: list[Line] = []
    if one.started is not None:
        by = "" if run.started_by is None else f", with: {actor(run.started_by)}"
        found.append(line(f"started {zone.when(one.started)}{by}"))
    if one.counted_from is not None and one.counted_from != one.started:
        found.append(line(f"counts from {zone.when(one.counted_from)}"))
    target = "none yet" if one.target is None else one.target
    severity = "" if one.severity is None else f", severity {one.severity}"
    found.append(line("target ", strong(target), f"{severity}{f', {one.commitment}' if one.commitment else ''}"))
    if one.due is not None:
        found.append(line("due ", strong(zone.when(one.due))))
    if run.missed_at is not None and one.stopped is None and one.state is not ClockState.PAUSED:
        words = "not stopped by" if one.state is ClockState.MISSED else "met if stopped by"
        found.append(line(f"{words} {zone.when(run.missed_at - 1)}"))
    if run.used is not None:
        rest = "" if not run.remaining else f", {clock_length(run.remaining)} left"
        share = "" if run.share is None else f" ({float(run.share) * 100:.4g}%)"
        found.append(line(f"used {clock_length(run.used)}{share}{rest}"))
    if one.stopped is not None:
        by = "" if run.stopped_by is None else f", with: {actor(run.stopped_by)}"
        found.append(line(f"stopped {zone.when(one.stopped)}{by}"))
    if one.owner is not None:
        found.append(line(f"owner {one.owner}"))
    return found


def _proof(run: RunExplained, zone: Zone) -> list[Block]:
    """The table of the stretches; what is in force throughout is said once, under it."""
    in_force = {_in_force(stretch): None for stretch in run.stretches}
    rows: list[tuple[Line, ...]] = []
    total = 0
    for stretch in run.stretches:
        total += stretch.counted
        row = [line(zone.when(stretch.start)), line(zone.when(stretch.end)), line(_reason(stretch))]
        if len(in_force) > 1:
            row.append(line(soft(_in_force(stretch))))
        row.append(line(Span(clock_length(stretch.counted), "strong" if stretch.counted else "soft")))
        row.append(line(soft(clock_length(total))))
        rows.append(tuple(row))
    between = ("in force",) if len(in_force) > 1 else ()
    found: list[Block] = [Table(("from", "to", "why", *between, "counted>", "in all>"), tuple(rows))]
    if len(in_force) == 1 and next(iter(in_force)):
        found.append(Paragraph(line(soft(f"In force throughout: {next(iter(in_force))}."))))
    return found


def _reason(stretch: Stretch) -> str:
    word = _REASONS.get(stretch.reason, stretch.reason)
    return word if stretch.detail is None else f"{word}: {stretch.detail}"


def _in_force(stretch: Stretch) -> str:
    parts = [] if stretch.calendar is None else [stretch.calendar]
    if stretch.severity is not None:
        parts.append(f"severity {stretch.severity}")
    if stretch.revision is not None:
        parts.append(f"revision {stretch.revision}")
    return ", ".join(parts)


def _state(one: ClockInstance) -> Span:
    style = {ClockState.MET: "good", ClockState.MISSED: "bad", ClockState.PAUSED: "unknown"}.get(one.state, "strong")
    word = one.state.value.replace("_", " ")
    return Span(word if one.certain else f"{word}, as far as is known", style)  # type: ignore[arg-type]


# A case


def _case(explained: CaseExplained, zone: Zone) -> list[Block]:
    found = _head(explained, zone)
    if explained.severity is not None:
        found += _severity(explained.severity, zone)
    found += _clocks(explained, zone)
    found += _rules(explained.rules, explained.instead, zone)
    found += _coming(explained.coming, zone)
    if explained.ledger:
        found += [Heading("Ledger"), Bullets(tuple(_entry(entry, zone) for entry in explained.ledger))]
    if explained.withheld:
        rows = tuple(
            line(
                strong(one.rule),
                f": {one.why.replace('_', ' ')}, {zone.text(one.detail)}",
                soft(f", {zone.when(one.at)}"),
            )
            for one in explained.withheld
        )
        found += [Heading("Withheld"), Bullets(rows)]
    if explained.alerts:
        found += [Heading("For a person"), Bullets(tuple(line(text) for text in explained.alerts))]
    for name, node in explained.excluded:
        if node.truth is True:
            found += [Heading(f"Out of scope as {name}"), tree(node, zone)]
    found += [Heading("What is known"), Bullets(tuple(reading(one, zone) for one in explained.facts))]
    return found


def _severity(severity: SeverityExplained, zone: Zone) -> list[Block]:
    found: list[Block] = [Heading("Severity")]
    if severity.level is None:
        found.append(Paragraph(line(Span("unknown", "unknown"), ": nobody set or reported one, and no row gives one.")))
    else:
        named = severity.label and severity.label.casefold() != severity.level.casefold()
        label = f" ({severity.label})" if named else ""
        since = "" if severity.since is None else f" since {zone.when(severity.since)}"
        found.append(Paragraph(line(strong(f"{severity.level}{label}"), f"{since}, {_given_by(severity, zone)}.")))
    if severity.gap:
        found.append(Paragraph(line("No row of the table is true: a person has to classify it.")))
    return [*found, *(tree(row.tree, zone) for row in severity.rows if row.decides)]


def _given_by(severity: SeverityExplained, zone: Zone) -> str:
    match severity.by:
        case "table":
            row = next((one for one in severity.rows if one.decides), None)
            if row is None:
                return "as the table gave it; by what is known now no row is true, so it stays"
            return f"given by row {row.number} of the table ({row.place.file}:{row.place.line})"
        case "reported":
            return "as it was reported, since no row of the table is true"
        case _:
            by = "a rule" if severity.by == "rule" else "a person"
            return f"set by {by}" + ("" if severity.source is None else f": {source(severity.source, zone)}")


def _clocks(explained: CaseExplained, zone: Zone) -> list[Block]:
    if not explained.clocks:
        return []
    rows = tuple(
        (
            line(strong(one.clock), f" (run {one.number})" if one.number > 1 else ""),
            line(_state(one)),
            line("" if one.target is None else one.target),
            line("" if one.due is None else zone.when(one.due)),
            line(_about(one, zone)),
        )
        for one in explained.clocks
    )
    return [Heading("Clocks"), Table(("clock", "state", "target", "due", ""), rows)]


def _about(one: ClockInstance, zone: Zone) -> str:
    parts = [] if one.reason in (None, one.target) else [str(one.reason)]
    if one.stopped is not None:
        parts.append(f"stopped {zone.when(one.stopped)}")
    return ", ".join(parts)


def _rules(rules: tuple[RuleDone, ...], adapted: tuple[Instead, ...], zone: Zone) -> list[Block]:
    found: list[Block] = [Heading("Rules")]
    if not rules:
        return [*found, Paragraph(line("None is active, and none has done anything."))]
    lines: list[Line] = []
    for done in rules:
        acted = [one for one in done.firings if not (one.silent or one.baseline)]
        fired = f"fired {len(acted)} times, last at {zone.when(acted[-1].at)}" if len(acted) > 1 else ""
        fired = fired or (f"fired at {zone.when(acted[0].at)}" if acted else "has done nothing")
        active = Span("active", "true") if done.active else soft("not active")
        lines.append(line(strong(done.rule), ": ", active, f", {fired}"))
        lines += [line("  ", soft(instead(one))) for one in adapted if one.rule == done.rule]
        if acted:
            lines += [line("  ", *outcome(action, zone)) for action in acted[-1].actions]
    return [*found, Bullets(tuple(lines))]


def _coming(rows: tuple[Coming, ...], zone: Zone) -> list[Block]:
    found: list[Block] = [Heading("What comes next, if nothing else happens")]
    if not rows:
        return [*found, Paragraph(line("Nothing: no clock, rule or fact changes by itself."))]
    cells = tuple(
        (
            line(zone.when(one.at)),
            line(zone.text("; ".join(one.what))) if one.what else line(soft("nothing changes yet")),
            line(soft("; ".join(one.reasons))),
        )
        for one in rows
    )
    return [*found, Table(("when", "what", "why then"), cells)]


def _entry(entry: LedgerEntry, zone: Zone) -> Line:
    return line(strong(entry.name), f" {entry.state}: {zone.text(entry.arithmetic)}", soft(f", {zone.when(entry.at)}"))
