"""From a calendar as a ruleset states it, parsed from YAML with every scalar as text, to its spec.

The mapping is `{zone, open, exceptions?, holidays, later?}`; an entry of `later` has `from` and what changes on that
date, all else stays as it was before. All problems are found in one go, each with the path to its value.
"""

import datetime as dt
import difflib
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from itertools import pairwise
from typing import Final, TypeVar

from casewarden.worktime import notation
from casewarden.worktime.errors import CalendarError, UnknownRegion, WorktimeError
from casewarden.worktime.public_holidays import holiday_set
from casewarden.worktime.spec import WEEKDAYS, CalendarSpec, Holiday, Hours, merged
from casewarden.worktime.zones import zone

Path = tuple[str | int, ...]
T = TypeVar("T")

_REMARKS: Final = ("clause", "interpretation", "note")
_TERMS: Final = ("open", "exceptions", "holidays")
_KEYS: Final = ("zone", *_TERMS, "later")
_HOLIDAY_KEYS: Final = ("country", "subdivision", "years", "add", "remove")


def read_calendar(value: object) -> CalendarSpec:
    """The calendar that `value` states; CalendarError for the first problem."""
    spec, problems = parse_calendar(value)
    if problems:
        raise problems[0]
    assert spec is not None
    return spec


def parse_calendar(value: object) -> tuple[CalendarSpec | None, tuple[CalendarError, ...]]:
    """The calendar that `value` states, or None, and all problems in the order of the file."""
    reading = _Reading()
    return reading.calendar(value), tuple(reading.problems)


