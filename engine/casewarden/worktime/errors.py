"""What can go wrong with business time: every one is a ValueError whose text a user can act on."""


class WorktimeError(ValueError):
    """The base of this package's errors: `message` says what is wrong, `fix` what would be right (may be empty)."""

    def __init__(self, message: str, fix: str = "") -> None:
        self.message = message
        self.fix = fix
        super().__init__(message, fix)

    def __str__(self) -> str:
        return f"{self.message} {self.fix}".rstrip()


class NoOpenTime(WorktimeError):  # noqa: N818 - named after the fact that a user reads, not after the mechanism
    """The calendar never opens (again) within the years that can be computed, or the result lies outside them."""


class NaiveInstant(WorktimeError):  # noqa: N818
    """A datetime without an offset was given where an instant is needed."""


class UnknownZone(WorktimeError):  # noqa: N818
    """A zone that is neither an IANA name nor a fixed offset."""


class UnknownRegion(WorktimeError):  # noqa: N818
    """No public holidays are known for what `part` says: the country, the subdivision, or the years."""

    def __init__(self, part: str, message: str, fix: str) -> None:
        super().__init__(message, fix)
        self.part = part
        self.args = (part, message, fix)


class CalendarError(WorktimeError):
    """A calendar that does not say what it must: where, what, and the fix.

    `path` leads from the calendar's own top to the value: keys of mappings, indexes of lists.
    """

    def __init__(self, path: tuple[str | int, ...], message: str, fix: str) -> None:
        super().__init__(message, fix)
        self.path = path
        self.args = (path, message, fix)

    def __str__(self) -> str:
        place = "/".join(str(step) for step in self.path)
        return f"{place}: {super().__str__()}" if place else super().__str__()
