"""Tests on one value as functions: value in, Kleene truth out; a missing value is unknown."""

from collections.abc import Callable

from casewarden.decide.trilean import Trilean
from casewarden.ruleset.terms import Bounds, Contains, Has, InHours, Is, Known, Matches, SameAs, SetMode, Test, Value
from casewarden.worktime import Calendar

ValueTest = Callable[[Value | None], Trilean]


def value_test(test: Test, calendar: Callable[[str], Calendar] | None = None) -> ValueTest:
    """Return the function of a test that looks at one value alone.

    `calendar` resolves the name in `in_hours`; `same_as` needs a second value and is not of this kind.
    """
    match test:
        case Is(values, negated):
            wanted = frozenset(values)
            if negated:
                return lambda value: None if value is None else value not in wanted
            return lambda value: None if value is None else value in wanted
        case Bounds():
            return _bounds(test)
        case Contains(text):
            folded = text.casefold()
            return lambda value: folded in value.casefold() if isinstance(value, str) else None
        case Matches(pattern):
            return _matches(pattern)
        case Has(mode, members):
            return _has(mode, frozenset(members))
        case InHours(name):
            if calendar is None:
                raise ValueError("in_hours needs a calendar")
            find = calendar
            return lambda value: find(name).is_open(value) if isinstance(value, int) else None
        case Known(wanted=wanted_known):
            return lambda value: (value is not None) is wanted_known
        case SameAs():
            raise ValueError("same_as compares two values")


def _bounds(test: Bounds) -> ValueTest:
    low, high, above, below = test.at_least, test.at_most, test.more_than, test.less_than

    def within(value: Value | None) -> Trilean:
        if value is None or isinstance(value, str | tuple):
            return None
        return (
            (low is None or value >= low)
            and (high is None or value <= high)
            and (above is None or value > above)
            and (below is None or value < below)
        )

    return within


def _matches(pattern: str) -> ValueTest:
    import re2  # noqa: PLC0415  # loaded only by rulesets that use patterns

    options = re2.Options()
    options.case_sensitive = False
    compiled = re2.compile(pattern, options)
    return lambda value: compiled.search(value) is not None if isinstance(value, str) else None


def _has(mode: SetMode, wanted: frozenset[str]) -> ValueTest:
    def has(value: Value | None) -> Trilean:
        if not isinstance(value, tuple):
            return None
        match mode:
            case SetMode.ANY:
                return not wanted.isdisjoint(value)
            case SetMode.ALL:
                return wanted.issubset(value)
            case SetMode.NONE:
                return wanted.isdisjoint(value)

    return has
