"""What happens in a Jira: by customers, by agents, by our own account."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from support.jira.state import Issue

if TYPE_CHECKING:
    from support.jira.server import FakeJira

ONE_BY_ONE = {"fixVersions": "Fix Version"}


class Happening:
    """Lets things happen now, by the fake's clock."""

    def __init__(self, jira: "FakeJira", me: str) -> None:
        self._jira, self._me = jira, me

    def issue(self, project: str, summary: str, *, by: str, kind: str = "Incident", **fields: Any) -> Issue:
        """A new issue."""
        world, now = self._jira.state, self._jira.now()
        first: dict[str, Any] = {
            "status": "Open",
            "priority": "Medium",
            "labels": [],
            "assignee": None,
            "reporter": by,
            "fixVersions": [],
        }
        made = Issue(world.next_id(), world.next_key(project), kind, now, by, now)
        made.fields = {"summary": summary, "resolution": None, "description": None, **first, **fields}
        made.by_us = by == self._me
        world.issues[made.id] = made
        self._touch(made)
        return made

    def comment(
        self, issue: str, text: str, *, by: str, public: bool = True, properties: Mapping[str, Any] | None = None
    ) -> dict[str, Any]:
        """A new comment."""
        one = self._jira.state.issues[issue]
        made = {
            "id": self._jira.state.next_id(), "author": by, "body": text, "created": self._jira.now(), "public": public,
            "properties": dict(properties or {}),
        }  # fmt: skip
        one.comments.append(made)
        self._touch(one)
        return made

    def change(self, issue: str, fields: Mapping[str, Any], *, by: str) -> None:
        """A change of fields in one entry of the history."""
        one, items = self._jira.state.issues[issue], []
        for name, value in fields.items():
            before: Any = one.fields.get(name)
            if before == value:
                continue
            one.fields[name] = value
            if name in ONE_BY_ONE:
                items += [{"field": name, "before": gone, "after": None} for gone in before if gone not in value]
                items += [{"field": name, "before": None, "after": new} for new in value if new not in before]
            else:
                items.append({"field": name, "before": before, "after": value})
        self._log(one, items, by)

    def link(self, issue: str, other: str, *, by: str) -> None:
        """A link between two issues, each of whose histories has the other's key."""
        one, two = self._jira.state.issues[issue], self._jira.state.issues[other]
        one.links.append((self._jira.state.next_id(), two.key))
        two.links.append((self._jira.state.next_id(), one.key))
        self._log(one, [{"field": "Link", "before": None, "after": two.key}], by)
        self._log(two, [{"field": "Link", "before": None, "after": one.key}], by)

    def unlink(self, issue: str, other: str, *, by: str) -> None:
        """A link is taken away."""
        one, two = self._jira.state.issues[issue], self._jira.state.issues[other]
        one.links = [link for link in one.links if link[1] != two.key]
        two.links = [link for link in two.links if link[1] != one.key]
        self._log(one, [{"field": "Link", "before": two.key, "after": None}], by)
        self._log(two, [{"field": "Link", "before": one.key, "after": None}], by)

    def moved(self, issue: str, project: str, *, by: str) -> None:
        """An issue goes to another project, and gets another key."""
        one = self._jira.state.issues[issue]
        before, one.key = one.key, self._jira.state.next_key(project)
        self._log(one, [{"field": "Key", "before": before, "after": one.key}], by)

    def _log(self, one: Issue, items: list[dict[str, Any]], by: str) -> None:
        if not items:
            return
        one.histories.append(
            {"id": self._jira.state.next_id(), "created": self._jira.now(), "author": by, "items": items}
        )
        self._touch(one)

    def _touch(self, one: Issue) -> None:
        one.updated = self._jira.now()
        one.late = self._jira.hides_next() or (one.late and self._jira.is_hiding)
