"""Some thousand events: many scripts of the crash tests at once, each with cases and customers of its own."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final

from casewarden.model.event import Event
from crash.script import HOUR, START, Batch, script

END: Final = START + 10 * HOUR
"""By then the cases have been acknowledged, reported on, missed and gone over; nothing new has come for an hour."""
_LAST: Final = START + 9 * HOUR


def history(scripts: int, first: int = 100) -> list[Batch]:
    """So many scripts as one, in the order of time; all hear of the services of the first."""
    desk: dict[int, list[Event]] = defaultdict(list)
    monitor: dict[int, list[Event]] = defaultdict(list)
    for number in range(scripts):
        for batch in script(first + number):
            if batch.at >= _LAST:
                continue
            services = [event for event in batch.monitor if event.subject.startswith("service:")]
            monitor[batch.at] += services if number == 0 else []
            desk[batch.at] += [_renamed(event, number) for event in batch.desk]
            monitor[batch.at] += [_renamed(event, number) for event in batch.monitor if event not in services]
    return [Batch(at, desk[at], monitor[at]) for at in sorted(desk.keys() | monitor.keys())]


def events(batches: Sequence[Batch]) -> int:
    """How many events there are."""
    return sum(len(batch.desk) + len(batch.monitor) for batch in batches)


def _renamed(event: Event, number: int) -> Event:
    kind, _, case = event.subject.partition(":")
    data: dict[str, Any] = dict(event.data)
    if isinstance(facts := data.get("facts"), dict) and "customer.id" in facts:
        data["facts"] = facts | {"customer.id": f"{facts['customer.id']}-{number}", "case.number": f"N-{number}-{case}"}
    return replace(event, subject=f"{kind}:{number * 1000 + int(case)}", key=f"{number}-{event.key}", data=data)
