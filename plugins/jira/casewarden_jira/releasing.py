"""Versions as releases, and the tickets that a version brings out: their own `updated` stays as it is then."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from zoneinfo import ZoneInfo

from casewarden.plugin.http import TooDeepError, TooLargeError
from casewarden_jira.api import Jira
from casewarden_jira.issues import Came, Issues
from casewarden_jira.jql import of_projects
from casewarden_jira.settings import Told
from casewarden_jira.site import Site
from casewarden_jira.versions import Outing, State, release_of, state_of

_MOST: Final = 20
"""Pages of tickets that one release brings out."""


@dataclass(frozen=True, slots=True)
class Releases:
    """Looks at the versions of one site at one time."""

    instance: str
    told: Told
    jira: Jira
    site: Site
    now: int

    def since(self, before: Mapping[str, str] | None, issues: Issues, came: Came) -> Mapping[str, str] | None:
        """Tell what is new of versions since these states, by id; their states now. HttpError."""
        if not self.told.releases:
            return before
        zone, after = ZoneInfo(self.told.zone), dict[str, str]()
        for row in [row for project in self.told.releases for row in self.jira.versions(project)]:
            id_ = str(row.get("id"))
            old = State.of((before or {}).get(id_))
            state = state_of(row, old)
            after[id_] = str(state)
            if state == old or not isinstance(row.get("name"), str):
                continue
            came.events.append(release_of(row, state, self.instance, zone, self.now, is_first=before is None))
            if before is not None and state.is_out != (old is not None and old.is_out):
                self._brought_out(id_, Outing(self.now, id_, state.turns, is_out=state.is_out), issues, came)
        return after

    def _brought_out(self, version: str, outing: Outing, issues: Issues, came: Came) -> None:
        projects = [one for kind in self.told.kinds for one in kind.projects]
        if not projects or not version.isdigit():
            return
        jql = f"{of_projects(projects)} AND fixVersion = {version} ORDER BY key ASC"
        token, start = None, 0
        for _ in range(_MOST):
            size = self.told.page_size
            try:
                found = self.jira.search(jql, self.site.asked_for(), size, token=token, start=start)
                for issue in found.issues:
                    issues.take(issue, came, outing)
            except (TooLargeError, TooDeepError):
                found = self.jira.search(jql, ("updated",), size, token=token, start=start, history=False)
                for issue in found.issues:
                    issues.named(str(issue.get("id")), came, outing)
            if found.token in (None, token) and found.start is None:
                return
            token, start = found.token, found.start or 0
        came.refused.append(
            f"version {version} has more tickets than are told at once; the rest are told when they change"
        )
