"""`casewarden service`: services observed by hand."""

from pathlib import Path

import click

from casewarden.cli.live import REASON, WHO, order
from casewarden.cli.opened import CONFIG


@click.group()
def command() -> None:
    """Tell what services are like, where no monitor does."""


@command.command("set")
@click.argument("name")
@click.argument("facts", nargs=-1, required=True, metavar="FACT=VALUE...")
@click.option("--at", help="When that was so, with its offset; now if left out.")
@REASON
@WHO
@CONFIG
def set_(name: str, facts: tuple[str, ...], at: str | None, reason: str | None, who: str | None, config: Path) -> None:
    """Tell that the service NAME is observed like this, as in `casewarden service set core health=down`.

    The facts are those that the rulesets declare for the service; an empty value says that it is not known. All cases
    that watch it are told.
    """
    order(config, "service-set", {"service": name, "facts": list(facts), "at": at, "reason": reason}, who)
