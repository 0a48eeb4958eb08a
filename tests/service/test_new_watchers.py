"""A case that begins while a service is down knows of it from its beginning, and learns of each change once."""

import pytest

from casewarden.model import Event
from casewarden.service.batch import Limits
from casewarden.service.neighbours import tell_some
from casewarden.store.database import Database
from casewarden.store.slots import slot_of
from support.sidecars import Bench
from support.small import Log, at, rule, ruleset

RULES = rule("probe", "when: {service.core.health: down}\nthen: [note: hello]")


def health(*said: tuple[str, str]) -> list[Event]:
    log = Log("service:core")
    for time, value in said:
        log.observed(time, {"service.core.health": value}, by="automation")
    return log.events


def opened(case: str, time: str) -> list[Event]:
    return Log(case).opened(time).events


@pytest.fixture
def bench(database: Database) -> Bench:
    return Bench(database, ruleset(RULES), at("mon 09:00"))


def learnt(bench: Bench, case: str) -> list[object]:
    """Whose events a case learnt, in the order in which it did; without what it decided itself."""
    rows = bench.rows(
        "SELECT event.subject, event.key FROM log_entry JOIN event ON event.id = log_entry.event "
        "JOIN subject ON subject.id = log_entry.subject WHERE subject.name = :case "
        "AND event.source = 'desk' ORDER BY number",
        case=case,
    )
    return [f"{subject} {key}" for subject, key in rows]


def noted(bench: Bench) -> list[str]:
    return sorted(attempt.subject for attempt in bench.attempts)


def test_it_is_told_what_was_known_before_and_learns_of_the_rest_as_it_comes(bench: Bench) -> None:
    bench.take(health(("mon 08:00", "up"), ("mon 08:30", "down")))
    bench.settle()
    bench.take(opened("case:1", "mon 09:00"))
    bench.settle()
    assert learnt(bench, "case:1") == ["service:core e002", "case:1 e001"], "the last of each fact stands before it"
    bench.now = at("mon 10:00")
    bench.take([health(("mon 08:00", "up"), ("mon 08:30", "down"), ("mon 10:00", "up"))[2]])
    bench.settle()
    assert learnt(bench, "case:1")[2:] == ["service:core e003"]
    assert noted(bench) == ["case:1"]


@pytest.mark.parametrize("order", ["service first", "case first", "one transaction", "one by one"])
def test_news_of_the_same_moment_reach_a_new_case_once(bench: Bench, order: str) -> None:
    news, opening = health(("mon 09:00", "down")), opened("case:1", "mon 09:00")
    match order:
        case "service first":
            bench.take(news)
            bench.processor.batch(bench.slots, bench.now)
            bench.take(opening)
        case "case first":
            bench.take(opening)
            bench.processor.batch(bench.slots, bench.now)
            bench.take(news)
        case "one transaction":
            bench.take([*opening, *news])
        case _:
            bench.limits = Limits(mail=1, wakeups=1, steps=1, claims=1)
            bench.restart()
            bench.take([*news, *opening])
    bench.settle()
    assert sorted(map(str, learnt(bench, "case:1"))) == ["case:1 e001", "service:core e001"]
    assert noted(bench) == ["case:1"]


def test_what_it_was_told_at_its_beginning_is_not_decided_again_when_the_news_reach_everybody(bench: Bench) -> None:
    """The service is decided, its watchers are not told yet, and in between a case begins to watch."""
    bench.take(opened("case:1", "mon 09:00"))
    bench.settle()
    bench.take(health(("mon 09:00", "down")))
    bench.processor.batch(bench.slots, bench.now)
    bench.take(opened("case:2", "mon 09:00"))
    bench.processor.batch(bench.slots, bench.now)
    assert learnt(bench, "case:2") == ["service:core e001", "case:2 e001"]
    decided = bench.rows("SELECT count(*) FROM decision JOIN subject ON subject = subject.id WHERE name = 'case:2'")
    with bench.database.write() as connection:
        assert tell_some(connection, bench.slots) == 2
    while not bench.processor.batch(bench.slots, bench.now).idle:
        pass
    assert learnt(bench, "case:2") == ["service:core e001", "case:2 e001"]
    assert decided == bench.rows(
        "SELECT count(*) FROM decision JOIN subject ON subject = subject.id WHERE name = 'case:2'"
    )
    bench.settle()
    assert noted(bench) == ["case:1", "case:2"]


