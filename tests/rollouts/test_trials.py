"""A trial beside the live lane: who is in it, what it hears of, and that nothing of it reaches anybody."""

import pytest

from casewarden.report.live.page import Looked
from casewarden.report.live.rollout_status import RolloutStatus
from casewarden.service import rollouts
from casewarden.service.rollout_diff import status
from casewarden.service.rollouts import RolloutError, rollout
from casewarden.store.database import Database
from rollouts.conftest import Make, rolling
from support.rolling import Rolling, revision
from support.small import Log, at, rule, say, text_of

CLOCK = "clocks:\n  answer: {clause: [S], starts: case_opened, stops: agent_reply, target: 4 elapsed hours}\n"
NOTIFY = "then: [{notify: {who: support, message: hello}}]"
BASE = text_of(CLOCK + rule("warn", f"when: {{clock.answer.used: {{at_least: 50%}}}}\n{NOTIFY}"))
HEAD = BASE.replace("50%", "25%")


def opened(bench: Rolling, name: str, **facts: object) -> None:
    """Let a case be opened now."""
    bench.take(Log(name).opened(str(say(bench.now)), facts).events)  # type: ignore[arg-type]
    bench.settle()


def subjects(bench: Rolling, lane: str) -> set[object]:
    return {name for (name,) in bench.rows("SELECT name FROM subject WHERE lane = :lane", lane=lane)}


def done(bench: Rolling, lane: str) -> list[str]:
    """Actions with when they were decided: `mon 09:00 case:1 warn`."""
    rows = bench.rows("SELECT decided_at, key FROM outbox WHERE lane = :lane ORDER BY decided_at, key", lane=lane)
    return [f"{say(int(str(at)))} {'/'.join(str(key).split('/')[:2])}" for at, key in rows]


def compared(bench: Rolling, name: str = "try") -> RolloutStatus:
    with bench.database.read() as connection:
        one = rollout(connection, name)
        current = rollouts.in_force(bench.rules.book, one.lane, bench.now).digest
        return status(connection, bench.sealing, one, current, Looked(bench.now, "Europe/Zurich"))


def test_cases_that_are_open_and_those_that_come_are_in_both_lanes_and_only_the_live_one_sends(
    database: Database,
) -> None:
    with rolling(database, BASE, "mon 08:00") as bench:
        opened(bench, "case:1")
        bench.until(at("mon 08:30"))
        bench.start("try", HEAD)
        bench.settle()
        opened(bench, "case:2")
        bench.until(at("mon 18:00"))
        assert subjects(bench, "small@try") == subjects(bench, "small") == {"case:1", "case:2"}
        assert done(bench, "small") == ["mon 10:00 case:1/warn", "mon 10:30 case:2/warn"]
        assert done(bench, "small@try") == ["mon 09:00 case:1/warn", "mon 09:30 case:2/warn"]
        assert [attempt.key for attempt in bench.attempts] == ["case:1/warn/1/0/0", "case:2/warn/1/0/0"]
        assert bench.rows("SELECT DISTINCT state FROM outbox WHERE lane = 'small@try'") == [("shadow",)]


def test_what_is_true_as_the_trial_begins_is_a_baseline_there(make: Make) -> None:
    bench = make(BASE, "mon 08:00")
    opened(bench, "case:1")
    bench.until(at("mon 09:30"))
    bench.start("try", HEAD)
    bench.until(at("mon 18:00"))
    assert (done(bench, "small"), done(bench, "small@try")) == (["mon 10:00 case:1/warn"], [])
    found = compared(bench)
    assert [(one.what, one.count, one.samples) for one in found.only_live] == [("notify by warn", 1, ("case:1",))]


def test_a_trial_survives_a_restart_and_goes_on_joining_where_it_was(make: Make) -> None:
    bench = make(BASE, "mon 08:00")
    for number in range(7):
        opened(bench, f"case:{number}")
    bench.start("try", HEAD)
    bench.limits = type(bench.limits)(joining=2)
    bench.restart()
    bench.processor.populate(bench.slots, bench.now, "small@try")  # the round of services
    bench.processor.populate(bench.slots, bench.now, "small@try")
    assert (len(subjects(bench, "small@try")), compared(bench).missing) == (2, 5)
    bench.restart()
    bench.until(at("mon 18:00"))
    assert subjects(bench, "small@try") == subjects(bench, "small")
    assert len(done(bench, "small@try")) == 7
    assert compared(bench).is_same


def test_a_case_that_was_closed_joins_when_something_comes_for_it(make: Make) -> None:
    bench = make(BASE, "mon 08:00")
    opened(bench, "case:1")
    log = Log("case:1").message("mon 08:00", "agent", key="a").add("closed", "mon 08:00", "agent", key="c")
    bench.take(log.events)
    bench.settle()
    bench.start("try", HEAD)
    bench.until(at("mon 12:00"))
    assert subjects(bench, "small@try") == set()
    bench.take(Log("case:1").add("reopened", "mon 12:00", "agent", key="r").events)
    bench.settle()
    assert subjects(bench, "small@try") == {"case:1"}


SERVICE = text_of(rule("tell", f"when: {{service.core.health: down}}\n{NOTIFY}"))


