"""What an event, a wake-up and a case that has to be read cost, as open cases and rules become many; drawn as plots.

python bench/sidecar_growth.py [CASES]    # up to so many open cases, 1,000,000 if nothing is said; takes some minutes

Each figure is the median of several batches of a hundred, in microseconds of processor time, with everything that
belongs to it. The cases are chosen at random from all that there are.
"""

import random
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from casewarden.model.event import Event, Json
from casewarden.service.writes import wake
from sidecar_bed import SECOND, Bed, configure, folder, silence, starter, traffic
from sidecar_fill import fill, name_of
from sidecar_plots import Line, plot

CASES: Final = (1_000, 10_000, 100_000, 1_000_000)
RULES: Final = (10, 50, 200, 1_000)
BATCHES: Final = 7
AT_ONCE: Final = 100
IMAGES: Final = Path(__file__).parents[1] / "docs" / "images"


def messages(names: Sequence[str], at: int, mark: str) -> list[Event]:
    data: dict[str, Json] = {"public": True, "text": "It still does not work."}
    return [Event(name, "message", at, at, "customer", "desk", f"{mark}-{name}", data=data) for name in names]


def median(call: Callable[[int], None]) -> float:
    """Microseconds of processor time for each of a batch."""
    spent = []
    for number in range(BATCHES):
        begun = time.process_time()
        call(number)
        spent.append(1e6 * (time.process_time() - begun) / AT_ONCE)
    return statistics.median(spent)


def of_cases(bed: Bed, cases: int) -> tuple[float, float, float]:
    """A message to a case at hand, one to a case that has to be read, and a wake-up of a case that has to be read."""
    pick = random.Random(cases)
    warm = [name_of(number) for number in pick.sample(range(cases), AT_ONCE)]

    def told(mark: str, names: Sequence[str]) -> None:
        bed.now += SECOND
        bed.feed([messages(names, bed.now, mark)])

    def cold(number: int) -> None:
        bed.owner.processor.holding.clear()
        told(f"cold-{cases}-{number}", [name_of(one) for one in pick.sample(range(cases), AT_ONCE)])

    read = median(cold)
    told(f"first-{cases}", warm)
    at_hand = median(lambda number: told(f"warm-{cases}-{number}", warm))
    spent = []
    for _ in range(BATCHES):
        names = [name_of(one) for one in pick.sample(range(cases), AT_ONCE)]
        with bed.sidecar.database.write() as connection:
            held = bed.owner.processor.holding.load(connection, bed.sidecar.sealing, names)
            wake(connection, [one.id for one in held], bed.now + SECOND)
        bed.owner.processor.holding.clear()
        begun = time.process_time()
        bed.until(bed.now + SECOND)
        spent.append(1e6 * (time.process_time() - begun) / AT_ONCE)
    return at_hand, read, statistics.median(spent)


def of_rules(rules: int) -> float:
    """An event of the usual traffic under so many rules."""
    batches = traffic(150, rules, AT_ONCE)
    with folder() as where:
        bed = Bed(configure(where, rules=rules))
        bed.feed(batches[:2])
        spent = []
        for batch in batches[2:]:
            begun = time.process_time()
            bed.feed([batch])
            spent.append(1e6 * (time.process_time() - begun) / len(batch))
        bed.close()
    return statistics.median(spent)


def main() -> None:
    silence()
    most = int(sys.argv[1]) if len(sys.argv) > 1 else CASES[-1]
    sizes = [cases for cases in CASES if cases <= most]
    found: list[tuple[float, float, float]] = []
    print(f"{'open cases':>12}{'at hand':>10}{'read':>10}{'woken':>10}   us of processor time")
    with folder() as where:
        bed = Bed(configure(where, rules=starter()))
        have = 0
        for cases in sizes:
            fill(bed, cases, have)
            have = cases
            found.append(of_cases(bed, cases))
            print(f"{cases:12,}" + "".join(f"{each:10,.0f}" for each in found[-1]), flush=True)
        bed.close()
    rules = [(number, of_rules(number)) for number in RULES]
    print(f"{'rules':>12}{'an event':>10}")
    for number, spent in rules:
        print(f"{number:12,}{spent:10,.0f}")
    IMAGES.mkdir(exist_ok=True)
    names = ("a message to a case at hand", "a message to a case that is read", "a wake-up of a case that is read")
    lines = [Line(name, [(n, row[i]) for n, row in zip(sizes, found, strict=True)]) for i, name in enumerate(names)]
    what = "microseconds of processor time"
    (IMAGES / "growth-cases.svg").write_text(plot("open cases", what, lines), encoding="utf-8")
    (IMAGES / "growth-rules.svg").write_text(plot("rules", what, [Line("an event", rules)]), encoding="utf-8")


if __name__ == "__main__":
    main()
