"""`casewarden resume`: what waited while sending was paused goes out, if it still holds."""

from pathlib import Path

import click

from casewarden.cli.live import REASON, WHO, order
from casewarden.cli.opened import CONFIG


@click.command()
@REASON
@WHO
@CONFIG
def command(reason: str | None, who: str | None, config: Path) -> None:
    """Send again after a pause; each action is asked again first whether it still holds."""
    order(config, "resume", {"reason": reason}, who)
