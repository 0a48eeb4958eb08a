"""`casewarden cases`: open cases by urgency."""

import re
from pathlib import Path
from typing import TYPE_CHECKING

import click

from casewarden.cli.live import FORMAT, LIMIT, looking, refuse, show
from casewarden.cli.opened import CONFIG

if TYPE_CHECKING:
    from sqlalchemy import Connection

_LENGTH = re.compile(r"(?P<count>[0-9]{1,6}) ?(?P<unit>[a-z]+)")
_STATES = ["open", "parked", "done", "ended"]


@click.command()
@click.option(
    "--state", "states", type=click.Choice(_STATES), multiple=True, help="Only these; open and parked if left out."
)
@click.option("--severity", help="Only of this severity.")
@click.option("--plan", help="Only with this plan.")
@click.option("--account", help="Only of this customer.")
@click.option("--due-within", metavar="LENGTH", help="Only what is due within, such as `4 hours`, or overdue.")
@click.option("--lane", help="Only under this ruleset; with NAME@ROLLOUT those of a trial.")
@LIMIT
@FORMAT
@CONFIG
def command(
    states: tuple[str, ...],
    severity: str | None,
    plan: str | None,
    account: str | None,
    due_within: str | None,
    lane: str | None,
    limit: int,
    form: str,
    config: Path,
) -> None:
    """List cases by urgency: what is due first, with what is left of that clock in its own time."""
    from casewarden.report.live import cases as page
    from casewarden.sidecar.standing import cases_of, rules_for
    from casewarden.store.cases_view import Wanted, case_row, cases

    within = None if due_within is None else _length(due_within)
    with looking(config) as live:
        _require_known(live.connection, "severity", severity)
        _require_known(live.connection, "plan", plan)
        named = None if account is None else f"account:{account.removeprefix('account:')}"
        until = None if within is None else live.now + within
        wanted = Wanted(states or ("open", "parked"), lane, severity, plan, named, until, limit)
        rows, total = cases(live.connection, wanted)
        rules = rules_for(live.connection, rows)
        sealing = live.sealing()
        if sealing is None:
            listed = tuple(case_row(row) for row in rows)
        else:
            listed = cases_of(live.connection, sealing, rules, rows, live.now)
        view = page.Cases(live.looked(rules), listed, total)
    show(page.blocks(view), view, form)


def _length(said: str) -> int:
    """A length of plain time in microseconds: `4 hours`, `90 min`, `2 days`."""
    from casewarden.config.amounts import UNITS

    form = _LENGTH.fullmatch(said.strip().lower())
    unit = form["unit"].removesuffix("s") or "s" if form else ""
    size = next((size for name, size in UNITS.items() if unit in (name, name[0], name[:3])), None)
    if form is None or size is None:
        refuse(f"--due-within: `{said}` is no length of time", "write a number and a unit, like `4 hours` or `2 days`")
    return int(form["count"]) * size


def _require_known(connection: "Connection", column: str, said: str | None) -> None:
    """Refuse a severity or a plan that no case has, with the one that may be meant."""
    from casewarden.ruleset.diagnostics import did_you_mean
    from casewarden.store.cases_view import known_values

    known = [] if said is None else known_values(connection, column)
    if said is not None and known and said not in known:
        near = did_you_mean(said, known)
        refuse(
            f"no case has the {column} `{said}`", f"did you mean `{near}`?" if near else f"there are {', '.join(known)}"
        )
