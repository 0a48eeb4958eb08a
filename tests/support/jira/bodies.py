"""Answers as Jira writes them: nulls and more that no specification lists, ADF on Cloud, texts elsewhere."""

from collections.abc import Sequence
from typing import Any

from casewarden.model.event import Json
from support.jira.state import FIELDS, KINDS, STATUSES, Issue, World, stamp

CUSTOMERS = frozenset({"customer", "other"})
_IDS = {name: id_ for id_, (name, _) in STATUSES.items()}
_HISTORY_NAMES = {"fixVersions": "Fix Version"}


class Bodies:
    """Bodies of one edition."""

    def __init__(self, edition: str, *, desk: bool) -> None:
        self.is_cloud, self.desk = edition == "cloud", desk
        self.versions: dict[str, str] = {}
        """Names of versions, as the history has them, by id."""

    def user(self, name: str | None) -> Any:
        if name is None:
            return None
        if self.is_cloud:
            kind = "customer" if name in CUSTOMERS else "atlassian"
            return {"accountId": name, "accountType": kind, "displayName": name.title(), "active": True}
        return {
            "name": name,
            "key": f"JIRAUSER{name}",
            "emailAddress": f"{name}@example.com",
            "displayName": name.title(),
        }

    def requester(self, name: str) -> Any:
        """A user as Service Management shows them: nobody's kind is told."""
        shown = {"displayName": name.title(), "active": True}
        return {**shown, "accountId": name} if self.is_cloud else {**shown, "name": name, "key": f"JIRAUSER{name}"}

    def text(self, text: str | None, *, plain: bool = False) -> Any:
        if text is None or plain or not self.is_cloud:
            return text
        paragraphs = [
            {"type": "paragraph", "content": [{"type": "text", "text": part}] if part else []}
            for part in text.split("\n")
        ]
        return {"type": "doc", "version": 1, "content": paragraphs}

    def issue(
        self,
        world: World,
        issue: Issue,
        fields: Sequence[str],
        *,
        history: bool,
        plain: bool = False,
        most: int | None = None,
    ) -> Json:
        known = self.fields(world, issue, issue.fields, plain=plain)
        wanted = known if "*all" in fields else {name: known.get(name) for name in fields if name in known}
        said: dict[str, Json] = {"id": issue.id, "key": issue.key, "self": f"/issue/{issue.id}", "fields": wanted}
        if history:
            rows = [self.history(one) for one in issue.histories]
            shown = list(reversed(rows))[:most]
            said["changelog"] = {"startAt": 0, "maxResults": len(shown), "total": len(rows), "histories": shown}
        return said

    def opening(self, world: World, issue: Issue) -> Json:
        """An issue as the webhook of its creation had it."""
        values = dict(issue.fields)
        for history in reversed(issue.histories):
            for item in history["items"]:
                if item["field"] in values and item["field"] != "fixVersions":
                    values[item["field"]] = item["before"]
        found = self.fields(world, issue, values, plain=True)
        found |= {"updated": stamp(issue.created), "comment": None}
        return {"id": issue.id, "key": issue.key, "fields": found}

    def fields(self, world: World, issue: Issue, values: dict[str, Any], *, plain: bool) -> dict[str, Json]:
        found: dict[str, Json] = {row["id"]: None for row in FIELDS}
        found |= {name: self._value(world, name, value, plain=plain) for name, value in values.items()}
        comments = [self.comment(issue, one, plain=plain) for one in issue.comments]
        found |= {
            "project": {"key": issue.project, "id": "1"},
            "issuetype": {"id": "1", "name": issue.type},
            "creator": self.user(issue.creator),
            "created": stamp(issue.created),
            "updated": stamp(issue.updated),
            "issuelinks": [
                {"id": id_, "type": {"name": "Relates"}, "outwardIssue": {"key": key}} for id_, key in issue.links
            ],
            "comment": {"comments": comments[:20], "total": len(comments), "startAt": 0, "maxResults": 20},
        }
        return found

    def history(self, history: dict[str, Any]) -> Any:
        return {
            "id": history["id"],
            "created": stamp(history["created"]),
            "author": self.user(history["author"]),
            "items": [self._item(item) for item in history["items"]],
        }

    def comment(self, issue: Issue, one: dict[str, Any], *, plain: bool = False, properties: bool = False) -> Json:
        said: dict[str, Json] = {
            "id": one["id"],
            "self": f"https://example.atlassian.net/rest/api/2/issue/{issue.id}/comment/{one['id']}",
            "author": self.user(one["author"]),
            "body": self.text(one["body"], plain=plain),
            "created": stamp(one["created"]),
            "updated": stamp(one["created"]),
        }
        if self.desk and self.is_cloud:
            said["jsdPublic"] = one["public"]
        elif not one["public"] and not self.desk:
            said["visibility"] = {"type": "role", "value": "Team"}
        if properties and not self.is_cloud:
            said["properties"] = [{"key": name, "value": value} for name, value in one["properties"].items()]
        return said

    def desk_comment(self, one: dict[str, Any]) -> Json:
        return {
            "id": one["id"],
            "body": one["body"],
            "public": one["public"],
            "author": self.requester(one["author"]),
            "created": {"epochMillis": one["created"] // 1000, "iso8601": stamp(one["created"])},
        }

    def _value(self, world: World, name: str, value: Any, *, plain: bool) -> Any:
        if value is None:
            return None
        match KINDS.get(name):
            case "status":
                return {"name": value, "id": _IDS[value], "statusCategory": {"key": STATUSES[_IDS[value]][1]}}
            case "priority" | "resolution":
                return {"name": value, "id": "3"}
            case "option":
                return {"value": value, "id": "10200"}
            case "user":
                return self.user(value)
            case "number":
                return float(value)
            case "array" if name == "fixVersions":
                return [{key: said for key, said in world.versions[id_].items() if key != "project"} for id_ in value]
            case "array" if name == "customfield_10106":
                return [{"value": one} for one in value]
            case _ if name in ("description", "customfield_10104"):
                return self.text(value, plain=plain)
            case _:
                return value

    def _item(self, item: dict[str, Any]) -> Any:
        name, before, after = item["field"], item["before"], item["after"]
        said: dict[str, Any] = {"field": _HISTORY_NAMES.get(name, name), "fieldtype": "jira"}
        if self.is_cloud and name not in ("Key", "Link"):
            said["fieldId"] = name
        for word, value in (("from", before), ("to", after)):
            known = _IDS.get(value) if name == "status" else value if isinstance(value, str) else None
            said[word] = None if value is None else known
            said[f"{word}String"] = self.versions.get(value) if name == "fixVersions" else _text(name, value)
        return said


def _text(name: str, value: Any) -> str | None:
    match value:
        case None:
            return None
        case list():
            return (" " if name == "labels" else ", ").join(map(str, value))
        case str() if name in ("assignee", "reporter"):
            return value.title()
        case _:
            return str(value)
