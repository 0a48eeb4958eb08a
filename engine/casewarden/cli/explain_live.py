"""`casewarden explain` on the live store: by a subject's own log and the ruleset that decides on it, read only."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from casewarden.cli.live import Live, looking, refuse

if TYPE_CHECKING:
    from sqlalchemy import Row

    from casewarden.report.explain import Explained
    from casewarden.sidecar.standing import Standing

_DAY = 86_400_000_000


def explained_live(
    case: str, config: Path, lane: str | None, rule: str | None, clock: str | None, at: int | None, horizon: int
) -> "Explained":
    """Return what the command explains, now or at an instant; what is wrong is told, and the process ends with 2."""
    from casewarden.cli.explain import known_names, speaks_of
    from casewarden.model.instants import iso
    from casewarden.sidecar.standing import standing
    from casewarden.store.subjects_view import one_of, shown

    with looking(config) as live:
        row = one_of(live.connection, case, lane)
        if at is not None and at > live.now:
            refuse(f"{iso(at)} has not come yet", "leave --at out: what comes next is told as well")
        sealing = live.with_key()
        stands = standing(live.connection, sealing, live.rules_on(row), row, live.now, at)
        known_names(stands.compiled, rule, clock)
        speaks_of(stands.compiled, row.name, rule, clock)
        if stands.begun is None:
            refuse(f"nothing of {shown(row.name)} was decided yet", f"casewarden case {case} shows what waits")
        if not stands.subject.events:
            refuse(f"{shown(row.name)} is not known yet at that instant", f"choose one from {iso(stands.begun)} on")
        _tell(live, row)
        return _explained(live, stands, rule, clock, stands.at + horizon * _DAY)


def _explained(live: Live, stands: "Standing", rule: str | None, clock: str | None, until: int) -> "Explained":
    from dataclasses import replace

    from casewarden.decide.explain import explain_case, explain_clock, explain_rule
    from casewarden.sidecar.standing import continued
    from casewarden.store.obligations_view import alerts_of

    compiled, subject, at = stands.compiled, stands.subject, stands.at
    if clock is not None:
        return explain_clock(compiled, subject, at, compiled.ruleset.clocks[clock])
    goes_on = continued(live.connection, live.with_key(), stands)
    if rule is not None:
        explained = explain_rule(compiled, subject, at, compiled.ruleset.rules[rule], goes_on.onward, until)
        return replace(explained, instead=stands.instead.get(rule))
    found = explain_case(compiled, subject, (), at, goes_on.onward, until)
    alerts = dict.fromkeys(alerts_of(live.connection, stands.held.id, at))
    return replace(found, alerts=tuple(alerts), instead=tuple(stands.instead.values()))


def _tell(live: Live, row: "Row") -> None:  # type: ignore[type-arg]  # of whatever columns
    """Say on standard error what the explanation cannot know, or what is behind by now."""
    from casewarden.report.terminal import visible
    from casewarden.store.cases_view import erased_events, waiting_events

    erased = erased_events(live.connection, row.id) if row.sealed else 0
    if erased:
        events = "1 event" if erased == 1 else f"{erased} events"
        click.echo(f"note: what a person wrote in {events} was erased; what would need it is unknown", err=True)
    if row.state == "parked":
        click.echo(
            f"note: it is set aside, and stands as it was decided last: {visible(row.state_detail or '')}", err=True
        )
    waiting = waiting_events(live.connection, row)
    if waiting:
        events = "1 event waits" if len(waiting) == 1 else f"{len(waiting)} events wait"
        click.echo(f"note: {events} to be decided, of which this knows nothing yet", err=True)
