"""`casewarden check`: every problem of a ruleset, with its place and its fix."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from casewarden.ruleset.diagnostics import Diagnostics


@click.command()
@click.option("--format", "form", type=click.Choice(["text", "json", "sarif"]), default="text", show_default=True)
@click.option("--strict", is_flag=True, help="Warnings fail the check as errors do.")
@click.option(
    "--matcher",
    type=click.Choice(["generated", "durable"]),
    default="generated",
    show_default=True,
    help="What is to match the rules: durable also lists what the durable library cannot hold.",
)
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
def command(files: tuple[Path, ...], form: str, strict: bool, matcher: str) -> None:
    """Check rulesets with all that they include, also with each of the readings that were not chosen.

    The exit code is 0 where all is well, 1 where there are problems, 2 where a file cannot be read at all.
    """
    from casewarden.ruleset.diagnostics import Diagnostics, Level
    from casewarden.ruleset.load import check_file

    diagnostics, readable = Diagnostics(), True
    for path in files:
        opened, found = check_file(path)
        diagnostics.extend(found)
        readable = readable and opened
        if matcher == "durable":
            _add_refusals(path, diagnostics)
    _show(diagnostics, form, len(files))
    if not readable:
        sys.exit(2)
    failing = {Level.ERROR, Level.WARNING} if strict else {Level.ERROR}
    if any(item.level in failing for item in diagnostics.items):
        sys.exit(1)


def _add_refusals(path: Path, diagnostics: "Diagnostics") -> None:
    """Say what the durable matcher cannot hold of a ruleset that is sound otherwise."""
    from casewarden.decide.durable import refusals
    from casewarden.ruleset.load import load

    ruleset, _ = load(path)
    for refusal in () if ruleset is None else refusals(ruleset):
        leaf = "" if refusal.leaf is None else f" at `{refusal.leaf}`"
        diagnostics.error(
            "CW612",
            refusal.place,
            f"the durable matcher cannot hold `{refusal.rule}`{leaf}: {refusal.reason}",
            "leave this rule to the generated matcher, which holds all of the language",
        )


def _show(diagnostics: "Diagnostics", form: str, count: int) -> None:
    import os

    from casewarden.report.diagnostics import render_json, render_text, wants_colour
    from casewarden.report.sarif import render_sarif

    if form != "text":
        renderers: dict[str, Callable[[Diagnostics], str]] = {"json": render_json, "sarif": render_sarif}
        click.echo(renderers[form](diagnostics), nl=False)
    elif diagnostics.items:
        click.echo(render_text(diagnostics, colour=wants_colour(sys.stdout, os.environ)), nl=False)
    else:
        click.echo(f"{count} ruleset{'' if count == 1 else 's'} checked: no problems.")
