"""Whatever a transaction holds, a subject learns, wakes and answers in the order in which that came."""

import pytest
from sqlalchemy import text

from casewarden.plugin import Applied, Retry
from casewarden.service.batch import Limits
from casewarden.service.deliver import Came
from casewarden.store.database import Database
from support.sidecars import Bench
from support.small import Log, at, more, rule, ruleset

HOURLY = rule(
    "probe", "when: {case.core: down}\nrepeat: {every: 1 hour, first: at_once, catch_up: all}\nthen: [note: hello]"
)
SMALL = Limits(mail=1, wakeups=1, steps=1, claims=1)


def bench(database: Database, rules: str, limits: Limits | None = None) -> Bench:
    return Bench(database, ruleset(rules), at("mon 09:00"), limits=limits or Limits())


def work(bench: Bench) -> None:
    while not bench.processor.batch(bench.slots, bench.now).idle:
        pass


def test_what_was_learnt_at_one_instant_is_decided_at_once_however_short_a_transaction_is(database: Database) -> None:
    """Were the two torn apart, the case would be down for a moment."""
    made = bench(database, HOURLY, SMALL)
    for number in range(5):
        made.take(Log(f"case:{number}").opened("mon 09:00", {"case.core": "down"}).events)
        made.take(Log(f"case:{number}").observed("mon 09:00", {"case.core": "available"}, key="up").events)
    work(made)
    assert made.states() == {}
    assert made.rows("SELECT count(*) FROM decision") == [(5,)]


def test_a_wake_up_does_not_go_before_an_event_that_was_there_first(database: Database) -> None:
    """Half an hour before it is due the case is up again; that waits behind the mail of many others."""
    made = bench(database, HOURLY, SMALL)
    made.take(Log().opened("mon 09:00", {"case.core": "down"}).events)
    work(made)
    made.now = at("mon 09:10")
    for number in range(10, 20):
        made.take(Log(f"case:{number}").opened("mon 09:10").events)
    made.now = at("mon 09:30")
    made.take(Log().observed("mon 09:30", {"case.core": "available"}, key="up").events)
    made.now = at("mon 12:00")
    work(made)
    assert made.decided("case:1") == [at("mon 09:00"), at("mon 09:30"), at("mon 09:30")]
    assert [key for key in made.states() if "/probe/" in key] == ["case:1/probe/1/0/0"]


def test_an_answer_does_not_pass_over_a_wake_up(database: Database) -> None:
    """The helpdesk answers after four hours; what was due meanwhile is decided as of its instant."""
    made = bench(database, HOURLY)
    made.take(Log().opened("mon 09:00", {"case.core": "down"}).events)
    work(made)
    (sent,) = made.deliverer.claim(made.slots, made.now).sent
    made.now = at("mon 13:30")
    made.deliverer.settle([Came(sent, Applied())], made.now)
    assert made.decided("case:1")[1:5] == [at(f"mon {hour}:00") for hour in (10, 11, 12, 13)]
    kinds = [(event.kind, event.at) for event in made.log("case:1") if event.kind == "applied"]
    assert kinds == [("applied", at("mon 13:30"))]


def test_nothing_is_sent_by_a_subject_that_has_something_to_decide(database: Database) -> None:
    """It was due at ten, nobody looked, and at half past ten the customer took it back: no hurry for the helpdesk."""
    made = bench(database, rule("probe", "when: {case.core: down}\ndeliver: {in_hours: office}\nthen: [note: hello]"))
    made.now = at("sun 20:00")
    made.take(Log().opened("sun 20:00", {"case.core": "down"}).events)
    work(made)
    made.now = at("mon+1 09:00")
    made.take(Log().observed("mon+1 08:30", {"case.core": "available"}, key="up").events)
    assert made.deliverer.claim(made.slots, made.now).sent == []
    made.settle()
    assert made.attempts == []
    assert made.states() == {"case:1/probe/1/0/0": "withdrawn"}


@pytest.mark.parametrize("steps", [1, 2, 500])
def test_what_became_of_an_action_is_decided_on_although_much_was_due_before(database: Database, steps: int) -> None:
    made = bench(database, HOURLY + more("tell", "each: agent_note\nthen: [note: bye]"), Limits(steps=steps))
    made.take(Log().opened("mon 09:00", {"case.core": "down"}).events)
    work(made)
    (sent,) = made.deliverer.claim(made.slots, made.now).sent
    made.now = at("mon 13:30")
    made.take(Log().message("mon 13:30", "agent", key="m").events)
    made.deliverer.settle([Came(sent, Applied())], made.now)
    work(made)
    log = made.log("case:1")
    assert max(event.seen_at for event in log) == at("mon 13:30") == made.decided("case:1")[-1]
    assert made.decided("case:1") == sorted(made.decided("case:1"))
    assert [event.kind for event in log if event.kind in ("applied", "message")].count("applied") == 1


def test_an_action_that_was_under_way_when_its_case_ended_is_not_tried_again(database: Database) -> None:
    """`even_if_over` or not: a case that has ended has no rules any more."""
    made = bench(database, rule("probe", "when: {case.core: down}\neven_if_over: yes\nthen: [reply: hello, note: bye]"))
    made.take(Log().opened("mon 09:00", {"case.core": "down"}).events)
    work(made)
    (sent,) = made.deliverer.claim(made.slots, made.now).sent
    made.take(Log().add("ended", "mon 09:00", "agent", key="end", reason="spam").events)
    work(made)
    assert made.states() == {"case:1/probe/1/0/0": "sending", "case:1/probe/1/0/1": "withdrawn"}
    made.deliverer.settle([Came(sent, Retry("busy"))], made.now)
    made.until(at("mon 10:00"))
    assert made.attempts == []
    assert made.states()["case:1/probe/1/0/0"] == "withdrawn"


def test_who_comes_while_many_are_told_waits_for_a_few_of_them_only(database: Database) -> None:
    made = bench(database, HOURLY, Limits(told=2))
    for number in range(10):
        made.take(Log(f"case:{number}").opened("mon 09:00").events)
    with database.write() as connection:
        connection.execute(text("UPDATE mailbox SET behind = 1"))
    made.take(Log("case:99").opened("mon 09:00").events)
    made.processor.batch(made.slots, made.now)
    decided = [name for (name,) in made.rows("SELECT name FROM subject ORDER BY id")]
    assert len(decided) == 3
    assert "case:99" in decided
    work(made)
    assert made.rows("SELECT count(*) FROM subject") == [(11,)]
    assert made.rows("SELECT count(*) FROM mailbox") == [(0,)]
