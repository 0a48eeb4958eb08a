"""How a ticket was: Request Tracker keeps the present and the changes, so the past is found by taking changes back."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from casewarden.model.event import Json
from casewarden_rt.records import DATES, ROLES, Ticket, Transaction, custom_name, date_text


@dataclass(frozen=True, slots=True)
class Names:
    """Names for the numbers in transactions: of users, queues and custom fields."""

    user: Callable[[str], str]
    queue: Callable[[str], str]
    custom: Callable[[str], str]


@dataclass(frozen=True, slots=True)
class Change:
    """What one transaction changed: fields and their values after it."""

    before: Mapping[str, Json]
    after: Mapping[str, Json]


@dataclass(slots=True)
class Past:
    """One ticket's life: how it was when it was made, and what each transaction changed."""

    opening: Mapping[str, Json]
    changes: dict[int, Change] = field(default_factory=dict)


def past_of(ticket: Ticket, history: Iterable[Transaction], names: Names) -> Past:
    """A ticket's life out of how it is and its whole history, which was read after it.

    What changed between the two readings is taken back all the same, as a change states the value before it.
    """
    state: dict[str, Json] = dict(ticket.fields)
    state |= {custom_name(names.custom(key)): list(values) for key, values in ticket.custom.items()}
    changes: dict[int, Change] = {}
    for one in sorted(history, key=lambda one: one.id, reverse=True):
        if (name := field_of(one, names)) is None:
            continue
        after = {name: state.get(name)}
        taken_back = before_of(one, names, state.get(name))
        changes[one.id] = Change({name: taken_back}, after)
        state[name] = taken_back
    return Past(state, changes)


def field_of(one: Transaction, names: Names) -> str | None:
    """Which field a transaction changed; None where it changed none that is known here."""
    match one.type:
        case "Status":
            return "Status"
        case "CustomField":
            return custom_name(names.custom(one.field))
        case "AddWatcher" | "DelWatcher" if one.field in ROLES:
            return one.field
        case _ if one.field in ("Subject", "Priority", "Queue", "Owner", "Status", "Type", *DATES):
            return one.field
        case _:
            return None


def is_plain(one: Transaction) -> bool:
    """Whether a transaction says the whole value before and after: not of fields with several values."""
    return one.type not in ("CustomField", "AddWatcher", "DelWatcher")


def value_of(name: str, stored: str, names: Names) -> Json:
    """A value as it stands in a transaction, in the form of a ticket's."""
    match name:
        case "Owner":
            user = names.user(stored)
            return None if user == "Nobody" else user
        case "Queue":
            return names.queue(stored)
        case _ if name in DATES:
            return date_text(stored)
        case _:
            return stored or None


def before_of(one: Transaction, names: Names, after: Json) -> Json:
    """The value of the field before a transaction, out of the value after it."""
    name = field_of(one, names)
    assert name is not None
    if is_plain(one):
        return value_of(name, one.old, names)
    values = list(after) if isinstance(after, list) else []
    old, new = (names.user(each) if each and one.type != "CustomField" else _dated(each) for each in (one.old, one.new))
    for each in (new, one.new):
        if each in values:
            values.remove(each)
            break
    return [*values, old] if old and old not in values else values


def _dated(stored: str) -> str:
    """A stored value of a custom field; a date in a ticket's form."""
    return date_text(stored) or stored
