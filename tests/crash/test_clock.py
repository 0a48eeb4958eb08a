"""Clocks that jump, nights in which clocks are changed, a laptop that slept: what is decided, and what goes out."""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from casewarden.model.event import Event
from casewarden.model.instants import iso, parse_instant
from casewarden.store.check import check
from casewarden.store.database import Database
from support.sidecars import Bench, compiled_from

RULESET: Final = compiled_from(Path(__file__).parent / "night.yaml")
SECOND: Final = 1_000_000
HOUR: Final = 3_600 * SECOND
TUESDAY: Final = parse_instant("2026-03-10T09:00:00+01:00")


@pytest.fixture
def bench(database: Database) -> Iterator[Bench]:
    """A case of which all is down, opened on a Tuesday at nine."""
    bench = begun(database, TUESDAY)
    yield bench
    assert check(database).findings == ()
    assert len({one.key for one in bench.attempts}) == len(bench.attempts), "something went out twice"


def begun(database: Database, at: int) -> Bench:
    bench = Bench(database, RULESET, now=at)
    bench.take([Event("case:1", "opened", at, at, "customer", "desk", "e-0", data={"facts": {"case.down": True}})])
    bench.settle()
    return bench


def message(bench: Bench, key: str, at: int) -> None:
    bench.take([Event("case:1", "message", at, at, "customer", "desk", key, data={"public": True})])


def sent(bench: Bench, rule: str) -> list[str]:
    """The instants, in Berlin's winter time, as of which actions of a rule were decided that went out."""
    keys = {one.key for one in bench.attempts}
    statement = "SELECT key, decided_at FROM outbox WHERE rule = :rule ORDER BY decided_at"
    return [at(instant) for key, instant in bench.rows(statement, rule=rule) if key in keys]


def at(instant: object) -> str:
    """Of an instant the day and the time, UTC."""
    return iso(int(str(instant)))[8:16]


def jump(bench: Bench, to: int) -> None:
    """Let the clock show another instant at once."""
    bench.now = to
    bench.settle()


def stepwise(database: Database, rule: str, begin: int, end: int) -> list[str]:
    bench = begun(database, begin)
    bench.until(end)
    return sent(bench, rule)


def test_eight_hours_late_all_is_decided_as_of_its_instant_and_caught_up_on_as_each_rule_says(bench: Bench) -> None:
    bench.until(TUESDAY + HOUR)
    jump(bench, TUESDAY + 9 * HOUR + 300 * SECOND)
    hours = [f"10T{hour:02}:00" for hour in range(9, 18)]
    assert sent(bench, "every") == hours
    assert sent(bench, "latest") == [hours[0], hours[-1]]
    assert sent(bench, "nothing") == [hours[0]]
    assert sent(bench, "in_hours") == ["10T12:00", "10T16:00"]
    assert sent(bench, "missed") == ["10T12:00"]  # four open hours, and a microsecond
    withdrawn = bench.rows("SELECT rule, count(*) FROM outbox WHERE state = 'withdrawn' GROUP BY rule ORDER BY rule")
    assert withdrawn == [("latest", 7), ("nothing", 8)]


def test_what_is_woken_in_time_goes_out_whatever_catch_up_says(bench: Bench) -> None:
    bench.until(TUESDAY + 3 * HOUR)
    for rule in ("latest", "every", "nothing"):
        assert sent(bench, rule) == ["10T09:00", "10T10:00", "10T11:00"]


def test_what_came_while_it_slept_is_decided_when_it_is_learnt_of(bench: Bench) -> None:
    """And held for its hours: it is evening when the machine wakes up."""
    bench.now = TUESDAY + 10 * HOUR
    message(bench, "e-1", TUESDAY + 2 * HOUR)
    bench.settle()
    assert bench.rows("SELECT state FROM outbox WHERE rule = 'hold'") == [("waiting",)]
    bench.until(parse_instant("2026-03-11T08:00:00+01:00"))
    assert sent(bench, "hold") == ["10T18:00"]
    assert bench.rows("SELECT done_at FROM outbox WHERE rule = 'hold'") == [(bench.now,)]


def test_a_clock_that_jumps_forward_and_back_lets_nothing_happen_twice(bench: Bench) -> None:
    bench.until(TUESDAY + 90 * 60 * SECOND)
    jump(bench, bench.now + HOUR)
    assert sent(bench, "latest") == ["10T09:00", "10T10:00"]
    jump(bench, bench.now - HOUR)
    message(bench, "e-1", bench.now)
    bench.settle()
    assert sent(bench, "hold") == []  # it is decided as of what was decided last, and goes out then
    assert sent(bench, "latest") == ["10T09:00", "10T10:00"]
    bench.until(TUESDAY + 4 * HOUR)
    assert sent(bench, "hold") == ["10T10:30"]
    assert sent(bench, "latest") == ["10T09:00", "10T10:00", "10T11:00", "10T12:00"]
    assert sent(bench, "nothing") == ["10T09:00", "10T11:00", "10T12:00"]  # that of 10:00 was an hour ahead: missed


def test_a_clock_that_is_put_back_makes_wake_ups_wait_for_it(bench: Bench) -> None:
    bench.until(TUESDAY + 50 * 60 * SECOND)
    jump(bench, bench.now - HOUR)
    bench.settle()
    assert sent(bench, "latest") == []
    bench.until(TUESDAY + HOUR)
    assert sent(bench, "latest") == ["10T09:00"]


@pytest.mark.parametrize(
    ("begin", "end", "hourly", "in_hours"),
    [
        (
            "2026-03-28T23:30:00+01:00",
            "2026-03-29T14:00:00+02:00",
            ["28T23:30", "29T00:30", "29T01:30", "29T02:30"],  # an hour is an hour: 0:30, 1:30, then 3:30 and 4:30
            ["29T10:00"],  # from eight to noon by the clock on the wall, in summer time
        ),
        (
            "2026-10-24T23:30:00+02:00",
            "2026-10-25T13:00:00+01:00",
            ["24T22:30", "24T23:30", "25T00:30", "25T01:30"],  # 0:30, 1:30, 2:30, and 2:30 again
            ["25T11:00"],
        ),
    ],
    ids=["forward", "back"],
)
@pytest.mark.parametrize("slept", [False, True], ids=["awake", "asleep"])
def test_a_night_in_which_clocks_are_changed(
    database: Database, begin: str, end: str, hourly: list[str], in_hours: list[str], slept: bool
) -> None:
    bench = begun(database, parse_instant(begin))
    jump(bench, parse_instant(end)) if slept else bench.until(parse_instant(end))
    assert sent(bench, "every")[:4] == hourly
    assert sent(bench, "in_hours") == in_hours
    assert check(database).findings == ()
