"""Which cases a revision binds: from midnight of its date in the zone of the default calendar, or all."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from casewarden.decide.binding import binds
from support.small import ruleset


def micros(*wall: int) -> int:
    return round(datetime(*wall, tzinfo=ZoneInfo("Europe/Zurich")).timestamp()) * 1_000_000  # type: ignore[misc, arg-type]


@pytest.mark.states("E6")
def test_new_cases_are_those_opened_from_midnight_of_the_date_on() -> None:
    new = ruleset("revision: {from: 2026-03-29, binds: new_cases}\n").ruleset  # the night in which clocks change
    midnight = micros(2026, 3, 29)
    assert [binds(new, opened) for opened in (midnight - 1, midnight, micros(2026, 3, 29, 12))] == [False, True, True]
    everybody = ruleset("revision: {from: 2026-03-29, binds: all_cases}\n").ruleset
    assert binds(everybody, micros(1999, 1, 1))
