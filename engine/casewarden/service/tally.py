"""How much went out in the last hour: by rule, by case, in all. What caps and the guard against ping-pong look at."""

from collections import Counter, deque
from typing import Final, NamedTuple

from sqlalchemy import Connection, text

HOUR: Final = 3_600_000_000
WRITES: Final = frozenset({"set", "assign", "tag", "close", "reopen", "classify"})
"""Kinds of action that change the case, and so may be undone by the helpdesk's own triggers."""

_SINCE: Final = text("SELECT sent_at, rule, kind, subject FROM outbox WHERE sent_at > :since ORDER BY sent_at")


class _Sent(NamedTuple):
    at: int
    rule: str
    kind: str
    subject: int


class Tally:
    """What went out in the last hour. On PostgreSQL what other workers sent is read every few seconds."""

    def __init__(self, *, shared: bool) -> None:
        self._shared = shared
        self._read_at: int | None = None
        self._sent: deque[_Sent] = deque()
        self.rules: Counter[str] = Counter()
        self.subjects: Counter[int] = Counter()

    @property
    def all(self) -> int:
        """All of them."""
        return len(self._sent)

    def refresh(self, connection: Connection, now: int) -> None:
        """Forget what is older than an hour; read anew what stands in the store, once, or every so often."""
        if self._read_at is None or (self._shared and now - self._read_at > 5_000_000):
            self._read_at = now
            self._sent.clear()
            self.rules.clear()
            self.subjects.clear()
            for row in connection.execute(_SINCE, {"since": now - HOUR}):
                self._add(_Sent(row.sent_at, row.rule, row.kind, row.subject))
        while self._sent and self._sent[0].at <= now - HOUR:
            gone = self._sent.popleft()
            self.rules[gone.rule] -= 1
            self.subjects[gone.subject] -= 1

    def add(self, at: int, rule: str, kind: str, subject: int) -> None:
        """Count one that goes out now."""
        self._add(_Sent(at, rule, kind, subject))

    def changes_of(self, subject: int, rule: str, since: int) -> int:
        """How often a rule changed a case since an instant, within the last hour."""
        if not self.subjects[subject]:
            return 0
        return sum(
            one.subject == subject and one.rule == rule and one.kind in WRITES and one.at >= since for one in self._sent
        )

    def _add(self, sent: _Sent) -> None:
        self._sent.append(sent)
        self.rules[sent.rule] += 1
        self.subjects[sent.subject] += 1
