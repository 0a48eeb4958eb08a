"""`casewarden explain`: why, why not and when, for one case of the live store or of a history."""

import sys
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import click

from casewarden.cli.live import LANE
from casewarden.cli.opened import CONFIG

if TYPE_CHECKING:
    from casewarden.decide import Compiled
    from casewarden.model.event import Event
    from casewarden.report.explain import Explained
    from casewarden.scenario.history import Source
    from casewarden.scenario.onward import Standing
    from casewarden.scenario.together import Surroundings

_DAY = 86_400_000_000
_FILE = click.Path(path_type=Path)


@click.command()
@click.argument("case")
@click.option("--history", type=_FILE, help="Events as JSON lines, or a table with --map; else the live store.")
@click.option("--map", "mapping", type=_FILE, help="How the table's columns become events.")
@click.option("--customers", type=_FILE, help="A customer directory: plans, contracts, contacts, licences.")
@click.option("--ruleset", type=_FILE, help="The ruleset that decides on a history.")
@click.option("--rule", help="Explain this rule.")
@click.option("--clock", help="Explain this clock, with the proof of its deadline.")
@click.option("--at", "instant", help="The instant explained, with its offset; now, or the last event of a history.")
@click.option("--horizon", type=click.IntRange(1, 3660), default=90, show_default=True, help="Days to look ahead.")
@click.option("--format", "form", type=click.Choice(["text", "json", "html"]), default="text", show_default=True)
@click.option("--out", type=_FILE, help="Write here instead of to the terminal.")
@LANE
@CONFIG
def command(
    case: str,
    history: Path | None,
    mapping: Path | None,
    customers: Path | None,
    ruleset: Path | None,
    rule: str | None,
    clock: str | None,
    instant: str | None,
    horizon: int,
    form: str,
    out: Path | None,
    lane: str | None,
    config: Path,
) -> None:
    """Tell why, why not and when, for one CASE of the live store, or of a history.

    CASE is the name of a case, with or without `case:`; accounts and services are named in full (`service:core`).
    Without --rule and --clock the whole case is told. The live store is the one that the configuration names; a
    history needs the ruleset that decides.
    """
    if rule is not None and clock is not None:
        raise click.UsageError("Say --rule or --clock, not both.")
    if history is not None:
        if ruleset is None:
            raise click.UsageError("A history needs the ruleset that decides: say --ruleset.")
        found = explained_of(case, history, mapping, ruleset, rule, clock, instant, horizon, customers)
    else:
        for option, said in (("--map", mapping), ("--customers", customers), ("--ruleset", ruleset)):
            if said is not None:
                raise click.UsageError(f"{option} is for a history: say --history, too.")
        from casewarden.cli.explain_live import explained_live

        found = explained_live(case, config, lane, rule, clock, None if instant is None else _instant(instant), horizon)
    _write(found, form, out)


def explained_of(
    case: str,
    history: Path,
    mapping: Path | None,
    ruleset: Path,
    rule: str | None,
    clock: str | None,
    instant: str | None,
    horizon: int,
    customers: Path | None = None,
) -> "Explained":
    """Return what the command explains; whatever is wrong is told, and the process ends with its code."""
    at = None if instant is None else _instant(instant)
    compiled = _compiled(ruleset)
    known_names(compiled, rule, clock)
    source = _source(history, mapping, customers, compiled)
    found, events = _found(source, case, compiled)
    speaks_of(compiled, found.own.subject, rule, clock)
    standing = _standing(compiled, found, events, _last(source, found, events) if at is None else at)
    return _explain(compiled, standing, rule, clock, standing.at + horizon * _DAY)


def _explain(
    compiled: "Compiled", standing: "Standing", rule: str | None, clock: str | None, horizon: int
) -> "Explained":
    from casewarden.decide.explain import explain_case, explain_clock, explain_rule

    subject, at = standing.subject, standing.at
    if rule is not None:
        return explain_rule(compiled, subject, at, compiled.ruleset.rules[rule], standing.onward, horizon)
    if clock is not None:
        return explain_clock(compiled, subject, at, compiled.ruleset.clocks[clock])
    return explain_case(compiled, subject, standing.decisions, at, standing.onward, horizon)


def speaks_of(compiled: "Compiled", subject: str, rule: str | None, clock: str | None) -> None:
    """Refuse a rule or a clock that is about another kind of subject."""
    kind, _, name = subject.partition(":")
    word = {"case": "case", "account": "customer"}.get(kind, f"{kind}.{name}")
    if rule is not None and compiled.ruleset.rules[rule].about != word:
        about = compiled.ruleset.rules[rule].about
        _refuse(f"the rule {rule} is about {about}, and {subject} is not", "name a subject of that kind")
    if clock is not None and kind != "case":
        _refuse(f"clocks run on cases, and {subject} is not one", "name a case")


def _last(source: "Source", found: "Surroundings", events: "tuple[Event, ...]") -> int:
    """When the subject's own log last learnt anything, else those of its cases, else the end of the history.

    What a customer directory knows of the future is not counted.
    """
    from casewarden.scenario.customers.source import WithCustomers
    from casewarden.scenario.customers.told import SOURCE

    learnt = (event for event in events or chain.from_iterable(found.others.values()) if event.source != SOURCE)
    ends = source.end if isinstance(source, WithCustomers) else None
    return max((event.seen_at for event in learnt), default=ends or 0)


