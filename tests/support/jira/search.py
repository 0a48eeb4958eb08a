"""As much of JQL as the connector uses, with Jira's own ways: minutes, and the asker's zone."""

import re
from datetime import datetime
from zoneinfo import ZoneInfo

from support.jira.state import ZONE, Issue

_MINUTE = 60_000_000


class JqlError(ValueError):
    """What Jira answers with 400."""


def matches(jql: str, issue: Issue) -> bool:
    """Whether an issue is among those that a search finds."""
    condition, _, _ = jql.partition(" ORDER BY ")
    parts = _split(condition, " AND ")
    if not any(part.startswith(("project", "labels", "issuetype")) for part in parts):
        raise JqlError("Unbounded JQL queries are not allowed here. Please add a search restriction to your query.")
    return all(_part(part, issue) for part in parts)


def ordered(jql: str, issues: list[Issue]) -> list[Issue]:
    """The issues in the order that a search asks for."""
    if "ORDER BY updated ASC" in jql:
        return sorted(issues, key=lambda one: (one.updated // 1000, int(one.id)))
    return sorted(issues, key=lambda one: int(one.id))


def _split(text: str, word: str) -> list[str]:
    found, depth, start = [], 0, 0
    for at, letter in enumerate(text):
        depth += (letter == "(") - (letter == ")")
        if depth == 0 and text.startswith(word, at):
            found.append(text[start:at])
            start = at + len(word)
    return [*found, text[start:]]


def _part(part: str, issue: Issue) -> bool:
    part = part.strip()
    if part.startswith("(") and part.endswith(")"):
        return any(all(_part(one, issue) for one in _split(either, " AND ")) for either in _split(part[1:-1], " OR "))
    if found := re.fullmatch(r"project in \((.*)\)", part):
        return issue.project in re.findall(r'"([^"]+)"', found[1])
    if found := re.fullmatch(r"updated >= (.+)", part):
        return issue.updated >= _instant(found[1])
    if found := re.fullmatch(r"(project|status|issuetype|labels|fixVersion|type) = \"?([^\"]+)\"?", part):
        return _equal(found[1], found[2], issue)
    raise JqlError(f"Error in the JQL Query: {part}")


def _equal(name: str, value: str, issue: Issue) -> bool:
    match name:
        case "project":
            return issue.project == value
        case "status":
            return str(issue.fields["status"]).casefold() == value.casefold()
        case "labels":
            return value in issue.fields["labels"]
        case "fixVersion":
            return value in issue.fields["fixVersions"]
        case _:
            return value in (issue.type, "1")


def _instant(text: str) -> int:
    """Milliseconds since the epoch, or a text that is read in the asker's zone; both at the grain of minutes."""
    if re.fullmatch(r"\d{10,14}", text):
        return int(text) * 1000 // _MINUTE * _MINUTE
    local = datetime.strptime(text.strip('"'), "%Y-%m-%d %H:%M").replace(tzinfo=ZoneInfo(ZONE))
    return round(local.timestamp()) * 1_000_000
