"""`casewarden sync`: all that the helpdesks have, taken in; and what would come of it, before anything is done."""

import os
import sys
from pathlib import Path
from typing import NoReturn

import click

from casewarden.cli.opened import CONFIG, alone, opened, present, refusals, settings_of


@click.command()
@click.option("--plan", "planned", is_flag=True, help="Also decide it all in a copy that sends nothing, and tell.")
@click.option("--at", "instant", help="Plan as of this instant; now, or going live if that is later.")
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
@CONFIG
def command(config: Path, planned: bool, instant: str | None, form: str) -> None:
    """Take in all that the configured helpdesks have, before the sidecar runs for the first time; nothing is sent.

    With --plan it says what would be known when the sidecar goes live: cases, clocks that run, are due or late, rules
    that are true already (nothing is done about it; `casewarden backfill` lets one act after all), and what would go
    out at once.
    It goes on where it was left, and can be called again at will.
    """
    from casewarden.sidecar.assembly import StartError
    from casewarden.sidecar.syncing import Standalone
    from casewarden.store.schema import upgrade

    settings = settings_of(config)
    stated = None if instant is None else _instant(instant)
    with refusals(), opened(settings, makes=True) as database, alone(database, present()):
        upgrade(database)
        try:
            standalone = Standalone(settings, os.environ, present)
        except StartError as error:
            _refuse(str(error), error.fix)
        try:
            pulled = standalone.pull()
            at = max(present(), settings.go_live) if stated is None else stated  # after all that was just learnt
            found = standalone.plan(at) if planned else None
        finally:
            standalone.close()
    if form == "json":
        from casewarden.report.going_live import plan_json
        from casewarden.report.terminal import json_text

        taken = {name: {"events": one.events, "new": one.new, "refused": one.refused} for name, one in pulled.items()}
        click.echo(json_text({"taken": taken, "plan": None if found is None else plan_json(found)}), nl=False)
        return
    for name, one in pulled.items():
        refused = f", {one.refused} refused" if one.refused else ""
        click.echo(f"{name}: {one.new} new of {one.events} events{refused}")
    if found is not None:
        from casewarden.report.going_live import plan_text

        click.echo(plan_text(found), nl=False)
    else:
        click.echo("`casewarden sync --plan` tells what would come of it; `casewarden serve` begins.")


def _instant(text: str) -> int:
    from casewarden.scenario.instants import InstantError, read_instant

    try:
        return read_instant(text)
    except InstantError as error:
        fix = f"write {text}Z for UTC, or {text}+01:00" if error.code == "CW806" else None
        _refuse(f"--at: {error}", fix)


def _refuse(message: str, fix: str | None) -> NoReturn:
    click.echo(f"error: {message}" + (f"\n  fix: {fix}" if fix else ""), err=True)
    sys.exit(2)
