"""`casewarden check`: every problem of rulesets, tests, mappings and customer directories, with place and fix."""

import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from casewarden.ruleset.diagnostics import Diagnostics
    from casewarden.ruleset.syntax import Ruleset


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
@click.option(
    "--deep",
    is_flag=True,
    help="Also try what rulesets can do: gaps, targets that get worse, rules that are overruled, fight, go round or"
    " never fire, clocks that never stop, messages without a translation.",
)
@click.option(
    "--neighbours",
    multiple=True,
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="With --deep: rules that the helpdesk runs by itself, as `casewarden import` writes them; loops with them"
    " are told.",
)
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
def command(
    files: tuple[Path, ...], form: str, strict: bool, matcher: str, deep: bool, neighbours: tuple[Path, ...]
) -> None:
    """Check rulesets, files of tests, mapping files and customer directories (files or folders).

    The folder of a ruleset stands for all of these that are in it.

    Rulesets are checked with all that they include, also with each of the readings that were not chosen. The exit code
    is 0 where all is well, 1 where there are problems, 2 where a file cannot be read at all. What --deep finds are
    warnings and notes: with --strict warnings make it 1, notes never do.
    """
    from casewarden.ruleset.diagnostics import Diagnostics, Level
    from casewarden.scenario.check_any import Kind, check_any, files_to_check

    if neighbours and not deep:
        raise click.UsageError("--neighbours goes with --deep")
    diagnostics, readable, kinds = Diagnostics(), True, set()
    beside = [one for path in neighbours if (one := _neighbour(path, diagnostics)) is not None]
    readable = len(beside) == len(neighbours)
    checked = [file for path in files for file in files_to_check(path)]
    for path in checked:
        kind, opened, found = check_any(path)
        diagnostics.extend(found)
        readable = readable and opened
        kinds.add(kind)
        if matcher == "durable" and kind is Kind.RULESET:
            _add_refusals(path, diagnostics)
        if deep and kind is Kind.RULESET:
            _look_deep(path, diagnostics, beside)
    what = kinds.pop() if len(kinds) == 1 else None
    _show(diagnostics, form, len(checked), "file" if what is None else what.value)
    if not readable:
        sys.exit(2)
    failing = {Level.ERROR, Level.WARNING} if strict else {Level.ERROR}
    if any(item.level in failing for item in diagnostics.items):
        sys.exit(1)


def _neighbour(path: Path, diagnostics: "Diagnostics") -> "Ruleset | None":
    """A ruleset that is only read: of what is wrong with it errors alone are told."""
    from casewarden.ruleset.load import load

    ruleset, found = load(path)
    if ruleset is None:
        diagnostics.extend(found)
    else:
        for file, text in found.sources.items():
            diagnostics.add_source(file, text)
    return ruleset


def _look_deep(path: Path, diagnostics: "Diagnostics", neighbours: "Sequence[Ruleset]") -> None:
    """Add what analysis finds; a ruleset with errors is not analysed, since it may mean something else."""
    from casewarden.analysis.deep import check_deep
    from casewarden.ruleset.load import load

    ruleset, _ = load(path)
    if ruleset is not None:
        check_deep(ruleset, diagnostics, neighbours=neighbours)


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


def _show(diagnostics: "Diagnostics", form: str, count: int, what: str) -> None:
    import os

    from casewarden.report.diagnostics import render_json, render_text, wants_colour
    from casewarden.report.sarif import render_sarif

    if form != "text":
        renderers: dict[str, Callable[[Diagnostics], str]] = {"json": render_json, "sarif": render_sarif}
        click.echo(renderers[form](diagnostics), nl=False)
    elif diagnostics.items:
        click.echo(render_text(diagnostics, colour=wants_colour(sys.stdout, os.environ)), nl=False)
    else:
        several = {"file of tests": "files of tests", "customer directory": "customer directories"}.get(
            what, f"{what}s"
        )
        click.echo(f"{count} {what if count == 1 else several} checked: no problems.")
