"""`casewarden pause`: everything is decided and nothing is sent."""

from pathlib import Path

import click

from casewarden.cli.live import REASON, WHO, order
from casewarden.cli.opened import CONFIG


@click.command()
@REASON
@WHO
@CONFIG
def command(reason: str | None, who: str | None, config: Path) -> None:
    """Stop all sending, until `casewarden resume`: cases are decided, and what they want done waits."""
    order(config, "pause", {"reason": reason}, who)
