"""Credits: the worked vectors, and each word of the section on credits."""

import pytest

from casewarden.decide.clocks import Circumstances, ClockInputs, Run, runs
from casewarden.decide.credits import credit
from casewarden.model.decision import LedgerEntry
from casewarden.ruleset.syntax import Credit
from casewarden.ruleset.terms import Path
from support.clock_cases import CITED, HOUR, MINUTE, clock, duration, instant, office, terms

REPORTED = instant("2026-07-17 16:40")
ANSWERED = instant("2026-07-21 08:10")


def term(for_each: str, count: str = "full", *, cap: int | None = None, award: int = 1) -> Credit:
    assert count in {"full", "started"}
    words = count == "started"
    each = duration(for_each)
    return Credit(
        "late", CITED, "response", award, each, "started" if words else "full", cap, Path("contract.term_end")
    )


def run(
    stopped: int | None, target: str = "1 business hour", *, pauses: tuple[tuple[int, int | None], ...] = ()
) -> Run:
    inputs = ClockInputs(
        clock(target),
        Circumstances(watermark=1 << 60),
        starts=[(REPORTED, "opened-1")],
        stops=[] if stopped is None else [(stopped, "reply")],
        pauses=pauses,
    )
    return runs(inputs, terms({"office": office("Europe/Zurich", 8)}))[0]


def earned(term: Credit, stopped: int) -> LedgerEntry | None:
    return credit(term, run(stopped), stopped)


def test_v7_in_plain_minutes_is_ninety_four_days() -> None:
    entry = earned(term("15 elapsed minutes"), ANSWERED)
    assert entry is not None
    assert entry.amount == 94
    assert entry.arithmetic == "1410 elapsed minutes late = 94 full units of 15 elapsed minutes x 1 day = 94 days"


def test_v7_in_business_minutes_is_thirty_four_days() -> None:
    entry = earned(term("15 business minutes"), ANSWERED)
    assert entry == LedgerEntry(
        key="late/opened-1",
        name="late",
        state="posted",
        amount=34,
        arithmetic="510 business minutes late = 34 full units of 15 business minutes x 1 day = 34 days",
        at=ANSWERED,
        add_to="contract.term_end",
    )


@pytest.mark.parametrize(("count", "days"), [("full", 3), ("started", 4)])
def test_v7_fifty_minutes_are_three_full_or_four_started_quarters(count: str, days: int) -> None:
    entry = earned(term("15 business minutes", count), instant("2026-07-20 09:30"))
    assert entry is not None
    assert entry.amount == days
    assert f"50 business minutes late = {days} {count} units" in entry.arithmetic


def test_a_cap_is_said_in_the_arithmetic() -> None:
    entry = earned(term("15 business minutes", cap=10), ANSWERED)
    assert entry is not None
    assert entry.amount == 10
    assert entry.arithmetic.endswith("x 1 day = 34 days, capped at 10 days")


def test_an_award_of_several_days_multiplies() -> None:
    entry = earned(term("15 business minutes", award=2), ANSWERED)
    assert entry is not None
    assert entry.amount == 68
    assert entry.arithmetic.endswith("34 full units of 15 business minutes x 2 days = 68 days")


def test_a_clock_that_is_met_earns_nothing() -> None:
    assert earned(term("15 business minutes", "started"), instant("2026-07-20 08:40")) is None


def test_lateness_of_less_than_one_full_unit_earns_nothing() -> None:
    assert earned(term("15 business minutes"), instant("2026-07-20 08:54")) is None


def test_one_microsecond_late_is_a_started_unit() -> None:
    entry = earned(term("15 business minutes", "started"), instant("2026-07-20 08:40") + 1)
    assert entry is not None
    assert entry.amount == 1
    assert entry.arithmetic.startswith(
        "0 business minutes 0.000001 seconds late = 1 started unit of 15 business minutes"
    )


def test_a_credit_is_shown_as_accruing_before_the_clock_stops() -> None:
    now = instant("2026-07-20 09:30")
    entry = credit(term("15 business minutes"), run(None), now)
    assert entry is not None
    assert (entry.state, entry.amount, entry.at) == ("accruing", 3, now)


@pytest.mark.states("V7")
def test_credits_wait_for_the_watermark() -> None:
    late = run(ANSWERED)
    late.inputs.around.watermark = ANSWERED - HOUR
    entry = credit(term("15 business minutes"), late, ANSWERED)
    assert entry is not None
    assert entry.state == "accruing"
    late.inputs.around.watermark = ANSWERED
    entry = credit(term("15 business minutes"), late, ANSWERED)
    assert entry is not None
    assert entry.state == "posted"


def test_best_effort_earns_nothing_as_it_is_never_late() -> None:
    assert credit(term("15 business minutes"), run(ANSWERED, "best_effort"), ANSWERED) is None


def test_a_pause_after_due_is_not_lateness() -> None:
    paused = (instant("2026-07-20 09:40"), instant("2026-07-20 16:40"))
    entry = credit(term("15 business minutes"), run(ANSWERED, pauses=(paused,)), ANSWERED)
    assert entry is not None
    assert entry.amount == 34 - 7 * 4


@pytest.mark.parametrize(
    ("for_each", "stopped", "full", "started"),
    [
        ("1 business day", "2026-07-22 10:00", 1, 2),  # due on Monday; ends of day: Tuesday has closed, Wednesday not
        ("1 elapsed day", "2026-07-22 08:40", 2, 2),
        ("1 elapsed day", "2026-07-22 08:39", 1, 2),
        ("1 elapsed week", "2026-08-10 08:41", 3, 4),
    ],
)
def test_lateness_may_be_counted_in_days(for_each: str, stopped: str, full: int, started: int) -> None:
    at = instant(stopped)
    entry = earned(term(for_each, "full"), at)
    assert entry is not None
    assert entry.amount == full
    entry = earned(term(for_each, "started"), at)
    assert entry is not None
    assert entry.amount == started


def test_a_whole_hour_is_exactly_four_quarters() -> None:
    entry = earned(term("15 business minutes", "started"), instant("2026-07-20 08:40") + 60 * MINUTE)
    assert entry is not None
    assert entry.amount == 4
