"""Webhooks that an OAuth app registers: they end after 30 days, so they are renewed before.

Source: developer.atlassian.com, Webhooks (Jira Cloud platform): only Connect and OAuth apps may register them.
"""

import threading
from typing import Any, Final

from casewarden.model.event import Json
from casewarden.plugin.http import HttpError, as_array, as_object
from casewarden_jira.api import Jira
from casewarden_jira.jql import of_projects
from casewarden_jira.settings import SECOND, Told
from casewarden_jira.story import NoIssueError, instant

_EVERY: Final = 6 * 3600 * SECOND
_BEFORE: Final = 10 * 86_400 * SECOND
_EVENTS: Final[list[Json]] = ["jira:issue_created", "jira:issue_updated", "comment_created"]
_PATH: Final = "/rest/api/3/webhook"


class Registration:
    """The registered webhook of one connector; nothing where the settings name no `webhook_url`."""

    def __init__(self, jira: Jira, told: Told) -> None:
        self._jira, self._told = jira, told
        self._next = 0
        self._lock = threading.Lock()

    def kept(self, now: int) -> str | None:
        """Register or renew where it is time; what is wrong, in words. Polling goes on without."""
        if self._told.webhook_url is None or self._told.client is None:
            return None
        with self._lock:
            if now < self._next:
                return None
            self._next = now + _EVERY
        try:
            return self._renewed(now)
        except HttpError as problem:
            return f"the webhook could not be registered or renewed: {problem}"

    def _renewed(self, now: int) -> str | None:
        rows: list[Any] = as_array(self._jira.http.get(_PATH, {"maxResults": 100}).object().get("values"), "values")
        wanted = {"url": self._told.webhook_url, "jqlFilter": of_projects(self._told.all_projects)}
        mine = [
            row
            for row in rows
            if isinstance(row, dict) and all(row.get(name, value) == value for name, value in wanted.items())
        ]
        if not mine:
            return self._registered()
        ending = [row.get("id") for row in mine if _ends(row) - now < _BEFORE]
        if ending:
            self._jira.http.send("PUT", f"{_PATH}/refresh", {"webhookIds": ending})
        return None

    def _registered(self) -> str | None:
        body: dict[str, Json] = {
            "url": self._told.webhook_url,
            "webhooks": [{"events": _EVENTS, "jqlFilter": of_projects(self._told.all_projects)}],
        }
        answer = self._jira.http.send("POST", _PATH, body).object()
        results = as_array(answer.get("webhookRegistrationResult") or [], "webhookRegistrationResult")
        for one in results:
            said = as_object(one, "webhookRegistrationResult")
            if said.get("errors"):
                return f"Jira did not register the webhook: {str(said['errors'])[:300]}"
        return None


def _ends(row: dict[str, Any]) -> int:
    """When a webhook ends: milliseconds, or a text; one that does not say is renewed."""
    ends = row.get("expirationDate")
    if isinstance(ends, int) and not isinstance(ends, bool):
        return ends * 1000
    try:
        return instant(ends, "expirationDate")
    except NoIssueError:
        return 0
