"""Revisions come into force at their dates, exactly, for every subject; and before anything that comes after."""

import pytest

from casewarden.store.database import Database
from rollouts.conftest import Make, rolling
from rollouts.test_trials import BASE, CLOCK, NOTIFY, done, opened
from support.rolling import Rolling
from support.small import Log, at, more, rule, say, text_of

TWO_DAYS = BASE.replace("4 elapsed hours", "60 elapsed hours")
NEXT = (
    TWO_DAYS.replace("60 elapsed hours", "30 elapsed hours").replace("2026-01-01", "2026-03-03").replace("50%", "60%")
)
"""From Tuesday on new cases are promised thirty hours instead of sixty, and all are warned at 60% instead of half."""
FROM = at("tue 00:00")


def decided(bench: Rolling, name: str = "case:1") -> list[str | None]:
    rows = bench.rows(
        "SELECT at FROM decision JOIN subject ON subject.id = decision.subject WHERE name = :name ORDER BY decision.id",
        name=name,
    )
    return [say(int(str(instant))) for (instant,) in rows]


def due(bench: Rolling, name: str) -> str | None:
    ((instant,),) = bench.rows("SELECT next_due FROM subject WHERE name = :name", name=name)
    return say(int(str(instant)))


@pytest.mark.states("E1", "E2", "E6", "D14")
def test_at_its_date_a_revision_takes_every_case_over_and_terms_stay_those_of_the_opening(database: Database) -> None:
    with rolling(database, TWO_DAYS, "mon 08:00") as bench:
        opened(bench, "case:1")
        bench.reload(NEXT)
        bench.until(at("mon 20:00"))
        opened(bench, "case:2")
        bench.until(at("tue 00:00"))
        assert decided(bench)[-1] == decided(bench, "case:2")[-1] == "tue 00:00"
        opened(bench, "case:3")
        assert [due(bench, f"case:{n}") for n in (1, 2, 3)] == ["wed 20:00", "thu 08:00", "wed 06:00"]
        bench.until(at("fri 00:00"))
        assert done(bench, "small") == ["tue 18:00 case:3/warn", "tue 20:00 case:1/warn", "wed 08:00 case:2/warn"]


@pytest.mark.states("E2", "D12")
def test_a_sidecar_that_was_down_over_the_date_lets_it_take_over_at_the_date_and_wakes_in_order(make: Make) -> None:
    bench = make(TWO_DAYS, "mon 08:00")
    opened(bench, "case:1")
    bench.reload(NEXT)
    bench.now = at("thu 12:00")
    bench.restart()
    bench.settle()
    assert decided(bench) == ["mon 08:00", "tue 00:00", "tue 20:00", "wed 20:00+1", "thu 12:00"]
    assert done(bench, "small") == ["tue 20:00 case:1/warn"]


@pytest.mark.states("D14")
def test_what_is_true_at_the_date_is_a_baseline_and_what_turns_true_right_after_is_not(make: Make) -> None:
    warned = more("down", f"when: {{case.core: down}}\n{NOTIFY}")
    bench = make(TWO_DAYS, "mon 08:00")
    opened(bench, "case:1", **{"case.core": "down"})
    opened(bench, "case:2")
    bench.reload(NEXT.replace("rules:\n", f"rules:\n{warned}"))
    bench.until(at("mon 23:59"))
    bench.now = at("tue 00:00") + 5_000_000  # it is late by some seconds, and an event came first
    bench.take(Log("case:2").observed("tue 00:00:05", {"case.core": "down"}, key="d").events)
    bench.settle()
    assert done(bench, "small") == ["tue 00:00:05 case:2/down"]
    assert decided(bench, "case:2")[1:3] == ["tue 00:00", "tue 00:00:05"]


@pytest.mark.states("D14")
def test_a_rule_that_is_edited_takes_a_case_over_before_it_learns_of_what_came_meanwhile(make: Make) -> None:
    bench = make(TWO_DAYS, "mon 08:00")
    opened(bench, "case:1")
    warned = more("down", f"when: {{case.core: down}}\n{NOTIFY}")
    bench.reload(TWO_DAYS.replace("rules:\n", f"rules:\n{warned}"))
    bench.now += 1_000_000
    bench.take(Log("case:1").observed("mon 08:00:01", {"case.core": "down"}, key="d").events)
    bench.processor.batch(bench.slots, bench.now)  # before it is its turn to be renewed
    bench.settle()
    assert done(bench, "small") == ["mon 08:00:01 case:1/down"]


@pytest.mark.states("X4")
def test_cases_begin_to_watch_a_service_that_only_the_newer_rules_speak_of(make: Make) -> None:
    never = CLOCK + rule("never", f"when: {{case.core: down}}\n{NOTIFY}")
    field = "fields:\n  case: {core: {type: choice, of: [down]}}\n"
    health = "  service.core: {health: {type: choice, of: [up, down]}}\n"
    plain = text_of(field + never)
    told = text_of(field + health + never + more("tell", f"when: {{service.core.health: down}}\n{NOTIFY}"))
    bench = make(plain, "mon 08:00")
    opened(bench, "case:1")
    service = Log("service:core").observed("mon 08:00", {"service.core.health": "up"}, "automation")
    bench.take(service.events)
    bench.settle()
    bench.reload(told)
    bench.settle()
    assert bench.rows("SELECT watched FROM watch") == [("service:core",)]
    bench.until(at("mon 09:00"))
    bench.take(service.observed("mon 09:00", {"service.core.health": "down"}, "automation").events[1:])
    bench.settle()
    assert done(bench, "small") == ["mon 09:00 case:1/tell"]


@pytest.mark.states("D14", "E10")
def test_what_turns_true_by_terms_that_bind_all_cases_is_a_baseline_though_its_rule_is_the_same(make: Make) -> None:
    late = more("late", f"when: {{clock.answer: missed}}\n{NOTIFY}")
    told = more("told", f"each: answer_missed\n{NOTIFY}")
    event = "events:\n  answer_missed: {clock: answer, turns: missed}\nrules:\n"
    base = TWO_DAYS.replace("rules:\n", f"{event}{late}{told}")
    bench = make(base, "mon 08:00")
    opened(bench, "case:1")
    bench.until(at("tue 08:00"))
    bench.reload(base.replace("60 elapsed hours", "20 elapsed hours").replace("new_cases", "all_cases"))
    bench.until(at("fri 08:00"))
    assert due(bench, "case:1") == "tue 04:00"
    assert done(bench, "small") == []
    opened(bench, "case:2")
    bench.until(at("sun 08:00"))
    assert done(bench, "small") == ["fri 18:00 case:2/warn", "sat 04:00+1 case:2/late", "sat 04:00+1 case:2/told"]


DOWN = rule("tell", "when: {case.core: down}\nthen: [{note: hello}]")


@pytest.mark.states("E12")
def test_a_ruleset_that_stands_alone_holds_before_its_date_and_nothing_changes_at_it(make: Make) -> None:
    bench = make(text_of(DOWN).replace("2026-01-01", "2026-03-04"), "mon 09:00")
    bench.take(Log("case:1").opened("mon 09:00", {"case.core": "down"}).events)
    bench.settle()
    assert [one.key for one in bench.attempts] == ["case:1/tell/1/0/0"]
    before = bench.rows("SELECT count(*) FROM decision")
    bench.until(at("wed 12:00"))
    assert bench.rows("SELECT count(*) FROM decision") == before
    assert len(bench.attempts) == 1
