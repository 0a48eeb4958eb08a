"""The queue: what each case is sorted by, and the order, against a sort that a person could do by hand."""

import pytest

from casewarden.decide.work_order import in_order, standing
from casewarden.model import fold
from casewarden.model.subject import Subject
from support.small import Log, at, ruleset, when

QUEUE = """
channels:
  chat: {included: all}
  email: {included: all}
severity:
  clause: [S]
  levels: {1: High, 2: Low}
  until_classified: reported
  hit: first
  otherwise: person
  table:
    - {when: {case.core: down}, gives: 1}
    - {when: {case.core: degraded}, gives: 2}
queue:
  clause: [S]
  order: [{case.channel: chat}, severity, due, opened]
clocks:
  answer: {clause: [S], starts: case_opened, stops: agent_reply, target: 4 business hours}
  follow: {clause: [S], starts: agent_reply, stops: customer_message, target: 1 business hour}
"""
COMPILED = ruleset(QUEUE)


def case(number: int, time: str, channel: str, core: str | None) -> Log:
    facts = {"case.channel": channel} | ({} if core is None else {"case.core": core})
    return Log(f"case:{number}").opened(time, facts)


def subject(log: Log) -> Subject:
    return fold(log.events)


@pytest.mark.states("X11")
def test_a_case_stands_where_its_values_put_it() -> None:
    log = case(1, "mon 09:00", "email", "down").message("mon 10:00", by="agent")
    assert standing(COMPILED, subject(log), at("mon 09:30")) == (False, "1", at("mon 13:00"), at("mon 09:00"))
    assert standing(COMPILED, subject(log), at("mon 12:00")) == (False, "1", at("mon 11:00"), at("mon 09:00"))
    assert standing(COMPILED, subject(case(2, "mon 09:00", "chat", None)), at("mon 09:00")) == (
        True, None, at("mon 13:00"), at("mon 09:00"),
    )  # fmt: skip


@pytest.mark.states("X11")
@pytest.mark.parametrize("status", ["resolved", "closed"])
def test_what_is_done_waits_for_nobody(status: str) -> None:
    log = case(1, "mon 09:00", "email", "down").observed("mon 10:00", {"case.status": status})
    assert standing(COMPILED, subject(log), at("mon 10:00")) is None
    assert in_order(COMPILED, [subject(log)], at("mon 10:00")) == []


@pytest.mark.states("X11")
def test_without_a_queue_there_is_no_order() -> None:
    assert standing(when("{case.core: down}"), subject(case(1, "mon 09:00", "email", None)), at("mon 10:00")) is None


@pytest.mark.states("X11")
def test_cases_are_taken_up_in_the_order_of_the_queue() -> None:
    logs = [
        case(1, "mon 09:00", "email", "degraded"),
        case(2, "mon 09:30", "email", "down"),
        case(3, "mon 10:00", "chat", "degraded"),
        case(4, "mon 08:30", "email", None),
        case(5, "mon 10:30", "chat", "down"),
        case(6, "mon 08:00", "email", "degraded").message("mon 10:00", by="agent").message("mon 10:10", by="customer"),
        case(7, "mon 09:00", "email", "degraded"),
    ]
    by_hand = [5, 3, 2, 1, 7, 6, 4]  # chats, graver first; 6 has been answered and is owed nothing; 4 has no severity
    taken = in_order(COMPILED, [subject(log) for log in reversed(logs)], at("mon 11:00"))
    assert [one.id for one in taken] == [f"case:{number}" for number in by_hand]
