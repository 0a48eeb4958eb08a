"""What the directory of a test tells the record that is played, and the account that answers what it claims."""

from collections.abc import Sequence
from dataclasses import replace

from casewarden.model.event import Event, Json
from casewarden.scenario.customers.directory import Customer
from casewarden.scenario.customers.told import PLAN, account_log, case_log
from casewarden.scenario.linked import CUSTOMER
from casewarden.scenario.scenario import Scenario


def own_log(scenario: Scenario, events: Sequence[Event], now: int) -> list[Event]:
    """The record's log as the test begins: its first events, and what the directory knows now and for later.

    A test whose first step lets nothing happen begins with what the directory tells, if it does.
    """
    directory = scenario.directory
    if directory is None or not (scenario.customer or scenario.reporter):
        return list(events)
    if scenario.about == "case":
        return case_log(directory, [_reported(scenario, event) for event in events], _stated(scenario))[0]
    customer = customer_of(scenario)
    return list(events) if customer is None else account_log(customer, events, now, _stated(scenario))


def granting_log(scenario: Scenario, events: Sequence[Event], now: int) -> list[Event]:
    """The log of the account of a case's customer; `events` are what the test itself states of it."""
    customer = customer_of(scenario)
    return list(events) if customer is None else account_log(customer, events, now)


def customer_of(scenario: Scenario) -> Customer | None:
    """The customer of the test, named or found by who reports."""
    if scenario.directory is None:
        return None
    if scenario.customer is not None:
        return scenario.directory.customers.get(scenario.customer)
    return None if scenario.reporter is None else scenario.directory.of_contact(scenario.reporter)


def _reported(scenario: Scenario, event: Event) -> Event:
    """The opening with its customer, and with who opened it."""
    if event.kind != "opened":
        return event
    said = event.data.get("facts")
    facts: dict[str, Json] = dict(said) if isinstance(said, dict) else {}
    if scenario.customer is not None:
        facts.setdefault(CUSTOMER, scenario.customer)
    who = event.who if scenario.reporter is None else (scenario.reporter, *event.who)
    return replace(event, data={**event.data, "facts": facts}, who=who)


def _stated(scenario: Scenario) -> frozenset[str]:
    """The paths of which the timeline speaks, early or late."""
    found: set[str] = set()
    for step in scenario.timeline:
        for entry in step.entries:
            facts = entry.data.get("facts")
            found.update(facts if isinstance(facts, dict) else ())
            if entry.kind == "plan":
                found.add(PLAN)
    return frozenset(found)