class _Reading:
    """One reading of one calendar: collects problems and goes on."""

    def __init__(self) -> None:
        self.problems: list[CalendarError] = []

    def calendar(self, value: object) -> CalendarSpec | None:
        stated = self.mapping(value, (), "A calendar says its zone, its open hours and its holidays.")
        if stated is None:
            return None
        self.known_keys(stated, (*_KEYS, *_REMARKS), ())
        missing = [key for key in ("zone", "open", "holidays") if key not in stated]
        for key in missing:
            fix = "Write `holidays: none` where there are none." if key == "holidays" else f"Add `{key}:`."
            what = "open hours" if key == "open" else key
            self.problems.append(CalendarError((), f"The calendar does not say its {what}.", fix))
        name = self.value(stated, "zone", (), self.zone_name)
        spec = self.terms(stated, CalendarSpec(name or "UTC", ((),) * 7), ())
        stages = self.later(stated["later"], spec) if "later" in stated else ()
        return None if self.problems else replace(spec, later=stages)

    def terms(self, stated: Mapping[str, object], before: CalendarSpec, path: Path) -> CalendarSpec:
        """`before` with what `stated` changes."""
        weekly = self.value(stated, "open", path, self.week)
        exceptions = self.value(stated, "exceptions", path, self.exceptions)
        holidays = self.value(stated, "holidays", path, self.holidays)
        return replace(
            before,
            weekly=before.weekly if weekly is None else weekly,
            exceptions=before.exceptions if exceptions is None else exceptions,
            holidays=before.holidays if holidays is None else holidays,
        )

    def later(self, value: object, spec: CalendarSpec) -> tuple[tuple[dt.date, CalendarSpec], ...]:
        stages: list[tuple[dt.date, CalendarSpec]] = []
        if not isinstance(value, list):
            self.problem(("later",), "This is no list.", "Write `later: [{from: 2027-01-01, open: ...}]`.")
            return ()
        for index, entry in enumerate(value):
            path: Path = ("later", index)
            stated = self.mapping(entry, path, "An entry says `from` and what changes.")
            if stated is None:
                continue
            if "zone" in stated:
                self.problem(
                    (*path, "zone"), "A calendar keeps its zone.", "Declare a second calendar for another zone."
                )
            self.known_keys(stated, ("from", "zone", *_TERMS, *_REMARKS), path)
            if "from" not in stated:
                self.problem(path, "It does not say from when.", "Add `from:` with a date.")
            start = self.value(stated, "from", path, self.date)
            spec = self.terms(stated, spec, path)
            if start is not None and stages and start <= stages[-1][0]:
                self.problem((*path, "from"), f"{start} is not after {stages[-1][0]}.", "Put the entries in order.")
            elif start is not None:
                stages.append((start, spec))
        return tuple(stages)

    def zone_name(self, value: object, path: Path) -> str:
        text = self.text(value, path, "Write an IANA name such as Europe/Zurich, or an offset such as +01:00.")
        zone(text)
        return text

    def date(self, value: object, path: Path) -> dt.date:
        return notation.date(self.text(value, path, "Write a date, 2026-01-31."))

    def week(self, value: object, path: Path) -> tuple[Hours, ...]:
        if isinstance(value, str):
            return notation.week(value)
        stated = self.mapping(value, path, "Write 24x7, 24x5, or hours by day: {mon-fri: 08:00-17:00}.")
        days: dict[int, tuple[str, Hours]] = {}
        for key, hours in (stated or {}).items():
            with self.at((*path, key)):
                found = self.hours(hours, (*path, key))
                for day in notation.weekdays(key):
                    if day in days:
                        name = WEEKDAYS[day]
                        raise CalendarError(
                            (*path, key), f"{name} has its hours under '{days[day][0]}' already.", "Say each day once."
                        )
                    days[day] = (key, found)
        return tuple(days[day][1] if day in days else () for day in range(7))

    def hours(self, value: object, path: Path) -> Hours:
        """HOURS or a list of them."""
        entries = value if isinstance(value, list) else [value]
        fix = "Write hours, 08:00-17:00, or a list of them."
        if not entries:
            raise CalendarError(path, "There are no hours in this list.", fix)
        pairs = [notation.hours(self.text(entry, path, fix)) for entry in entries]
        ordered = sorted(pairs)
        if any(start < end for (_, end), (start, _) in pairwise(ordered)):
            raise CalendarError(path, "Two of these hours overlap.", "Write each time once.")
        return merged(pairs)

    def exceptions(self, value: object, path: Path) -> tuple[tuple[dt.date, Hours], ...]:
        stated = self.mapping(
            value, path, "Write dates with their hours: {2026-12-24: 08:00-12:00, 2026-12-31: closed}."
        )
        found: dict[dt.date, Hours] = {}
        for key, hours in (stated or {}).items():
            with self.at((*path, key)):
                found[notation.date(key)] = () if hours == "closed" else self.hours(hours, (*path, key))
        return tuple(sorted(found.items()))

    def holidays(self, value: object, path: Path) -> tuple[Holiday, ...]:
        if value == "none":
            return ()
        fix = "Write `none`, or {country: CH, subdivision: SG, years: 2023-2035}."
        stated = self.mapping(value, path, fix)
        if stated is None:
            return ()
        self.known_keys(stated, _HOLIDAY_KEYS, path)
        for key in ("country", "years"):
            if key not in stated:
                self.problem(path, f"The holidays do not say their {key}.", fix)
        country = self.value(stated, "country", path, self.plain)
        subdivision = self.value(stated, "subdivision", path, self.plain)
        years = self.value(stated, "years", path, lambda v, p: notation.years(self.text(v, p, fix)))
        add = self.value(stated, "add", path, self.added) or {}
        remove = self.value(stated, "remove", path, self.removed) or []
        if country is None or years is None:
            return ()
        return holiday_set(country, subdivision, years, add=add, remove=remove)

    def plain(self, value: object, path: Path) -> str:
        return self.text(value, path, "Write its code, such as CH or SG.")

    def added(self, value: object, path: Path) -> dict[dt.date, str]:
        fix = "Write dates with the name of the day: {2026-04-20: Sechselaeuten}."
        stated = self.mapping(value, path, fix)
        found: dict[dt.date, str] = {}
        for key, name in (stated or {}).items():
            with self.at((*path, key)):
                found[notation.date(key)] = self.text(name, (*path, key), fix)
        return found

    def removed(self, value: object, path: Path) -> list[dt.date]:
        if not isinstance(value, list):
            raise CalendarError(path, "This is no list.", "Write the dates in a list: [2026-05-01].")
        found: list[dt.date] = []
        for index, entry in enumerate(value):
            with self.at((*path, index)):
                found.append(self.date(entry, (*path, index)))
        return found

    # What all of them need.

    def problem(self, path: Path, message: str, fix: str) -> None:
        self.problems.append(CalendarError(path, message, fix))

    @contextmanager
    def at(self, path: Path) -> Iterator[None]:
        """Collects a problem that is raised inside as one at `path`, unless it has its own."""
        try:
            yield
        except CalendarError as error:
            self.problems.append(error)
        except UnknownRegion as error:
            self.problems.append(CalendarError((*path, error.part), error.message, error.fix))
        except WorktimeError as error:
            self.problems.append(CalendarError(path, error.message, error.fix))

    def value(self, stated: Mapping[str, object], key: str, path: Path, read: Callable[[object, Path], T]) -> T | None:
        """What `read` makes of the value of `key`; None where it is not there or wrong."""
        if key not in stated:
            return None
        with self.at((*path, key)):
            return read(stated[key], (*path, key))
        return None

    def text(self, value: object, path: Path, fix: str) -> str:
        if not isinstance(value, str) or not value:
            raise CalendarError(path, "There must be text here.", fix)
        return value

    def mapping(self, value: object, path: Path, fix: str) -> Mapping[str, object] | None:
        if not isinstance(value, Mapping):
            self.problem(path, "There must be a mapping here.", fix)
            return None
        odd = [key for key in value if not isinstance(key, str)]
        for key in odd:
            self.problem(path, f"The key {key!r} is not text.", fix)
        return {key: value[key] for key in value if isinstance(key, str)}

    def known_keys(self, stated: Iterable[str], known: tuple[str, ...], path: Path) -> None:
        for key in stated:
            if key not in known:
                near = difflib.get_close_matches(key, known, n=1)
                fix = f"Did you mean '{near[0]}'?" if near else f"Keys here are {', '.join(known)}."
                self.problem((*path, key), f"'{key}' is not known here.", fix)
