"""How far a search has come: a window over `updated` that overlaps the one before. Pure.

Jira's search is behind (Cloud), compares minutes, and reads times in the zone of whoever asks. So a window begins at a
whole minute, in milliseconds since the epoch, which have no zone, `shown_within` before the newest change that was
seen; what was seen in it already is known by its `updated`.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from casewarden.model.event import Json

_MINUTE: Final = 60_000_000
_MILLISECOND: Final = 1000
MOST_SEEN: Final = 2_000
"""Issues of the overlap that are remembered; of more, some come again, under the same keys."""


@dataclass(frozen=True, slots=True)
class Window:
    """`high`: the newest `updated` that was seen, in microseconds. `begin`: where the present window was begun.

    `token`, `start` and `last` (id of the last issue) say where its next page is; all None between windows. `seen` has
    the issues of the overlap: id to `updated`.
    """

    high: int | None = None
    begin: int | None = None
    token: str | None = None
    start: int | None = None
    last: str | None = None
    seen: Mapping[str, int] | None = None
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
            {key: at for key, at in seen.items() if isinstance(at, int)} if isinstance(seen, dict) else {},
            {key: str(said) for key, said in versions.items()} if isinstance(versions, dict) else None,
        )

    def cursor(self) -> Json:
        """As it is kept."""
        said: dict[str, Json] = {"high": self.high, "seen": dict(self.seen or {})}
        if self.versions is not None:
            said["versions"] = dict(self.versions)
        places = {"begin": self.begin, "token": self.token, "start": self.start, "last": self.last}
        said |= {name: value for name, value in places.items() if value is not None}
        return said

    @property
    def is_underway(self) -> bool:
        """Whether there is a next page of this window."""
        return self.token is not None or self.start is not None

    def begun(self, since: int | None, overlap: int) -> "Window":
        """The window that begins now."""
        if self.is_underway:
            return self
        start = since if self.high is None else self.high - overlap
        return replace(self, begin=None if start is None else start // _MINUTE * _MINUTE)

    def jql(self, projects: Iterable[str], further: str | None) -> str:
        """The search: bounded by projects (Cloud refuses any other), oldest change first."""
        named = ", ".join(f'"{project}"' for project in projects)
        parts = [f"project in ({named})"]
        if further is not None:
            parts.append(f"({further})")
        if self.begin is not None:
            parts.append(f"updated >= {self.begin // _MILLISECOND}")
        return " AND ".join(parts) + " ORDER BY updated ASC, key ASC"

    def is_new(self, issue: str, updated: int) -> bool:
        """Whether an issue has changed since it was seen last."""
        return (self.seen or {}).get(issue) != updated

    def moved(self, updated: Mapping[str, int], overlap: int) -> "Window":
        """After a page with these issues: what is still in the overlap is remembered."""
        high = max((*updated.values(), *([] if self.high is None else [self.high])), default=None)
        if high is None:
            return self
        floor = (high - overlap) // _MINUTE * _MINUTE
        kept = {key: at for key, at in {**(self.seen or {}), **updated}.items() if at >= floor}
        newest = dict(sorted(kept.items(), key=lambda one: one[1])[-MOST_SEEN:])
        return replace(self, high=high, seen=newest)

    def at_page(self, token: str | None, start: int | None, last: str | None) -> "Window":
        """With the next page at this place."""
        return replace(self, token=token, start=start, last=last)

    def ended(self) -> "Window":
        """Between windows."""
        return replace(self, begin=None, token=None, start=None, last=None)


def _whole(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _said(value: Any) -> str | None:
    return value if isinstance(value, str) and value else None
