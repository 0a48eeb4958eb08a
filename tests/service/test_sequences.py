"""Actions of one firing go out one after the other, each asked again before; what it did itself is no objection."""

import pytest

from casewarden.plugin import Answer, Applied, Attempt, Rejected, Retry
from casewarden.service.deliver import Came
from casewarden.store.database import Database
from support.sidecars import Bench
from support.small import HOUR, Log, at, more, rule, ruleset

SETS_ITS_OWN = rule("probe", "when: {case.core: down}\nthen: [set: {case.core: degraded}, note: hello, reply: bye]")


class Desk:
    """Answers each key in turn; then does it."""

    def __init__(self, **answers: list[Answer]) -> None:
        self.answers = answers
        self.asked: list[tuple[str, bool]] = []

    def __call__(self, attempt: Attempt) -> Answer:
        self.asked.append((attempt.kind, attempt.again))
        waiting = self.answers.get(attempt.kind, [])
        return waiting.pop(0) if waiting else Applied()


def opened(database: Database, rules: str, desk: Desk | None = None) -> Bench:
    bench = Bench(database, ruleset(rules), at("mon 09:00"), connector=desk or Desk())
    bench.take(Log().opened("mon 09:00", {"case.core": "down"}).events)
    return bench


def test_each_goes_out_when_the_one_before_was_applied_although_the_first_undid_the_condition(
    database: Database,
) -> None:
    bench = opened(database, SETS_ITS_OWN)
    bench.processor.batch(bench.slots, bench.now)
    for kind in ("set", "note", "reply"):
        claimed = bench.deliverer.claim(bench.slots, bench.now)
        assert [sent.attempt.kind for sent in claimed.sent] == [kind], "one at a time"
        bench.now += 1
        bench.deliverer.settle([Came(sent, Applied()) for sent in claimed.sent], bench.now)
    assert set(bench.states().values()) == {"applied"}


def test_what_two_rules_decided_together_goes_out_although_each_undoes_the_other_s_condition(
    database: Database,
) -> None:
    rules = rule("first", "when: {case.core: down}\nthen: [set: {case.workaround: yes}, note: hello]") + more(
        "second", "when: {case.core: down, case.workaround: {known: no}}\nthen: [note: bye]"
    )
    bench = opened(database, rules)
    bench.settle()
    assert sorted(attempt.rule_key for attempt in map(_Keyed, bench.attempts)) == ["first/0", "first/1", "second/0"]


class _Keyed:
    def __init__(self, attempt: Attempt) -> None:
        _, rule_name, _, _, position = attempt.key.split("/")
        self.rule_key = f"{rule_name}/{position}"


def test_what_somebody_else_did_between_two_steps_holds_the_rest_back(database: Database) -> None:
    desk = Desk(note=[Retry("busy", after=60.0, reached=True)])
    bench = opened(database, SETS_ITS_OWN, desk)
    bench.settle()
    assert [kind for kind, _ in desk.asked] == ["set", "note"]
    bench.take(Log().observed("mon 09:00", {"case.core": "available"}, key="fixed").events)
    bench.until(at("mon 10:00"))
    assert [kind for kind, _ in desk.asked] == ["set", "note"]
    assert list(bench.states().values()) == ["applied", "withdrawn", "withdrawn"]


def test_a_refusal_takes_back_what_was_wanted_and_what_comes_after_it(database: Database) -> None:
    bench = opened(database, SETS_ITS_OWN, Desk(set=[Rejected("it may not")]))
    bench.settle()
    assert list(bench.states().values())[:3] == ["rejected", "withdrawn", "withdrawn"]
    assert list(bench.states().values())[3:] == ["applied"] * 3, "the case is down as before, which the rule may see"
    assert bench.rows("SELECT kind, state FROM obligation") == [("rejected", "open")]


@pytest.mark.parametrize(
    ("answer", "again"), [(Retry("busy", after=1.0, reached=True), False), (Retry("it broke", after=1.0), True)]
)
def test_an_attempt_that_may_have_been_carried_out_is_made_again_with_a_look_before(
    database: Database, answer: Answer, again: bool
) -> None:
    desk = Desk(set=[answer])
    bench = opened(database, SETS_ITS_OWN, desk)
    bench.until(at("mon 09:01"))
    assert desk.asked == [("set", False), ("set", again), ("note", False), ("reply", False)]


def test_after_a_crash_whatever_was_under_way_is_looked_for_before(database: Database) -> None:
    desk = Desk()
    bench = opened(database, SETS_ITS_OWN, desk)
    bench.processor.batch(bench.slots, bench.now)
    assert len(bench.deliverer.claim(bench.slots, bench.now).sent) == 1
    bench.restart()
    bench.settle()
    assert desk.asked == [("set", True), ("note", False), ("reply", False)]


def test_a_condition_that_is_over_for_want_of_news_holds_a_late_attempt_back(database: Database) -> None:
    """The service was down, and for longer than its health is fresh nobody has said so: nobody knows it any more."""
    desk = Desk(note=[Retry("busy", after=3 * 3600.0, reached=True)])
    rules = rule("probe", "when: {service.core.health: down}\nthen: [note: hello]")
    bench = Bench(database, ruleset(rules), at("mon 09:00"), connector=desk)
    bench.take(Log("service:core").observed("mon 09:00", {"service.core.health": "down"}).events)
    bench.settle()
    bench.take(Log().opened("mon 09:00").events)
    bench.settle()
    assert [kind for kind, _ in desk.asked] == ["note"]
    bench.until(at("mon 09:00") + 4 * HOUR)
    assert [kind for kind, _ in desk.asked] == ["note"]
    assert list(bench.states().values()) == ["withdrawn"]


def test_a_helpdesk_that_says_again_and_again_that_it_is_ready_in_a_second_is_asked_for_hours(
    database: Database,
) -> None:
    desk = Desk(set=[Retry("busy", after=1.0, reached=True)] * 100)
    bench = opened(database, SETS_ITS_OWN, desk)
    bench.until(at("mon 11:00"))
    assert bench.states().popitem()[1] == "waiting"
    del desk.answers["set"]
    bench.until(at("mon 12:00"))
    assert set(bench.states().values()) == {"applied"}
