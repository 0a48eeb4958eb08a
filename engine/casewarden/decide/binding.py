"""Whether the terms of a revision bind a case: `new_cases` are those opened from its first date on."""

from casewarden.ruleset.syntax import Ruleset
from casewarden.worktime.zones import zone


def effective_at(ruleset: Ruleset) -> int:
    """Return when the revision's first date begins (microseconds, UTC): midnight in the default calendar's zone."""
    local = zone(ruleset.calendars[ruleset.defaults.calendar].spec.zone)
    return local.wall_us(ruleset.revision.from_date.toordinal(), 0)


def binds(ruleset: Ruleset, opened_at: int) -> bool:
    """Return whether the revision's terms are those of a case opened at that instant (microseconds, UTC).

    A case opened before its first date keeps the revision that was in force then, unless this one binds all cases.
    """
    return ruleset.revision.binds == "all_cases" or opened_at >= effective_at(ruleset)
