"""A customer directory that is written anew while the sidecar runs reaches the cases that are open, each once."""

import os
from pathlib import Path
from typing import Any

import pytest

from casewarden.model import Event, Json
from casewarden.plugin import Page
from support.odd_desk import NOON, OddDesk, Running, at_work
from support.small import HOUR, rule

GOLD = rule("probe", "when: {case.plan: gold}\nthen: [{note: hello}]")
_HEAD = "casewarden_customers: 1\nruleset: small.yaml\nzone: UTC\ncustomers:\n"
BASIC = "  acme: {subscriptions: [{plan: basic, from: 2026-01-01}]}\n"
UPGRADED = (
    "  acme: {subscriptions: [{plan: basic, from: 2026-01-01, until: 2026-03-01}, {plan: gold, from: 2026-03-02}]}\n"
)
LATER = (
    "  acme: {subscriptions: [{plan: basic, from: 2026-01-01, until: 2026-03-02}, {plan: gold, from: 2026-03-03}]}\n"
)
OTHERS = "  bellco: {subscriptions: [{plan: basic, from: 2026-01-01}]}\n"


def write(folder: Path, customers: str) -> None:
    """Put a directory in the place of another, as whoever exports it should: whole."""
    (folder / "new.yaml").write_text(_HEAD + customers)
    os.replace(folder / "new.yaml", folder / "customers.yaml")  # noqa: PTH105  # as one step


def desk(*cases: str) -> OddDesk:
    def opened(case: str, customer: str) -> Event:
        facts: dict[str, Json] = {"customer.id": customer}
        return Event(case, "opened", NOON, NOON, "customer", "desk", "o", data={"via": "mail", "facts": facts})

    return OddDesk("desk", lambda _: Page([opened(*case.split("@")) for case in cases], 1))


def told(running: Running) -> list[tuple[Any, ...]]:
    """What of the directory stands in which log."""
    return running.rows(
        "SELECT subject.name, event.kind, log_entry.number FROM log_entry JOIN event ON event.id = log_entry.event "
        "JOIN subject ON subject.id = log_entry.subject WHERE event.source LIKE 'customers%' ORDER BY log_entry.event"
    )


def plan_of(running: Running, case: str) -> str | None:
    rows = running.rows("SELECT plan FROM subject WHERE name = :name", name=case)
    return rows[0][0] if rows else None


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write(tmp_path, BASIC + OTHERS)
    return tmp_path


def test_a_plan_that_changed_reaches_open_cases_once_and_no_others(folder: Path) -> None:
    helpdesk = desk("case:1@acme", "case:2@acme", "case:3@bellco")
    with at_work(folder, GOLD, helpdesk, configured="customers: customers.yaml\n") as running:
        running.until(lambda: plan_of(running, "case:3") == "basic", "the cases")
        write(folder, UPGRADED + OTHERS)
        running.until(lambda: len(helpdesk.attempts) == 2, "what the new plan wants")
        assert {one.subject for one in helpdesk.attempts} == {"case:1", "case:2"}
        assert [plan_of(running, f"case:{n}") for n in (1, 2, 3)] == ["gold", "gold", "basic"]
        before = told(running)
        write(folder, UPGRADED + OTHERS + "  third: {language: en}\n")
        running.until(lambda: "third" in running.sidecar._reloader.customers.by_lane["small"].customers, "it")
        for _ in range(5):
            running.turn()
        assert told(running) == before


def test_what_lies_ahead_comes_when_it_is_due_unless_it_is_taken_back(folder: Path) -> None:
    helpdesk = desk("case:1@acme")
    with at_work(folder, GOLD, helpdesk, configured="customers: customers.yaml\n") as running:
        running.until(lambda: plan_of(running, "case:1") == "basic", "the case")
        write(folder, LATER + OTHERS)
        waiting = "SELECT count(*) FROM mailbox WHERE seen_at > :now"
        running.until(lambda: running.rows(waiting, now=running.clock[0])[0][0] > 0, "what lies ahead")
        write(folder, BASIC + OTHERS)
        running.until(lambda: running.rows(waiting, now=running.clock[0])[0][0] == 0, "that it is taken back")
        running.clock[0] += 24 * HOUR
        running.turn()
        assert plan_of(running, "case:1") == "basic"
        write(folder, LATER + OTHERS)
        running.until(lambda: plan_of(running, "case:1") == "gold", "what was due")


def test_a_broken_directory_changes_nothing_and_is_told(folder: Path) -> None:
    helpdesk = desk("case:1@acme")
    with at_work(folder, GOLD, helpdesk, configured="customers: customers.yaml\n") as running:
        running.until(lambda: plan_of(running, "case:1") == "basic", "the case")
        before = told(running)
        write(folder, "  acme: {subscriptions: [{plan: golden, from: 2026-01-01}]}\n")
        answer = running.sidecar.reload()
        assert isinstance(answer, dict)
        assert answer["reloaded"] is False
        assert "`golden`" in str(answer["problems"])
        assert "customers.yaml:5" in str(answer["problems"])
        assert (plan_of(running, "case:1"), told(running)) == ("basic", before)
        write(folder, UPGRADED)
        running.until(lambda: plan_of(running, "case:1") == "gold", "the mended directory")


def test_a_customer_who_is_gone_keeps_what_was_known(folder: Path) -> None:
    helpdesk = desk("case:1@acme")
    with at_work(folder, GOLD, helpdesk, configured="customers: customers.yaml\n") as running:
        running.until(lambda: plan_of(running, "case:1") == "basic", "the case")
        write(folder, OTHERS)
        running.until(lambda: "acme" not in running.sidecar._reloader.customers.by_lane["small"].customers, "it")
        for _ in range(5):
            running.turn()
        assert plan_of(running, "case:1") == "basic"


def test_what_changed_while_no_sidecar_ran_is_told_at_the_next_start(folder: Path) -> None:
    with at_work(folder, GOLD, desk("case:1@acme"), configured="customers: customers.yaml\n") as running:
        running.until(lambda: plan_of(running, "case:1") == "basic", "the case")
    write(folder, UPGRADED)
    helpdesk = OddDesk("desk")
    with at_work(folder, GOLD, helpdesk, configured="customers: customers.yaml\n") as running:
        running.until(lambda: plan_of(running, "case:1") == "gold", "the new plan")
        running.until(lambda: len(helpdesk.attempts) == 1, "what it wants")
