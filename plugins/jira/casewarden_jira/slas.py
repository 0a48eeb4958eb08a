"""Service Management's own SLAs as facts, for comparison with the clocks of a ruleset. Pure."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from casewarden.model.event import Event, Json
from casewarden.model.instants import iso
from casewarden_jira.settings import Sla


def events_of(
    rows: Iterable[Mapping[str, Any]], told: Mapping[str, Sla], issue: str, instance: str, now: int
) -> Iterator[Event]:
    """What the SLAs say: each finished cycle at its end, the running one at its start, with its due time.

    A breach of a running cycle is told by its due time; that it was breached is said once it has ended.
    """
    for row in rows:
        sla = told.get(str(row.get("name")).casefold())
        if sla is None:
            continue
        cycles = [one for one in row.get("completedCycles") or [] if isinstance(one, Mapping)]
        name = f"issue/{issue}/sla/{row.get('id')}"
        for number, cycle in enumerate(cycles):
            at = _millis(cycle.get("stopTime"))
            if at is not None:
                state = "missed" if cycle.get("breached") is True else "met"
                yield _event(issue, instance, f"{name}/{number}/{state}", at, now, _facts(sla, state, None))
        running = row.get("ongoingCycle")
        begun = _millis(running.get("startTime")) if isinstance(running, Mapping) else None
        if isinstance(running, Mapping) and begun is not None:
            due = _millis(running.get("breachTime"))
            state = "paused" if running.get("paused") is True else "running"
            key = f"{name}/{len(cycles)}/{state}/{due}"
            at = begun if state == "running" else now
            yield _event(issue, instance, key, at, now, _facts(sla, state, due))


def _facts(sla: Sla, state: str, due: int | None) -> dict[str, Json]:
    found: dict[str, Json] = {}
    if sla.state is not None:
        found[sla.state] = state
    if sla.due is not None:
        found[sla.due] = None if due is None else iso(due)
    return found


def _event(issue: str, instance: str, key: str, at: int, now: int, facts: Mapping[str, Json]) -> Event:
    data: dict[str, Json] = {"facts": dict(facts)}
    return Event(f"case:{issue}", "observed", at, max(now, at), "automation", instance, key, data=data)


def _millis(moment: Any) -> int | None:
    known = moment.get("epochMillis") if isinstance(moment, Mapping) else None
    return known * 1000 if isinstance(known, int) and not isinstance(known, bool) else None
