"""How long an owner sleeps when it has nothing to do: up to what is due next, and not at all over what came due."""

import threading

import pytest

from casewarden.service.owner import NAP, Owner
from casewarden.store.database import Database
from support.sidecars import Bench
from support.small import HOUR, MINUTE, Log, at, ruleset

OPENED = at("mon 09:00")
DUE = OPENED + 30 * MINUTE
RULES = """
rules:
  chase:
    clause: [S]
    when: {case.core: {is: down, for: 30 minutes}}
    then: [tag: {add: [chased]}]
"""


class Bell(threading.Event):
    """Rings at once, and remembers for how long it would have been waited for."""

    def __init__(self) -> None:
        super().__init__()
        self.naps: list[float] = []

    def wait(self, timeout: float | None = None) -> bool:
        assert timeout is not None
        self.naps.append(timeout)
        return True


@pytest.fixture
def bench(database: Database) -> Bench:
    bench = Bench(database, ruleset(RULES), OPENED)
    bench.take(Log().add("opened", "mon 09:00", facts={"case.core": "down"}).events)
    bench.settle()
    return bench


def owner(bench: Bench, *, is_ours: bool = True) -> Owner:
    made = Owner(
        bench.database,
        bench.sealing,
        bench.processor,
        bench.deliverer,
        bench.projector,
        now=lambda: bench.now,
        parts=bench.slots,
        is_ours=lambda: is_ours,
        send=lambda sent: None,
    )
    made._bell = Bell()
    return made


def idle(owner: Owner) -> None:
    while owner.turn():
        pass


def naps(owner: Owner) -> list[float]:
    assert isinstance(owner._bell, Bell)
    return owner._bell.naps


def test_it_sleeps_until_what_is_due_next(bench: Bench) -> None:
    one = owner(bench)
    bench.now = DUE - 100_000
    idle(one)
    one._nap()
    assert naps(one) == [0.1]
    bench.now = DUE - HOUR
    one._nap()
    assert naps(one) == [0.1, NAP]


def test_it_does_not_sleep_over_what_came_due_while_it_turned(bench: Bench) -> None:
    one = owner(bench)
    bench.now = DUE - 1
    idle(one)
    bench.now = DUE + 2
    one._nap()
    assert naps(one) == [0.0]
    assert one.turn()
    assert bench.decisions[-1].at == DUE


def test_it_rests_from_what_is_due_and_not_its_own(bench: Bench) -> None:
    one = owner(bench, is_ours=False)
    bench.now = DUE + MINUTE
    idle(one)
    one._nap()
    assert naps(one) == [NAP]
