"""What Jira's statuses and resolutions mean: for a case, and for a linked ticket. Pure.

A status has a category (`new`, `indeterminate`, `done`), which decides where the settings do not name it.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Final

from casewarden_jira.settings import Kind

FINISHED: Final = frozenset({"resolved", "closed"})
_USUAL: Final[Mapping[str, str]] = MappingProxyType(
    {
        "open": "new",
        "waiting for support": "open",
        "waiting for customer": "waiting_on_customer",
        "pending": "on_hold",
        "on hold": "on_hold",
        "reopened": "open",
        "resolved": "resolved",
        "done": "resolved",
        "closed": "closed",
        "canceled": "closed",
    }
)
"""The statuses of Service Management's own workflows."""
_BY_CATEGORY: Final[Mapping[str, str]] = MappingProxyType({"new": "new", "indeterminate": "open", "done": "resolved"})
_LIFE: Final[Mapping[str, str]] = MappingProxyType({"new": "filed", "indeterminate": "in_progress", "done": "fixed"})
_DEFERRED: Final = frozenset(
    {
        "won't do",
        "won't fix",
        "deferred",
        "later",
        "declined",
        "postponed",
        "duplicate",
        "cannot reproduce",
        "incomplete",
    }
)
"""Resolutions that end a ticket without a change."""


@dataclass(frozen=True, slots=True)
class Statuses:
    """The statuses of a site: category by id and by folded name, names by folded name; and what the settings say."""

    told: Mapping[str, str]
    category: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    names: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))

    @classmethod
    def of(cls, told: Mapping[str, str], rows: Iterable[Mapping[str, Any]]) -> "Statuses":
        """The statuses of a site's answer."""
        category: dict[str, str] = {}
        names: dict[str, str] = {}
        for row in rows:
            name, said = row.get("name"), row.get("statusCategory")
            if isinstance(name, str) and isinstance(said, Mapping):
                names[name.casefold()] = name
                category[name.casefold()] = category[str(row.get("id"))] = str(said.get("key"))
        return cls(told, MappingProxyType(category), MappingProxyType(names))

    def of_case(self, name: str, known: str | None = None) -> str:
        """What a status is for a case."""
        folded = name.casefold()
        found = self.told.get(folded) or _USUAL.get(folded)
        return found or _BY_CATEGORY.get(self.category_of(name, known), "open")

    def category_of(self, name: str, known: str | None = None) -> str:
        """The category of a status, by id where that is known; `indeterminate` for one that is gone by now."""
        return self.category.get(known or "", self.category.get(name.casefold(), "indeterminate"))

    def meaning(self, wanted: str) -> frozenset[str]:
        """The statuses, by folded name, that are this for a case."""
        return frozenset(name for name in self.names if self.of_case(name) == wanted)

    def of_linked(self, kind: Kind, name: str, known: str | None, resolution: str | None) -> str:
        """What a status with a resolution means in the life of a linked ticket."""
        category = self.category_of(name, known)
        found = kind.statuses.get(name.casefold())
        if category == "done" and resolution:
            found = kind.statuses.get(resolution.casefold()) or found
            if found is None and resolution.casefold() in _DEFERRED:
                found = "deferred"
        return found or _LIFE.get(category, "in_progress")

    def meaning_linked(self, kind: Kind, wanted: str) -> frozenset[str]:
        """The statuses, by folded name, that are this for a linked ticket."""
        return frozenset(name for name in self.names if self.of_linked(kind, name, None, None) == wanted)
