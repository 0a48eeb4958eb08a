"""Cases, their account and the services that they watch, in one virtual time."""

from pathlib import Path

import pytest

from casewarden.decide import Compiled, compile_ruleset
from casewarden.model.event import Event, Json
from casewarden.model.instants import parse_instant
from casewarden.ruleset.load import load
from casewarden.scenario.linked import LinkedSubjects

HERE = Path(__file__).parent


def compiled() -> Compiled:
    ruleset, diagnostics = load(HERE / "linked.yaml")
    assert ruleset is not None, diagnostics.items
    return compile_ruleset(ruleset)


def event(subject: str, kind: str, at: str, **data: Json) -> Event:
    instant = parse_instant(at)
    return Event(subject, kind, instant, instant, "customer", "history", f"{kind} {at}", data=data)


def opened(case: str, at: str, plan: str = "basic", *, duplicate: bool = False) -> Event:
    facts: dict[str, Json] = {"case.plan": plan, "customer.id": "acme", "case.duplicate": duplicate}
    return event(case, "opened", at, facts=facts)


def states(linked: LinkedSubjects, case: str) -> list[tuple[str, str | None]]:
    """State and target of the case's answer clock, as the last decision has it."""
    last = [decided.decision for decided in linked.decisions() if decided.subject == case][-1]
    return [(clock.state.value, clock.target) for clock in last.clocks]


@pytest.mark.states("X1")
def test_the_account_grants_in_the_order_of_its_log_and_the_second_case_of_the_month_is_over() -> None:
    logs = {
        "case:1": [opened("case:1", "2026-07-06T08:00:00Z")],
        "case:2": [opened("case:2", "2026-07-20T08:00:00Z")],
    }
    assert states(LinkedSubjects(compiled(), logs), "case:1")[0][1] == "4 business hours"
    assert states(LinkedSubjects(compiled(), logs), "case:2")[0][1] == "best_effort"


@pytest.mark.states("X3")
def test_a_new_month_begins_in_the_zone_of_the_quota() -> None:
    """23:30 UTC on 31 July is 1 August in Zurich, so the case is the first of its month."""
    logs = {
        "case:1": [opened("case:1", "2026-07-06T08:00:00Z")],
        "case:2": [opened("case:2", "2026-07-31T22:30:00Z")],
    }
    assert states(LinkedSubjects(compiled(), logs), "case:2")[0][1] == "4 business hours"


def test_what_does_not_count_claims_nothing() -> None:
    logs = {
        "case:1": [opened("case:1", "2026-07-06T08:00:00Z", duplicate=True)],
        "case:2": [opened("case:2", "2026-07-20T08:00:00Z")],
    }
    assert states(LinkedSubjects(compiled(), logs), "case:2")[0][1] == "4 business hours"


def test_the_rule_about_an_exceeded_quota_fires_once_the_account_has_answered() -> None:
    logs = {
        "case:1": [opened("case:1", "2026-07-06T08:00:00Z")],
        "case:2": [opened("case:2", "2026-07-20T08:00:00Z")],
    }
    fired = [
        (decided.subject, action.rule)
        for decided in LinkedSubjects(compiled(), logs).decisions()
        for action in decided.decision.actions
    ]
    assert fired == [("case:2", "tell_over_quota")]


@pytest.mark.states("V11", "X4")
def test_an_outage_reaches_every_case_once_with_its_original_instant() -> None:
    health = [
        event("service:core", "observed", "2026-07-06T08:30:00Z", facts={"service.core.health": "down"}),
        event("service:core", "observed", "2026-07-06T09:30:00Z", facts={"service.core.health": "available"}),
    ]
    logs = {
        "service:core": health,
        **{f"case:{n}": [opened(f"case:{n}", f"2026-07-0{n}T08:00:00Z", plan="gold")] for n in (5, 6, 7)},
    }
    linked = LinkedSubjects(compiled(), logs)
    told = [
        (decided.subject, decided.decision.at)
        for decided in linked.decisions()
        for action in decided.decision.actions
        if action.rule == "tell_of_outage"
    ]
    at = parse_instant("2026-07-06T08:30:00Z")
    assert told == [("case:5", at), ("case:6", at)]


@pytest.mark.states("X5")
def test_a_rule_about_the_customer_runs_on_its_account_when_the_plan_starts() -> None:
    start = event("account:acme", "plan", "2026-07-01T00:00:00Z", change="started", plan="gold")
    linked = LinkedSubjects(compiled(), {"account:acme": [start]})
    actions = [action for decided in linked.decisions() for action in decided.decision.actions]
    assert [(action.rule, action.content["who"]) for action in actions] == [("open_private_channel", "support")]
