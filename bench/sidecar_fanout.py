"""An outage that 10,000 cases watch: until all are told and decided, and what other cases' events wait meanwhile.

Everything is counted in processor time of the sidecar, which is what it has on a machine of its own. Events of other
cases come in at a fixed rate; each waits from when it comes until it is decided and committed. The same events come
again while nobody is told anything, and the figures to compare are the two at the end.
"""

import random
import sys
import time
from collections.abc import Callable
from typing import Final

from sqlalchemy import text

from casewarden.model.event import Event
from casewarden.service.intake import Order
from sidecar_bed import SECOND, Bed, configure, folder, silence, starter
from sidecar_fill import fill, name_of

CASES: Final = 10_000
OTHERS: Final = 500
RATE: Final = 50  # events of others in a second of processor time


def main() -> None:
    silence()
    cases = int(sys.argv[1]) if len(sys.argv) > 1 else CASES
    with folder() as where:
        bed = Bed(configure(where, rules=starter()))
        fill(bed, cases + OTHERS)
        _let_others_not_watch(bed, cases)
        bed.now += SECOND
        outage = Event("service:core", "observed", bed.now, bed.now, "automation", "desk", "outage",
                       data={"facts": {"service.core.health": "down"}})  # fmt: skip
        told_before = bed.decisions
        bed.owner.order(Order([outage], "desk"))
        begun, wall = time.process_time(), time.perf_counter()
        meanwhile = others(bed, cases, "during", lambda: is_telling(bed))
        spent, wall = time.process_time() - begun, time.perf_counter() - wall
        decided = bed.decisions - told_before - len(meanwhile)
        print(f"{decided:,} decisions of {cases:,} cases told of an outage: {spent:.1f} s of processor time with the")
        print(f"  {len(meanwhile)} events of others, {1e6 * spent / max(1, decided):,.0f} us a decision; {wall:.1f} s")
        quiet = others(bed, cases, "after", _for(len(meanwhile)))
        bed.close()
    for what, found in (("meanwhile", meanwhile), ("without", quiet)):
        print(f"others, {what}: p50 {1e3 * at(found, 0.5):.1f} ms, p99 {1e3 * at(found, 0.99):.1f} ms")
    print(f"p99 meanwhile over without: {at(meanwhile, 0.99) / at(quiet, 0.99):.1f}")


def others(bed: Bed, cases: int, mark: str, goes_on: Callable[[], bool]) -> list[float]:
    """Turn the owner while it goes on; how long each event of others waited, in seconds of processor time."""
    pick, waited, coming = random.Random(1), [], 0
    begun = time.process_time()
    next_at = begun
    while goes_on():
        came: list[tuple[float, Order]] = []
        while next_at <= time.process_time():
            coming += 1
            bed.now += 1
            name = name_of(cases + pick.randrange(OTHERS))
            event = Event(
                name, "message", bed.now, bed.now, "customer", "desk", f"{mark}-{coming}", data={"public": True}
            )
            came.append((next_at, Order([event], "desk")))
            bed.owner.order(came[-1][1])
            next_at += pick.expovariate(RATE)
        bed.owner.turn()
        done = time.process_time()
        waited += [done - since for since, _ in came]
    return waited


def is_telling(bed: Bed) -> bool:
    """Whether somebody is still to be told, or to be decided since."""
    asked = text("SELECT EXISTS (SELECT 1 FROM fanout) OR EXISTS (SELECT 1 FROM mailbox)")
    with bed.sidecar.database.read() as connection:
        return bool(connection.execute(asked).scalar()) or bed.owner.waiting_orders > 0


def _for(events: int) -> Callable[[], bool]:
    """Goes on for about as many events as came meanwhile."""
    begun = time.process_time()
    return lambda: time.process_time() - begun < max(1.0, events / RATE)


def _let_others_not_watch(bed: Bed, cases: int) -> None:
    names = [name_of(cases + number) for number in range(OTHERS)]
    with bed.sidecar.database.write() as connection:
        statement = text("DELETE FROM watch WHERE watcher IN (SELECT id FROM subject WHERE name = :name)")
        connection.execute(statement, [{"name": name} for name in names])


def at(found: list[float], share: float) -> float:
    """The value that this share of them does not exceed."""
    return sorted(found)[min(len(found) - 1, int(share * len(found)))]


if __name__ == "__main__":
    main()
