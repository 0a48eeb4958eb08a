"""`casewarden ingest`: doors for events and webhooks before a store on PostgreSQL, and nothing else."""

import os
from pathlib import Path

import click

from casewarden.cli.opened import CONFIG, present, settings_of
from casewarden.cli.until_told import LOG_FORMAT, run


@click.command()
@click.option("--listen", metavar="HOST:PORT", help="Listen there instead of where the configuration says.")
@LOG_FORMAT
@CONFIG
def command(config: Path, log_format: str | None, listen: str | None) -> None:
    """Take events and webhooks in over HTTP for the workers of a store on PostgreSQL. Any number of them run at once.

    SIGTERM and SIGINT stop it once the requests that run are answered. Exit codes are those of `casewarden serve`.
    """
    from casewarden.sidecar.ingest_node import IngestNode
    from casewarden.sidecar.workers import place_of

    settings = settings_of(config)
    run(
        settings,
        log_format,
        lambda: IngestNode(settings, environ=os.environ, now=present, listen_at=place_of(listen)),
    )
