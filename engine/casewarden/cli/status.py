"""`casewarden status`: how the sidecar and its store stand, and what needs a person."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from casewarden.cli.live import FORMAT, Live, looking, show
from casewarden.cli.opened import CONFIG

if TYPE_CHECKING:
    from casewarden.report.live.status import Process


@click.command()
@FORMAT
@CONFIG
def command(form: str, config: Path) -> None:
    """Show whether the sidecar runs, what waits, how connectors fare, and what needs a person.

    The exit code is 0 where all is well, 1 where something needs a person.
    """
    from casewarden.report.live import status as page
    from casewarden.sidecar.looking import look

    with looking(config) as live:
        process, breakers = _process(live)
        view = look(live.database, live.settings, process, breakers, live.looked())
    show(page.blocks(view), view, form)
    if view.problems:
        sys.exit(1)


def _process(live: Live) -> "tuple[Process, dict[str, str]]":
    """The sidecar that runs, and what it says of its breakers."""
    from casewarden.report.live.status import Process
    from casewarden.store.place import running

    if live.database.path is None:
        return _sharing(live)
    place = running(live.database.path)
    if place is None:
        return Process(running=False), {}
    if place.url is None:
        return Process(True, place.pid, place.started, None, ("it has just been started and does not answer yet",)), {}
    told, unwell = _asked(place.url, place.token)
    return Process(True, place.pid, place.started, place.url, unwell), told


def _asked(url: str, token: str) -> tuple[dict[str, str], tuple[str, ...]]:
    from casewarden.web.client import AskError, ask

    try:
        told: Any = ask(url, token, "status", {}, timeout=10)
    except AskError as error:
        return {}, (str(error),)
    fault = told["error"]
    return dict(told["breakers"]), () if fault is None else (f"the store fails: {fault}",)


def _sharing(live: Live) -> "tuple[Process, dict[str, str]]":
    """On PostgreSQL processes on any machine share the work, and say so in the store."""
    from casewarden.report.live.status import Process
    from casewarden.store.breakers import told
    from casewarden.store.status_view import members

    processes, owned = members(live.connection)
    breakers = told(live.connection, live.database.now(live.connection, live.now))
    if not processes:
        return Process(running=False), {}
    without = live.settings.partitions - owned
    unwell = (f"{without} of {live.settings.partitions} partitions have no owner",) if without else ()
    return Process(running=True, unwell=unwell, processes=processes), breakers
