"""Kleene's three values: True, False, and None for unknown."""

from collections.abc import Iterable

Trilean = bool | None
NEVER = 1 << 62  # an instant after all instants: no wake-up


def all_of(values: Iterable[Trilean]) -> Trilean:
    """False where one is false, else unknown where one is unknown, else true."""
    result: Trilean = True
    for value in values:
        if value is False:
            return False
        if value is None:
            result = None
    return result


def any_of(values: Iterable[Trilean]) -> Trilean:
    """True where one is true, else unknown where one is unknown, else false."""
    result: Trilean = False
    for value in values:
        if value is True:
            return True
        if value is None:
            result = None
    return result


def negated(value: Trilean) -> Trilean:
    """Unknown stays unknown."""
    return None if value is None else not value
