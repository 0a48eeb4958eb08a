"""What Jira was seen to do by itself that rules do as well: its own SLAs, and changes by its automations and apps.

Jira's API lists neither; but the newest issues show both.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from casewarden.plugin import Finding
from casewarden_jira.api import Jira
from casewarden_jira.jql import of_projects
from casewarden_jira.settings import Told
from casewarden_jira.site import Site
from casewarden_jira.story import NoIssueError, story_of

_LOOKED_AT: Final = 20
_CLOCKS_OF: Final = 5
"""Issues whose SLAs are asked for."""
_SHOWN: Final = 10
_DOES: Final = ("status", "priority", "assignee", "labels")
"""What rules change as well."""
_AUTOMATION: Final = "automation for jira"
"""What the author of its changes is called, on Data Center too, where nothing else tells it apart."""


def findings(jira: Jira, told: Told, site: Site) -> Iterator[Finding]:
    """What the newest issues show. HttpError."""
    jql = f"{of_projects(told.projects)} ORDER BY updated DESC"
    issues = jira.search(jql, ("created", "updated"), _LOOKED_AT).issues
    yield from _slas(jira, told, issues)
    seen: dict[str, set[str]] = {}
    for issue in issues:
        for name, field in _changes(jira, site, issue):
            seen.setdefault(name, set()).add(field)
    for name, fields in sorted(seen.items()):
        yield Finding(
            "warning",
            f"`{name[:60]}` changed {', '.join(sorted(fields))} in the newest issues, as rules may do as well",
            "under Project settings > Automation switch off what a rule does now, so that it is not done twice",
        )


def _slas(jira: Jira, told: Told, issues: Iterable[Mapping[str, Any]]) -> Iterator[Finding]:
    if not told.is_service_desk:
        return
    newest = list(issues)[:_CLOCKS_OF]
    found = [str(row.get("name")) for issue in newest for row in jira.slas(str(issue.get("id")))]
    own = [name for name in dict.fromkeys(found) if name.casefold() not in told.slas]
    if own:
        more = f" and {len(own) - _SHOWN} more" if len(own) > _SHOWN else ""
        named = ", ".join(f"`{name[:60]}`" for name in own[:_SHOWN])
        yield Finding(
            "warning",
            f"Service Management runs SLAs of its own beside the ruleset's clocks: {named}{more}",
            "under Project settings > SLAs delete their goals, or name them in `slas` to compare",
        )


def _changes(jira: Jira, site: Site, issue: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Names of programs that are not us, and the fields that each changed."""
    try:
        story = story_of(issue, jira.histories(issue, []), site.known)
    except NoIssueError:
        return  # polling tells of it
    for step in story.steps:
        author = step.author if isinstance(step.author, Mapping) else {}
        name = str(author.get("displayName") or "")
        if site.crowd.actor(step.author, None).by == "automation" or name.casefold() == _AUTOMATION:
            yield from ((name or "Jira", change.field) for change in step.changes if change.field in _DOES)
