"""Catching up on repetitions that were missed: how many of them go out is said by their rule.

Each was decided as of its own instant, as if nobody had been late. What is not to be caught up on is withdrawn before
it is sent, and stands so in the log.
"""

from typing import Final

from casewarden.ruleset.syntax import CatchUp
from casewarden.service.course import Course
from casewarden.store.outbox import OpenAction

MISSED: Final = 60_000_000
"""A repetition that is decided by so much later than its instant was missed."""


def catch_up(course: Course, now: int) -> None:
    """Withdraw what was decided for repetitions that were missed and are not to be caught up on.

    RestlessError where the subject does not come to rest without them.
    """
    held = course.held
    new = [action for action in course.writes.actions if action.is_new and action.state == "waiting"]
    missed = [action for action in new if _place(action)[1] > 0 and now - action.decided_at > MISSED]
    if not missed:
        return
    rules = course.compiled(held.decided_at).ruleset.rules
    newest: dict[tuple[str, str], int] = {}
    for action in new:
        activation, repetition = _place(action)
        newest[action.rule, activation] = max(repetition, newest.get((action.rule, activation), 0))
    for catching_up, why in (
        (CatchUp.NONE, "it was missed, and nothing is caught up on"),
        (CatchUp.LATEST, "it was missed, and a later one stands for it"),
    ):
        gone = [
            action
            for action in missed
            if (rule := rules.get(action.rule)) is not None
            and rule.repeat is not None
            and rule.repeat.catch_up is catching_up
            and (catching_up is CatchUp.NONE or _place(action)[1] < newest[action.rule, _place(action)[0]])
        ]
        if gone:
            course.withdraw(gone, held.decided_at, why)
            course.go_on(held.decided_at)


def _place(action: OpenAction) -> tuple[str, int]:
    """The activation and the repetition of an occurrence key."""
    _, activation, repetition, _ = action.key.rsplit("/", 3)
    return activation, int(repetition)
