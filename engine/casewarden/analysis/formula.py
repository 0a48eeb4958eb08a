"""Conditions over axes: what can still become of one when only some of its axes have a value.

An axis is anything that can differ from case to case: the value of a path, how often something happened, how long ago
an instant is. Truth is Kleene's; of a formula that is not settled yet, all truths that remain possible are kept.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Flag, auto

from casewarden.decide.trilean import Trilean
from casewarden.ruleset.terms import Value


class Truths(Flag):
    """Some of the three truths."""

    TRUE = auto()
    FALSE = auto()
    UNKNOWN = auto()

    @classmethod
    def of(cls, truth: Trilean) -> "Truths":
        """The one truth."""
        return cls.UNKNOWN if truth is None else cls.TRUE if truth else cls.FALSE


TRUE, FALSE, UNKNOWN = Truths.TRUE, Truths.FALSE, Truths.UNKNOWN
ANY_TRUTH = TRUE | FALSE | UNKNOWN
NOT_TRUE = FALSE | UNKNOWN
NOT_FALSE = TRUE | UNKNOWN

# The value of each axis that has one; None is unknown.
Given = Mapping[str, Value | None]


@dataclass(frozen=True, slots=True, eq=False)
class Atom:
    """One test; `ask` gets the values of its axes in order."""

    axes: tuple[str, ...]
    ask: Callable[..., Trilean]
    possible: Truths = ANY_TRUTH


@dataclass(frozen=True, slots=True, eq=False)
class And:
    """All of them."""

    parts: "tuple[Formula, ...]"


@dataclass(frozen=True, slots=True, eq=False)
class Or:
    """One of them."""

    parts: "tuple[Formula, ...]"


@dataclass(frozen=True, slots=True, eq=False)
class Negated:
    """The opposite; unknown stays unknown."""

    part: "Formula"


@dataclass(frozen=True, slots=True, eq=False)
class Judged:
    """A question about a truth itself, which always has an answer: whether it is one of these."""

    part: "Formula"
    wanted: Truths = field(default=TRUE)


Formula = Atom | And | Or | Negated | Judged


def truths(formula: Formula, given: Given) -> Truths:
    """All truths that the formula can still have; where every axis of it has a value, the one that it has."""
    match formula:
        case Atom(axes, ask, possible):
            if all(axis in given for axis in axes):
                return Truths.of(ask(*(given[axis] for axis in axes)))
            return possible
        case And(parts):
            return _all_of([truths(part, given) for part in parts])
        case Or(parts):
            return _opposite(_all_of([_opposite(truths(part, given)) for part in parts]))
        case Negated(part):
            return _opposite(truths(part, given))
        case Judged(part, wanted):
            inner = truths(part, given)
            return (TRUE if inner & wanted else Truths(0)) | (FALSE if inner & ~wanted else Truths(0))


def _all_of(parts: list[Truths]) -> Truths:
    found = Truths(0)
    if any(FALSE in part for part in parts):
        found |= FALSE
    if all(part & NOT_FALSE for part in parts):
        if all(TRUE in part for part in parts):
            found |= TRUE
        if any(UNKNOWN in part for part in parts):
            found |= UNKNOWN
    return found


def _opposite(part: Truths) -> Truths:
    found = part & UNKNOWN
    if TRUE in part:
        found |= FALSE
    if FALSE in part:
        found |= TRUE
    return found


def axes_of(formula: Formula) -> list[str]:
    """The axes of a formula, in the order of its tests, each once."""
    found: dict[str, None] = {}
    stack: list[Formula] = [formula]
    while stack:
        match stack.pop():
            case Atom(axes):
                found.update(dict.fromkeys(axes))
            case And(parts) | Or(parts):
                stack.extend(reversed(parts))
            case Negated(part) | Judged(part):
                stack.append(part)
    return list(found)


def fixed(formula: Formula, values: Given) -> Formula:
    """The formula where these axes have these values once and for all."""
    match formula:
        case Atom(axes):
            return _fixed_atom(formula, values) if any(axis in values for axis in axes) else formula
        case And(parts):
            return And(tuple(fixed(part, values) for part in parts))
        case Or(parts):
            return Or(tuple(fixed(part, values) for part in parts))
        case Negated(part):
            return Negated(fixed(part, values))
        case Judged(part, wanted):
            return Judged(fixed(part, values), wanted)


def _fixed_atom(atom: Atom, values: Given) -> Atom:
    free = tuple(axis for axis in atom.axes if axis not in values)

    def ask(*given: Value | None) -> Trilean:
        rest = iter(given)
        return atom.ask(*(values[axis] if axis in values else next(rest) for axis in atom.axes))

    return Atom(free, ask, atom.possible if free else Truths.of(ask()))
