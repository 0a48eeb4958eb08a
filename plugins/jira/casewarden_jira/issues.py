"""The whole of an issue as events: its history and comments, asked for as far as they do not come with it.

What cannot be read of one issue is told, and costs no other: a page that fails for it would fail for ever.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from casewarden.model.event import Event, Json
from casewarden.plugin.http import RefusedError, TooDeepError, TooLargeError
from casewarden_jira.api import Jira
from casewarden_jira.people import id_of
from casewarden_jira.settings import Told, project_of
from casewarden_jira.site import Site
from casewarden_jira.slas import events_of
from casewarden_jira.story import NoIssueError, Story, story_of
from casewarden_jira.versions import Outing

_GONE: Final = 404


@dataclass(slots=True)
class Came:
    """What one call brings. `is_cut`: there was more, and it was not said where."""

    events: list[Event] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    is_cut: bool = False


@dataclass(frozen=True, slots=True)
class Issues:
    """Reads issues of one site at one time."""

    instance: str
    told: Told
    jira: Jira
    site: Site
    now: int

    def take(self, issue: Mapping[str, Any], came: Came, outing: Outing | None = None) -> None:
        """An issue that came with a search. `outing`: what is known of its versions' releases."""
        unread: list[str] = []
        try:
            story = story_of(issue, self.jira.histories(issue, unread), self.site.known)
            came.events += self._events(story, issue, outing, unread)
        except NoIssueError as problem:
            came.refused.append(f"{problem}; the issue is left out")
        except (TooLargeError, TooDeepError) as problem:
            came.refused.append(f"{issue.get('key')} is left out: {problem}")
        except RefusedError as problem:
            if problem.status != _GONE:
                raise
            came.refused.append(f"{issue.get('key')} is left out, since it is gone by now: {problem}")
        came.refused += [f"{issue.get('key')}: {one}" for one in unread]

    def alone(self, ticket: str, came: Came, outing: Outing | None = None) -> Json:
        """An issue by id or key; its `updated`. RefusedError where it is gone."""
        asked = self.site.asked_for()
        try:
            issue = self.jira.issue(ticket, asked)
        except (TooLargeError, TooDeepError):
            try:
                issue = self._in_parts(ticket, asked)
            except (TooLargeError, TooDeepError) as problem:
                came.refused.append(f"{ticket} is left out: {problem}")
                return None
        self.take(issue, came, outing)
        fields = issue.get("fields")
        return fields.get("updated") if isinstance(fields, dict) else None

    def named(self, ticket: str, came: Came, outing: Outing | None = None) -> None:
        """An issue of which a search gave the id; it may be gone by now."""
        try:
            self.alone(ticket, came, outing)
        except RefusedError as problem:
            if problem.status != _GONE:
                raise
            came.refused.append(f"{ticket} is left out, since it is gone by now: {problem}")

    # -- parts

    def _in_parts(self, ticket: str, asked: Sequence[str]) -> dict[str, Json]:
        """An issue without its comments, so that they are asked for one by one; so is its history on Cloud."""
        issue = self.jira.issue(ticket, [name for name in asked if name != "comment"], history=False)
        if not self.jira.is_cloud:
            issue["changelog"] = self.jira.issue(ticket, ("updated",)).get("changelog")
        return issue

    def _events(
        self, story: Story, issue: Mapping[str, Any], outing: Outing | None, unread: list[str]
    ) -> Iterator[Event]:
        project = project_of(story.key)
        kind = self.told.kind_of(project)
        if kind is not None:
            yield from self.site.defects(self.instance, self.told, self.now).events(kind, story, outing)
        elif project in self.told.projects:
            cases = self.site.cases(self.instance, self.told, self.now)
            comments = self.jira.comments(issue, unread)
            if not all(cases.tells_public(comment) for comment in comments):
                comments = self.jira.desk_comments(story.id, unread) or comments
            yield from cases.events(story)
            for comment in comments:
                try:
                    yield from cases.message(story.id, comment, id_of(story.fields.get("reporter")))
                except NoIssueError as problem:
                    unread.append(f"a comment is left out: {problem}")
            if self.told.slas:
                yield from events_of(self.jira.slas(story.id), self.told.slas, story, self.instance, self.now)