def _standing(compiled: "Compiled", found: "Surroundings", events: "tuple[Event, ...]", at: int) -> "Standing":
    """The subject at the instant."""
    from casewarden.model.instants import iso
    from casewarden.scenario.onward import NotYetError, Standing

    name = found.own.subject
    learnt = [event.seen_at for event in events or chain.from_iterable(found.others.values())]
    try:
        standing = Standing(compiled, events, at, name=name, others=found.others, services=found.services)
    except NotYetError:
        _refuse(f"{name} is not known yet at that instant", f"choose one from {iso(min(learnt))} on")
    if standing.broken_off is not None:
        from casewarden.report.terminal import visible_lines

        text = f"warning CW815: {standing.broken_off}\n  fix: {standing.broken_off.fix}"
        click.echo(visible_lines(text), err=True)
    return standing


def _instant(text: str) -> int:
    from casewarden.scenario.instants import InstantError, read_instant

    try:
        return read_instant(text)
    except InstantError as error:
        fix = f"write {text}Z for UTC, or {text}+01:00" if error.code == "CW806" else None
        _refuse(f"--at: {error}", fix)


def _compiled(path: Path) -> "Compiled":
    import os

    from casewarden.decide import compile_ruleset
    from casewarden.report.diagnostics import render_text, wants_colour
    from casewarden.ruleset.load import load

    ruleset, diagnostics = load(path)
    if ruleset is None:
        click.echo(render_text(diagnostics, colour=wants_colour(sys.stderr, os.environ)), err=True, nl=False)
        sys.exit(2)
    return compile_ruleset(ruleset)


def known_names(compiled: "Compiled", rule: str | None, clock: str | None) -> None:
    """Refuse a rule or a clock that the ruleset does not have, with the one that may be meant."""
    ruleset = compiled.ruleset
    for word, name, known in (("rule", rule, ruleset.rules), ("clock", clock, ruleset.clocks)):
        if name is not None and name not in known:
            _unknown(f"the ruleset {ruleset.name} has no {word} `{name}`", name, list(known), f"its {word}s")


def _source(history: Path, mapping: Path | None, customers: Path | None, compiled: "Compiled") -> "Source":
    import os

    from casewarden.report.diagnostics import render_text, wants_colour
    from casewarden.ruleset.diagnostics import Diagnostics
    from casewarden.scenario.history import HistoryError, JsonLines
    from casewarden.scenario.mapping_reader import load_mapping
    from casewarden.scenario.open_history import with_customers
    from casewarden.scenario.table import open_table

    diagnostics = Diagnostics()
    found = None if mapping is None else load_mapping(mapping, diagnostics)
    source: Source | None = None
    try:
        if mapping is None:
            source = JsonLines(history)
        elif found is not None:
            source = open_table(history, found)
    except HistoryError as error:
        _refuse(f"{error.place}: {error}", error.fix)
    if source is not None:
        source = with_customers(source, customers, compiled.ruleset, diagnostics)
    if source is None:
        click.echo(render_text(diagnostics, colour=wants_colour(sys.stderr, os.environ)), err=True, nl=False)
        sys.exit(2)
    return source


def _found(source: "Source", case: str, compiled: "Compiled") -> "tuple[Surroundings, tuple[Event, ...]]":
    """A subject with all that bears on it, and its events.

    What is wrong with its rows is told; a name that is not there is refused.
    """
    from casewarden.report.terminal import visible
    from casewarden.scenario.history import HistoryError
    from casewarden.scenario.rows import RowReport
    from casewarden.scenario.together import surroundings

    try:
        found = surroundings(source, case if ":" in case else f"case:{case}", compiled.ruleset)
    except HistoryError as error:
        _refuse(f"{error.place}: {error}", error.fix)
    if not (found.own.rows or found.others):
        shown = list(found.names) if ":" in case else [name.removeprefix("case:") for name in found.names]
        _unknown(f"{source.name} has no case `{case}`", case, shown, "it has")
    report = RowReport()
    events = source.read(found.own, report).events if found.own.rows else ()
    for problem in report.diagnostics():
        fix = f" ({problem.fix})" if problem.fix else ""
        click.echo(visible(f"{problem.place}: {problem.level} {problem.code}: {problem.message}{fix}"), err=True)
    if not (events or found.others):
        _refuse(f"{found.own.subject} has no event that can be read", "see the lines above")
    return found, events


def _write(explained: "Explained", form: str, out: Path | None) -> None:
    import os
    import shutil

    from casewarden.report.diagnostics import wants_colour
    from casewarden.report.explain import render_html, render_json, render_text

    if form == "html":
        text = render_html(explained)
    elif form == "json":
        text = render_json(explained)
    else:
        colour = out is None and wants_colour(sys.stdout, os.environ)
        width = max(80, min(140, shutil.get_terminal_size((110, 24)).columns))
        text = render_text(explained, colour=colour, width=width)
    if out is None:
        click.echo(text, nl=False, color=True)
        return
    try:
        out.write_text(text, encoding="utf-8")
    except OSError as error:
        _refuse(f"{out} cannot be written: {error.strerror or error}")
    click.echo(f"{out} written", err=True)


def _unknown(message: str, name: str, known: list[str], words: str) -> NoReturn:
    from casewarden.ruleset.diagnostics import did_you_mean

    near = did_you_mean(name, known)
    if near is not None:
        _refuse(message, f"did you mean `{near}`?")
    few = ", ".join(known[:12]) + (f" and {len(known) - 12} more" if len(known) > 12 else "")
    _refuse(message, f"{words}: {few}" if known else "there is none at all")


def _refuse(message: str, fix: str | None = None) -> NoReturn:
    """Say what is wrong and what would be right, and stop with the code for wrong usage or input."""
    from casewarden.report.terminal import visible

    click.echo(f"error: {visible(message)}" + (f"\n  fix: {visible(fix)}" if fix else ""), err=True)
    sys.exit(2)
