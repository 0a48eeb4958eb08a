"""A linked ticket's life, and versions as releases. Pure.

A linked ticket is a subject of its own, `KIND:KEY`; the cases that are linked to it watch it. Facts are bare names of
fields (`status`, `fixed_in`), which rules read at `links.KIND.NAME`.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from casewarden.model.event import Event, Json
from casewarden.model.instants import iso
from casewarden.plugin.mapping import DeskMapping
from casewarden_jira.people import Crowd, id_of
from casewarden_jira.settings import Kind
from casewarden_jira.statuses import Statuses
from casewarden_jira.story import Step, Story, names, order_of

DEFERRED, FIXED, RELEASED = "deferred", "fixed", "released"


@dataclass(frozen=True, slots=True)
class Defects:
    """What is needed to read linked tickets."""

    instance: str
    mapping: DeskMapping
    statuses: Statuses
    crowd: Crowd
    zone: ZoneInfo
    now: int

    def events(self, kind: Kind, story: Story, released_at: int | None = None) -> Iterator[Event]:
        """All events of one linked ticket, for each key that it has had: a case may know it by any.

        `released_at`: when its versions were seen to be released, if that is known.
        """
        for key in story.keys:
            yield from self._life(kind, story, f"{kind.name}:{key}", released_at)

    def _life(self, kind: Kind, story: Story, subject: str, released_at: int | None) -> Iterator[Event]:
        reporter = id_of(story.fields.get("reporter"))
        values = dict(story.opening)
        facts = self._facts(kind, values, None)
        name = subject if len(story.keys) > 1 else ""
        fixed_at = story.created
        opened = {path: value for path, value in facts.items() if value is not None}
        yield self._event(
            subject, story.created, story.fields.get("creator"), reporter, f"{name}issue/{story.id}/opened", opened
        )
        for step in story.steps:
            values |= step.after
            after = self._facts(kind, values, step)
            changed = {path: value for path, value in after.items() if value != facts.get(path)}
            if changed:
                key = f"{name}history/{step.id}/fields"
                yield self._event(subject, step.at, step.author, reporter, key, changed, order_of(step.id))
                fixed_at = step.at
            facts = after
        released = released_in(story.fields) if facts.get("status") == FIXED else None
        if released is not None:
            ids, named, day = released
            at = released_at if released_at is not None else min(max(fixed_at, self._midnight(day, fixed_at)), self.now)
            key = f"{name}issue/{story.id}/released/{ids}"
            yield self._event(subject, at, None, reporter, key, {"status": RELEASED, "fixed_in": named})

    def _facts(self, kind: Kind, values: Mapping[str, Json], step: Step | None) -> dict[str, Json]:
        status, resolution = values.get("status"), values.get("resolution")
        known = next((one.ids[1] for one in step.changes if one.field == "status"), None) if step is not None else None
        word = self.statuses.of_linked(
            kind, str(status or ""), known, resolution if isinstance(resolution, str) else None
        )
        fixed = values.get("fixVersions")
        versions = sorted(str(one) for one in fixed) if isinstance(fixed, list) else []
        found: dict[str, Json] = {"status": word, "title": values.get("summary")}
        found["fixed_in"] = ", ".join(versions) or None
        prefix = f"links.{kind.name}."
        observed = self.mapping.fields.facts(values).all_facts
        return found | {path.removeprefix(prefix): value for path, value in observed.items() if path.startswith(prefix)}

    def _midnight(self, day: str | None, otherwise: int) -> int:
        return otherwise if day is None else midnight(day, self.zone) or otherwise

    def _event(
        self,
        subject: str,
        at: int,
        author: Any,
        reporter: str | None,
        key: str,
        facts: Mapping[str, Json],
        order: int = 0,
    ) -> Event:
        actor = self.crowd.actor(author, reporter)
        by = "agent" if actor.by == "customer" else actor.by
        data: dict[str, Json] = {"facts": dict(facts)}
        return Event(subject, "observed", at, max(self.now, at), by, self.instance, key, order, actor.who, data)


def released_in(fields: Mapping[str, Any]) -> tuple[str, str, str | None] | None:
    """The fix versions of an issue where all are out: their ids, their names, the latest release date."""
    versions = names(fields, "fixVersions")
    if not versions or not all(one.get("released") is True for one in versions):
        return None
    days = [day for one in versions if isinstance(day := one.get("releaseDate"), str)]
    ids = "+".join(sorted(str(one.get("id")) for one in versions))
    return ids, ", ".join(sorted(str(one.get("name")) for one in versions)), max(days, default=None)


def state_of(version: Mapping[str, Any]) -> str:
    """What of a version is a release's news: its name, its date, and whether it is out."""
    out = "released" if version.get("released") is True else "planned"
    return f"{out} {version.get('releaseDate') or '-'} {version.get('name')}"[:200]


def releases(
    versions: Iterable[Mapping[str, Any]], before: Mapping[str, str] | None, instance: str, zone: ZoneInfo, now: int
) -> Iterator[Event]:
    """The releases whose state is another one than `before`; with None, all: those that are out as of their date."""
    for version in versions:
        id_, name, state = str(version.get("id")), version.get("name"), state_of(version)
        if not isinstance(name, str) or (before is not None and before.get(id_) == state):
            continue
        day = version.get("releaseDate")
        planned = midnight(day, zone) if isinstance(day, str) else None
        is_out = version.get("released") is True
        at = planned if before is None and is_out and planned is not None and planned <= now else now
        data: dict[str, Json] = {"name": name, "planned": None if planned is None else iso(planned), "released": is_out}
        yield Event(f"release:{name}", "release", at, now, "automation", instance, f"version/{id_}/{state}", data=data)


def midnight(day: str, zone: ZoneInfo) -> int | None:
    """The beginning of a date in a zone, in microseconds; None for what is no date."""
    try:
        found = date.fromisoformat(day[:10])
    except ValueError:
        return None
    return round(datetime(found.year, found.month, found.day, tzinfo=zone).timestamp()) * 1_000_000
