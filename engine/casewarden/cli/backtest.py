"""`casewarden backtest`: one history through two versions of a ruleset, and what comes out otherwise."""

import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from casewarden.report.backtest import Shown
    from casewarden.ruleset.diagnostics import Diagnostics
    from casewarden.scenario.backtest import Backtest, Comparison

_FILE = click.Path(path_type=Path)


@dataclass(frozen=True, slots=True)
class Given:
    """The history as it was named."""

    history: Path
    mapping: Path | None
    customers: Path | None
    until: int | None


@click.command()
@click.option("--base", required=True, type=_FILE, help="The ruleset as it is.")
@click.option("--head", required=True, type=_FILE, help="The ruleset as it is to be.")
@click.option("--history", required=True, type=_FILE, help="Events as JSON lines, or a table (then with --map).")
@click.option("--map", "mapping", type=_FILE, help="How the columns of a table become events.")
@click.option("--customers", type=_FILE, help="A customer directory, read for the head.")
@click.option("--until", metavar="INSTANT", help="Decide up to here, such as 2026-03-02T16:40+01:00.")
@click.option("--jobs", type=click.IntRange(1, 512), help="Processes; one for each core if left out.")
@click.option("--format", "form", type=click.Choice(["text", "json", "html"]), default="text", show_default=True)
@click.option("--out", "-o", type=_FILE, help="Write here instead of to the terminal.")
def command(
    *,
    base: Path,
    head: Path,
    history: Path,
    mapping: Path | None,
    customers: Path | None,
    until: str | None,
    jobs: int | None,
    form: str,
    out: Path | None,
) -> None:
    """Run a ticket history through two versions of a ruleset, and tell what comes out otherwise.

    Both are decided alike: every event when it became known, every wake-up at its instant. The exit code is 0 whether
    or not something differs, 1 where rows had to be refused, 2 where a ruleset or the history cannot be read.
    """
    from casewarden.cli.replay import instant_of, show, show_rows
    from casewarden.ruleset.diagnostics import Diagnostics, Level

    diagnostics = Diagnostics()
    source = Given(history, mapping, customers, instant_of(until))
    backtest = _prepared(base, head, source, jobs or os.cpu_count() or 1, diagnostics)
    if backtest is None or any(item.level is not Level.NOTE for item in diagnostics.items):
        show(diagnostics)
    if backtest is None:
        sys.exit(2)
    found, shown = _compared(backtest, form)
    show_rows(found.rows)
    _write(_rendered(backtest, history, found, shown, form, out), out)
    sys.exit(1 if found.rows.has_errors else 0)


def _prepared(base: Path, head: Path, given: Given, jobs: int, diagnostics: "Diagnostics") -> "Backtest | None":
    from casewarden import clock
    from casewarden.decide import compile_ruleset
    from casewarden.ruleset.load import load
    from casewarden.scenario.backtest import Backtest, Version
    from casewarden.scenario.open_history import source_of, with_customers
    from casewarden.worktime import to_us

    versions = []
    for file in (base, head):
        ruleset, found = load(file)
        diagnostics.extend(found)
        if ruleset is not None:
            versions.append(Version(compile_ruleset(ruleset), file))
    source, _ = source_of(given.history, given.mapping, diagnostics, to_us(clock.now()), given.until)
    if len(versions) != 2 or source is None:
        return None
    source = with_customers(source, given.customers, versions[1].compiled.ruleset, diagnostics)
    before, after = versions
    return None if source is None else Backtest(before, after, source, until=given.until, jobs=jobs)


def _compared(backtest: "Backtest", form: str) -> "tuple[Comparison, list[Shown]]":
    """The comparison, and its samples with their explanations; ends the process where the history cannot be read."""
    from casewarden.cli.progress import progress_bar
    from casewarden.cli.replay import show
    from casewarden.report.backtest import Shown
    from casewarden.ruleset.diagnostics import Diagnostics
    from casewarden.scenario.backtest import Comparison, explained
    from casewarden.scenario.history import Extent, HistoryError

    total, extent, whole = Comparison(), Extent(), backtest
    try:
        with progress_bar(form) as advance:
            for part, whole in backtest.parts(extent):  # noqa: B007
                total.merge(part)
                advance(part.rows, extent)
    except HistoryError as error:
        diagnostics = Diagnostics()
        diagnostics.error(error.code, error.place, str(error), error.fix)
        show(diagnostics)
        sys.exit(2)
    shown = [
        Shown(sample, explained(sample, whole.base, whole.mode), explained(sample, whole.head, whole.mode))
        for sample in total.samples
    ]
    return total, shown


def _rendered(
    backtest: "Backtest", history: Path, found: "Comparison", shown: "list[Shown]", form: str, out: Path | None
) -> str:
    from casewarden.report.backtest import Names, render_html, render_json, render_text
    from casewarden.report.diagnostics import wants_colour

    base, head = backtest.base, backtest.head
    names = Names(
        str(base.file),
        base.compiled.ruleset.digest,
        str(head.file),
        head.compiled.ruleset.digest,
        history.name,
    )
    if form == "json":
        return render_json(names, found, shown)
    if form == "html":
        return render_html(names, found, shown)
    return render_text(names, found, shown, colour=out is None and wants_colour(sys.stdout, os.environ))


def _write(text: str, out: Path | None) -> None:
    if out is None:
        click.echo(text, nl=False, color=True)
        return
    try:
        out.write_text(text, encoding="utf-8", newline="\n")
    except OSError as error:
        click.echo(f"{out} cannot be written: {error.strerror or error}", err=True)
        sys.exit(2)
    click.echo(f"{out} written", err=True)
