"""`casewarden config`: the configuration checked, or shown with all that it leaves out."""

import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

if TYPE_CHECKING:
    from casewarden.plugin import Spec
    from casewarden.ruleset.diagnostics import Diagnostics

_FILE: Final = click.argument("file", default="casewarden.yaml", type=click.Path(path_type=Path))


@click.group()
def command() -> None:
    """Check a configuration, or show all that it says."""


@command.command()
@click.option("--format", "form", type=click.Choice(["text", "json", "sarif"]), default="text", show_default=True)
@click.option("--strict", is_flag=True, help="Warnings fail the check as errors do.")
@_FILE
def check(file: Path, form: str, strict: bool) -> None:
    """Check FILE (casewarden.yaml if it is left out) with all that it names.

    Rulesets and customers are checked too, secrets are read and never shown, the settings of connectors are held
    against what their plugins say. The exit code is 0 where all is well, 1 where there are problems, 2 where the file
    cannot be read at all.
    """
    import os

    from casewarden.config.check import check_configuration
    from casewarden.report.diagnostics import render_json, render_text, wants_colour
    from casewarden.report.sarif import render_sarif
    from casewarden.ruleset.diagnostics import Level

    checked = check_configuration(file, environ=os.environ, plugins=_plugins())
    found = checked.diagnostics
    if form != "text":
        renderers: dict[str, Callable[[Diagnostics], str]] = {"json": render_json, "sarif": render_sarif}
        click.echo(renderers[form](found), nl=False)
    elif found.items:
        click.echo(render_text(found, colour=wants_colour(sys.stdout, os.environ)), nl=False)
    else:
        count = len(checked.rulesets)
        click.echo(f"{file} checked with {count} {'ruleset' if count == 1 else 'rulesets'}: no problems.")
    if not checked.is_readable:
        sys.exit(2)
    failing = {Level.ERROR, Level.WARNING} if strict else {Level.ERROR}
    if any(item.level in failing for item in found.items):
        sys.exit(1)


@command.command()
@click.option("--format", "form", type=click.Choice(["yaml", "json"]), default="yaml", show_default=True)
@_FILE
def show(file: Path, form: str) -> None:
    """Print the settings of FILE (casewarden.yaml if it is left out) as they hold, defaults included.

    Secrets are never shown, only where they are kept. Exits with 1 where the file has errors, with 2 where it cannot be
    read.
    """
    import os

    from casewarden.config.read_settings import open_configuration
    from casewarden.config.show import as_yaml, effective
    from casewarden.report.diagnostics import render_text, wants_colour
    from casewarden.report.terminal import json_text
    from casewarden.ruleset.document import read_file

    opened = open_configuration(file, read_file)
    if opened.settings is None:
        click.echo(render_text(opened.shown(), colour=wants_colour(sys.stderr, os.environ)), err=True, nl=False)
        sys.exit(2 if opened.node is None else 1)
    shown = effective(opened.settings, _plugins())
    click.echo(as_yaml(shown) if form == "yaml" else json_text(shown), nl=False)


def _plugins() -> Mapping[str, "Spec"]:
    """What the installed plugins say of themselves; exits with 2 where one of them is broken."""
    from casewarden.plugin.manager import PluginError, load_plugins

    try:
        return {name: factory.spec() for name, factory in load_plugins().items()}
    except PluginError as error:
        click.echo(f"{error}", err=True)
        sys.exit(2)
