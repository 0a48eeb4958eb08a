"""`casewarden serve`: the sidecar as one process."""

import os
from pathlib import Path

import click

from casewarden.cli.opened import CONFIG, present, settings_of
from casewarden.cli.until_told import LOG_FORMAT, run


@click.command()
@LOG_FORMAT
@CONFIG
def command(config: Path, log_format: str | None) -> None:
    """Run the sidecar: take events in, decide, wake at the exact instant, deliver; until it is told to stop.

    SIGTERM and SIGINT stop it within ten seconds, and what is underway goes on at the next start; SIGHUP loads the
    configuration's rulesets anew. The exit code is 0 after a stop that was asked for, 1 where it ended by itself, 2
    where it could not start.
    """
    from casewarden.sidecar.running import Sidecar

    settings = settings_of(config)
    run(settings, log_format, lambda: Sidecar(settings, environ=os.environ, now=present))
