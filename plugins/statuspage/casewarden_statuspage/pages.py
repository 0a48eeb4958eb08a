"""What pages answer, as plain states of services: pure.

Statuspage: `GET /api/v2/summary.json` (https://developer.statuspage.io, "Status API"), components with one of five
words and the incidents that are not resolved. Cachet: `GET /api/v1/components` (https://docs.cachethq.io, version 2),
numbers from 0 to 4. Alertmanager: `GET /api/v2/alerts` (its own OpenAPI file), alerts that fire.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from casewarden.model.event import Json
from casewarden.model.instants import parse_instant
from casewarden.plugin.http import as_array, as_id, as_object, as_text
from casewarden_statuspage.settings import FIRING, RESOLVED, Service

_WORST_LAST: Final = (
    "operational",
    "under_maintenance",
    "degraded_performance",
    "partial_outage",
    "major_outage",
)
_CACHET: Final[Mapping[int, str]] = {
    0: "unknown",
    1: "operational",
    2: "degraded_performance",
    3: "partial_outage",
    4: "major_outage",
}


@dataclass(frozen=True, slots=True)
class Component:
    """A component as a page has it. `since` is when the page says it has changed last, None where it does not."""

    id: str
    name: str
    word: str
    since: int | None = None


@dataclass(frozen=True, slots=True)
class Incident:
    """An incident that is not resolved, and the ids of the components that it concerns (none: all)."""

    name: str
    components: frozenset[str]


@dataclass(frozen=True, slots=True)
class State:
    """How a service is: `word` is the page's, None where the page has nothing of it any more."""

    word: str | None
    since: int | None = None
    incident: str | None = None


@dataclass(frozen=True, slots=True)
class Seen:
    """All that a page says."""

    components: tuple[Component, ...] = ()
    incidents: tuple[Incident, ...] = ()


def of_statuspage(body: Mapping[str, Json]) -> Seen:
    """What a summary says; UnreadableError for what is none."""
    components = [
        Component(
            as_id(each.get("id"), f"components[{n}].id"),
            as_text(each.get("name"), f"components[{n}].name"),
            as_text(each.get("status"), f"components[{n}].status"),
            _instant(each.get("updated_at")),
        )
        for n, each in _objects(body, "components")
    ]
    incidents = [
        Incident(
            as_text(each.get("name"), f"incidents[{n}].name"),
            frozenset(as_id(one.get("id"), f"incidents[{n}].components.id") for _, one in _objects(each, "components")),
        )
        for n, each in _objects(body, "incidents")
        if each.get("status") not in ("resolved", "postmortem", "completed")
    ]
    return Seen(tuple(components), tuple(incidents))


def of_cachet(pages: Iterable[Mapping[str, Json]]) -> Seen:
    """What the pages of a list of components say; UnreadableError for what is none."""
    components = []
    for page in pages:
        for n, each in _objects(page, "data"):
            status = each.get("status")
            number = int(status) if isinstance(status, int | str) and str(status).isdigit() else -1
            components.append(
                Component(
                    as_id(each.get("id"), f"data[{n}].id"),
                    as_text(each.get("name"), f"data[{n}].name"),
                    _CACHET.get(number, str(status)),
                )
            )
    return Seen(tuple(components))


def state_of(service: Service, seen: Seen) -> State:
    """How a service is: as the worst of its components, since that changed last."""
    mine = [one for one in seen.components if one.id in service.components or one.name in service.components]
    if not mine:
        return State(None)
    worst = max(mine, key=lambda one: _WORST_LAST.index(one.word) if one.word in _WORST_LAST else len(_WORST_LAST))
    ids = {one.id for one in mine}
    names = sorted(one.name for one in seen.incidents if not one.components or ids & one.components)
    return State(worst.word, worst.since, "; ".join(names) or None)


def missing(service: Service, seen: Seen) -> list[str]:
    """The components that a page does not have."""
    known = {name for one in seen.components for name in (one.id, one.name)}
    return [name for name in service.components if name not in known]


def of_alerts(service: Service, alerts: Sequence[Json]) -> State:
    """How a service is, by the alerts that fire: those that are silenced or inhibited fire all the same."""
    since = []
    for n, each in enumerate(alerts):
        alert = as_object(each, f"[{n}]")
        if _concerns(service, as_object(alert.get("labels"), f"[{n}].labels")):
            since.append(_instant(alert.get("startsAt")))
    if not since:
        return State(RESOLVED)
    known = [one for one in since if one is not None]
    return State(FIRING, min(known, default=None))


def _concerns(service: Service, labels: Mapping[str, Json]) -> bool:
    return any(all(labels.get(name) == value for name, value in one.items()) for one in service.alerts)


def concerned(services: Iterable[Service], labels: Mapping[str, Json]) -> list[Service]:
    """The services that an alert with these labels concerns."""
    return [service for service in services if _concerns(service, labels)]


def _objects(body: Mapping[str, Json], name: str) -> Iterable[tuple[int, Mapping[str, Any]]]:
    value = body.get(name)
    for n, each in enumerate(as_array([] if value is None else value, name)):
        yield n, as_object(each, f"{name}[{n}]")


def _instant(value: object) -> int | None:
    """An instant that a page states; one that cannot be read is none, as the time of observation stands beside it."""
    if not isinstance(value, str):
        return None
    try:
        return parse_instant(value)
    except ValueError:
        return None
