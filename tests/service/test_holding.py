"""The subjects at hand: those used last, of some of them also what was derived from their logs; rules do not notice."""

from pathlib import Path

import pytest

from casewarden.model.event import Event, Json
from casewarden.scenario.record import decision_line
from casewarden.service.held import Held, Holding, new_held
from casewarden.shipped import shipped
from casewarden.store.database import Database
from support.sidecars import Bench, compiled_from

HOUR = 3_600_000_000
START = 1_780_297_200_000_000  # a Monday, 09:00 in Berlin


def held(number: int) -> Held:
    one = new_held(number, "starter", f"case:{number}")
    one.subject.memo["starter"] = f"derived of {number}"
    return one


def test_what_was_derived_is_kept_of_those_used_last() -> None:
    holding = Holding(3, ready=2)
    cases = [held(number) for number in range(1, 6)]
    for one in cases[:3]:
        holding.put(one)
    holding.put(cases[1])
    holding.put(cases[3])
    assert [bool(one.subject.memo) for one in cases] == [False, True, False, True, True]
    assert len(holding) == 3


def test_what_is_forgotten_is_kept_in_no_way() -> None:
    holding = Holding(10, ready=10)
    cases = [held(number) for number in range(4)]
    for one in cases:
        holding.put(one)
    holding.drop(cases[0])
    holding.leave(range(cases[1].slot, cases[1].slot + 1))
    assert len(holding) == 2
    holding.clear()
    again = [held(number) for number in range(10, 20)]
    for one in again:
        holding.put(one)
    assert all(one.subject.memo for one in (*cases, *again))  # what is not held any more is not touched either
    assert len(holding) == 10


@pytest.mark.parametrize(("most", "ready"), [(100, 0), (100, 1), (1, 1)])
def test_decisions_are_the_same_whatever_is_at_hand(database: Database, most: int, ready: int) -> None:
    compiled = compiled_from(Path(str(shipped("rules"))) / "starter" / "starter.yaml")
    lines: dict[str, list[str]] = {}
    for who, held_ready in (("all", (100, 100)), ("few", (most, ready))):
        bench = Bench(database, compiled, now=START, cached=held_ready[0])
        bench.processor.holding._most_ready = held_ready[1]
        for step in range(8):
            bench.now += HOUR
            bench.take(event(f"case:{who}-{number}", step, bench.now) for number in range(3))
            bench.settle()
        lines[who] = [decision_line(one).replace(f"case:{who}-", "case:") for one in bench.decisions]
    assert lines["few"] == lines["all"]
    assert len(lines["all"]) >= 3 * 8


def event(name: str, step: int, at: int) -> Event:
    if step == 0:
        facts: dict[str, Json] = {"case.core": "degraded", "case.number": name}
        return Event(name, "opened", at, at, "customer", "desk", f"{name}/0", data={"via": "email", "facts": facts})
    by = "agent" if step % 2 else "customer"
    return Event(name, "message", at, at, by, "desk", f"{name}/{step}", data={"public": True, "text": "Hello"})
