"""The smallest terms of a ruleset: durations, targets, paths, tests, instants, conditions and events.

All values are typed when they stand here: text and choice as `str`, yes_no as `bool`, integer as `int`, number and
percent as `Decimal` (75% is Decimal("0.75")), instant as `int` microseconds since the epoch in UTC, duration as `int`
microseconds, set as a sorted tuple of `str`.
"""

from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum

from casewarden.ruleset.diagnostics import Place

Value = str | bool | int | Decimal | tuple[str, ...]

BUSINESS = "business"
ELAPSED = "elapsed"


class Unit(StrEnum):
    """The unit of a written duration."""

    MINUTES = "minutes"
    HOURS = "hours"
    DAYS = "days"
    WEEKS = "weeks"


@dataclass(frozen=True, slots=True)
class Duration:
    """`count` units on `calendar`: `business` (the case's own), `elapsed` (plain time) or a calendar's name."""

    count: int
    unit: Unit
    calendar: str = ELAPSED

    def __str__(self) -> str:
        unit = self.unit.value[:-1] if self.count == 1 else self.unit.value
        return f"{self.count} {unit}" if self.calendar == ELAPSED else f"{self.count} {self.calendar} {unit}"


@dataclass(frozen=True, slots=True)
class Within:
    """A target with a number: met when stopped at or before the duration's end."""

    duration: Duration


@dataclass(frozen=True, slots=True)
class NoClock:
    """The clock does not apply; `word` is `none` or `not_covered`."""

    word: str


@dataclass(frozen=True, slots=True)
class NoDueTime:
    """The clock runs without a due time and is never missed; `word` is `best_effort` or `discretion`."""

    word: str


@dataclass(frozen=True, slots=True)
class NextRelease:
    """Due at the first release after the counting starts."""


@dataclass(frozen=True, slots=True)
class PerContract:
    """The contract's own target; `otherwise` where the contract is silent (None: no due time)."""

    otherwise: Duration | None = None


Target = Within | NoClock | NoDueTime | NextRelease | PerContract


@dataclass(frozen=True, slots=True)
class Path:
    """A dotted name: `case.core`, `service.core.health`, `clock.fix.used`, `links.defect.status`, `now`."""

    text: str

    @property
    def root(self) -> str:
        """The first part: case, customer, contract, service, release, links, clock, quota, channel, guard or now."""
        return self.text.partition(".")[0]

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True, slots=True)
class Is:
    """Is one of the values; with `negated`, is known and none of them."""

    values: tuple[Value, ...]
    negated: bool = False


@dataclass(frozen=True, slots=True)
class Bounds:
    """One or two bounds on an integer, number, percent or duration."""

    at_least: int | Decimal | None = None
    at_most: int | Decimal | None = None
    more_than: int | Decimal | None = None
    less_than: int | Decimal | None = None


@dataclass(frozen=True, slots=True)
class Contains:
    """The text contains `text`, without regard to case."""

    text: str


@dataclass(frozen=True, slots=True)
class Matches:
    """The text matches the RE2 pattern somewhere, without regard to case."""

    pattern: str


class SetMode(StrEnum):
    """How a set is compared."""

    ANY = "has_any"
    ALL = "has_all"
    NONE = "has_none"


@dataclass(frozen=True, slots=True)
class Has:
    """The set has any, all or none of the values."""

    mode: SetMode
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class InHours:
    """The instant (or now) lies in the open hours of the calendar (`business`: the case's own)."""

    calendar: str


@dataclass(frozen=True, slots=True)
class SameAs:
    """Equal to the value at another path."""

    path: Path


@dataclass(frozen=True, slots=True)
class Known:
    """Has (or with `wanted=False` has not) a fresh value; never unknown."""

    wanted: bool


Test = Is | Bounds | Contains | Matches | Has | InHours | SameAs | Known


class Moment(StrEnum):
    """What an instant is taken from."""

    FIRST = "first"
    LAST = "last"
    DUE = "due"
    STARTED = "started"
    STOPPED = "stopped"
    AT = "at"


@dataclass(frozen=True, slots=True)
class InstantOf:
    """`first`/`last` of an event, `due`/`started`/`stopped` of a clock, or `at` a path of type instant."""

    moment: Moment
    name: str


@dataclass(frozen=True, slots=True)
class FactTest:
    """A test on a path, true without a break for `held` where given.

    The path may be a fact, `now`, `clock.NAME` (its state), `clock.NAME.used`, `quota.NAME`, `quota.NAME.left`,
    `channel.NAME` or `guard.NAME`; the test is typed accordingly.
    """

    path: Path
    test: Test
    held: Duration | None = None
    place: Place | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class LinksTest:
    """Tests over the linked tickets of one kind; `some` and `every` need at least one link.

    Each of `some`, `every`, `none` is a tuple of (field name, test) that must hold on one link together.
    """

    kind: str
    some: tuple[tuple[str, Test], ...] = ()
    every: tuple[tuple[str, Test], ...] = ()
    none: tuple[tuple[str, Test], ...] = ()
    count: Is | Bounds | None = None
    place: Place | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Happened:
    """The event happened at least `times` times since an instant (else since the opening), within the last `in_last`.

    `apart`: counts the first occurrence, then each at least that far from the last one counted.
    `different`: (attribute, n): all the occurrences show at least n values of that attribute.
    """

    event: str
    times: int = 1
    since: InstantOf | None = None
    in_last: Duration | None = None
    apart: Duration | None = None
    different: tuple[str, int] | None = None
    place: Place | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Since:
    """True from instant + span on (`reached`), or until then (`reached=False`, written `less_than`)."""

    instant: InstantOf
    span: Duration
    reached: bool = True
    place: Place | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Until:
    """True from instant - span on (`near`, written `at_most`), or before it (`near=False`, written `more_than`)."""

    instant: InstantOf
    span: Duration
    near: bool = True
    place: Place | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class All:
    """Every part holds."""

    parts: tuple["Condition", ...]
    place: Place | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Any:
    """At least one part holds."""

    parts: tuple["Condition", ...]
    place: Place | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Not:
    """The part does not hold; unknown stays unknown."""

    part: "Condition"
    place: Place | None = field(default=None, compare=False, repr=False)


Leaf = FactTest | LinksTest | Happened | Since | Until
Condition = All | Any | Not | Leaf


@dataclass(frozen=True, slots=True)
class Entry:
    """Such an entry stands in the history: one of the kinds, all attribute tests true."""

    kinds: tuple[str, ...]
    tests: tuple[tuple[str, Test], ...] = ()


@dataclass(frozen=True, slots=True)
class Becomes:
    """Each time the condition turns true."""

    condition: Condition


class Turn(StrEnum):
    """What a clock can do at an instant."""

    DUE = "due"
    MET = "met"
    MISSED = "missed"
    PAUSED = "paused"
    RESUMED = "resumed"


@dataclass(frozen=True, slots=True)
class ClockTurns:
    """The clock turns so."""

    clock: str
    turn: Turn


@dataclass(frozen=True, slots=True)
class AllOf:
    """With the last of the named events, all lying within the span; each occurrence is used once."""

    names: tuple[str, ...]
    within: Duration | None = None
    ordered: bool = False


@dataclass(frozen=True, slots=True)
class AnyOf:
    """With each of the named events."""

    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Given:
    """An event of the engine's own: `case_classified`, `case_unclassified`, `severity_raised`, `severity_lowered`."""

    name: str


EventTerm = Entry | Becomes | ClockTurns | AllOf | AnyOf | Given
