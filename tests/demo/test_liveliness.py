"""Three days of the demonstration with its three rulesets: all that it is to show happens, and nothing goes wrong."""

from collections import Counter
from pathlib import Path

import pytest

from casewarden.demo.moments import DAY, HOUR
from casewarden.demo.world import START, World
from casewarden.model.decision import ClockState, Decision
from demo.driver import Driver
from demo.seen import snapshot


@pytest.fixture(scope="module")
def days(mains: tuple[Path, ...]) -> Driver:
    driver = Driver(World(1), mains, START)
    driver.run(START + 3 * DAY)
    return driver


def last(driver: Driver) -> dict[str, Decision]:
    return {subject: decision for _, subject, decision in driver.decisions}


def rules(driver: Driver) -> Counter[str]:
    return Counter(one.rule for one in driver.done)


def test_nothing_goes_wrong(days: Driver) -> None:
    assert not [one for one in days.done if one.was_refused]
    assert not [alert for _, _, decision in days.decisions for alert in decision.alerts]
    assert not [lane.broken_off for lane in days.lanes.values() if lane.broken_off]


def test_severities_are_lowered_when_the_service_recovers(days: Driver) -> None:
    fallen = Counter[str]()
    before: dict[str, str | None] = {}
    for lane, subject, decision in days.decisions:
        if before.get(subject) in ("critical", "1") and decision.severity not in ("critical", "1"):
            rose = {edge.rule for edge in decision.edges if edge.rises}
            fallen[lane] += "lower_severity_when_core_recovers" in rose
        before[subject] = decision.severity
    assert fallen["starter"] >= 3
    assert fallen["zitadel"] >= 3


def test_an_outage_and_its_end_are_told_once_to_each_of_many_cases(days: Driver) -> None:
    turns = [
        (event.at, str(facts["service.core.health"]))
        for event in days.events
        if event.subject == "service:core" and isinstance(facts := event.data.get("facts"), dict)
    ]
    recoveries = [
        at
        for (at, state), (_, before) in zip(turns[1:], turns, strict=False)
        if (before, state) == ("degraded", "available")
    ]
    assert recoveries
    published = Counter(one.rule for one in days.done if one.kind == "publish")
    assert published["publish_outage"] == published["publish_recovery"] >= len(recoveries) - 1
    told = [one for one in days.done if one.content.get("message") == "core_recovered"]
    for begin, end in zip(recoveries, [*recoveries[1:], START + 3 * DAY], strict=True):
        cases = Counter(one.subject for one in told if begin <= one.at < end)
        if end - begin > HOUR:
            assert len(cases) >= 5
        assert set(cases.values()) <= {1}


@pytest.mark.parametrize(
    "rule",
    [
        "close_unreachable",  # nobody answered
        "warn_before_closing",
        "reopen_when_customer_writes",
        "hand_over_to_lead",  # escalations
        "tell_manager",
        "tell_manager_at_once",
        "warn_before_response_is_due",
        "report_on_critical",  # hourly reports
        "hourly_report",
        "file_defect",  # defects and releases
        "tell_of_update",
        "tell_of_release",
        "lower_to_standard",
        "route_billing",
        "ask_for_missing",
        "open_private_channel",
        "hold_weekly_session",
        "close_satisfied",
        "open_again_unsatisfied",
    ],
)
def test_rules_that_a_newcomer_should_see_do_something(days: Driver, rule: str) -> None:
    assert rules(days)[rule]


def test_cases_are_closed_unreachable_and_some_are_opened_again(days: Driver) -> None:
    closed = {one.subject: one.at for one in days.done if one.rule == "close_unreachable" and one.kind == "close"}
    again = {one.subject: one.at for one in days.done if one.kind == "reopen"}
    assert {subject[5] for subject in closed} == {"S", "W"}  # at two desks
    assert any(subject in closed and closed[subject] < at for subject, at in again.items())


def test_clocks_are_missed_and_met(days: Driver) -> None:
    states = Counter((clock.clock, clock.state) for decision in last(days).values() for clock in decision.clocks)
    for clock in ("first_response", "initial_response"):
        assert states[clock, ClockState.MISSED] >= 1
        assert states[clock, ClockState.MET] > states[clock, ClockState.MISSED]


def test_credits_are_posted_and_quotas_granted(days: Driver) -> None:
    posted = {entry.key: entry for _, _, decision in days.decisions for entry in decision.ledger}
    states = Counter((entry.name, entry.state) for entry in posted.values())
    assert states["late_response", "posted"] >= 1
    assert states["tam_time", "granted"] >= 1


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_first_minute_shows_what_it_is_about(mains: tuple[Path, ...], seed: int) -> None:
    """Ten virtual hours, which at 600 times the speed are a minute."""
    driver = Driver(World(seed), mains, START)
    driver.run(START + 10 * HOUR)
    found = rules(driver)
    for wanted in (
        "lower_severity_when_core_recovers",
        "close_unreachable",
        "warn_before_closing",
        "reopen_when_customer_writes",
        "publish_outage",
        "publish_recovery",
        "warn_before_response_is_due",
    ):
        assert found[wanted], wanted
    assert found["hand_over_to_lead"] + found["tell_manager"] + found["tell_manager_at_once"]
    assert snapshot(driver, START + 10 * HOUR).counts.missed
