"""`casewarden replay`: a ticket history through a ruleset, with a summary, every decision, and a report."""

import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from casewarden.report.summary import Heading
    from casewarden.ruleset.diagnostics import Diagnostics
    from casewarden.scenario.history import Extent
    from casewarden.scenario.replay import Part, Replay
    from casewarden.scenario.rows import RowReport

_FILE = click.Path(path_type=Path)


@dataclass(frozen=True, slots=True)
class Order:
    """What is to be replayed and where its results go."""

    ruleset: Path
    history: Path
    mapping: Path | None
    out: Path
    until: int | None = None
    mode: str = "known"
    jobs: int = 1
    form: str = "text"
    customers: Path | None = None


@click.command()
@click.option("--ruleset", required=True, type=_FILE, help="The ruleset to decide with.")
@click.option("--history", required=True, type=_FILE, help="Events as JSON lines, or a table (then with --map).")
@click.option("--map", "mapping", type=_FILE, help="How the columns of a table become events.")
@click.option("--customers", type=_FILE, help="A customer directory: plans, contracts, contacts, licences.")
@click.option("--out", type=_FILE, default=Path("out"), show_default=True, help="Folder for the results.")
@click.option("--until", metavar="INSTANT", help="Decide up to here, such as 2026-03-02T16:40+01:00.")
@click.option(
    "--mode",
    type=click.Choice(["known", "happened"]),
    default="known",
    show_default=True,
    help="Events count when they became known, or when they happened.",
)
@click.option("--jobs", type=click.IntRange(1, 512), help="Processes; one for each core if left out.")
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
def command(
    *,
    ruleset: Path,
    history: Path,
    mapping: Path | None,
    customers: Path | None,
    out: Path,
    until: str | None,
    mode: str,
    jobs: int | None,
    form: str,
) -> None:
    """Run a ticket history through a ruleset.

    Writes decisions.jsonl, report.html and summary.json. The exit code is 1 where rows had to be refused, 2 where the
    ruleset, the history or the customers cannot be read.
    """
    cores = jobs or os.cpu_count() or 1
    order = Order(ruleset, history, mapping, out, instant_of(until), mode, cores, form, customers)
    sys.exit(play(order))


def play(order: Order) -> int:
    """Replay, write the results and show the summary; the exit code."""
    from casewarden.cli.progress import progress_bar
    from casewarden.ruleset.diagnostics import Diagnostics, Level
    from casewarden.scenario.history import Extent, HistoryError
    from casewarden.scenario.replay import Part

    diagnostics = Diagnostics()
    ready = _prepare(order, diagnostics)
    if ready is None or any(found.level is not Level.NOTE for found in diagnostics.items):
        show(diagnostics)
    if ready is None:
        return 2
    replay, heading = ready
    total, extent = Part(), Extent()
    written = order.out / "decisions.jsonl"
    try:
        order.out.mkdir(parents=True, exist_ok=True)
        with written.open("w", encoding="utf-8", newline="\n") as stream, progress_bar(order.form) as advance:
            for part in replay.parts(extent):
                stream.write(part.lines)
                total.absorb(part)
                advance(part.rows, extent)
        files = _write(order.out, heading, total, extent)
    except HistoryError as error:
        diagnostics = Diagnostics()
        diagnostics.error(error.code, error.place, str(error), error.fix)
        show(diagnostics)
        return 2
    except OSError as error:
        click.echo(f"The results cannot be written to {error.filename or order.out}: {error.strerror}", err=True)
        return 2
    _report(order.form, heading, total, files)
    return 1 if total.rows.has_errors else 0


def _prepare(order: Order, diagnostics: "Diagnostics") -> "tuple[Replay, Heading] | None":
    from casewarden import clock
    from casewarden.decide import compile_ruleset
    from casewarden.report.summary import Heading
    from casewarden.ruleset.load import load
    from casewarden.scenario.open_history import source_of, with_customers
    from casewarden.scenario.replay import Replay, Setting
    from casewarden.scenario.run import Mode
    from casewarden.worktime import to_us

    ruleset, found = load(order.ruleset)
    diagnostics.extend(found)
    source, mapping = source_of(order.history, order.mapping, diagnostics, to_us(clock.now()), order.until)
    if ruleset is None or source is None:
        return None
    source = with_customers(source, order.customers, ruleset, diagnostics)
    if source is None:
        return None
    compared = {} if mapping is None else {record.name: record.clocks for record in mapping.recorded}
    setting = Setting(Mode(order.mode), order.until, compared)
    heading = Heading(ruleset.name, ruleset.digest, order.history.name, order.mode, order.until, tuple(ruleset.clocks))
    return Replay(compile_ruleset(ruleset), order.ruleset, source, setting, order.jobs), heading


def _write(out: Path, heading: "Heading", total: "Part", extent: "Extent") -> dict[str, str]:
    import json
    from dataclasses import replace

    from casewarden.report.html import replay_page
    from casewarden.report.summary import as_json

    ended = heading if heading.until is not None else replace(heading, until=extent.end)
    names = {"decisions": "decisions.jsonl", "report": "report.html", "summary": "summary.json"}
    files = {name: str(out / file) for name, file in names.items()}
    (out / "report.html").write_text(replay_page(ended, total), encoding="utf-8", newline="\n")
    summary = json.dumps(as_json(ended, total, names), ensure_ascii=False, indent=2)
    (out / "summary.json").write_text(summary + "\n", encoding="utf-8", newline="\n")
    return files


def _report(form: str, heading: "Heading", total: "Part", files: dict[str, str]) -> None:
    from casewarden.report.summary import as_json, print_summary

    if form == "json":
        from casewarden.report.terminal import json_text

        click.echo(json_text(as_json(heading, total, files)), nl=False)
        return
    from rich.console import Console

    show_rows(total.rows)
    console = Console(soft_wrap=False)
    print_summary(console, heading, total)
    click.echo(f"decisions: {files['decisions']}")
    click.echo(f"report:    {files['report']}")


def show_rows(rows: "RowReport") -> None:
    """Tell errors and warnings in rows; notes are in the report."""
    from casewarden.ruleset.diagnostics import Diagnostics, Level

    found = Diagnostics()
    for problem in rows.diagnostics():
        if problem.level is Level.ERROR:
            found.error(problem.code, problem.place, problem.message, problem.fix)
        elif problem.level is Level.WARNING:
            found.warning(problem.code, problem.place, problem.message, problem.fix)
    show(found)
    levels = {code: level for code, level in rows.problems if level is not Level.NOTE}
    more = [f"{count:,} more {code}" for code, count in rows.unshown().items() if code in levels]
    if more:
        click.echo(f"... and {', '.join(more)}", err=True)


def show(diagnostics: "Diagnostics") -> None:
    """Show problems on standard error."""
    from casewarden.report.diagnostics import render_text, wants_colour

    text = render_text(diagnostics, colour=wants_colour(sys.stderr, os.environ))
    if text:
        click.echo(text, err=True)


def instant_of(text: str | None) -> int | None:
    """The instant of `--until`."""
    from casewarden.scenario.instants import InstantError, read_instant

    if text is None:
        return None
    try:
        return read_instant(text)
    except InstantError as error:
        raise click.BadParameter(f"{error}; write it like 2026-03-02T16:40+01:00", param_hint="--until") from None
