"""Sample cases for rulesets whose tests show too little: of every plan and severity, opened, answered and resolved."""

import datetime as dt
from collections.abc import Iterator
from typing import Final

from casewarden.model.event import Json
from casewarden.ruleset.diagnostics import Place
from casewarden.ruleset.syntax import Ruleset
from casewarden.scenario.scenario import Entry, Scenario, Step
from casewarden.worktime.zones import Zone, zone

_OPENED: Final = {"a Wednesday at 09:15": (2, 9 * 60 + 15), "a Friday at 16:40": (4, 16 * 60 + 40)}
_ANSWERED_AFTER: Final = 4  # days, at 08:10
_RESOLVED_AFTER: Final = 20
_MINUTE: Final = 60_000_000


def made_cases(ruleset: Ruleset) -> Iterator[tuple[Scenario, Zone]]:
    """Yield the cases, each with its zone; they lie in the first whole week of a July in which the ruleset holds."""
    local = zone(ruleset.calendars[ruleset.defaults.calendar].spec.zone)
    place = Place(ruleset.name, 1, 1, 1, 1)
    levels = tuple(ruleset.severity.levels) if ruleset.severity else (None,)
    for plan in tuple(ruleset.plans) or (None,):
        for level in levels:
            for when, (weekday, minute) in _OPENED.items():
                given: dict[str, Json] = {"case.reported_by": "customer", "case.number": "SAMPLE-1"}
                if plan is not None:
                    given["case.plan"] = plan
                if level is not None:
                    given["case.reported_severity"] = level
                day = _first_monday_of_july(ruleset) + weekday
                opened = local.wall_us(day, minute * _MINUTE)
                answered = local.wall_us(day + _ANSWERED_AFTER, (8 * 60 + 10) * _MINUTE)
                resolved = local.wall_us(day + _RESOLVED_AFTER, 12 * 60 * _MINUTE)
                words = [f"severity {level}" if level else "", f"plan {plan}" if plan else "", f"opened {when}"]
                yield (
                    Scenario(
                        name=", ".join(word for word in words if word),
                        about="case",
                        place=place,
                        clauses=(),
                        interpretations=(),
                        note=None,
                        reading={},
                        live_from=None,
                        given=given,
                        timeline=(
                            _step(place, opened, Entry("opened", "customer", place, data={"via": "email"})),
                            _step(place, answered, Entry("message", "agent", place, data={"public": True})),
                            _step(place, resolved, Entry("resolved", "agent", place)),
                        ),
                    ),
                    local,
                )


def _step(place: Place, at: int, entry: Entry) -> Step:
    return Step(place, at, None, None, (entry,), None)


def _first_monday_of_july(ruleset: Ruleset) -> int:
    """The ordinal of the day, in 2026 or the first later July that begins after the ruleset holds."""
    begins = ruleset.revision.from_date
    day = dt.date(max(2026, begins.year + (begins > dt.date(begins.year, 7, 1))), 7, 1)
    return day.toordinal() + (7 - day.weekday()) % 7
