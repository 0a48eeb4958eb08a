"""`casewarden lock`: write down what a ruleset takes from outside."""

import sys
from pathlib import Path

import click


@click.command()
@click.option("--check", is_flag=True, help="Write nothing; exit with 1 where the lock file is missing or out of date.")
@click.argument("ruleset", type=click.Path(path_type=Path))
def command(ruleset: Path, check: bool) -> None:
    """Write the lock file beside RULESET: resolved holidays, the version of the zone data, hashes of included files.

    Checking and deciding then take the holidays from there, so that an upgrade moves no deadline.
    """
    import os

    from casewarden.cli.atomic import replace_text
    from casewarden.report.diagnostics import render_text, wants_colour
    from casewarden.ruleset.diagnostics import Diagnostics
    from casewarden.ruleset.document import read_file
    from casewarden.ruleset.load import build, open_file
    from casewarden.ruleset.lock import lock_path, make_lock

    diagnostics = Diagnostics()
    document = open_file(ruleset, read_file, diagnostics)
    if document is not None:
        build(document, ruleset, read_file, None, diagnostics)
    if document is None or diagnostics.has_errors:
        click.echo(render_text(diagnostics, colour=wants_colour(sys.stderr, os.environ)), err=True, nl=False)
        sys.exit(2 if document is None else 1)
    target, text = lock_path(ruleset), make_lock(document)
    if target.is_file() and target.read_bytes() == text.encode():
        click.echo(f"{target} is up to date")
    elif check:
        click.echo(f"{target} is out of date" if target.exists() else f"{target} is missing")
        sys.exit(1)
    else:
        try:
            replace_text(target, text)
        except OSError as error:
            click.echo(f"{target} cannot be written: {error.strerror or error}", err=True)
            sys.exit(2)
        click.echo(f"{target} written")
