"""What can go wrong with business time: every one is a ValueError whose text a user can act on."""


class WorktimeError(ValueError):
    """The base of this package's errors; the message says what is wrong and what would be right."""


class NoOpenTime(WorktimeError):  # noqa: N818 - named after the fact that a user reads, not after the mechanism
    """The calendar never opens (again) within the years that can be computed, or the result lies outside them."""


class NaiveInstant(WorktimeError):  # noqa: N818
    """A datetime without an offset was given where an instant is needed."""


class UnknownZone(WorktimeError):  # noqa: N818
    """A zone that is neither an IANA name nor a fixed offset."""


class UnknownRegion(WorktimeError):  # noqa: N818
    """A country or subdivision for which no public holidays are known."""


class CalendarError(WorktimeError):
    """A calendar that does not say what it must: where, what, and the fix.

    `path` leads from the calendar's own top to the value: keys of mappings, indexes of lists.
    """

    def __init__(self, path: tuple[str | int, ...], message: str, fix: str) -> None:
        self.path = path
        self.message = message
        self.fix = fix
        super().__init__(path, message, fix)

    def __str__(self) -> str:
        place = "/".join(str(step) for step in self.path)
        return f"{place}: {self.message} {self.fix}" if place else f"{self.message} {self.fix}"
