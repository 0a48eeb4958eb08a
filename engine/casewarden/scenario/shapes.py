"""What the data of an event may hold, by kind: the one list behind the reader, the JSON Schema and the docs."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from types import MappingProxyType

from casewarden.model.event import ENGINE_KINDS
from casewarden.ruleset.catalogue import ENTRY_KINDS, PLAN_CHANGES, QUOTA_STATES
from casewarden.ruleset.syntax import FieldType

SUBJECT_KINDS = ("case", "account", "service", "defect", "release")
ACTORS = ("customer", "agent", "automation", "ourselves")

PATHS_OF = ("case:", "account:", "service:", "release:")
"""Subjects whose facts have paths; those of the others, which are linked tickets, are fields of theirs."""

SUBJECT_PATTERN = r"^(case|account|service|defect|release):\S+$"
PATH_PATTERN = r"^[a-z][a-z0-9_]*(\.[a-z0-9_]+)+$"
NAME_PATTERN = r"^[a-z0-9_]+$"
BY_CLOCK, BY_QUOTA, BY_SEVERITY = "contract.targets", "contract.quotas", "contract.calendar"
"""Facts that are objects: a contract's targets by clock (perhaps by severity), what it allows by quota, and where
they differ its calendars by severity."""
# An offset is part of every instant: without one it is a local time of nobody knows where.
INSTANT_PATTERN = r"^\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(:\d{2}([.,]\d{1,6})?)?(Z|[+-]\d{2}:?\d{2})$"


class Shape(Enum):
    """The type of one value in an event's data."""

    TEXT = "a text"
    YES_NO = "true or false"
    YES_NO_UNCLEAR = "true, false or null"
    COUNT = "a whole number from 0"
    INSTANT = "an instant with its offset"
    INSTANT_OR_NULL = "an instant with its offset, or null"
    FACTS = "an object of paths and values"
    FIELDS = "an object of field names and values"
    PLAN_CHANGE = "one of " + ", ".join(PLAN_CHANGES)
    QUOTA_WORD = "one of " + ", ".join(QUOTA_STATES)


@dataclass(frozen=True, slots=True)
class DataShape:
    """The keys that the data of one kind may have, and which of them must be there."""

    keys: Mapping[str, Shape]
    required: tuple[str, ...] = ()


_OF_FIELD: Mapping[FieldType, Shape] = MappingProxyType(
    {
        FieldType.TEXT: Shape.TEXT,
        FieldType.CHOICE: Shape.TEXT,
        FieldType.YES_NO: Shape.YES_NO,
        FieldType.DURATION: Shape.COUNT,
    }
)


def _entry(kind: str, **more: Shape) -> dict[str, Shape]:
    """The attributes of an entry that authors can test, but for `by`, which stands beside the data."""
    listed = {name: _OF_FIELD[type_] for name, type_ in ENTRY_KINDS[kind].items() if name != "by"}
    return {**listed, **more}


_MESSAGE = DataShape(_entry("message", automatic=Shape.YES_NO_UNCLEAR, about=Shape.TEXT))
_LIFE = DataShape(_entry("closed"))
DATA: Mapping[str, DataShape] = MappingProxyType(
    {
        "opened": DataShape(_entry("opened", facts=Shape.FACTS)),
        "message": _MESSAGE,
        "call": _MESSAGE,
        "resolved": _LIFE,
        "closed": _LIFE,
        "reopened": _LIFE,
        "plan": DataShape(
            {"change": Shape.PLAN_CHANGE, "plan": Shape.TEXT, "facts": Shape.FACTS},
            ("change",),
        ),
        "work": DataShape(_entry("work"), ("spent",)),
        "observed": DataShape(
            {"facts": Shape.FACTS, "determined": Shape.YES_NO, "reason": Shape.TEXT},
            ("facts",),
        ),
        "linked": DataShape({"kind": Shape.TEXT, "id": Shape.TEXT, "facts": Shape.FIELDS}, ("kind", "id")),
        "unlinked": DataShape({"kind": Shape.TEXT, "id": Shape.TEXT}, ("kind", "id")),
        "release": DataShape(
            {
                "name": Shape.TEXT,
                "planned": Shape.INSTANT_OR_NULL,
                "frozen": Shape.YES_NO,
                "released": Shape.YES_NO,
            },
            ("name",),
        ),
        "watermark": DataShape({"through": Shape.INSTANT}, ("through",)),
        "claimed": DataShape(
            {
                "quota": Shape.TEXT,
                "case": Shape.TEXT,
                "occurrence": Shape.TEXT,
                "amount": Shape.COUNT,
                "plan": Shape.TEXT,
                "claim": Shape.TEXT,
            },
            ("quota", "case", "occurrence", "claim"),
        ),
        "granted": DataShape(
            {
                "quota": Shape.TEXT,
                "occurrence": Shape.TEXT,
                "place": Shape.COUNT,
                "word": Shape.QUOTA_WORD,
                "left": Shape.COUNT,
                "window_ends": Shape.COUNT,
            },
            ("quota", "occurrence", "word"),
        ),
        "ended": DataShape({"reason": Shape.TEXT, "into": Shape.TEXT, "why": Shape.TEXT}),
    }
)
"""Kind to the shape of its data; what the engine writes itself (`ENGINE_KINDS`) is not checked here."""
READABLE_KINDS = frozenset(DATA) | ENGINE_KINDS
