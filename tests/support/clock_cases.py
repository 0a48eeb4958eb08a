"""Small rulesets and clocks for the tests of clocks, and instants written as people write them."""

from collections.abc import Mapping
from datetime import date, datetime
from zoneinfo import ZoneInfo

from casewarden.decide.clock_terms import ClockTerms
from casewarden.ruleset.diagnostics import Place
from casewarden.ruleset.syntax import (
    CalendarDecl,
    Changes,
    Cited,
    Clock,
    Commitment,
    Defaults,
    OnChange,
    OnReopen,
    Plan,
    ReleaseRule,
    Revision,
    Ruleset,
    TargetTable,
)
from casewarden.ruleset.terms import (
    Duration,
    NextRelease,
    NoClock,
    NoDueTime,
    PerContract,
    Target,
    Unit,
    Within,
)
from casewarden.worktime import (
    ALWAYS,
    WORKING_WEEK,
    Boundary,
    CalendarSpec,
    DayMode,
    DayOrigin,
    DayRule,
    FirstDay,
    Holiday,
)

US = 1
SECOND = 1_000_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
PLACE = Place("test.yaml", 1, 1, 1, 1)
CITED = Cited(PLACE)
END_OF_DAY = DayRule(DayMode.END_OF_DAY, DayOrigin.DATE)


def instant(text: str, zone: str = "Europe/Zurich") -> int:
    """`2026-07-17 16:40` on the wall of a zone, in microseconds since the epoch."""
    wall = datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone))
    return round(wall.timestamp()) * SECOND + wall.microsecond


def office(zone: str, opens: int = 9, closes: int = 17, holidays: tuple[Holiday, ...] = ()) -> CalendarSpec:
    """Monday to Friday, from one hour to another."""
    return CalendarSpec.of(zone, (((opens * 60, closes * 60),),) * 5 + ((),) * 2, holidays=holidays)


def always(zone: str) -> CalendarSpec:
    """Day and night."""
    return CalendarSpec.of(zone, ALWAYS)


def weekdays(zone: str) -> CalendarSpec:
    """24x5: Monday to Friday, midnight to midnight."""
    return CalendarSpec.of(zone, WORKING_WEEK)


def target(text: str) -> Target:
    """A target as it is written: `8 business hours`, `next_release`, `none`."""
    match text:
        case "none" | "not_covered":
            return NoClock(text)
        case "best_effort" | "discretion":
            return NoDueTime(text)
        case "next_release":
            return NextRelease()
        case "per_contract":
            return PerContract()
        case _:
            return Within(duration(text))


def duration(text: str) -> Duration:
    """A duration as it is written: `15 business minutes`, `2 elapsed days`."""
    number, *calendar, unit = text.split()
    return Duration(int(number), Unit(unit if unit.endswith("s") else unit + "s"), *calendar)


def table(
    cells: str | Mapping[str, str] | Mapping[str, str | Mapping[str, str]], *, by_plan: bool = False
) -> TargetTable:
    """A target table: one target, by severity, or (`by_plan`) by plan and perhaps severity."""
    if isinstance(cells, str):
        return TargetTable({None: {None: target(cells)}})
    if not by_plan:
        return TargetTable({None: {severity: target(str(text)) for severity, text in cells.items()}})
    rows: dict[str | None, Mapping[str | None, Target]] = {}
    for plan, row in cells.items():
        rows[plan] = {None: target(row)} if isinstance(row, str) else {s: target(t) for s, t in row.items()}
    return TargetTable(rows)


def clock(
    targets: str | TargetTable | Mapping[str, str],
    *,
    name: str = "response",
    days: DayRule = END_OF_DAY,
    change: str = "keep",
    changes: Changes | None = None,
    each_time: bool = False,
    on_reopen: str = "stay",
    next_release: ReleaseRule | None = None,
    commitment: Commitment | None = None,
    owner: str | None = None,
) -> Clock:
    """A clock from `starts` to `stops`; `change` is the mode for severity, plan and contract alike."""
    mode = OnChange(change)
    return Clock(
        name=name,
        cited=CITED,
        starts="started",
        stops="stopped",
        targets=targets if isinstance(targets, TargetTable) else table(targets),
        on_change=changes or Changes(mode, mode, mode),
        days=days,
        each_time=each_time,
        on_reopen=OnReopen(on_reopen),
        next_release=next_release,
        commitment=commitment,
        owner=owner,
    )


def ruleset(
    calendars: Mapping[str, CalendarSpec],
    *,
    boundary: Boundary = Boundary.CLOSING,
    plans: Mapping[str, str | Mapping[str, str]] | None = None,
    commitment: Commitment = Commitment.SLO,
) -> Ruleset:
    """A ruleset of calendars (the first is the default) and plans with their calendars."""
    return Ruleset(
        name="test",
        digest="",
        revision=Revision(date(2026, 1, 1), "new_cases"),
        defaults=Defaults(next(iter(calendars)), "en", END_OF_DAY, boundary, Changes()),
        people=(),
        close_reasons=(),
        calendars={name: CalendarDecl(name, CITED, spec) for name, spec in calendars.items()},
        fields={},
        plans={name: Plan(name, CITED, calendar, commitment) for name, calendar in (plans or {}).items()},
        events={},
        clocks={},
        rules={},
    )


def terms(
    calendars: Mapping[str, CalendarSpec] | None = None,
    *,
    boundary: Boundary = Boundary.CLOSING,
    plans: Mapping[str, str | Mapping[str, str]] | None = None,
) -> ClockTerms:
    """The terms of such a ruleset; by default one office in Zurich, 08:00 to 17:00."""
    return ClockTerms(ruleset(calendars or {"office": office("Europe/Zurich", 8)}, boundary=boundary, plans=plans))


START_DAY = FirstDay.START_DAY
