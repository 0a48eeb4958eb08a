"""What a condition of Zendesk can mean here: a state that must hold, something that happens, or nothing."""

from dataclasses import dataclass

from casewarden.importing.fate import Left
from casewarden.importing.written import Data


@dataclass(frozen=True, slots=True)
class Test:
    """A state that must hold."""

    data: Data
    differs: str | None = None


@dataclass(frozen=True, slots=True)
class Created:
    """The ticket is created (or, with False, updated)."""

    yes: bool


@dataclass(frozen=True, slots=True)
class Said:
    """A comment with an attribute: who wrote it, whether it is public, what it says."""

    attribute: str
    value: Data
    differs: str | None = None


@dataclass(frozen=True, slots=True)
class Turned:
    """A state was reached; `names` are the events, one of which it is, `test` what holds afterwards."""

    names: tuple[str, ...]
    test: Data
    differs: str | None = None


Meaning = Test | Created | Said | Turned | Left
