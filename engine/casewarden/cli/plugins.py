"""`casewarden plugins`: what is installed, and whether it passed the conformance kit."""

import sys
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from casewarden.plugin.manager import Found


@click.command()
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
def command(form: str) -> None:
    """List the connectors that are installed: version, contract, what they can do, and the verdict of the kit.

    Exits with 2 where a plugin does not load; the sidecar does not start then either.
    """
    from casewarden.plugin.manager import PluginError, find_plugins
    from casewarden.report.terminal import json_text, visible

    try:
        found = [_row(one) for one in find_plugins().values()]
    except PluginError as error:
        click.echo(f"error: {visible(str(error))}", err=True)
        sys.exit(2)
    if form == "json":
        click.echo(json_text(found), nl=False)
        return
    for number, row in enumerate(found):
        watermark = "yes" if row["states_watermark"] else "no"
        click.echo(("" if number == 0 else "\n") + f"{row['name']} {row['version']}, contract {row['contract']}")
        click.echo(f"  from       {row['from']}")
        click.echo(f"  actions    {', '.join(row['actions']) or 'none: it brings events only'}")
        click.echo(f"  watermark  {watermark}")
        click.echo(f"  kit        {visible(row['kit'])}")


def _row(found: "Found") -> dict[str, Any]:
    from casewarden.testing.verdict import VerdictError, in_words, read

    spec = found.spec
    try:
        verdict, said = read(found.package, spec.name), ""
    except VerdictError as problem:
        verdict, said = None, f"not known: {problem}"
    return {
        "name": spec.name,
        "version": spec.version,
        "contract": spec.contract,
        "from": " ".join(found.distribution) if found.distribution else found.package,
        "actions": sorted(spec.actions),
        "states_watermark": spec.states_watermark,
        "kit": said or in_words(verdict, spec),
        "kept": [] if verdict is None else list(verdict.kept),
        "left_out": {} if verdict is None else dict(verdict.left_out),
    }
