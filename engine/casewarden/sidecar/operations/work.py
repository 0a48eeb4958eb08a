"""What an operation works with, and what it may be given."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection, bindparam, text

from casewarden.model.event import Event, Json
from casewarden.service.holds import PARTITION_LOCK
from casewarden.service.intake import take
from casewarden.sidecar.rules import RulesInForce
from casewarden.store import audit
from casewarden.store.log import Sealing
from casewarden.store.slots import partition, slot_of
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

    Operations write events, wake-ups and rows that wait; what comes of them is decided by who owns the subject.
    """

    connection: Connection
    sealing: Sealing
    rules: RulesInForce
    partitions: int
    now: int
    who: str

    def note(self, what: str, why: str | None, **details: Json) -> None:
        """Write into the audit what is done, and why."""
        audit.append(self.connection, self.now, self.who, what, why, details)

    def tell(self, *events: Event) -> None:
        """Take events in, as if a connector had brought them."""
        take(self.connection, self.sealing, events, self.now)

    def hold(self, name: str) -> None:
        """Keep the owner of a subject from deciding it until this is committed; SQLite has one writer anyway."""
        if self.connection.dialect.name == "sqlite":
            return
        slot = slot_of(name)
        starts = {0, *(part.start for n in range(self.partitions) if slot in (part := partition(n, self.partitions)))}
        for start in sorted(starts):
            self.connection.execute(
                text("SELECT pg_advisory_xact_lock(:lock, :start)"), {"lock": PARTITION_LOCK, "start": start}
            )

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
