"""Cases that were closed long ago watch nothing any more; one that goes on knows how services are by then."""

import pytest

from casewarden.model.event import Event, Json
from casewarden.service.holds import hold_free
from casewarden.service.resting import REST_AFTER, Resting, let_rest
from casewarden.store.database import Database
from support.sidecars import Bench
from support.small import HOUR, Log, at, rule, ruleset

DAY = 24 * HOUR
RULES = """
fields:
  case: {core: {type: choice, of: [up, down]}}
  service.core: {health: {type: choice, of: [up, down]}}
""" + rule("probe", "when: {service.core.health: down}\nthen: [note: hello]")


@pytest.fixture
def bench(database: Database) -> Bench:
    bench = Bench(database, ruleset(RULES), at("mon 09:00"))
    service(bench, "up", "mon 08:00")
    bench.take(Log().opened("mon 09:00").events)
    bench.settle()
    return bench


def service(bench: Bench, health: str, time: str | int) -> None:
    instant = at(time) if isinstance(time, str) else time
    bench.now = max(bench.now, instant)
    facts: dict[str, Json] = {"service.core.health": health}
    bench.take(
        [Event("service:core", "observed", instant, instant, "automation", "page", f"{instant}", data={"facts": facts})]
    )
    bench.settle()


def close(bench: Bench, time: str) -> None:
    bench.now = at(time)
    bench.take(Log().add("closed", time, by="agent", reason="solved", key="closed").events)
    bench.settle()


def rest(bench: Bench) -> int | None:
    with bench.database.write() as connection:
        return let_rest(connection, bench.slots, 0, bench.now)


def watches(bench: Bench) -> list[str]:
    return [str(name) for (name,) in bench.rows("SELECT watched FROM watch ORDER BY watched")]


def health(bench: Bench) -> list[object]:
    return [
        event.data["facts"]["service.core.health"]  # type: ignore[index,call-overload]  # facts are objects
        for event in bench.log("case:1")
        if event.kind == "observed" and event.source == "page"
    ]


@pytest.mark.states("X12")
def test_a_case_rests_a_month_after_it_was_closed_and_not_before(bench: Bench) -> None:
    close(bench, "tue 09:00")
    bench.now = at("tue 09:00") + REST_AFTER
    rest(bench)
    assert watches(bench) == ["service:core"]
    bench.now += 1
    assert rest(bench) is not None
    assert watches(bench) == []
    before = len(bench.decisions)
    service(bench, "down", bench.now + HOUR)
    assert [decision.subject for decision in bench.decisions[before:]] == ["service:core"]


def test_an_open_case_does_not_rest(bench: Bench) -> None:
    bench.now = at("mon 09:00") + 400 * DAY
    assert rest(bench) is None
    assert watches(bench) == ["service:core"]


def test_what_is_observed_of_a_closed_case_keeps_it_awake_no_longer(bench: Bench) -> None:
    close(bench, "tue 09:00")
    bench.now = at("tue 09:00") + REST_AFTER - HOUR
    bench.take(Log().observed("tue 10:00", {"case.core": "down"}, key="o").events)
    bench.settle()
    bench.now += 2 * HOUR
    rest(bench)
    assert watches(bench) == []


@pytest.mark.states("X12")
def test_a_case_that_is_reopened_knows_how_services_are_and_not_what_they_were(bench: Bench) -> None:
    close(bench, "tue 09:00")
    bench.now = at("tue 09:00") + 31 * DAY
    rest(bench)
    for hour, now in enumerate(["down", "up", "down", "up"]):
        service(bench, now, bench.now + (hour + 1) * HOUR)
    bench.now += DAY
    bench.take([Event("case:1", "reopened", bench.now, bench.now, "customer", "desk", "again", data={"via": "mail"})])
    bench.settle()
    assert health(bench) == ["up", "up"]
    assert bench.states() == {}, "it was down while the case rested"
    assert watches(bench) == ["service:core"]
    service(bench, "down", bench.now + HOUR)
    assert list(bench.states().values()) == ["applied"]


def test_the_chore_looks_once_an_hour_at_all_that_it_owns(bench: Bench) -> None:
    close(bench, "tue 09:00")
    bench.now = at("tue 09:00") + 31 * DAY
    chore = Resting(bench.database, hold_free, lambda: bench.slots)
    assert chore(bench.now)
    assert not chore(bench.now)
    assert watches(bench) == []
    assert not chore(bench.now + HOUR - 1)
