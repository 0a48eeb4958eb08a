"""A subject goes on from the log that a store has of it as it does in virtual time from its first event."""

from casewarden.decide import Compiled
from casewarden.model.event import Event
from casewarden.scenario.linked import LinkedSubjects
from casewarden.scenario.onward import Continued, Standing
from support.small import Log, at, ruleset, say

RULES = """
clocks:
  answer: {clause: [S], starts: customer_message, runs: each_time, stops: agent_reply, target: 4 business hours}
quotas:
  talks:
    clause: [S]
    counts: customer_message
    per: customer
    window: {every: month, starting: calendar, zone: Europe/Zurich}
    allowed: {basic: 1, gold: unlimited}
    over: best_effort
rules:
  hourly:
    clause: [S]
    when: {case.core: down}
    repeat: {every: 1 hour, first: after_interval}
    then: [note: hello]
  told:
    clause: [S]
    when: {quota.talks: over}
    then: [note: bye]
"""
NOW = "mon 10:30"


def stored(compiled: Compiled, log: Log) -> dict[str, list[Event]]:
    """The logs as a store has them by now: with what the engine did, and with what was granted."""
    linked = LinkedSubjects(compiled, {log.subject: log.events})
    for _ in linked.decisions(at(NOW)):
        pass
    return {name: list(time.subject.events) for name, time in linked.times.items()}


def told(decisions: object) -> list[tuple[str | None, list[str], list[str]]]:
    return [
        (say(one.at), [action.rule for action in one.actions], [clock.state.value for clock in one.clocks])
        for one in decisions  # type: ignore[attr-defined]
    ]


def test_it_goes_on_alike_by_itself_and_with_what_may_happen() -> None:
    compiled = ruleset(RULES)
    log = Log().opened("mon 09:00", {"customer.id": "acme", "case.core": "down"}).message("mon 09:00")
    begun = Standing(compiled, log.events, at(NOW))
    logs = stored(compiled, log)
    assert set(logs) == {"case:1", "account:acme"}
    goes_on = Continued(compiled, logs, "case:1", at(NOW), {})
    more = Log().message("mon 11:10", key="x1", sequence=99).events
    assert told(goes_on.onward((), at("mon 16:00"))) == told(begun.onward((), at("mon 16:00")))
    both = told(goes_on.onward(more, at("mon 13:30")))
    assert both == told(begun.onward(more, at("mon 13:30")))
    assert any("told" in rules for _, rules, _ in both)  # the account answered: it is one message too many