def test_a_case_whose_customer_uses_other_services_is_told_nothing(bench: Bench) -> None:
    bench.take(health(("mon 08:30", "down")))
    bench.take(Log("case:1").opened("mon 09:00", {"customer.services": ["mail"]}).events)
    bench.take(health(("mon 08:30", "down"), ("mon 09:00", "up"), ("mon 09:00", "down")))
    bench.settle()
    assert learnt(bench, "case:1") == ["case:1 e001"]
    assert noted(bench) == []


def test_of_several_facts_the_last_of_each_is_told(database: Database) -> None:
    fields = """
    fields:
      service.core:
        health: {type: choice, of: [up, down]}
        region: {type: choice, of: [emea, apac]}
    """
    rules = rule("probe", "when: {service.core.health: down, service.core.region: apac}\nthen: [note: hello]")
    import textwrap

    bench = Bench(database, ruleset(textwrap.dedent(fields) + rules), at("mon 09:00"))
    log = Log("service:core")
    log.observed("mon 07:00", {"service.core.region": "emea"}).observed("mon 07:10", {"service.core.region": "apac"})
    log.observed("mon 07:20", {"service.core.health": "up"}).observed("mon 07:30", {"service.core.health": "down"})
    bench.take(log.events)
    bench.settle()
    bench.take(opened("case:1", "mon 09:00"))
    bench.settle()
    assert learnt(bench, "case:1") == ["service:core e002", "service:core e004", "case:1 e001"]
    assert noted(bench) == ["case:1"]


def decide_service(bench: Bench) -> None:
    """Decide the service alone: another worker has its partition, and is quicker."""
    slot = slot_of("service:core")
    bench.processor.batch([range(slot, slot + 1)], bench.now)


def test_what_a_service_told_since_comes_when_it_told_it(bench: Bench) -> None:
    """The case waits in its mailbox since nine, and the outage of half past nine is known before it is looked at."""
    bench.take(opened("case:1", "mon 09:00"))
    bench.now = at("mon 09:30")
    bench.take(health(("mon 09:30", "down")))
    decide_service(bench)
    bench.now = at("mon 10:00")
    bench.settle()
    assert learnt(bench, "case:1") == ["case:1 e001", "service:core e001"]
    assert bench.decided("case:1")[:2] == [at("mon 09:00"), at("mon 09:30")]
    assert noted(bench) == ["case:1"]


def test_what_is_left_for_another_transaction_is_not_forgotten(bench: Bench) -> None:
    bench.limits = Limits(steps=1)
    bench.restart()
    bench.take(opened("case:1", "mon 09:00"))
    for time, value in (("mon 09:10", "down"), ("mon 09:20", "up"), ("mon 09:30", "down")):
        bench.now = at(time)
        bench.take(Log("service:core").observed(time, {"service.core.health": value}, key=time).events)
        decide_service(bench)
    bench.settle()
    assert learnt(bench, "case:1") == [
        "case:1 e001", "service:core mon 09:10", "service:core mon 09:20", "service:core mon 09:30",
    ]  # fmt: skip
    instants = list(dict.fromkeys(bench.decided("case:1")))
    assert instants == [at(f"mon 09:{minute}") for minute in ("00", "10", "20", "30")]


def test_a_clock_that_was_put_back_lets_nobody_run_ahead_of_it(bench: Bench) -> None:
    bench.now = at("mon 10:00")
    bench.take(health(("mon 10:00", "down")))
    bench.settle()
    bench.now = at("mon 09:00")
    bench.take(opened("case:1", "mon 09:00"))
    bench.settle()
    assert learnt(bench, "case:1") == ["case:1 e001"], "as this clock has it the outage is to come"
    bench.until(at("mon 10:00"))
    assert learnt(bench, "case:1") == ["case:1 e001", "service:core e001"]
    assert noted(bench) == ["case:1"]


def test_after_the_clock_was_put_back_the_news_of_a_service_do_not_wait_for_the_old_time(bench: Bench) -> None:
    """The service was decided an hour ahead of this clock, and never goes back; who watches it learns of it now."""
    bench.take(opened("case:1", "mon 09:00"))
    bench.settle()
    bench.now = at("mon 10:30")
    bench.take(Log("service:core").observed("mon 10:30", {"service.core.health": "up"}, key="up").events)
    bench.settle()
    bench.now = at("mon 09:40")
    bench.take(Log("service:core").observed("mon 09:40", {"service.core.health": "down"}, key="down").events)
    bench.take(opened("case:2", "mon 09:40"))
    bench.settle()
    assert learnt(bench, "case:1")[-1] == "service:core down"
    assert "service:core down" in learnt(bench, "case:2")
