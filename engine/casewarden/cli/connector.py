"""`casewarden connector`: a new connector to write, or a configured one checked against its server."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from casewarden.cli.opened import CONFIG, refusals, settings_of

if TYPE_CHECKING:
    from casewarden.plugin import Check


@click.group()
def command() -> None:
    """Write a connector, or check one that is configured."""


@command.command()
@click.argument("name")
@click.argument("folder", required=False, type=click.Path(path_type=Path))
def new(name: str, folder: Path | None) -> None:
    """Write a plugin with a connector NAME into FOLDER, casewarden-NAME if it is left out.

    It speaks to an invented helpdesk, comes with a fake of it, and passes the conformance kit as it stands. Exits with
    2 where the name cannot be one, or a file is there already.
    """
    from casewarden.cli.atomic import create_text
    from casewarden.testing.scaffold.writing import NameUnfitError, scaffold

    try:
        files = scaffold(name)
    except NameUnfitError as problem:
        click.echo(f"error: {problem}", err=True)
        sys.exit(2)
    where = folder or Path(f"casewarden-{name}")
    there = [path for path in files if (where / path).exists() or (where / path).is_symlink()]
    if there:
        click.echo(f"error: {where / there[0]} is there already; name another folder", err=True)
        sys.exit(2)
    try:
        for path, text in files.items():
            (where / path).parent.mkdir(parents=True, exist_ok=True)
            create_text(where / path, text)
    except OSError as problem:
        click.echo(f"error: {where} cannot be written: {problem.strerror or problem}", err=True)
        sys.exit(2)
    click.echo(f"{len(files)} files written to {where}. Next, in that folder:")
    click.echo("  pytest")
    click.echo("  pip install --editable .")


@command.command()
@click.argument("name")
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
@CONFIG
def check(name: str, form: str, config: Path) -> None:
    """Check the configured connector NAME against its server: can it log in, what may it do, is its clock right.

    Nothing is written there. Exits with 1 where something is wrong, with 2 where the connector cannot be made.
    """
    import os

    from casewarden.plugin import Check, Finding
    from casewarden.report.terminal import json_text, visible
    from casewarden.service.brought import in_words
    from casewarden.sidecar.assembly import StartError, connect_one
    from casewarden.telemetry.hiding import without_registered

    settings = settings_of(config)
    try:
        with refusals():
            connector = connect_one(settings, name, os.environ)
    except StartError as problem:
        click.echo(f"error: {visible(without_registered(str(problem)))}", err=True)
        if problem.fix:
            click.echo(f"  fix: {visible(problem.fix)}", err=True)
        sys.exit(2)
    try:
        found = connector.check()
    except Exception as problem:  # noqa: BLE001  # a connector may do anything; whoever asks is told
        found = Check((Finding("error", f"its check fails: {in_words(problem)}", "tell those who made the plugin"),))
    finally:
        connector.close()
    rows = [
        {
            "level": one.level,
            "message": without_registered(one.message),
            "fix": None if one.fix is None else without_registered(one.fix),
        }
        for one in found.findings
    ]
    if form == "json":
        click.echo(json_text({"connector": name, "fit": found.is_fit, "findings": rows}), nl=False)
    else:
        for row in rows:
            click.echo(f"{row['level']}: {visible(str(row['message']))}")
            if row["fix"] is not None:
                click.echo(f"  fix: {visible(str(row['fix']))}")
        click.echo(_summary(name, found))
    sys.exit(0 if found.is_fit else 1)


def _summary(name: str, found: "Check") -> str:
    wrong = sum(one.level == "error" for one in found.findings)
    if wrong:
        return f"{name} cannot work: {wrong} {'thing is' if wrong == 1 else 'things are'} wrong."
    warned = sum(one.level == "warning" for one in found.findings)
    return f"{name} can work" + (f"; {warned} {'thing' if warned == 1 else 'things'} to look at." if warned else ".")
