"""How many cases are worked on at a time: the first of each customer, of each contact, or of all."""

import pytest

from casewarden.decide.work_order import taken_up
from casewarden.model import fold
from support.small import Log, at, ruleset

CASES = [
    (1, "acme", "ann"),
    (2, "acme", "bob"),
    (3, "beta", "cid"),
    (4, "acme", "ann"),
    (5, "acme", "dan"),
    (6, None, None),
]


@pytest.mark.states("X11")
@pytest.mark.parametrize(
    ("limits", "expected"),
    [
        ("", [1, 2, 3, 4, 5, 6]),
        ("at_once: 2", [1, 2]),
        ("at_once: 1, per: customer", [1, 3, 6]),
        ("at_once: 2, per: customer", [1, 2, 3, 6]),
        ("at_once: 1, per: contact", [1, 2, 3, 5, 6]),
    ],
)
def test_the_first_of_each_are_taken_up(limits: str, expected: list[int]) -> None:
    compiled = ruleset(f"queue: {{clause: [S], order: [opened]{', ' if limits else ''}{limits}}}")
    logs = []
    for number, customer, contact in CASES:
        ids = {} if customer is None else {"customer.id": customer, "contact.id": contact}
        logs.append(Log(f"case:{number}").opened(f"mon 09:0{number}", ids))
    found = taken_up(compiled, [fold(log.events) for log in reversed(logs)], at("mon 10:00"))
    assert [int(subject.id.partition(":")[2]) for subject in found] == expected


@pytest.mark.states("X11")
def test_the_next_one_is_taken_up_when_the_first_is_resolved() -> None:
    compiled = ruleset("queue: {clause: [S], order: [opened], at_once: 1, per: customer}")
    first = (
        Log("case:1").opened("mon 09:00", {"customer.id": "acme"}).observed("mon 10:00", {"case.status": "resolved"})
    )
    second = Log("case:2").opened("mon 09:30", {"customer.id": "acme"})
    subjects = [fold(log.events) for log in (first, second)]
    assert [subject.id for subject in taken_up(compiled, subjects, at("mon 09:45"))] == ["case:1"]
    assert [subject.id for subject in taken_up(compiled, subjects, at("mon 10:00"))] == ["case:2"]
