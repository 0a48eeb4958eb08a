"""Service Management's own SLAs as facts, for comparison with the clocks of a ruleset. Pure."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from casewarden.model.event import Event, Json
from casewarden.model.instants import iso
from casewarden_jira.settings import Sla
from casewarden_jira.story import Story


def events_of(
    rows: Iterable[Mapping[str, Any]], told: Mapping[str, Sla], story: Story, instance: str, now: int
) -> Iterator[Event]:
    """What the SLAs say: each finished cycle at its end; of the one that goes on how it stands now, with its due time.

    Nothing says since when it is paused or goes on again; it does so when the status changes.
    A breach of a running cycle is told by its due time; that it was breached is said once it has ended.
    """
    issue = story.id
    moved = next((step.id for step in reversed(story.steps) if "status" in step.after), "opened")
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
        if isinstance(running, Mapping):
            is_paused = running.get("paused") is True
            due, state = (None, "paused") if is_paused else (_millis(running.get("breachTime")), "running")
            key = f"{name}/{len(cycles)}/{state}/{due}/{moved}"
            yield _event(issue, instance, key, now, now, _facts(sla, state, due))


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
