"""What a rule does: one class for each action of the language."""

from dataclasses import dataclass
from typing import Literal

from casewarden.ruleset.terms import Path, Value


@dataclass(frozen=True, slots=True)
class FromPath:
    """A value read from a path when the action is decided."""

    path: Path


@dataclass(frozen=True, slots=True)
class SetFact:
    """Want a value; `links.KIND.FIELD` wants it on all linked tickets."""

    path: Path
    value: Value | FromPath


@dataclass(frozen=True, slots=True)
class Classify:
    """Forget the severity set by hand: the table's holds again."""


@dataclass(frozen=True, slots=True)
class Assign:
    """Want this assignee."""

    person: str


@dataclass(frozen=True, slots=True)
class Tag:
    """Want tags added and removed."""

    add: tuple[str, ...] = ()
    remove: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CloseCase:
    """Close with a reason."""

    reason: str | FromPath


@dataclass(frozen=True, slots=True)
class Reopen:
    """Reopen the case."""

    mode: Literal["follow_up_if_needed", "same_ticket_only"]


@dataclass(frozen=True, slots=True)
class Reply:
    """A public message in the recipient's language on the case's channel."""

    message: str


@dataclass(frozen=True, slots=True)
class Note:
    """An internal message on the case."""

    message: str


@dataclass(frozen=True, slots=True)
class Ask:
    """Ask the customer for data: what is missing of the intake, or these paths."""

    fields: Literal["missing"] | tuple[Path, ...]
    message: str


@dataclass(frozen=True, slots=True)
class Notify:
    """A message to a person, team or webhook; `owner` is the owner of the clock the rule speaks of."""

    who: str
    message: str


@dataclass(frozen=True, slots=True)
class Publish:
    """A message on the status page of a service."""

    message: str
    service: str


@dataclass(frozen=True, slots=True)
class Link:
    """Create a linked ticket with these fields, or link the ticket whose id stands at `to`."""

    kind: str
    create: tuple[tuple[str, Value | FromPath], ...] = ()
    to: Path | None = None


Action = SetFact | Classify | Assign | Tag | CloseCase | Reopen | Reply | Note | Ask | Notify | Publish | Link
