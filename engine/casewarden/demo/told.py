"""What happens as plain lines, for those who have no terminal: each thing once."""

from collections.abc import Iterator

from casewarden.demo.snapshot import Breach, Deed, Snapshot, gathered
from casewarden.report.terminal import visible
from casewarden.worktime import zone


class Told:
    """What plain lines have told already."""

    def __init__(self) -> None:
        self._deeds = -1
        self._breaches = -1
        self._health: dict[str, str] = {}

    def news(self, snapshot: Snapshot) -> Iterator[str]:
        """Yield a line for all that a snapshot has and no earlier one had, in the order in which it happened."""
        found: list[tuple[int, str]] = []
        for health in snapshot.services:
            if self._health.get(health.service) != health.state:
                self._health[health.service] = health.state
                at = snapshot.now if health.since is None else health.since
                found.append((at, f"{visible(health.service)}  is {visible(health.state)}"))
        fresh = [deed for deed in snapshot.deeds if deed.number > self._deeds]
        self._deeds = max((deed.number for deed in fresh), default=self._deeds)
        found += [
            (deed.at, f"{visible(deed.on)}  {visible(deed.words)}{_because(deed)}")
            for deed in reversed(gathered(fresh))
        ]
        for breach in reversed(snapshot.breaches):
            if breach.number > self._breaches:
                self._breaches = breach.number
                found.append((breach.at, f"{visible(breach.on)}  {breach_words(breach)}"))
        place = zone(snapshot.zone)
        for at, text in sorted(found, key=lambda row: row[0]):
            yield f"{place.local(at):%Y-%m-%d %H:%M}  {text}"


def _because(deed: Deed) -> str:
    why = f", because {visible(deed.why)}" if deed.why else ""
    return f"{why} ({visible(deed.rule)})"


def breach_words(breach: Breach) -> str:
    """A breach in words: which clock, and what it costs."""
    cost = f", {visible(breach.credit)} of credit" if breach.credit else ""
    return f"{visible(breach.clock).replace('_', ' ')} missed{cost}"
