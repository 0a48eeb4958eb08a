"""Date formats of tables: `DD-MM-YYYY HH:mm` and the like, read in a stated zone into instants."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache, partial
from typing import Final

from casewarden.scenario.instants import FIRST_YEAR, LAST_YEAR
from casewarden.worktime.errors import WorktimeError
from casewarden.worktime.zones import Zone, zone

_PARTS: Final = {
    "YYYY": r"(?P<year>\d{4})",
    "MM": r"(?P<month>\d{1,2})",
    "DD": r"(?P<day>\d{1,2})",
    "HH": r"(?P<hour>\d{1,2})",
    "mm": r"(?P<minute>\d{2})",
    "ss": r"(?P<second>\d{2})",
}
_TOKEN: Final = re.compile("|".join(_PARTS))
_NEEDED: Final = frozenset({"YYYY", "MM", "DD"})
_KEPT: Final = 4096


class FormatError(ValueError):
    """A date format that cannot be understood; the text says why."""


@dataclass(frozen=True, slots=True)
class DateFormat:
    """A format and the zone in which its times are meant."""

    text: str
    zone_name: str
    _read: Callable[[str], int | None] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Compile; FormatError for an unusable format or zone."""
        try:
            where = zone(self.zone_name)
        except WorktimeError as error:
            raise FormatError(str(error)) from None
        read = partial(_instant, _compile(self.text), where)
        object.__setattr__(self, "_read", lru_cache(_KEPT)(read))

    def read(self, text: str) -> int | None:
        """The instant in microseconds, or None where the text does not fit or there is no such date and time.

        A time in a gap shifts forward, of one that happens twice the first is taken.
        """
        return self._read(text)

    def __reduce__(self) -> tuple[type["DateFormat"], tuple[str, str]]:
        """A format goes to another process as its two texts."""
        return DateFormat, (self.text, self.zone_name)


def _instant(pattern: re.Pattern[str], where: Zone, text: str) -> int | None:
    found = pattern.fullmatch(text)
    if found is None:
        return None
    part = {name: int(digits) for name, digits in found.groupdict().items()}
    hour, minute, second = part.get("hour", 0), part.get("minute", 0), part.get("second", 0)
    if hour > 23 or minute > 59 or second > 59 or not FIRST_YEAR <= part["year"] <= LAST_YEAR:
        return None
    try:
        ordinal = date(part["year"], part["month"], part["day"]).toordinal()
    except ValueError:
        return None
    return where.wall_us(ordinal, ((hour * 60 + minute) * 60 + second) * 1_000_000)


def _compile(text: str) -> re.Pattern[str]:
    pattern: list[str] = []
    used: list[str] = []
    end = 0
    for token in _TOKEN.finditer(text):
        pattern += [_separator(text, text[end : token.start()]), _PARTS[token.group()]]
        used.append(token.group())
        end = token.end()
    pattern.append(_separator(text, text[end:]))
    if len(set(used)) != len(used):
        raise FormatError(f"`{text}` names a part twice")
    missing = [part for part in _PARTS if part in _NEEDED and part not in used]
    if missing:
        raise FormatError(f"`{text}` lacks {' and '.join(missing)}")
    if ("mm" in used and "HH" not in used) or ("ss" in used and "mm" not in used):
        raise FormatError(f"`{text}` has minutes without hours, or seconds without minutes")
    return re.compile("".join(pattern), re.ASCII)


def _separator(text: str, part: str) -> str:
    wrong = re.search(r"[A-SU-Za-z%]", part)  # a T between date and time is usual
    if wrong:
        raise FormatError(f"`{text}` has `{wrong.group()}`: the parts are {', '.join(_PARTS)}")
    return re.escape(part)
