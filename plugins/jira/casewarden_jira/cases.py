"""An issue of a case's project as events. Pure: no call, no clock.

Keys: `issue/ID/...` for what an issue is, `history/ID/...` for each entry of its history, `comment/ID` for comments.
The ids are Jira's own, so that polling, `fetch` and webhooks give the same.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from casewarden.model.event import Event, Json
from casewarden.plugin.mapping import Actor, Change, Comment, DeskMapping
from casewarden.plugin.marks import without_marks
from casewarden_jira.adf import text_of
from casewarden_jira.people import Crowd, id_of
from casewarden_jira.settings import Told, project_of
from casewarden_jira.statuses import FINISHED, Statuses
from casewarden_jira.story import NoIssueError, Step, Story, instant, names, order_of

READ: Final = (
    "summary", "status", "resolution", "priority", "labels", "assignee", "reporter", "creator", "created", "updated",
    "issuetype", "project", "issuelinks", "fixVersions", "comment",
)  # fmt: skip
"""Fields that are asked for beside those of the mapping."""


@dataclass(frozen=True, slots=True)
class Cases:
    """What is needed to read cases. `mapping` has Jira's ids for fields."""

    instance: str
    told: Told
    mapping: DeskMapping
    statuses: Statuses
    crowd: Crowd
    now: int

    def events(self, story: Story) -> Iterator[Event]:
        """All events of an issue but for its comments."""
        reporter = id_of(story.fields.get("reporter"))
        yield from self.opened(story, reporter)
        for step in story.steps:
            yield from self._step(story, step, reporter)
        yield from self._links(story)

    def opened(self, story: Story, reporter: str | None) -> Iterator[Event]:
        """The opening, with the fields as they were then."""
        actor = self.crowd.actor(story.fields.get("creator") or story.fields.get("reporter"), reporter)
        opening = story.opening
        facts = self.mapping.fields.facts(opening)
        said = {**self._given(opening, story.keys[0]), **facts.all_facts}
        status = self._status(opening.get("status"))
        if status is not None and status not in FINISHED:
            said = {"case.status": status, **said}
        key = f"issue/{story.id}/opened"
        yield self._event(story.id, "opened", story.created, actor, key, {"facts": said})
        labels, kind = _labels(opening.get("labels")), opening.get("issuetype")
        forms = frozenset({kind}) if isinstance(kind, str) else frozenset[str]()
        change = Change(after=opening, tags_added=frozenset(labels), forms=forms)
        yield from self._meant(story.id, change, story.created, actor, key)

    def message(self, issue: str, comment: Mapping[str, Any], reporter: str | None) -> Iterator[Event]:
        """A comment, whichever API gave it: as message, and as what the mapping says that it means. NoIssueError."""
        id_ = comment.get("id")
        if not isinstance(id_, str | int) or isinstance(id_, bool):
            raise NoIssueError("a comment without id")
        at = _written_at(comment)
        actor = self.crowd.actor(comment.get("author"), reporter)
        text, public, key = text_of(comment.get("body")), self.is_public(comment), f"comment/{id_}"
        data: dict[str, Json] = {"text": text, "public": public, "via": "jira"}
        yield self._event(issue, "message", at, actor, key, data, order_of(str(id_)))
        change = Change(comment=Comment(text, public, actor.by))
        yield from self._meant(issue, change, at, actor, key)

    def is_public(self, comment: Mapping[str, Any]) -> bool:
        """Whether the customer sees a comment. Where nothing says so a service desk's is taken for internal."""
        for name in ("public", "jsdPublic"):
            if isinstance(comment.get(name), bool):
                return comment[name] is True
        if comment.get("visibility"):
            return False
        return not self.told.is_service_desk

    def tells_public(self, comment: Mapping[str, Any]) -> bool:
        """Whether a comment itself says who sees it."""
        known = any(isinstance(comment.get(name), bool) for name in ("public", "jsdPublic"))
        return known or not self.told.is_service_desk

    # -- parts

    def _step(self, story: Story, step: Step, reporter: str | None) -> Iterator[Event]:
        actor, key, order = self.crowd.actor(step.author, reporter), f"history/{step.id}", order_of(step.id)
        after, before = dict(step.after), dict(step.before)
        if actor.by == "ourselves":
            for shown in self.mapping.project.names():
                after.pop(shown, None)
        found = self.mapping.fields.changes(before, after)
        facts: dict[str, Json] = {**self._changed(before, after), **found.facts}
        life = self._life(step)
        if life is not None:
            kind, data, status = life
            if kind is not None:
                yield self._event(story.id, kind, step.at, actor, f"{key}/{kind}", data, order)
            if status is not None:
                facts["case.status"] = status
        if facts:
            yield self._event(story.id, "observed", step.at, actor, f"{key}/fields", {"facts": facts}, order)
        if found.determined:
            stated: dict[str, Json] = {"facts": dict(found.determined), "determined": True}
            yield self._event(story.id, "observed", step.at, actor, f"{key}/determined", stated, order)
        yield from self._linked(story.id, step, actor)
        old, new = _labels(before.get("labels")), _labels(after.get("labels"))
        form = after.get("issuetype")
        change = Change(
            before,
            after,
            frozenset(new) - frozenset(old),
            frozenset(old) - frozenset(new),
            forms=frozenset({form}) if isinstance(form, str) else frozenset(),
        )
        yield from self._meant(story.id, change, step.at, actor, key)

    def _life(self, step: Step) -> tuple[str | None, dict[str, Json], str | None] | None:
        """What a change of status means: an entry (resolved, closed, reopened), a status, or both."""
        moved = next((change for change in step.changes if change.field == "status"), None)
        if moved is None or not isinstance(moved.before, str) or not isinstance(moved.after, str):
            return None
        before = self.statuses.of_case(moved.before, moved.ids[0])
        after = self.statuses.of_case(moved.after, moved.ids[1])
        if before == after:
            return None
        if after in FINISHED:
            reason = self._reason(step.after.get("resolution"))
            return after, {} if reason is None else {"reason": reason}, None
        if before in FINISHED:
            return "reopened", {}, after if after != "open" else None
        return None, {}, after

    def _reason(self, resolution: Json) -> str | None:
        if not isinstance(resolution, str) or not resolution:
            return None
        return self.told.reason_of(resolution)

    def _status(self, name: Json) -> str | None:
        return self.statuses.of_case(name) if isinstance(name, str) and name else None

    def _given(self, values: Mapping[str, Json], key: str) -> dict[str, Json]:
        """The facts of the language's own paths at the opening, but for those that the mapping has."""
        found: dict[str, Json] = {"case.number": key, "case.subject": values.get("summary")}
        found |= {"case.tags": list[Json](_labels(values.get("labels")))}
        if values.get("assignee") is not None:
            found["case.assigned_to"] = self._assigned(values.get("assignee"))
        return self._unmapped(found)

    def _changed(self, before: Mapping[str, Json], after: Mapping[str, Json]) -> dict[str, Json]:
        found: dict[str, Json] = {}
        if "labels" in after and _labels(before.get("labels")) != _labels(after["labels"]):
            found["case.tags"] = list[Json](_labels(after["labels"]))
        if "assignee" in after:
            found["case.assigned_to"] = self._assigned(after["assignee"])
        if "summary" in after:
            found["case.subject"] = after["summary"]
        if "Key" in after:
            found["case.number"] = after["Key"]
        return self._unmapped(found)

    def _unmapped(self, facts: dict[str, Json]) -> dict[str, Json]:
        return {path: value for path, value in facts.items() if path not in self.mapping.fields.rules}

    def _assigned(self, known: Json) -> Json:
        """Whom a case is assigned to, in the ruleset's words: the history has an id and nothing more."""
        if not isinstance(known, str) or not known:
            return None
        person = self.crowd.person({"accountId": known}, None)
        return known if person is None else self.mapping.people.name_of(person)

    def _linked(self, issue: str, step: Step, actor: Actor) -> Iterator[Event]:
        for change in step.changes:
            if change.field != "issuelinks":
                continue
            for kind, key in (("unlinked", change.ids[0]), ("linked", change.ids[1])):
                what = self.told.kind_of(project_of(key or ""))
                if key and what is not None:
                    data: dict[str, Json] = {"kind": what.name, "id": key}
                    name = f"history/{step.id}/{kind}/{key}"
                    yield self._event(issue, kind, step.at, actor, name, data, order_of(step.id))

    def _links(self, story: Story) -> Iterator[Event]:
        """Links of which the history does not tell: those that an issue was made with."""
        told = {
            known
            for step in story.steps
            for change in step.changes
            if change.field == "issuelinks"
            for known in change.ids
        }
        for link in names(story.fields, "issuelinks"):
            other = link.get("outwardIssue") or link.get("inwardIssue")
            key = other.get("key") if isinstance(other, Mapping) else None
            what = self.told.kind_of(project_of(key)) if isinstance(key, str) else None
            if isinstance(key, str) and what is not None and key not in told:
                data: dict[str, Json] = {"kind": what.name, "id": key}
                name = f"issue/{story.id}/linked/{key}"
                yield self._event(story.id, "linked", story.created, Actor("automation"), name, data)

    def _meant(self, issue: str, change: Change, at: int, actor: Actor, key: str) -> Iterator[Event]:
        for meant in self.mapping.meant(change):
            yield meant.event(
                key,
                subject=f"case:{issue}",
                at=at,
                seen_at=max(self.now, at),
                by=actor.by,
                who=actor.who,
                source=self.instance,
            )

    def _event(
        self, issue: str, kind: str, at: int, actor: Actor, key: str, data: Mapping[str, Json], order: int = 0
    ) -> Event:
        return Event(f"case:{issue}", kind, at, max(self.now, at), actor.by, self.instance, key, order, actor.who, data)


def _labels(value: Json) -> list[str]:
    return sorted(without_marks([str(one) for one in value])) if isinstance(value, list) else []


def _written_at(comment: Mapping[str, Any]) -> int:
    """When a comment was written: a text, or an object of Service Management with milliseconds in it."""
    created = comment.get("created")
    if isinstance(created, Mapping):
        millis = created.get("epochMillis")
        if isinstance(millis, int) and not isinstance(millis, bool):
            return millis * 1000
        created = created.get("iso8601") or created.get("jira")
    return instant(created, f"created of the comment {comment.get('id')}")
