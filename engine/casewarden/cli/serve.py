"""`casewarden serve`: the sidecar as one process."""

import os
import signal
import sys
from pathlib import Path
from types import FrameType

import click

from casewarden.cli.opened import CONFIG, present, refusals, settings_of


@click.command()
@click.option("--log-format", type=click.Choice(["json", "console"]), help="console on a terminal, json elsewhere.")
@CONFIG
def command(config: Path, log_format: str | None) -> None:
    """Run the sidecar: take events in, decide, wake at the exact instant, deliver; until it is told to stop.

    SIGTERM and SIGINT stop it within ten seconds, and what is underway goes on at the next start; SIGHUP loads the
    configuration's rulesets anew. The exit code is 0 after a stop that was asked for, 1 where it ended by itself, 2
    where it could not start.
    """
    from casewarden.sidecar.assembly import StartError
    from casewarden.sidecar.running import Sidecar
    from casewarden.telemetry.logs import configure_logs
    from casewarden.web.serve import ServeError

    settings = settings_of(config)
    form = log_format or ("console" if sys.stderr.isatty() else "json")
    configure_logs(settings.log_level, sys.stderr, "console" if form == "console" else "json")
    asked = False

    with refusals():
        try:
            sidecar = Sidecar(settings, environ=os.environ, now=present)
            sidecar.start()
        except (StartError, ServeError) as error:
            click.echo(f"error: {error}" + (f"\n  fix: {error.fix}" if error.fix else ""), err=True)
            sys.exit(2)

    def stop(_: int, __: FrameType | None) -> None:
        nonlocal asked
        asked = True
        sidecar.stopping.set()
        sidecar.owner.ring()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    signal.signal(signal.SIGHUP, lambda _, __: sidecar.ask_to_reload())
    while not sidecar.stopping.wait(0.5):
        pass
    ended = sidecar.stop()
    sys.exit(0 if asked and ended else 1)
