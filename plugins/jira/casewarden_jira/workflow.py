"""Ways through a workflow: a status changes by transitions only, and Jira offers those of the present status alone.

A PUT of `status` is ignored with success. What other statuses offer is learnt from issues that are in them, by reading,
and the shortest way is gone. Where no issue is in a status it has to be entered to see what it offers: that is done
where nothing known leads there, and remembered. Each step is read back.
"""

import threading
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from casewarden.model.event import Json
from casewarden.plugin import Rejected, Retry
from casewarden.plugin.http import path_of
from casewarden_jira.api import Jira
from casewarden_jira.jql import of_projects, quoted
from casewarden_jira.settings import SECOND

MOST_STEPS: Final = 8
_MOST_STATUSES: Final = 60
_SHOWN: Final = 10
_GOOD_FOR: Final = 3600 * SECOND


@dataclass(frozen=True, slots=True)
class Transition:
    """One that is offered: where it leads, and the fields of its screen.

    `must`: those that have to be filled in; `allowed`: names of the values that a field takes, where they are listed.
    """

    id: str
    to: str
    shown: frozenset[str] = frozenset()
    must: tuple[str, ...] = ()
    allowed: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def objection(self, fields: Mapping[str, Json]) -> str | None:
        """Why it cannot be made with these fields, in words."""
        lacking = [name for name in self.must if name not in fields]
        if lacking:
            return f"the transition to `{self.to}` asks for {', '.join(lacking)}, which no rule fills in"
        for name, value in fields.items():
            taken, said = self.allowed.get(name, ()), _name(value)
            if taken and said.casefold() not in map(str.casefold, taken):
                known = ", ".join(f"`{one}`" for one in taken[:_SHOWN])
                return f"the transition to `{self.to}` takes no {name} `{said}` but {known}; name it so in `reasons`"
        return None


@dataclass(frozen=True, slots=True)
class Place:
    """Where an issue is: what decides its workflow, and its status."""

    project: str
    type: str
    status: str


@dataclass(frozen=True, slots=True)
class Bounds:
    """What no way leads through (`spared`), and what is entered last only to see what it offers (`last`)."""

    spared: Callable[[str], bool]
    last: Callable[[str], bool]


@dataclass(slots=True)
class Workflows:
    """The workflows of a site as far as they were seen within an hour: what each status offers to which issues."""

    jira: Jira
    now: Callable[[], int]
    _known: dict[tuple[str, str, str], tuple[int, tuple[Transition, ...]]] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def move(
        self, issue: str, targets: frozenset[str], fields: Mapping[str, Json], bounds: Bounds
    ) -> tuple[list[str], Retry | Rejected | None]:
        """Bring an issue to one of these statuses (folded names); the statuses that it went through.

        `fields` are filled in where a transition asks for them. HttpError.
        """
        went: list[str] = []
        for _ in range(MOST_STEPS):
            place = self._place(issue)
            if place.status in targets:
                return went, None
            way = self._way(issue, place, targets, bounds)
            if way is None:
                where = f"; it stands at `{place.status}` now" if went else ""
                named = ", ".join(f"`{name}`" for name in sorted(targets)) or "no status of that meaning"
                return went, Rejected(f"no transition that is offered leads from `{place.status}` to {named}{where}")
            objection = way.objection(fields)
            if objection is not None:
                return went, Rejected(objection)
            said = {name: value for name, value in fields.items() if name in way.shown}
            body: dict[str, Json] = {"transition": {"id": way.id}, **({"fields": said} if said else {})}
            self.jira.write("POST", issue, path_of(f"{self.jira.api}/issue/{{}}/transitions", issue), body)
            if self._place(issue).status != way.to:
                return went, Retry(f"Jira accepted the transition to `{way.to}`, and it was not made", reached=True)
            went.append(way.to)
        return went, Rejected(
            f"after {MOST_STEPS} transitions the issue is not where it is to be; look at its workflow"
        )

    def _place(self, issue: str) -> Place:
        found: Any = self.jira.issue(issue, ("status", "project", "issuetype"), history=False).get("fields") or {}
        return Place(
            _name(found.get("project"), "key"),
            _name(found.get("issuetype"), "id"),
            _name(found.get("status")).casefold(),
        )

    def _way(self, issue: str, place: Place, targets: frozenset[str], bounds: Bounds) -> Transition | None:
        """The first step of a shortest way, breadth first; else one towards a status that nobody has looked into."""
        offered = self._offered(issue)
        self._learn(place, place.status, offered)
        waiting = deque((step.to, step) for step in offered)
        seen = {place.status}
        unknown: list[tuple[str, Transition]] = []
        while waiting and len(seen) < _MOST_STATUSES:
            status, first = waiting.popleft()
            if status in targets:
                return first
            if status in seen or bounds.spared(status):
                continue
            seen.add(status)
            steps = self._of(place, status)
            if steps is None:
                unknown.append((status, first))
            waiting += [(step.to, first) for step in steps or ()]
        unknown.sort(key=lambda one: bounds.last(one[0]))
        return unknown[0][1] if unknown else None

    def _of(self, place: Place, status: str) -> Sequence[Transition] | None:
        """What another status offers: as seen before, or to an issue of the same kind in it; None where none is."""
        with self._lock:
            known = self._known.get((place.project, place.type, status))
        if known is not None and self.now() < known[0]:
            return known[1]
        kind = f"issuetype = {place.type}" if place.type.isdigit() else "issuetype is EMPTY"
        jql = f"{of_projects([place.project])} AND {kind} AND status = {quoted(status)} ORDER BY updated DESC"
        found = self.jira.search(jql, ("status",), 1, history=False)
        other = found.issues[0].get("id") if found.issues else None
        if not isinstance(other, str):
            return None
        offered = self._offered(other)
        self._learn(place, status, offered)
        return offered

    def _learn(self, place: Place, status: str, offered: tuple[Transition, ...]) -> None:
        with self._lock:
            self._known[place.project, place.type, status] = (self.now() + _GOOD_FOR, offered)

    def _offered(self, issue: str) -> tuple[Transition, ...]:
        return tuple(one for row in self.jira.transitions(issue) if (one := _read(row)) is not None)


def _read(row: Mapping[str, Any]) -> Transition | None:
    to, id_ = _name(row.get("to")).casefold(), row.get("id")
    if not to or not isinstance(id_, str) or row.get("isAvailable") is False:
        return None
    fields = row.get("fields")
    shown: Mapping[str, Any] = fields if isinstance(fields, Mapping) else {}
    must = tuple(
        name
        for name, said in shown.items()
        if isinstance(said, Mapping) and said.get("required") is True and said.get("hasDefaultValue") is not True
    )
    allowed = {
        name: tuple(filter(None, map(_name, said["allowedValues"])))
        for name, said in shown.items()
        if isinstance(said, Mapping) and isinstance(said.get("allowedValues"), list)
    }
    return Transition(id_, to, frozenset(shown), must, allowed)


def _name(value: Any, key: str = "name") -> str:
    found = value.get(key) if isinstance(value, Mapping) else None
    return found if isinstance(found, str) else ""
