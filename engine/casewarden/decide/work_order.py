"""Work order: where a case stands in the queue, and the order in which cases are to be taken up.

Pure, like `decide`: asked of one subject at an instant, or of several at the same one.
"""

from collections.abc import Iterable

from casewarden.decide.compile import Compiled
from casewarden.decide.leaves import LeafFunction
from casewarden.decide.state import State
from casewarden.decide.trilean import NEVER
from casewarden.decide.walk import state_at
from casewarden.model.subject import Subject
from casewarden.ruleset.syntax import QueueWord

Standing = tuple[bool | str | int | None, ...]
"""What the queue looks at, in its order: for a condition whether it is true, for `severity` the level's id, for `due`
and `opened` the instant (microseconds since the epoch); None where there is none."""

_DONE = frozenset({"resolved", "closed"})


def standing(compiled: Compiled, subject: Subject, now: int) -> Standing | None:
    """Return what the queue looks at for this case; None where there is no queue, or nothing left to take up.

    `due` is the earliest due time of a clock that has not stopped and is not paused, one that has passed as well.
    """
    state = state_at(compiled, subject, now)
    if not compiled.work_order or state.ended is not None or state.values.get("case.status") in _DONE:
        return None
    return tuple(_item(compiled, state, now, item) for item in compiled.work_order)


def in_order(compiled: Compiled, subjects: Iterable[Subject], now: int) -> list[Subject]:
    """Return the cases that wait for work, first the one to be taken up first.

    A condition puts those first for which it is true, `severity` the graver ones, `due` and `opened` the earlier ones;
    what has no such value comes after what has one. The subject's id decides what is left.
    """
    waiting = [(standing(compiled, subject, now), subject) for subject in subjects]
    return [
        subject
        for _, subject in sorted(
            ((_key(compiled, at), subject) for at, subject in waiting if at is not None),
            key=lambda pair: (pair[0], pair[1].id),
        )
    ]


def taken_up(compiled: Compiled, subjects: Iterable[Subject], now: int) -> list[Subject]:
    """Return the cases to be worked on now: of those in order, the first `at_once` of each customer or contact.

    Without `per` the number holds for all cases together, without `at_once` nothing waits for another. A case of which
    nobody knows whose it is counts for itself.
    """
    queue = compiled.ruleset.queue
    ordered = in_order(compiled, subjects, now)
    if queue is None or queue.at_once is None:
        return ordered
    taken: dict[str, int] = {}
    found: list[Subject] = []
    for subject in ordered:
        whose = "" if queue.per is None else _whose(compiled, subject, now, f"{queue.per}.id")
        taken[whose] = taken.get(whose, 0) + 1
        if taken[whose] <= queue.at_once:
            found.append(subject)
    return found


def _whose(compiled: Compiled, subject: Subject, now: int, path: str) -> str:
    known = state_at(compiled, subject, now).values.get(path)
    return known if isinstance(known, str) else subject.id


def _item(compiled: Compiled, state: State, now: int, item: QueueWord | LeafFunction) -> bool | str | int | None:
    match item:
        case "severity":
            level = state.values.get("case.severity")
            return level if isinstance(level, str) else None
        case "due":
            dues = (state.pending_due(name, now) for name in compiled.ruleset.clocks)
            return min((due for due in dues if due is not None), default=None)
        case "opened":
            opened, _ = state.fact("case.opened_at", now)
            return opened if isinstance(opened, int) else None
        case _:
            return item(state, now)[0] is True


def _key(compiled: Compiled, at: Standing) -> tuple[int, ...]:
    """Return a standing as numbers of which smaller ones come first."""
    table = compiled.ruleset.severity
    ranks = {level: number for number, level in enumerate(table.levels if table is not None else ())}
    key = []
    for value in at:
        if isinstance(value, bool):
            key.append(0 if value else 1)
        elif isinstance(value, str):
            key.append(ranks.get(value, NEVER))
        else:
            key.append(NEVER if value is None else value)
    return tuple(key)
