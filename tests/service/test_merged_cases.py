"""A case that was merged ends; what people say to it from then on goes to the older case, once."""

import pytest

from casewarden.service.batch import Limits
from casewarden.store.database import Database
from support.sidecars import Bench
from support.small import Log, at, rule, ruleset

RULES = ruleset(
    rule("answer", "each: customer_message\nthen: [note: hello]")
    + """
  later:
    clause: [S]
    when: {case.core: down}
    even_if_over: yes
    deliver: {in_hours: office}
    then: [reply: bye]
"""
)


@pytest.fixture
def bench(database: Database) -> Bench:
    """Two cases, opened on a Sunday, so that what is to be delivered waits."""
    made = Bench(database, RULES, at("sun 09:00"))
    for case in ("case:1", "case:2", "case:3"):
        made.take(Log(case).opened("sun 09:00", {"case.core": "down"}).events)
    made.settle()
    return made


def merge(bench: Bench, younger: str, older: str) -> None:
    bench.take(Log(younger).add("ended", "sun 09:00", "agent", key="end", reason="merged", into=older).events)
    bench.settle()


def say(bench: Bench, case: str, key: str) -> None:
    bench.take(Log(case).message("sun 09:00", key=key).events)
    bench.settle()


def heard(bench: Bench, case: str) -> list[str]:
    return [event.key for event in bench.log(case) if event.kind == "message"]


def test_messages_go_to_the_case_that_goes_on_and_are_answered_there(bench: Bench) -> None:
    say(bench, "case:2", "before")
    merge(bench, "case:2", "case:1")
    say(bench, "case:2", "after")
    assert heard(bench, "case:2") == ["before"]
    assert heard(bench, "case:1") == ["case:2/after"]
    notes = [(attempt.subject, attempt.key) for attempt in bench.attempts if attempt.kind == "note"]
    assert notes == [("case:2", "case:2/answer/1/0/0"), ("case:1", "case:1/answer/1/0/0")]


def test_what_the_helpdesk_says_of_the_younger_stays_with_it(bench: Bench) -> None:
    merge(bench, "case:2", "case:1")
    bench.take(Log("case:2").observed("sun 09:00", {"case.status": "closed"}, key="closed").events)
    bench.settle()
    assert "closed" in [event.key for event in bench.log("case:2")]
    assert all("closed" not in event.key for event in bench.log("case:1"))


def test_what_waits_for_the_younger_is_withdrawn_and_does_not_go_out_in_the_morning(bench: Bench) -> None:
    assert bench.states()["case:2/later/1/0/0"] == "waiting"
    merge(bench, "case:2", "case:1")
    assert bench.states()["case:2/later/1/0/0"] == "withdrawn"
    bench.until(at("mon+1 09:00"))
    assert [attempt.key for attempt in bench.attempts] == ["case:1/later/1/0/0", "case:3/later/1/0/0"]


def test_it_goes_along_a_chain_of_merges(bench: Bench) -> None:
    merge(bench, "case:3", "case:2")
    merge(bench, "case:2", "case:1")
    say(bench, "case:3", "hello")
    assert heard(bench, "case:3") == heard(bench, "case:2") == []
    assert heard(bench, "case:1") == ["case:3/hello"]


def test_two_cases_that_are_merged_into_each_other_pass_nothing_back_and_forth(bench: Bench) -> None:
    merge(bench, "case:2", "case:1")
    merge(bench, "case:1", "case:2")
    say(bench, "case:2", "hello")
    assert [*heard(bench, "case:1"), *heard(bench, "case:2")] in (["case:2/hello"], ["hello"])
    assert bench.rows("SELECT count(*) FROM mailbox") == [(0,)]


def test_a_message_that_came_together_with_the_merge_is_heard_by_one_of_the_two(bench: Bench) -> None:
    bench.limits = Limits(mail=1, wakeups=1, steps=1)
    bench.restart()
    events = Log("case:2").message("sun 09:00", key="m1")
    events.add("ended", "sun 09:00", "agent", key="end", reason="merged", into="case:1").message("sun 09:00", key="m2")
    bench.take(events.events)
    bench.settle()
    both = [key.rpartition("/")[2] for case in ("case:1", "case:2") for key in heard(bench, case)]
    assert sorted(both) == ["m1", "m2"]


def test_a_merge_into_itself_is_an_end_and_nothing_else(bench: Bench) -> None:
    merge(bench, "case:2", "case:2")
    say(bench, "case:2", "hello")
    assert heard(bench, "case:2") == ["hello"]
    assert bench.rows("SELECT state FROM subject WHERE name = 'case:2'") == [("ended",)]