def test_services_tell_the_cases_of_both_lanes_each_once(make: Make) -> None:
    bench = make(SERVICE, "mon 08:00")
    opened(bench, "case:1")
    bench.start("try", SERVICE.replace("who: support", "who: manager"))
    bench.populating = False
    log = Log("service:core")
    bench.until(at("mon 09:00"))
    bench.take(log.observed("mon 09:00", {"service.core.health": "down"}, "automation").events)
    bench.settle()
    opened(bench, "case:2")
    bench.populating = True
    bench.until(at("mon 10:00"))
    both = ["mon 09:00 case:1/tell", "mon 09:00 case:2/tell"]
    assert (done(bench, "small"), done(bench, "small@try")) == (both, both)
    assert [(one.what, one.count) for one in compared(bench).otherwise] == [("notify by tell", 2)]


QUOTA = text_of(
    rule("over", f"when: {{quota.asked: over}}\n{NOTIFY}") + "quotas:\n  asked:\n    clause: [S]\n"
    "    counts: case_opened\n    per: customer\n    over: unchanged\n"
    "    window: {every: month, starting: calendar, zone: Europe/Zurich}\n    allowed: {basic: 2, gold: unlimited}\n"
)


@pytest.mark.parametrize("populating", [True, False])
def test_quotas_are_counted_in_both_lanes_whenever_account_and_cases_join(make: Make, populating: bool) -> None:
    bench = make(QUOTA, "mon 08:00")
    facts = {"customer.id": "acme"}
    opened(bench, "case:1", **facts)
    bench.start("try", QUOTA.replace("basic: 2", "basic: 1").replace("new_cases", "all_cases"))
    bench.populating = populating
    for number in (2, 3):
        bench.until(bench.now + 3_600_000_000)
        opened(bench, f"case:{number}", **facts)
    bench.populating = True
    bench.until(at("mon 18:00"))
    assert done(bench, "small") == ["mon 10:00 case:3/over"]
    assert done(bench, "small@try") == ["mon 09:00 case:2/over", "mon 10:00 case:3/over"]


def test_what_the_trial_cannot_go_on_with_is_told_there_and_asks_nobody(make: Make) -> None:
    bench = make(BASE, "mon 08:00")
    opened(bench, "case:1")
    bench.start("try", HEAD)
    bench.settle()
    bench.spoilt_in = {("small@try", "case:1")}
    bench.until(at("mon 12:00"))
    assert done(bench, "small") == ["mon 10:00 case:1/warn"]
    assert bench.rows("SELECT count(*) FROM obligation") == [(0,)]
    assert [one.subject for one in compared(bench).set_aside] == ["case:1"]
    bench.take(Log("case:1").message("mon 12:00", "agent").events)
    bench.settle()
    assert bench.rows("SELECT count(*) FROM mailbox") == [(0,)]


def test_ending_a_trial_leaves_nothing_that_wakes_or_watches_and_keeps_what_was_decided(database: Database) -> None:
    with rolling(database, SERVICE, "mon 08:00") as bench:
        opened(bench, "case:1")
        bench.start("try", SERVICE.replace("who: support", "who: manager"))
        bench.until(at("mon 09:00"))
        before = bench.rows("SELECT count(*) FROM decision")
        bench.roll(rollouts.end, "try")
        bench.take(Log("service:core").observed("mon 09:00", {"service.core.health": "down"}, "automation").events)
        bench.restart()
        opened(bench, "case:2")
        bench.until(at("mon 12:00"))
        assert done(bench, "small@try") == []
        assert len(done(bench, "small")) == 2
        assert bench.rows("SELECT count(*) FROM decision") > before
        assert subjects(bench, "small@try") == {"case:1"}
        left = "SELECT count(*) FROM wakeup JOIN subject ON subject.id = wakeup.subject WHERE lane = 'small@try'"
        assert bench.rows(left) == [(0,)]
        assert bench.rows(
            "SELECT count(*) FROM watch JOIN subject ON subject.id = watcher WHERE lane = 'small@try'"
        ) == [(0,)]
        assert compared(bench).missing == 0


def test_several_trials_run_beside_one_another(make: Make) -> None:
    bench = make(BASE, "mon 08:00")
    opened(bench, "case:1")
    bench.start("sooner", HEAD)
    bench.start("later", BASE.replace("50%", "75%"))
    bench.until(at("mon 18:00"))
    found = [done(bench, lane) for lane in ("small@sooner", "small", "small@later")]
    assert found == [[f"mon {time} case:1/warn"] for time in ("09:00", "10:00", "11:00")]


@pytest.mark.parametrize(
    ("name", "said", "message"),
    [
        ("Try", HEAD, "cannot be the name"),
        ("a" * 41, HEAD, "cannot be the name"),
        ("a@b", HEAD, "cannot be the name"),
        ("try", BASE, "in force already"),
        ("try", HEAD.replace("ruleset: small", "ruleset: smal"), "no ruleset `smal`"),
    ],
)
def test_what_cannot_be_tried_is_refused_and_nothing_is_written(make: Make, name: str, said: str, message: str) -> None:
    bench = make(BASE)
    with pytest.raises(RolloutError, match=message):
        bench.start(name, said)
    assert bench.rows("SELECT count(*) FROM rollout") == [(0,)]


def test_a_name_is_used_once_and_connectors_must_be_able(make: Make) -> None:
    bench = make(BASE)
    bench.start("try", HEAD)
    with pytest.raises(RolloutError, match="already"):
        bench.start("try", BASE.replace("50%", "75%"))
    head = revision(BASE.replace("then: [{notify", "then: [{reply: hello}, {notify"), bench.now)
    by = rollouts.By("ada", None, bench.now, frozenset({"notify"}))
    with bench.database.write() as connection, pytest.raises(RolloutError, match="`warn` asks for `reply`"):
        rollouts.start(connection, bench.rules.book, "other", head, by)
