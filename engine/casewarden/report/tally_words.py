"""What was held back and what was posted in a replay, in words."""

from collections import Counter
from typing import Final

from casewarden.decide.accounts import CLAIMED, GRANTED
from casewarden.scenario.tally import Tally

_WHY: Final = {
    "conflict": "in conflict with another rule",
    "guard": "forbidden by a guard",
    "limit": "beyond the rule's limit",
    "person_determined": "against what a person determined",
    "sequence": "after an action that was held back",
    "unknown_value": "for want of a value",
    "would_have_fired": "learnt of too late",
}


def held_back(tally: Tally) -> str:
    """Why how many firings and actions were held back: `15 learnt of too late`; empty where none was."""
    counts: Counter[str] = Counter()
    for (_, why), number in tally.withheld.items():
        counts[why] += number
    return ", ".join(f"{number:,} {_WHY.get(why, why.replace('_', ' '))}" for why, number in sorted(counts.items()))


def posted(tally: Tally) -> list[tuple[str, str, str]]:
    """Name, state and sum of each credit and quota: days of a credit, how often a quota was claimed and granted."""
    found = []
    for (name, state), amount in sorted(tally.ledger.items()):
        unit = "time" if state in (CLAIMED, GRANTED) else "day"
        found.append((name, state, counted(amount, unit)))
    return found


def counted(number: int, unit: str) -> str:
    """A number with its unit: `1 case`, `1,200 cases`."""
    return f"{number:,} {several(number, unit)}"


def several(number: int, unit: str) -> str:
    """The unit as it stands after a number."""
    return unit if number == 1 else f"{unit}s"
