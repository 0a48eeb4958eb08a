"""Whether the terms of a revision bind a case: `new_cases` are those opened from its first date on."""

from casewarden.ruleset.syntax import Ruleset
from casewarden.worktime.zones import zone


def binds(ruleset: Ruleset, opened_at: int) -> bool:
    """Return whether the revision's terms are those of a case opened at that instant (microseconds, UTC).

    Its first date begins at midnight in the zone of the default calendar. A case opened before keeps the revision that
    was in force then, unless this one binds all cases.
    """
    revision = ruleset.revision
    local = zone(ruleset.calendars[ruleset.defaults.calendar].spec.zone)
    return revision.binds == "all_cases" or opened_at >= local.wall_us(revision.from_date.toordinal(), 0)
