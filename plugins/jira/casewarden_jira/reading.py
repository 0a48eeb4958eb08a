"""Polling: pages of a search, and the whole of each issue that changed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from casewarden.model.event import Json
from casewarden.plugin import Page
from casewarden.plugin.http import RefusedError, TooDeepError, TooLargeError
from casewarden_jira.api import Found, Jira
from casewarden_jira.issues import Came, Issues
from casewarden_jira.jql import of_projects
from casewarden_jira.releasing import Releases
from casewarden_jira.settings import SECOND, Told
from casewarden_jira.sight import require_sight
from casewarden_jira.site import Site
from casewarden_jira.story import NoIssueError, instant
from casewarden_jira.window import State, Window

_MOST_QUIET: Final = 50
"""Pages of the overlap, with nothing new in them, that one call goes through."""
_BAD_REQUEST: Final = 400
_THIN: Final = ("updated",)


@dataclass(frozen=True, slots=True)
class Reader:
    """Reads one site."""

    instance: str
    told: Told
    jira: Jira

    def page(self, site: Site, cursor: Json, now: int, written: Sequence[int]) -> Page:
        """One page of what changed. `written`: ids of issues that we wrote to just now.

        It is complete up to when its window was begun, less what a search may not show: an issue that was changed
        while the pages were gone through may stand in none of them.
        """
        window, came, issues = Window.of(cursor), Came(), Issues(self.instance, self.told, self.jira, site, now)
        if not window.is_underway:
            releases = Releases(self.instance, self.told, self.jira, site, now)
            window = replace(window, versions=releases.since(window.versions, issues, came))
        opened = now
        for _ in range(_MOST_QUIET):
            window = self._begun(window, now)
            opened = window.opened if window.opened is not None else now
            window = self._page(window, issues, written, came)
            if came.events or came.refused or not window.is_underway:
                break
        is_whole = not window.is_underway and not came.is_cut
        through = opened - self.told.shown_within if is_whole else None
        return Page(came.events, window.cursor(), through, window.is_underway, came.refused)

    def whole(self, site: Site, ticket: str, now: int) -> Page:
        """One issue as it is now."""
        came = Came()
        updated = Issues(self.instance, self.told, self.jira, site, now).alone(ticket, came)
        return Page(came.events, {"updated": updated}, refused=came.refused)

    # -- parts

    def _begun(self, window: Window, now: int) -> Window:
        return window.begun(self.told.since, self.told.shown_within, now, self._there(now))

    def _there(self, now: int) -> int:
        """The present instant by Jira's own clock."""
        return now + round((self.jira.http.skew or 0.0) * SECOND)

    def _page(self, window: Window, issues: Issues, written: Sequence[int], came: Came) -> Window:
        try:
            found, window = self._searched(window, issues, written, came)
        except (TooLargeError, TooDeepError):
            if window.is_thin:
                raise
            # Something in an issue cannot be read: where it is is found by asking for each alone
            window = self._begun(window.thinned(issues.now), issues.now)
            found, window = self._searched(window, issues, written, came)
        if not found.issues and window.high is not None and window.token is None and not window.start:
            require_sight(self.jira, self.told)  # else the newest was deleted or moved
        states: dict[str, State] = {}
        for issue in found.issues:
            self._take(issue, window, issues, states, came)
        return self._next(window.moved(states, self.told.shown_within, self._there(issues.now)), found, came)

    def _searched(self, window: Window, issues: Issues, written: Sequence[int], came: Came) -> tuple[Found, Window]:
        asked, size = _THIN if window.is_thin else issues.site.asked_for(), self.told.page_size
        further, history = self._further(), not window.is_thin
        jql = window.jql(self.told.all_projects, further)
        if self.jira.is_cloud:
            try:
                found = self.jira.search(jql, asked, size, token=window.token, reconcile=written, history=history)
            except RefusedError as problem:
                if window.token is None or problem.status != _BAD_REQUEST:
                    raise
            else:
                return found, window
            came.refused.append("Jira no longer knew the next page of a search; it was begun anew, and nothing is lost")
            window = self._begun(window.ended(), issues.now)
            jql = window.jql(self.told.all_projects, further)
            return self.jira.search(jql, asked, size, reconcile=written, history=history), window
        start = window.start or 0
        found = self.jira.search(jql, asked, size + bool(start), start=max(0, start - 1), history=history)
        if not start:
            return found, window
        if found.issues and found.issues[0].get("id") == window.last:
            return replace(found, issues=found.issues[1:]), window
        # An issue of an earlier page has changed since, so that all after it moved up: what moved over the edge of the
        # page would be passed over.
        window = self._begun(window.ended(), issues.now)
        jql = window.jql(self.told.all_projects, further)
        return self.jira.search(jql, asked, size, history=history), window

    def _further(self) -> str | None:
        if self.told.jql is None or not self.told.projects:
            return None
        others = [project for kind in self.told.kinds for project in kind.projects]
        return f"{of_projects(others)} OR ({self.told.jql})" if others else self.told.jql

    def _next(self, window: Window, found: Found, came: Came) -> Window:
        if found.is_cut:
            came.is_cut = True
            came.refused.append("Jira says that a search goes on, and not where; it is begun anew from the last change")
            return window.ended()
        if found.token is None and found.start is None:
            return window.ended()
        if found.token is not None and found.token == window.token:
            came.is_cut = True
            came.refused.append("Jira named the same next page twice; the search is begun anew from the last change")
            return window.ended()
        last = found.issues[-1].get("id") if found.issues else None
        return window.at_page(found.token, found.start, last if isinstance(last, str) else None)

    def _take(
        self, issue: Mapping[str, Any], window: Window, issues: Issues, states: dict[str, State], came: Came
    ) -> None:
        fields = issue.get("fields")
        try:
            at = instant(fields.get("updated") if isinstance(fields, dict) else None, f"{issue.get('key')}: updated")
        except NoIssueError as problem:
            came.refused.append(str(problem))
            return
        id_, state = str(issue.get("id")), State.of(issue, at)
        if window.is_new(id_, state):
            if window.is_thin:
                issues.named(id_, came)
            else:
                issues.take(issue, came)
        states[id_] = state
