"""What operators do to a live store: each command as a function, for a sidecar that runs and without one.

Everything that is done stands in the audit, with who did it and why. What is refused is a ControlError, and then
nothing is done at all.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from casewarden.model.event import Json
from casewarden.service.holds import hold_all
from casewarden.sidecar.operations import cases, obligations, outbox, rollouts, services, switches
from casewarden.sidecar.operations.work import Arguments, Work
from casewarden.sidecar.rules import RulesInForce
from casewarden.store.database import Database, StoreError
from casewarden.store.log import Sealing
from casewarden.web.doors import ControlError

Operation = Callable[[Work, Arguments], list[str]]

OPERATIONS: Final[dict[str, Operation]] = {
    "pause": switches.pause,
    "resume": switches.resume,
    "case-merge": cases.merge,
    "case-split": cases.split,
    "case-spam": cases.spam,
    "case-unpark": cases.unpark,
    "outbox-retry": outbox.retry,
    "outbox-discard": outbox.discard,
    "outbox-release": outbox.release,
    "obligation-approve": obligations.approve,
    "obligation-dismiss": obligations.dismiss,
    "service-set": services.observe,
    "rollout-start": rollouts.start,
    "rollout-promote": rollouts.promote,
    "rollout-back": rollouts.back,
    "rollout-end": rollouts.end,
}
"""By the names by which the command line asks for them."""


@dataclass(frozen=True, slots=True)
class LiveStore:
    """The store that is operated on, with its keys and its rulesets in force."""

    database: Database
    sealing: Sealing
    rules: RulesInForce


def carry_out(store: LiveStore, command: str, arguments: Arguments, who: str, host: int) -> dict[str, Json]:
    """Carry out a command in one transaction; `said` are the sentences that tell what was done. ControlError."""
    try:
        with store.database.write() as connection:
            now = store.database.now(connection, host)
            hold_all(connection)
            work = Work(connection, store.sealing, store.rules, now, who)
            said = OPERATIONS[command](work, arguments)
        for take_effect in work.afterwards:
            take_effect()
    except StoreError as problem:
        raise ControlError(str(problem), problem.fix) from None
    return {"said": list(said)}
