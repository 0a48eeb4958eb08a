"""`casewarden outbox`: actions on their way out, looked at, tried again, taken back, let go."""

from pathlib import Path

import click

from casewarden.cli.live import (
    FORMAT,
    LANE,
    LIMIT,
    NEEDED_REASON,
    REASON,
    WHO,
    WithDefault,
    looking,
    order,
    refuse,
    show,
)
from casewarden.cli.opened import CONFIG

_STATES = ["waiting", "sending", "asking", "dead", "applied", "rejected", "withdrawn", "shadow"]
_KEY = click.argument("key")


@click.group(cls=WithDefault)
def command() -> None:
    """Show actions on their way out, and settle what does not go by itself; without a command they are listed.

    KEY is an action's key for ever, such as case:1042/greet/1/0/0, or its number in the list.
    """


@command.command("list")
@click.option("--state", "states", type=click.Choice([*_STATES, "all"]), multiple=True, help="Only in this state.")
@click.option("--case", help="Only of this case or other subject.")
@click.option("--rule", help="Only of this rule.")
@click.option("--connector", help="Only to this connector.")
@LANE
@LIMIT
@FORMAT
@CONFIG
def list_(
    states: tuple[str, ...],
    case: str | None,
    rule: str | None,
    connector: str | None,
    lane: str | None,
    limit: int,
    form: str,
    config: Path,
) -> None:
    """List actions: those under way, or in the states that are named; those first that wait for a person."""
    from casewarden.report.live import outbox as page
    from casewarden.store.outbox_view import UNDER_WAY, Wanted, outbox
    from casewarden.store.subjects_view import one_of

    with looking(config) as live:
        subject = None if case is None else one_of(live.connection, case, lane).id
        chosen = tuple(_STATES) if "all" in states else states or UNDER_WAY
        wanted = Wanted(chosen, subject, rule, connector, limit)
        view = outbox(live.connection, live.sealing(), wanted, live.looked())
    show(page.blocks(view), view, form)


@command.command("show")
@_KEY
@LANE
@FORMAT
@CONFIG
def show_(key: str, lane: str | None, form: str, config: Path) -> None:
    """Show one action whole: what it says, the request as it was sent last, and the answer.

    What a person wrote or reads stands in it only where the key for personal data is at hand.
    """
    from casewarden.report.live import outbox as page
    from casewarden.store.outbox_view import action_of, one_action

    with looking(config) as live:
        row = action_of(live.connection, key, lane)
        view = one_action(live.connection, live.sealing(), row, live.looked())
    show(page.one_blocks(view), view, form)


@command.command()
@_KEY
@LANE
@REASON
@WHO
@CONFIG
def retry(key: str, lane: str | None, reason: str | None, who: str | None, config: Path) -> None:
    """Try an action again: now where it waits for its next try, anew where it was refused or given up.

    It is asked again first whether it still holds. What was withdrawn because it comes after it is tried with it.
    """
    order(config, "outbox-retry", {"key": key, "lane": lane, "reason": reason}, who)


@command.command()
@click.argument("key", required=False)
@click.option("--rule", help="All that waits or was stopped of this rule.")
@LANE
@NEEDED_REASON
@WHO
@CONFIG
def discard(key: str | None, rule: str | None, lane: str | None, reason: str, who: str | None, config: Path) -> None:
    """Take back an action that was not done, with what comes after it in its sequence; its case goes on without it."""
    _one_of(key, rule)
    order(config, "outbox-discard", {"key": key, "rule": rule, "lane": lane, "reason": reason}, who)


@command.command()
@click.argument("key", required=False)
@click.option("--rule", help="All that was stopped of this rule.")
@click.option("--cap", "all_", is_flag=True, help="All that caps have stopped.")
@LANE
@REASON
@WHO
@CONFIG
def release(
    key: str | None,
    rule: str | None,
    all_: bool,
    lane: str | None,
    reason: str | None,
    who: str | None,
    config: Path,
) -> None:
    """Let go what a cap has stopped: one action, all of a rule, or all."""
    _one_of(key, rule, all_ or None)
    order(config, "outbox-release", {"key": key, "rule": rule, "all": all_, "lane": lane, "reason": reason}, who)


def _one_of(*given: object) -> None:
    if sum(one is not None for one in given) != 1:
        refuse("one thing has to be named, and only one", "name an action by its key, or say --rule")
