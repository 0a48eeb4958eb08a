"""`casewarden demo`: a real sidecar beside an invented helpdesk, watched live."""

import os
import sys
from pathlib import Path

import click

from casewarden.cli.opened import refusals


@click.command()
@click.option(
    "--folder",
    type=click.Path(path_type=Path),
    default="out/demo",
    show_default=True,
    help="Where it keeps its store; made anew each time.",
)
@click.option("--speed", type=click.FloatRange(1, 3600), default=600, show_default=True, help="Times as fast as life.")
@click.option("--seed", type=int, default=1, show_default=True, help="Another number gives another course of things.")
@click.option("--seconds", type=click.FloatRange(min=1), help="End after so long; 60 where nobody watches a terminal.")
def command(folder: Path, speed: float, seed: int, seconds: float | None) -> None:
    """Watch a sidecar at work: invented customers, agents and outages, three shipped policies, live.

    Cases are watched, warned of, lowered, escalated and closed; Ctrl-C ends it. Meanwhile ask why in another terminal:

        casewarden explain CASE --config out/demo/casewarden.yaml
    """
    from rich.console import Console

    from casewarden.config.secrets import key_text
    from casewarden.demo.running import DemonstrationError, prepare, run
    from casewarden.sidecar.assembly import StartError
    from casewarden.telemetry.logs import configure_logs

    console = Console()
    watched = console.is_terminal and not console.is_dumb_terminal
    with refusals():
        try:
            settings = prepare(folder.absolute(), seed, key_text(os.urandom(32)))
            with (folder / "log.jsonl").open("w", encoding="utf-8") as log:
                configure_logs(settings.log_level, log)
                hint = f"casewarden explain CASE --config {folder / 'casewarden.yaml'}"
                click.echo(
                    f"A sidecar beside an invented helpdesk, {speed:g} times as fast as life. Ask why with\n  {hint}"
                )
                run(
                    settings,
                    speed=speed,
                    seconds=seconds if seconds is not None else (None if watched else 60.0),
                    console=console,
                    environ=os.environ,
                )
        except KeyboardInterrupt:
            click.echo("Stopped. The store is as it was: ask on with the command above.")
        except (DemonstrationError, StartError, OSError) as error:
            click.echo(f"error: {error}", err=True)
            sys.exit(2)
