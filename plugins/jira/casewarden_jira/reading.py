"""Polling: pages of a search, the whole of each issue that changed, and versions."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final
from zoneinfo import ZoneInfo

from casewarden.model.event import Event, Json
from casewarden.plugin import Page
from casewarden.plugin.http import RefusedError
from casewarden_jira.api import Found, Jira
from casewarden_jira.defects import releases, state_of
from casewarden_jira.settings import SECOND, Told, project_of
from casewarden_jira.site import Site
from casewarden_jira.slas import events_of
from casewarden_jira.story import NoIssueError, Story, instant, story_of
from casewarden_jira.window import State, Window

_MOST_RELEASED: Final = 20
"""Pages of tickets that one release brings out."""
_MOST_QUIET: Final = 50
"""Pages of the overlap, with nothing new in them, that one call goes through."""
_BAD_REQUEST: Final = 400


@dataclass(slots=True)
class Came:
    """What one call brings."""

    events: list[Event] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Reader:
    """Reads one site."""

    instance: str
    told: Told
    jira: Jira

    def page(self, site: Site, cursor: Json, now: int, written: Sequence[int]) -> Page:
        """One page of what changed. `written`: ids of issues that we wrote to just now."""
        window, came = Window.of(cursor), Came()
        if not window.is_underway:
            window = self._released(site, window, now, came)
        for _ in range(_MOST_QUIET):
            window = self._page(site, window, written, now, came)
            if came.events or came.refused or not window.is_underway:
                break
        skew = round((self.jira.http.skew or 0.0) * SECOND)
        through = None if window.is_underway else min(now, now + skew) - self.told.shown_within
        return Page(came.events, window.cursor(), through, window.is_underway, came.refused)

    def _page(self, site: Site, window: Window, written: Sequence[int], now: int, came: Came) -> Window:
        window = window.begun(self.told.since, self.told.shown_within)
        found, window = self._searched(site, window, written, came)
        states: dict[str, State] = {}
        for issue in found.issues:
            self._take(site, issue, window, states, now, came)
        return self._next(window.moved(states, self.told.shown_within), found, came)

    def whole(self, site: Site, ticket: str, now: int) -> Page:
        """One issue as it is now."""
        issue = self.jira.issue(ticket, site.asked_for())
        fields = issue.get("fields")
        updated = fields.get("updated") if isinstance(fields, dict) else None
        came = Came()
        self._issue(site, issue, now, came)
        return Page(came.events, {"updated": updated}, refused=came.refused)

    # -- parts

    def _searched(self, site: Site, window: Window, written: Sequence[int], came: Came) -> tuple[Found, Window]:
        jql = window.jql(self.told.all_projects, self._further())
        asked, size = site.asked_for(), self.told.page_size
        if self.jira.is_cloud:
            try:
                return self.jira.search(jql, asked, size, token=window.token, reconcile=written), window
            except RefusedError as problem:
                if window.token is None or problem.status != _BAD_REQUEST:
                    raise
            came.refused.append("Jira no longer knew the next page of a search; it was begun anew, and nothing is lost")
            window = window.ended().begun(self.told.since, self.told.shown_within)
            again = window.jql(self.told.all_projects, self._further())
            return self.jira.search(again, asked, size, reconcile=written), window
        start = window.start or 0
        found = self.jira.search(jql, asked, size + bool(start), start=max(0, start - 1))
        if not start:
            return found, window
        if found.issues and found.issues[0].get("id") == window.last:
            return replace(found, issues=found.issues[1:]), window
        # An issue of an earlier page has changed since, so that all after it moved up: what moved over the edge of the
        # page would be passed over.
        window = window.ended().begun(self.told.since, self.told.shown_within)
        again = window.jql(self.told.all_projects, self._further())
        return self.jira.search(again, asked, size), window

    def _further(self) -> str | None:
        if self.told.jql is None:
            return None
        others = [project for kind in self.told.kinds for project in kind.projects]
        if not others:
            return self.told.jql
        named = ", ".join(f'"{project}"' for project in others)
        return f"project in ({named}) OR ({self.told.jql})"

    def _next(self, window: Window, found: Found, came: Came) -> Window:
        if found.token is None and found.start is None:
            return window.ended()
        if found.token is not None and found.token == window.token:
            came.refused.append("Jira named the same next page twice; the search is begun anew from the last change")
            return window.ended()
        last = found.issues[-1].get("id") if found.issues else None
        return window.at_page(found.token, found.start, last if isinstance(last, str) else None)

    def _take(
        self, site: Site, issue: Mapping[str, Any], window: Window, states: dict[str, State], now: int, came: Came
    ) -> None:
        fields = issue.get("fields")
        try:
            at = instant(fields.get("updated") if isinstance(fields, dict) else None, f"{issue.get('key')}: updated")
        except NoIssueError as problem:
            came.refused.append(str(problem))
            return
        id_, state = str(issue.get("id")), State.of(issue, at)
        if window.is_new(id_, state):
            self._issue(site, issue, now, came)
        states[id_] = state

    def _issue(
        self, site: Site, issue: Mapping[str, Any], now: int, came: Came, released_at: int | None = None
    ) -> None:
        try:
            story = story_of(issue, self.jira.histories(issue), site.known)
            came.events += self._events(site, story, issue, now, released_at)
        except NoIssueError as problem:
            came.refused.append(f"{problem}; the issue is left out")

    def _events(
        self, site: Site, story: Story, issue: Mapping[str, Any], now: int, released_at: int | None
    ) -> Iterator[Event]:
        project = project_of(story.key)
        kind = self.told.kind_of(project)
        if kind is not None:
            yield from site.defects(self.instance, self.told, now).events(kind, story, released_at)
        elif project in self.told.projects:
            cases = site.cases(self.instance, self.told, now)
            comments = self.jira.comments(issue)
            if not all(cases.tells_public(comment) for comment in comments):
                comments = self.jira.desk_comments(story.id)
            yield from cases.events(story, comments)
            if self.told.slas:
                yield from events_of(self.jira.slas(story.id), self.told.slas, story.id, self.instance, now)

    def _released(self, site: Site, window: Window, now: int, came: Came) -> Window:
        """Look at versions; what came out brings out the tickets that were fixed in it, whose `updated` stays."""
        if not self.told.releases:
            return window
        zone, before = ZoneInfo(self.told.zone), window.versions
        rows = [row for project in self.told.releases for row in self.jira.versions(project)]
        came.events += releases(rows, before, self.instance, zone, now)
        after = {str(row.get("id")): state_of(row) for row in rows}
        if before is not None:
            for row in rows:
                id_ = str(row.get("id"))
                if row.get("released") is True and not before.get(id_, "").startswith("released"):
                    self._brought_out(site, id_, now, came)
        return replace(window, versions=after)

    def _brought_out(self, site: Site, version: str, now: int, came: Came) -> None:
        if not version.isdigit():
            return
        projects = ", ".join(f'"{one}"' for kind in self.told.kinds for one in kind.projects)
        if not projects:
            return
        jql = f"project in ({projects}) AND fixVersion = {version} ORDER BY key ASC"
        token, start = None, 0
        for _ in range(_MOST_RELEASED):
            found = self.jira.search(jql, site.asked_for(), self.told.page_size, token=token, start=start)
            for issue in found.issues:
                self._issue(site, issue, now, came, now)
            if found.token in (None, token) and found.start is None:
                return
            token, start = found.token, found.start or 0
        came.refused.append(
            f"version {version} has more tickets than are told at once; the rest are told when they change"
        )
