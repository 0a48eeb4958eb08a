"""`casewarden cover`: which elements and tests stand for each clause of a policy, and what is missing."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import click

if TYPE_CHECKING:
    from casewarden.scenario.cover import Cover
    from casewarden.scenario.cover_sources import Reading


@click.command()
@click.option("--policy", type=click.Path(path_type=Path), metavar="TEXT", help="The policy's text, to compare with.")
@click.option("--format", "form", type=click.Choice(["text", "json", "html"]), default="text", show_default=True)
@click.option("--prove", "proven", is_flag=True, help="Delete each cited element in turn; a test must then fail.")
@click.option(
    "--update-hashes", is_flag=True, help="After a review: write the hashes of changed clauses, and nothing else."
)
@click.option(
    "-o", "--out", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE", help="Write there instead."
)
@click.option(
    "--jobs", type=click.IntRange(1), metavar="N", help="Processes for --prove; one for each core if left out."
)
@click.option("-v", "--verbose", is_flag=True, help="Show readings, tests and proofs of each clause as well.")
@click.argument("rules", type=click.Path(path_type=Path))
def command(
    rules: Path,
    policy: Path | None,
    form: str,
    proven: bool,
    update_hashes: bool,
    out: Path | None,
    jobs: int | None,
    verbose: bool,
) -> None:
    """Show, clause by clause, what of the ruleset at RULES enforces the policy, and which tests show it.

    RULES is a ruleset, or the folder of one. Exits with 0 where every clause is covered, 1 where something is missing
    or wrong, 2 where something cannot be read.
    """
    from casewarden.scenario.cover_sources import Reading, SourceError

    reading = Reading()
    try:
        if update_hashes:
            _update(rules, policy, reading)
            return
        found = _found(rules, policy, reading, jobs=_jobs(jobs) if proven else None)
    except SourceError as error:
        _tell(reading)
        _refuse(str(error))
    _tell(reading)
    _write(found, form, out, verbose=verbose)
    sys.exit(1 if found.all_problems else 0)


def _jobs(jobs: int | None) -> int:
    import os

    return jobs or len(os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else [0] * (os.cpu_count() or 1))


def _found(rules: Path, policy: Path | None, reading: "Reading", jobs: int | None) -> "Cover":
    """What is covered; where the ruleset or its tests have errors, those are the problems. `jobs` None: no proofs."""
    from casewarden.ruleset.diagnostics import Level
    from casewarden.scenario.cover import Cover, Problem, add_proofs, cover
    from casewarden.scenario.cover_sources import read_sources

    sources = read_sources(rules, policy, reading)
    if sources is None:
        errors = [item for item in reading.diagnostics.items if item.level is Level.ERROR]
        return Cover(rules.name, None, (), [Problem(item.place, _sentence(item.message)) for item in errors])
    found = cover(sources)
    if jobs is not None:
        add_proofs(found, sources, jobs)
    return found


def _sentence(message: str) -> str:
    return f"{message[:1].upper()}{message[1:]}."


def _update(rules: Path, policy: Path | None, reading: "Reading") -> None:
    """Write the hashes of clauses whose text changed; tell each, and each that moved or is gone."""
    from casewarden.cli.atomic import replace_text
    from casewarden.ruleset.clause_list import Standing, compare, with_hashes
    from casewarden.ruleset.document import read_file
    from casewarden.ruleset.policy_text import place_text
    from casewarden.scenario.cover_sources import SourceError, clause_file, clauses_of, policy_text, ruleset_file
    from casewarden.scenario.variation import Base

    file = ruleset_file(rules)
    base, found = Base.open(file)
    reading.diagnostics.extend(found)
    if base is None:
        raise SourceError(f"the ruleset {file} cannot be read")
    clauses = clauses_of(base.document, file, reading)
    text = policy_text(base.document, file, policy, reading)
    if text is None:
        raise SourceError("there is no text of the policy to take hashes of; name it with --policy")
    target = clause_file(base.document, file)
    written, fresh = with_hashes(read_file(target).decode("utf-8"), clauses, text)
    left = False
    for clause in clauses:
        at = compare(clause, text)
        if clause.id in fresh:
            click.echo(f"{clause.id} ({clause.place}): {clause.hash} is now {fresh[clause.id]}")
        elif at is None or at.standing is Standing.MISSING:
            left = True
            click.echo(f"{clause.id} ({clause.place}): nothing stands at this place; correct it first", err=True)
        elif at.standing is Standing.MOVED:
            left = True
            click.echo(f"{clause.id} ({clause.place}): moved to {place_text(at.now or ())}; write that place", err=True)
    if fresh:
        try:
            replace_text(target, written)
        except OSError as error:
            _refuse(f"{target} cannot be written: {error.strerror or error}")
    click.echo(f"{len(fresh)} of {len(clauses)} hashes written to {target}")
    sys.exit(1 if left else 0)


def _tell(reading: "Reading") -> None:
    import os

    from casewarden.report.diagnostics import render_text, wants_colour
    from casewarden.report.terminal import visible

    if reading.diagnostics.has_errors:
        shown = render_text(reading.diagnostics, colour=wants_colour(sys.stderr, os.environ))
        click.echo(shown, err=True, nl=False)
    for note in reading.notes:
        click.echo(f"note: {visible(note)}", err=True)


def _write(found: "Cover", form: str, out: Path | None, *, verbose: bool) -> None:
    from casewarden.cli.atomic import replace_text
    from casewarden.report.cover import render_json
    from casewarden.report.cover_page import cover_page

    text = (
        cover_page(found)
        if form == "html"
        else render_json(found)
        if form == "json"
        else _text(found, out, verbose=verbose)
    )
    if out is None:
        click.echo(text, nl=False, color=True)
        return
    try:
        replace_text(out, text)
    except OSError as error:
        _refuse(f"{out} cannot be written: {error.strerror or error}")
    click.echo(f"{out} written", err=True)


def _text(found: "Cover", out: Path | None, *, verbose: bool) -> str:
    import io
    import os
    import shutil

    from rich.console import Console

    from casewarden.report.cover import print_cover
    from casewarden.report.diagnostics import wants_colour

    colour = out is None and wants_colour(sys.stdout, os.environ)
    width = max(80, min(160, shutil.get_terminal_size((110, 24)).columns))
    stream = io.StringIO()
    console = Console(file=stream, force_terminal=colour, no_color=not colour, width=width, emoji=False)
    print_cover(console, found, verbose=verbose)
    return stream.getvalue()


def _refuse(message: str) -> NoReturn:
    from casewarden.report.terminal import visible

    click.echo(f"error: {visible(message)}", err=True)
    sys.exit(2)
