"""A linked ticket's life. Pure.

A linked ticket is a subject of its own, `KIND:KEY`; the cases that are linked to it watch it. Facts are bare names of
fields (`status`, `fixed_in`), which rules read at `links.KIND.NAME`.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from casewarden.model.event import Event, Json
from casewarden.plugin.mapping import DeskMapping
from casewarden_jira.people import Crowd, id_of
from casewarden_jira.settings import Kind
from casewarden_jira.statuses import Statuses
from casewarden_jira.story import Step, Story, order_of
from casewarden_jira.versions import Outing, midnight, released_in

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

    def events(self, kind: Kind, story: Story, outing: Outing | None = None) -> Iterator[Event]:
        """All events of one linked ticket, for each key that it has had: a case may know it by any.

        `outing`: one of its versions was just seen to be out, or to be so no more.
        """
        first, *later = story.keys
        yield from self._life(kind, story, f"{kind.name}:{first}", kind.name, outing)
        for key in later:
            yield from self._life(kind, story, f"{kind.name}:{key}", f"{kind.name}:{key}", outing)

    def _life(self, kind: Kind, story: Story, subject: str, name: str, outing: Outing | None) -> Iterator[Event]:
        reporter = id_of(story.fields.get("reporter"))
        values = dict(story.opening)
        facts = self._facts(kind, values, None)
        fixed_at, fixed_by = story.created, "opened"
        opened = {path: value for path, value in facts.items() if value is not None}
        yield self._event(
            subject, story.created, story.fields.get("creator"), reporter, f"{name}/issue/{story.id}/opened", opened
        )
        for step in story.steps:
            values |= step.after
            after = self._facts(kind, values, step)
            changed = {path: value for path, value in after.items() if value != facts.get(path)}
            if after["status"] == FIXED and not changed.keys().isdisjoint(("status", "fixed_in")):
                changed["status"] = FIXED  # one that was released in other versions is so no more
                fixed_at, fixed_by = step.at, step.id
            if changed:
                key = f"{name}/history/{step.id}/fields"
                yield self._event(subject, step.at, step.author, reporter, key, changed, order_of(step.id))
            facts = after
        if facts.get("status") == FIXED:
            yield from self._out(story, subject, name, (fixed_at, fixed_by), outing)

    def _out(
        self, story: Story, subject: str, name: str, fixed: tuple[int, str], outing: Outing | None
    ) -> Iterator[Event]:
        """That a ticket which is fixed is released, or is so no more: once for each time that it was fixed."""
        released, (at, by), issue = released_in(story.fields), fixed, f"{name}/issue/{story.id}"
        if released is not None:
            ids, named, day = released
            if outing is not None:
                at = outing.at
            elif day is not None:
                at = min(max(at, midnight(day, self.zone) or at), self.now)
            key = f"{issue}/released/{ids}/{by}" + (f"/{outing.turns}" if outing is not None and outing.turns else "")
            facts: dict[str, Json] = {"status": RELEASED, "fixed_in": named}
            yield self._event(subject, at, None, None, key, facts, order_of(by) + 1)  # after the fix of that instant
        elif outing is not None and not outing.is_out:
            key = f"{issue}/unreleased/{outing.version}/{outing.turns}"
            yield self._event(subject, outing.at, None, None, key, {"status": FIXED})

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
