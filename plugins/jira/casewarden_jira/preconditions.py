"""Whether an issue is as it was when something was decided. Jira has no If-Match: it is read again, and compared."""

import threading
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import Final

from casewarden.model.event import Json
from casewarden_jira.api import Jira

_MOST_ISSUES: Final = 10_000
_MOST_MOVES: Final = 200


@dataclass(slots=True)
class Versions:
    """The `updated` of issues, and which of its moves were our own writes: those stale no precondition."""

    jira: Jira
    _moves: OrderedDict[str, dict[str, str]] = field(default_factory=OrderedDict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def now(self, issue: str) -> str:
        """The `updated` of an issue; HttpError."""
        fields = self.jira.issue(issue, ("updated",), history=False).get("fields")
        found = fields.get("updated") if isinstance(fields, dict) else None
        return found if isinstance(found, str) else ""

    def is_met(self, issue: str, precondition: Json, updated: str) -> bool:
        """Whether nobody but ourselves has written since the precondition was read."""
        wanted = precondition.get("updated") if isinstance(precondition, dict) else None
        with self._lock:
            moves = self._moves.get(issue, {})
            for _ in range(_MOST_MOVES):
                if not isinstance(wanted, str) or wanted == updated:
                    return True
                wanted = moves.get(wanted, "")
                if not wanted:
                    return False
        return False

    def wrote(self, issue: str, before: str, after: str) -> None:
        """Remember that it was our write that moved an issue on."""
        if before == after or not before or not after:
            return
        with self._lock:
            moves = self._moves.setdefault(issue, {})
            self._moves.move_to_end(issue)
            moves[before] = after
            if len(moves) > _MOST_MOVES:
                del moves[next(iter(moves))]
            if len(self._moves) > _MOST_ISSUES:
                self._moves.popitem(last=False)
