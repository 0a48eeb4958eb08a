"""How far a search has come: a window over `updated` that overlaps the one before. Pure.

Jira's search is behind (Cloud), compares minutes, and reads times in the zone of whoever asks. So a window begins at a
whole minute, in milliseconds since the epoch, which have no zone, `shown_within` before the newest change that was
seen; what was seen in it already is known by its `updated` and by how long its history and its comments are: two
changes may share a millisecond, and a search may show `updated` before the rest. An `updated` that is ahead of the
server's own clock, as an import or a clock that was set back leaves it, does not move the window on.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from casewarden.model.event import Json
from casewarden_jira.jql import of_projects

_MINUTE: Final = 60_000_000
_MILLISECOND: Final = 1000
_THIN_FOR: Final = 3_600_000_000
MOST_SEEN: Final = 2_000
"""Issues of the overlap that are remembered; of more, some come again, under the same keys."""


@dataclass(frozen=True, slots=True)
class State:
    """What an issue is known by: `updated` in microseconds, how many entries and comments it has."""

    updated: int
    entries: int = 0
    comments: int = 0

    @classmethod
    def of(cls, issue: Mapping[str, Any], updated: int) -> "State":
        """That of an issue as a search gives it."""
        fields = issue.get("fields")
        comments = fields.get("comment") if isinstance(fields, Mapping) else None
        return cls(updated, _total(issue.get("changelog")), _total(comments))

    def __str__(self) -> str:
        return f"{self.updated // _MILLISECOND}.{self.entries}.{self.comments}"


@dataclass(frozen=True, slots=True)
class Window:
    """`high`: the newest `updated` that was seen, in microseconds. `begin`: where the present window was begun.

    `token`, `start` and `last` (id of the last issue) say where its next page is; all None between windows. `opened` is
    when the window was begun, by our clock: what changes later is the next one's. Those that begin before `thin_until`
    ask for no texts, as something in one could not be read. `seen` has the issues of the overlap: id to their `State`.
    """

    high: int | None = None
    begin: int | None = None
    token: str | None = None
    start: int | None = None
    last: str | None = None
    opened: int | None = None
    thin_until: int | None = None
    seen: Mapping[str, str] | None = None
    versions: Mapping[str, str] | None = None

    @classmethod
    def of(cls, cursor: Json) -> "Window":
        """The window of a cursor; ValueError for what is none of ours."""
        if cursor is None:
            return cls()
        if not isinstance(cursor, dict):
            raise ValueError("the cursor is none of the Jira connector's")  # noqa: TRY004  # the contract's own kind
        seen, versions = cursor.get("seen"), cursor.get("versions")
        return cls(
            _whole(cursor.get("high")),
            _whole(cursor.get("begin")),
            _said(cursor.get("token")),
            _whole(cursor.get("start")),
            _said(cursor.get("last")),
            _whole(cursor.get("opened")),
            _whole(cursor.get("thin_until")),
            {key: str(said) for key, said in seen.items()} if isinstance(seen, dict) else {},
            {key: str(said) for key, said in versions.items()} if isinstance(versions, dict) else None,
        )

    def cursor(self) -> Json:
        """As it is kept."""
        said: dict[str, Json] = {"high": self.high, "seen": dict(self.seen or {})}
        if self.versions is not None:
            said["versions"] = dict(self.versions)
        places: dict[str, Json] = {"begin": self.begin, "token": self.token, "start": self.start, "last": self.last}
        places |= {"opened": self.opened, "thin_until": self.thin_until}
        said |= {name: value for name, value in places.items() if value is not None}
        return said

    @property
    def is_underway(self) -> bool:
        """Whether there is a next page of this window."""
        return self.token is not None or self.start is not None

    @property
    def is_thin(self) -> bool:
        """Whether no texts are asked for, and each new issue alone."""
        return self.thin_until is not None

    def thinned(self, now: int) -> "Window":
        """Between windows, the next of which are thin for a while: the page would fail again and again, all of it."""
        return replace(self.ended(), thin_until=now + _THIN_FOR)

    def begun(self, since: int | None, overlap: int, now: int, there: int) -> "Window":
        """The window that begins now, where none is underway; `there`: the present instant of the server's."""
        if self.is_underway:
            return self
        start = since if self.high is None else min(self.high, there) - overlap
        begin = None if start is None else start // _MINUTE * _MINUTE
        thin_until = self.thin_until if now < (self.thin_until or 0) else None
        return replace(self, begin=begin, opened=min(now, there), thin_until=thin_until)

    def jql(self, projects: Iterable[str], further: str | None) -> str:
        """The search: bounded by projects (Cloud refuses any other), oldest change first."""
        parts = [of_projects(projects)]
        if further is not None:
            parts.append(f"({further})")
        if self.begin is not None:
            parts.append(f"updated >= {self.begin // _MILLISECOND}")
        return " AND ".join(parts) + " ORDER BY updated ASC, key ASC"

    def is_new(self, issue: str, state: State) -> bool:
        """Whether an issue has changed since it was seen last."""
        return (self.seen or {}).get(issue) != str(state)

    def moved(self, found: Mapping[str, State], overlap: int, there: int) -> "Window":
        """After a page with these issues, at this instant of the server's: what is in the overlap is remembered."""
        highs = [*(state.updated for state in found.values()), *([] if self.high is None else [self.high])]
        if not highs:
            return self
        high = min(max(highs), there)
        seen = {**(self.seen or {}), **{issue: str(state) for issue, state in found.items()}}
        floor = (high - overlap) // _MINUTE * _MINUTE
        kept = {issue: said for issue, said in seen.items() if _updated(said) >= floor}
        newest = sorted(kept.items(), key=lambda one: _updated(one[1]))[-MOST_SEEN:]
        return replace(self, high=high, seen=dict(newest))

    def at_page(self, token: str | None, start: int | None, last: str | None) -> "Window":
        """With the next page at this place."""
        return replace(self, token=token, start=start, last=last)

    def ended(self) -> "Window":
        """Between windows."""
        return replace(self, begin=None, token=None, start=None, last=None, opened=None)


def _total(part: Any) -> int:
    return (_whole(part.get("total")) or 0) if isinstance(part, Mapping) else 0


def _updated(state: str) -> int:
    """The `updated` of a state that was kept, in microseconds; 0 for what is none."""
    millis = state.partition(".")[0]
    return int(millis) * _MILLISECOND if millis.isascii() and millis.isdigit() else 0


def _whole(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _said(value: Any) -> str | None:
    return value if isinstance(value, str) and value else None
