"""`casewarden worker`: one of several processes that share a store on PostgreSQL, without doors for events."""

import os
from pathlib import Path

import click

from casewarden.cli.opened import CONFIG, present, settings_of
from casewarden.cli.until_told import LOG_FORMAT, run


@click.command()
@click.option("--listen", metavar="HOST:PORT", help="Answer /healthz, /readyz and /metrics there.")
@LOG_FORMAT
@CONFIG
def command(config: Path, log_format: str | None, listen: str | None) -> None:
    """Do a share of the work on a store on PostgreSQL: decide, wake, deliver, poll. Any number of workers run at once.

    Each takes its share of the partitions; what one that dies or hangs had is taken over by the others. SIGTERM and
    SIGINT hand everything over within ten seconds; SIGHUP loads the rulesets anew, for all. Exit codes are those of
    `casewarden serve`.
    """
    from casewarden.sidecar.workers import WorkerProcess, place_of

    settings = settings_of(config)
    run(
        settings,
        log_format,
        lambda: WorkerProcess(settings, environ=os.environ, now=present, listen_at=place_of(listen)),
    )
