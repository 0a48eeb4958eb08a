"""What an operation works with, and what it may be given."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

from sqlalchemy import Connection, bindparam, text

from casewarden.model.event import Event, Json
from casewarden.service.intake import take
from casewarden.sidecar.rules import RulesInForce
from casewarden.store import audit
from casewarden.store.log import Sealing
from casewarden.web.doors import ControlError

Arguments = Mapping[str, Json]
SOURCE: Final = "operator"
"""The source of events that operators tell."""
_LONGEST: Final = 500
_BUMP: Final = text("UPDATE subject SET version = version + 1 WHERE id IN :ids").bindparams(
    bindparam("ids", expanding=True)
)


@dataclass(frozen=True, slots=True)
class Work:
    """One transaction of the store, the rulesets in force, the instant, and who asks.

    Operations write events, wake-ups and rows that wait; what comes of them is decided by who owns the subject. What
    has to be done once the transaction is committed is added to `afterwards`.
    """

    connection: Connection
    sealing: Sealing
    rules: RulesInForce
    now: int
    who: str
    afterwards: list[Callable[[], None]] = field(default_factory=list)

    def note(self, what: str, why: str | None, **details: Json) -> None:
        """Write into the audit what is done, and why."""
        audit.append(self.connection, self.now, self.who, what, why, details)

    def tell(self, *events: Event) -> None:
        """Take events in, as if a connector had brought them."""
        take(self.connection, self.sealing, events, self.now)

    def changed(self, *subjects: int) -> None:
        """Let who remembers these subjects read them anew."""
        if subjects:
            self.connection.execute(_BUMP, {"ids": list(subjects)})


def given(arguments: Arguments, name: str) -> str:
    """Return a text that must be given; ControlError."""
    found = arguments.get(name)
    if not isinstance(found, str) or not found.strip():
        raise ControlError(f"`{name}` is missing", f"give `{name}` as a text")
    return found


def perhaps(arguments: Arguments, name: str) -> str | None:
    """Return a text that may be given; ControlError where it is something else."""
    return None if arguments.get(name) is None else given(arguments, name)


def several(arguments: Arguments, name: str) -> list[str]:
    """Return texts, none where none are given; ControlError where they are something else."""
    found = arguments.get(name) or []
    if isinstance(found, list) and all(isinstance(one, str) for one in found):
        return [str(one) for one in found]
    raise ControlError(f"`{name}` is not a list of texts", f"give `{name}` as a list")


def reason(arguments: Arguments, *, needed: bool = False) -> str | None:
    """Return the reason, which stands in the audit for ever; ControlError where it is no line, or is missing."""
    why = arguments.get("reason")
    if why is None and not needed:
        return None
    if not (isinstance(why, str) and why.strip() and why.isprintable() and len(why) <= _LONGEST):
        raise ControlError(
            f"the reason is not one line of at most {_LONGEST} letters" if why else "it needs a reason",
            'say why in one line, like --reason "told by telephone"',
        )
    return why.strip()
