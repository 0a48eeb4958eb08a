"""`casewarden obligations`: what waits for a person, approved or dismissed."""

from pathlib import Path

import click

from casewarden.cli.live import FORMAT, LIMIT, NEEDED_REASON, REASON, WHO, WithDefault, looking, order, show
from casewarden.cli.opened import CONFIG

_STATES = {"open": ("open",), "settled": ("approved", "dismissed"), "all": ("open", "approved", "dismissed")}
_NUMBER = click.argument("number", type=click.IntRange(min=1))


@click.group(cls=WithDefault)
def command() -> None:
    """Show what waits for a person, and settle it; without a command it is listed."""


@command.command("list")
@click.option("--state", type=click.Choice(list(_STATES)), default="open", show_default=True)
@click.option("--kind", help="Only of this kind, such as rejected or correction.")
@LIMIT
@FORMAT
@CONFIG
def list_(state: str, kind: str | None, limit: int, form: str, config: Path) -> None:
    """List obligations, the oldest first."""
    from casewarden.report.live import obligations as page
    from casewarden.store.obligations_view import obligations

    with looking(config) as live:
        view = obligations(live.connection, _STATES[state], live.looked(), kind=kind, most=limit)
    show(page.blocks(view), view, form)


@command.command()
@_NUMBER
@REASON
@WHO
@CONFIG
def approve(number: int, reason: str | None, who: str | None, config: Path) -> None:
    """Do what obligation NUMBER asks for.

    A refused or given up action is tried again, what a cap stopped is let go, a case that was set aside is taken up
    again. A correction is recorded: of a credit the ledger gets the difference with its proof; nothing is sent. Of all
    others it is recorded that somebody has seen them.
    """
    order(config, "obligation-approve", {"id": number, "reason": reason}, who)


@command.command()
@_NUMBER
@NEEDED_REASON
@WHO
@CONFIG
def dismiss(number: int, reason: str, who: str | None, config: Path) -> None:
    """Let obligation NUMBER be.

    What a cap stopped is withdrawn; a case that was set aside goes on without the event that keeps it from being
    decided; what was refused or given up stays undone; a correction is not made.
    """
    order(config, "obligation-dismiss", {"id": number, "reason": reason}, who)
