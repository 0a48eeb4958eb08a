"""A case claims, its account grants in the order of its own log, and the grant comes back to the case: once each."""

import pytest

from casewarden.model import Event
from casewarden.service.batch import Limits
from casewarden.store.database import Database
from support.sidecars import Bench
from support.small import Log, at, rule, ruleset

QUOTA = """
quotas:
  incidents:
    clause: [S]
    counts: case_opened
    per: customer
    window: {every: month, starting: calendar, zone: Europe/Zurich}
    allowed: {basic: 1, gold: unlimited}
    over: best_effort
"""
RULES = ruleset(QUOTA + rule("probe", "when: {quota.incidents: over}\nthen: [note: hello]"))


@pytest.fixture
def bench(database: Database) -> Bench:
    return Bench(database, RULES, at("mon 09:00"))


def opened(case: str, time: str, **more: str) -> list[Event]:
    return Log(case).opened(time, {"customer.id": "acme"}, **more).events


def kinds(bench: Bench, name: str) -> list[tuple[str, object]]:
    """What a subject learnt of claims and grants."""
    said = {"claimed": "case", "granted": "word"}
    return [(event.kind, event.data[said[event.kind]]) for event in bench.log(name) if event.kind in said]


def ledger(bench: Bench) -> list[tuple[object, ...]]:
    return bench.rows(
        "SELECT subject.name, ledger.state, ledger.amount, ledger.account FROM ledger "
        "JOIN subject ON subject.id = ledger.subject ORDER BY ledger.at, ledger.state, ledger.id"
    )


def test_the_second_case_of_the_month_is_over(bench: Bench) -> None:
    bench.take(opened("case:1", "mon 09:00"))
    bench.settle()
    bench.now = at("tue 09:00")
    bench.take(opened("case:2", "tue 09:00"))
    bench.settle()
    assert kinds(bench, "account:acme") == [("claimed", "case:1"), ("claimed", "case:2")]
    assert kinds(bench, "case:1") == [("granted", "within")]
    assert kinds(bench, "case:2") == [("granted", "over")]
    assert [attempt.subject for attempt in bench.attempts] == ["case:2"]
    assert ledger(bench) == [
        ("case:1", "claimed", 1, "account:acme"),
        ("account:acme", "granted", 1, "account:acme"),
        ("case:2", "claimed", 1, "account:acme"),
        ("account:acme", "granted", 2, "account:acme"),
    ]


def test_one_step_at_a_time_and_a_restart_between_all_of_them_it_is_the_same(bench: Bench) -> None:
    bench.limits = Limits(mail=1, wakeups=1, steps=1, claims=1)
    bench.take([*opened("case:1", "mon 09:00"), *opened("case:2", "mon 09:00")])
    for _ in range(30):
        bench.restart()
        bench.processor.batch(bench.slots, bench.now)
    assert sorted(kinds(bench, "account:acme")) == [("claimed", "case:1"), ("claimed", "case:2")]
    assert sorted([*kinds(bench, "case:1"), *kinds(bench, "case:2")]) == [("granted", "over"), ("granted", "within")]
    assert bench.rows("SELECT count(*) FROM mailbox") == [(0,)]


def test_what_was_granted_as_known_is_corrected_for_approval_and_not_taken_back(bench: Bench) -> None:
    """Case 2 opened first, but its opening is learnt of when case 1 holds the month's only place."""
    bench.now = at("tue 09:00")
    bench.take(opened("case:1", "tue 09:00"))
    bench.settle()
    bench.now = at("wed 09:00")
    bench.take(opened("case:2", "mon 09:00"))
    bench.settle()
    assert kinds(bench, "case:1") == kinds(bench, "case:2") == [("granted", "within")]
    corrections = bench.rows("SELECT message FROM obligation WHERE kind = 'correction'")
    assert len(corrections) == 1
    assert "case:1" in str(corrections[0][0]), "the one that is beyond the quota as it happened"


def test_a_case_of_nobody_claims_from_nobody_until_a_customer_is_named(bench: Bench) -> None:
    bench.take(Log("case:1").opened("mon 09:00").events)
    bench.settle()
    assert kinds(bench, "case:1") == []
    assert bench.rows("SELECT count(*) FROM subject WHERE name LIKE 'account:%'") == [(0,)]


def test_the_same_claim_is_brought_once_however_often_it_is_decided(bench: Bench) -> None:
    bench.take(opened("case:1", "mon 09:00"))
    bench.settle()
    bench.take(opened("case:1", "mon 09:00"))
    bench.take(Log("case:1").message("mon 09:00", key="m1").events)
    bench.restart()
    bench.settle()
    assert kinds(bench, "account:acme") == [("claimed", "case:1")]
    assert kinds(bench, "case:1") == [("granted", "within")]
