"""`casewarden lint`: what is worth a second look in a sound ruleset; with --diverge, what hangs on its readings."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from casewarden.ruleset.diagnostics import Diagnostics


@click.command()
@click.option(
    "--diverge", is_flag=True, help="Decide sample cases in every reading, and tell what comes out otherwise."
)
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
@click.argument("ruleset", type=click.Path(path_type=Path, exists=True))
def command(ruleset: Path, diverge: bool, form: str) -> None:
    """Show the warnings of a ruleset, and with --diverge what hangs on its interpretations.

    RULESET is a file, or a folder with one. Sample cases are the timelines of the scenario tests beside it that cite an
    interpretation, else of all its tests, else cases made for each plan and severity. The exit code is 0 where all is
    well, 1 where there are warnings or a reading that changes no sample case, 2 where the ruleset cannot be used.
    """
    import os

    from casewarden.report.diagnostics import render_json, render_text, wants_colour
    from casewarden.ruleset.diagnostics import Level
    from casewarden.ruleset.load import check_file
    from casewarden.scenario.cover_sources import SourceError, ruleset_file

    try:
        file = ruleset_file(ruleset)
    except SourceError as problem:
        raise click.UsageError(str(problem)) from None
    readable, diagnostics = check_file(file)
    if diagnostics.items and (form == "text" or not diverge):
        shown = render_json(diagnostics) if form == "json" else None
        text = shown or render_text(diagnostics, colour=wants_colour(sys.stdout, os.environ))
        click.echo(text, nl=False)
    if not readable or diagnostics.has_errors:
        sys.exit(2)
    fine = not any(item.level is Level.WARNING for item in diagnostics.items)
    if diverge:
        fine = _diverge(file, form) and fine
    elif not diagnostics.items:
        click.echo(render_json(diagnostics) if form == "json" else f"{file}: nothing to remark.", nl=form != "json")
    sys.exit(0 if fine else 1)


def _diverge(file: Path, form: str) -> bool:
    """Tell what the readings change; False where one changes nothing in any sample case."""
    import os

    from casewarden.report.diagnostics import wants_colour
    from casewarden.report.divergence import render_json, render_text
    from casewarden.ruleset.load import load
    from casewarden.scenario.cover_sources import Reading, own_tests
    from casewarden.scenario.diverge import diverge

    ruleset, _ = load(file)
    assert ruleset is not None
    reading = Reading()
    tests = own_tests(file, reading)
    if tests is None:
        _refuse(reading.diagnostics)
    others = {}
    for interpretation in ruleset.interpretations.values():
        for name in interpretation.others:
            other, _ = load(file, readings={interpretation.name: name})
            assert other is not None  # the check has tried every reading
            others[interpretation.name, name] = other
    found = list(diverge(ruleset, others, tests or ()))
    without = [one for one in ruleset.interpretations.values() if not one.others]
    if form == "json":
        click.echo(render_json(found, without), nl=False)
    elif found or without:
        click.echo(render_text(found, without, colour=wants_colour(sys.stdout, os.environ)), nl=False)
    else:
        click.echo(f"{file} states no interpretations.")
    return all(one.samples for one in found)


def _refuse(diagnostics: "Diagnostics") -> None:
    import os

    from casewarden.report.diagnostics import render_text, wants_colour

    click.echo(render_text(diagnostics, colour=wants_colour(sys.stderr, os.environ)), err=True, nl=False)
    sys.exit(2)
