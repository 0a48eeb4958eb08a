"""What was expected and is not so, as data; `report` draws it."""

from dataclasses import dataclass

from casewarden.decide.trilean import Trilean
from casewarden.ruleset.diagnostics import Place


@dataclass(frozen=True, slots=True)
class LeafSaid:
    """One leaf of a rule's condition: how it is written, its truth, and the value that it found."""

    text: str
    truth: Trilean
    actual: str
    place: Place | None


@dataclass(frozen=True, slots=True)
class RuleSaid:
    """Why a rule is as it is: its condition's truth, its leaves, and what it did before."""

    rule: str
    place: Place
    truth: Trilean
    leaves: tuple[LeafSaid, ...]
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Mismatch:
    """One expectation that did not hold: its place in the test, the local time, expected against actual, the trace."""

    place: Place
    time: str
    what: str
    expected: str
    actual: str
    trace: tuple[RuleSaid, ...] = ()
