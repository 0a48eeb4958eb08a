"""Versions: what of them is a release's news, and which tickets are out with them. Pure.

Jira has no history of versions, only how they are now. So what was seen of each is kept with the cursor: its date, its
name, whether it is out, and how often it was taken back. A release that was taken back and comes again is news again.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from casewarden.model.event import Event, Json
from casewarden.model.instants import iso
from casewarden_jira.story import names


@dataclass(frozen=True, slots=True)
class State:
    """How a version is: `turns` counts how often it was taken back, or put to an earlier date."""

    turns: int
    is_out: bool
    day: str
    name: str

    @classmethod
    def of(cls, kept: str | None) -> "State | None":
        """One that was kept; None for what is none."""
        parts = (kept or "").split(" ")
        if len(parts) != 4 or not parts[0].isdigit():
            return None
        return cls(int(parts[0]), parts[1] == "released", parts[2], parts[3])

    def __str__(self) -> str:
        return f"{self.turns} {self.word} {self.day} {self.name}"

    @property
    def word(self) -> str:
        """Whether it is out, as it stands in keys."""
        return "released" if self.is_out else "planned"

    @property
    def key(self) -> str:
        """The state in an event's key."""
        said = f"{self.word}/{self.day}/{self.name}"
        return said if not self.turns else f"{said}/{self.turns}"


@dataclass(frozen=True, slots=True)
class Outing:
    """A version that was seen at an instant to be out, or to be so no more (`turns` as in its state)."""

    at: int
    version: str
    turns: int
    is_out: bool


def state_of(version: Mapping[str, Any], before: State | None) -> State:
    """How a version is now."""
    day = version.get("releaseDate")
    digest = hashlib.sha256(str(version.get("name")).encode()).hexdigest()[:12]
    now = State(0, version.get("released") is True, day[:10] if isinstance(day, str) and day else "-", digest)
    if before is None:
        return now
    is_back = (before.is_out and not now.is_out) or (before.is_out == now.is_out and now.day < before.day)
    return replace(now, turns=before.turns + is_back)


def release_of(
    version: Mapping[str, Any], state: State, instance: str, zone: ZoneInfo, now: int, *, is_first: bool
) -> Event:
    """A version as a release, seen now; at the first look one that is out is so as of its date."""
    id_, name, day = str(version.get("id")), str(version.get("name")), version.get("releaseDate")
    planned = midnight(day, zone) if isinstance(day, str) else None
    at = planned if is_first and state.is_out and planned is not None and planned <= now else now
    data: dict[str, Json] = {
        "name": name, "planned": None if planned is None else iso(planned), "released": state.is_out,
    }  # fmt: skip
    return Event(f"release:{name}", "release", at, now, "automation", instance, f"version/{id_}/{state.key}", data=data)


def released_in(fields: Mapping[str, Any]) -> tuple[str, str, str | None] | None:
    """The fix versions of an issue where all are out: their ids, their names, the latest release date."""
    versions = names(fields, "fixVersions")
    if not versions or not all(one.get("released") is True for one in versions):
        return None
    days = [day for one in versions if isinstance(day := one.get("releaseDate"), str)]
    ids = "+".join(sorted(str(one.get("id")) for one in versions))
    return ids, ", ".join(sorted(str(one.get("name")) for one in versions)), max(days, default=None)


def midnight(day: str, zone: ZoneInfo) -> int | None:
    """The beginning of a date in a zone, in microseconds; None for what is no date."""
    try:
        found = date.fromisoformat(day[:10])
    except ValueError:
        return None
    return round(datetime(found.year, found.month, found.day, tzinfo=zone).timestamp()) * 1_000_000
