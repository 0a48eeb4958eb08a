"""Writes to a Jira: by `fields` and `update` verbs; a status that is put is ignored with success."""

import re
from typing import Any

from casewarden.model.event import Json
from casewarden.testing.wire import Reply, json_reply
from support.jira.bodies import Bodies
from support.jira.happening import Happening
from support.jira.state import RESOLUTIONS, SCREENS, Issue, World


class BadWriteError(ValueError):
    """What Jira answers with 400."""

    def __init__(self, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.status = status


class Writes:
    """Carries out writes by our own account."""

    def __init__(self, world: World, happening: Happening, bodies: Bodies, me: str, *, is_cloud: bool) -> None:
        self._world, self._happening, self._bodies, self._me = world, happening, bodies, me
        self._is_cloud = is_cloud

    def edit(self, issue: Issue, body: dict[str, Any]) -> Reply:
        changed: dict[str, Any] = {}
        for name, value in (body.get("fields") or {}).items():
            changed[name] = self._read(name, value)
        for name, verbs in (body.get("update") or {}).items():
            now = changed.get(name, issue.fields.get(name))
            for verb in verbs:
                ((word, value),) = verb.items()
                now = self._verb(word, now, self._read(name, value) if word == "set" else value)
            changed[name] = now
        changed.pop("status", None)  # success, and nothing happens
        self._happening.change(issue.id, changed, by=self._me)
        return Reply(204)

    def create(self, body: dict[str, Any]) -> Reply:
        fields = dict(body["fields"])
        project, kind = fields.pop("project")["key"], fields.pop("issuetype")["name"]
        summary = fields.pop("summary")
        read = {name: self._read(name, value) for name, value in fields.items()}
        made = self._happening.issue(project, summary, by=self._me, kind=kind, **read)
        made.properties |= {one["key"]: one["value"] for one in body.get("properties", ())}
        return json_reply({"id": made.id, "key": made.key, "self": "x"}, 201)

    def comment(self, issue: Issue, body: dict[str, Any]) -> Reply:
        if isinstance(body["body"], str) == self._is_cloud:
            raise BadWriteError("Comment body is not valid!")
        properties = {one["key"]: one["value"] for one in body.get("properties", ())}
        made = self._happening.comment(
            issue.id, said(body["body"]), by=self._me, public="visibility" not in body, properties=properties
        )
        return json_reply(self._bodies.comment(issue, made), 201)

    def link(self, body: dict[str, Any]) -> Reply:
        ends = [
            self._world.named(one.get("id") or one.get("key")) for one in (body["inwardIssue"], body["outwardIssue"])
        ]
        if ends[0] is None or ends[1] is None:
            raise BadWriteError("No issue exists", 404)
        self._happening.link(ends[0].id, ends[1].id, by=self._me)
        return Reply(201)

    def move(self, issue: Issue, body: dict[str, Any]) -> Reply:
        offered = {id_: to for id_, _, to in self._world.workflow[issue.fields["status"]]}
        wanted = body["transition"]["id"]
        if wanted not in offered:
            raise BadWriteError("It is not on the appropriate screen, or unknown.")
        fields = body.get("fields") or {}
        if any(name != SCREENS.get(wanted) for name in fields):
            raise BadWriteError("Field cannot be set. It is not on the appropriate screen, or unknown.")
        changed = {"status": offered[wanted]}
        if wanted in SCREENS:
            if fields and fields["resolution"]["name"] not in RESOLUTIONS:
                raise BadWriteError("Could not find valid 'id' or 'name' of a resolution")
            changed["resolution"] = (fields.get("resolution") or {"name": "Done"})["name"]
        elif offered[wanted] not in ("Resolved", "Closed"):
            changed["resolution"] = None  # type: ignore[assignment]
        self._happening.change(issue.id, changed, by=self._me)
        return Reply(204)

    def _verb(self, word: str, now: Any, value: Any) -> Any:
        match word:
            case "set":
                return value
            case "add":
                return [*now, value] if value not in now else now
            case "remove":
                return [one for one in now if one != value]
            case _:
                raise BadWriteError(f"The operation {word} is not supported")

    def _read(self, name: str, value: Any) -> Any:
        match value:
            case {"type": "doc"}:
                return said(value)
            case {"value": found} | {"accountId": found} | {"name": found}:
                return found
            case list():
                return [self._read(name, one) for one in value]
            case _:
                return value


def said(node: Json) -> str:
    """The text of a document, as this fake keeps it."""
    match node:
        case str():
            return node
        case {"type": "doc", "content": list(content)}:
            return "\n\n".join(said(part) for part in content)
        case {"type": "hardBreak"}:
            return "\n"
        case {"type": "text", "text": str(text)}:
            return text
        case {"content": list(content)}:
            return "".join(said(part) for part in content)
        case _:
            return ""


def rendered(markup: str) -> str:
    """What Cloud makes of markup: documents have none."""
    known = r"\\([^A-Za-z0-9])|\[~(?:accountid:)?([^\]]+)\]|\{\w+\}|!\S+!|[*_^~+]"
    return re.sub(known, lambda one: one[1] or one[2] or "", markup)
