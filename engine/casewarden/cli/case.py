"""`casewarden case`: everything of one case, and what only a person can do with it."""

from pathlib import Path

import click

from casewarden.cli.live import FORMAT, LANE, REASON, WHO, WithDefault, looking, order, show
from casewarden.cli.opened import CONFIG


class _Case(WithDefault):
    meant = "show"


@click.group(cls=_Case)
def command() -> None:
    """Show everything of a case, merge and split cases, call one spam, take one up again that was set aside.

    `casewarden case 1042` is short for `casewarden case show 1042`. A number alone is a case's; other subjects are
    named in full, like service:core or account:acme.
    """


@command.command("show")
@click.argument("case")
@click.option("--log", is_flag=True, help="Also its whole log.")
@click.option("--decisions", type=click.IntRange(0, 10_000), default=10, show_default=True, help="So many of the last.")
@LANE
@FORMAT
@CONFIG
def show_(case: str, log: bool, decisions: int, lane: str | None, form: str, config: Path) -> None:
    """Show how CASE stands: clocks, actions, rules that fired, ledger, obligations, facts, decisions.

    What persons wrote stands in it only where the key for personal data is at hand.
    """
    from dataclasses import replace

    from casewarden.report.live import case as page
    from casewarden.sidecar.standing import clocks_of, facts_of, standing
    from casewarden.store.cases_view import case_view
    from casewarden.store.subjects_view import one_of

    with looking(config) as live:
        row = one_of(live.connection, case, lane)
        rules, sealing = live.rules_on(row), live.sealing()
        view = case_view(live.connection, sealing, row, live.looked(rules), log=log, decisions=decisions)
        if sealing is not None and row.length and row.state != "parked":
            stands = standing(live.connection, sealing, rules, row, live.now)
            view = replace(
                view, clocks=clocks_of(stands), facts=facts_of(stands), instead=tuple(stands.instead.values())
            )
    show(page.blocks(view), view, form)


@command.command()
@click.argument("younger")
@click.argument("into", type=click.Choice(["into"]))
@click.argument("older")
@REASON
@WHO
@CONFIG
def merge(younger: str, into: str, older: str, reason: str | None, who: str | None, config: Path) -> None:  # noqa: ARG001
    """Merge two cases, as in `casewarden case merge 1043 into 1042`.

    The YOUNGER ends: its clocks are cancelled, and what was to be done for it is withdrawn. The OLDER goes on as it is;
    what people write to the other from now on goes to it.
    """
    order(config, "case-merge", {"case": younger, "into": older, "reason": reason}, who)


@command.command()
@click.argument("case")
@click.argument("events", nargs=-1, required=True)
@click.option("--as", "new", required=True, metavar="NEW", help="The new case; its ticket is the new one's for ever.")
@REASON
@WHO
@CONFIG
def split(case: str, events: tuple[str, ...], new: str, reason: str | None, who: str | None, config: Path) -> None:
    """Open a new case with a part of CASE: the EVENTS, by their numbers or keys in `casewarden case CASE --log`.

    The new case starts when the first of them happened, and knows what the opening of CASE said, as it is known now.
    The events stay in the log of CASE as well.
    """
    order(config, "case-split", {"case": case, "events": list(events), "as": new, "reason": reason}, who)


@command.command()
@click.argument("case")
@REASON
@WHO
@CONFIG
def spam(case: str, reason: str | None, who: str | None, config: Path) -> None:
    """End CASE as spam: its clocks are cancelled, and what was to be done for it is withdrawn."""
    order(config, "case-spam", {"case": case, "reason": reason}, who)


@command.command()
@click.argument("case")
@click.option("--without", multiple=True, metavar="KEY", help="Leave this waiting event out of its log, for good.")
@REASON
@WHO
@CONFIG
def unpark(case: str, without: tuple[str, ...], reason: str | None, who: str | None, config: Path) -> None:
    """Take CASE, or another subject, up again that was set aside, from where it was, with all that came since."""
    order(config, "case-unpark", {"case": case, "without": list(without), "reason": reason}, who)
