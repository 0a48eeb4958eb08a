"""Which issues are cases of ours: an action may be for a case of another helpdesk, whose ids mean other issues here."""

import threading
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import Any, Final

from casewarden.plugin.http import RefusedError
from casewarden_jira.api import Jira
from casewarden_jira.settings import Told
from casewarden_jira.sight import require_sight

_GONE: Final = 404
_MOST_KNOWN: Final = 10_000


@dataclass(slots=True)
class Ours:
    """Tells by an issue's project, once for each issue."""

    jira: Jira
    told: Told
    _known: OrderedDict[str, None] = field(default_factory=OrderedDict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def has(self, ticket: str) -> bool:
        """Whether a ticket is an issue in a project of cases. HttpError."""
        if not self.told.projects:
            return False
        with self._lock:
            if ticket in self._known:
                self._known.move_to_end(ticket)
                return True
        try:
            fields: Any = self.jira.issue(ticket, ("project",), history=False).get("fields")
        except RefusedError as problem:
            if problem.status != _GONE:
                raise
            require_sight(self.jira, self.told)
            return False
        project = fields.get("project") if isinstance(fields, dict) else None
        if not isinstance(project, dict) or project.get("key") not in self.told.projects:
            return False
        with self._lock:
            self._known[ticket] = None
            if len(self._known) > _MOST_KNOWN:
                self._known.popitem(last=False)
        return True
