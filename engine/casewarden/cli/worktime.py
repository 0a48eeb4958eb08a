"""`casewarden worktime`: business time on a calendar, for people and, by JSON lines, for programs."""

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, NoReturn

import click

if TYPE_CHECKING:
    from casewarden.ruleset.nodes import Node
    from casewarden.worktime import Calendar, DayRule

_BOUNDARIES = click.Choice(["closing", "next_opening"])
_calendar_option = click.option(
    "--calendar", "source", required=True, metavar="FILE[#NAME]", help="A ruleset and its calendar, or a calendar file."
)
_json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


@click.group()
def command() -> None:
    """Add, subtract and measure business time.

    Instants are written with their offset, such as 2026-07-17T16:40+02:00; answers are in the calendar's zone.
    """


def _day_options(function: click.decorators.FC) -> click.decorators.FC:
    for decorate in (
        click.option("--first-day", type=click.Choice(["day_after", "start_day"]), default="day_after"),
        click.option("--origin", type=click.Choice(["date", "next_opening"]), default="date", show_default=True),
        click.option(
            "--days",
            "mode",
            type=click.Choice(["open_hours", "same_time", "end_of_day"]),
            default="open_hours",
            show_default=True,
            help="What a business day is.",
        ),
    ):
        function = decorate(function)
    return function


@command.command()
@click.argument("start")
@click.argument("duration", nargs=-1, required=True)
@_calendar_option
@click.option("--boundary", type=_BOUNDARIES, default="closing", show_default=True, help="Where a closing lands.")
@_day_options
@_json_option
def add(
    *,
    start: str,
    duration: tuple[str, ...],
    source: str,
    boundary: str,
    mode: str,
    origin: str,
    first_day: str,
    as_json: bool,
) -> None:
    """The time by which DURATION (8 hours, 90 minutes, 2 days) of open time has passed since START."""
    from casewarden.worktime import Boundary, WorktimeError

    calendar, at = _calendar(source), _instant(start, "START")
    number, unit = _duration(duration)
    try:
        if unit is None:
            result = calendar.add_days(at, number, _rule(mode, origin, first_day), Boundary(boundary))
        else:
            result = calendar.add_us(at, number * unit, Boundary(boundary))
    except WorktimeError as error:
        _refuse(str(error))
    _show_instant(calendar, result, as_json)


@command.command()
@click.argument("start")
@click.argument("duration", nargs=-1, required=True)
@_calendar_option
@_day_options
@_json_option
def subtract(
    *, start: str, duration: tuple[str, ...], source: str, mode: str, origin: str, first_day: str, as_json: bool
) -> None:
    """The last time from which DURATION of open time passes until START."""
    from casewarden.worktime import WorktimeError

    calendar, at = _calendar(source), _instant(start, "START")
    number, unit = _duration(duration)
    try:
        if unit is None:
            result = calendar.subtract_days(at, number, _rule(mode, origin, first_day))
        else:
            result = calendar.subtract_us(at, number * unit)
    except WorktimeError as error:
        _refuse(str(error))
    _show_instant(calendar, result, as_json)


@command.command()
@click.argument("start")
@click.argument("end")
@_calendar_option
@_json_option
def elapsed(start: str, end: str, source: str, as_json: bool) -> None:
    """The open time from START to END."""
    from casewarden.worktime import WorktimeError

    calendar = _calendar(source)
    try:
        length = calendar.elapsed_us(_instant(start, "START"), _instant(end, "END"))
    except WorktimeError as error:
        _refuse(str(error))
    click.echo(json.dumps({"seconds": length / 1_000_000}) if as_json else _length(length))


@command.command("open")
@click.argument("start")
@click.argument("end", required=False)
@_calendar_option
@_json_option
def open_(start: str, end: str | None, source: str, as_json: bool) -> None:
    """Whether START is open, and until when; with END, what is open and closed between the two, and why."""
    from casewarden.worktime import WorktimeError

    calendar, at = _calendar(source), _instant(start, "START")
    try:
        if end is None:
            _show_state(calendar, at, as_json)
        else:
            _show_segments(calendar, at, _instant(end, "END"), as_json)
    except WorktimeError as error:
        _refuse(str(error))


@command.command()
@click.argument("requests", type=click.File("rb"), default="-")
def batch(requests: BinaryIO) -> None:
    """Answer JSON lines, from a file or the standard input: one line each, in order.

    A line that cannot be answered gives {"error": {"code", "message"}} and does not stop the others.
    """
    from casewarden.worktime.batch import Batch

    answers = Batch()
    for line in requests:
        sys.stdout.write(f"{answers.answer(line)}\n")
        sys.stdout.flush()  # whoever asks line by line waits for the answer


def _show_instant(calendar: "Calendar", instant: int, as_json: bool) -> None:
    local = calendar.local(instant)
    if as_json:
        click.echo(json.dumps({"result": local.isoformat()}))
    else:
        click.echo(f"{local.isoformat()}  {_DAYS[local.weekday()]}, {calendar.spec.zone}")


_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


def _show_state(calendar: "Calendar", instant: int, as_json: bool) -> None:
    state, change = calendar.is_open(instant), calendar.next_change(instant)
    until = None if change is None else calendar.local(change)
    if as_json:
        click.echo(json.dumps({"open": state, "until": None if until is None else until.isoformat()}))
        return
    last = "for ever" if until is None else f"until {until.isoformat()}  {_DAYS[until.weekday()]}"
    click.echo(f"{'open' if state else 'closed'} {last}, {calendar.spec.zone}")


def _show_segments(calendar: "Calendar", start: int, end: int, as_json: bool) -> None:
    for segment in calendar.segments(start, end):
        first, last = calendar.local(segment.start), calendar.local(segment.end)
        if as_json:
            row = {"start": first.isoformat(), "end": last.isoformat(), "open": segment.open, "reason": segment.reason}
            named = {"name": segment.name, "region": segment.region}
            click.echo(json.dumps(row | {key: text for key, text in named.items() if text is not None}))
        else:
            why = " ".join(part for part in (segment.reason, segment.name, segment.region) if part)
            click.echo(f"{first.isoformat()}  {last.isoformat()}  {_length(segment.end - segment.start):>12}  {why}")


def _length(length: int) -> str:
    """`8 h 20 min`, with seconds only where there are any."""
    sign, rest = ("-", -length) if length < 0 else ("", length)
    minutes, micro = divmod(rest, 60_000_000)
    hours, minutes = divmod(minutes, 60)
    seconds = f" {micro / 1_000_000:g} s" if micro else ""
    return f"{sign}{hours} h {minutes:02} min{seconds}"


def _rule(mode: str, origin: str, first_day: str) -> "DayRule":
    from casewarden.worktime import DayMode, DayOrigin, DayRule, FirstDay

    return DayRule(DayMode(mode), DayOrigin(origin), FirstDay(first_day))


def _duration(words: tuple[str, ...]) -> tuple[int, int | None]:
    """A whole number and its unit in microseconds, None for days."""
    from casewarden.worktime.request import UNITS

    number, _, unit = " ".join(words).strip().partition(" ")
    unit = unit if unit.endswith("s") else f"{unit}s"
    if not (number.isascii() and number.isdigit() and len(number) <= 15) or unit not in (*UNITS, "days"):
        _refuse(
            f"'{' '.join(words)}' is no duration. Write a whole number of seconds, minutes, hours or days: 8 hours."
        )
    return int(number), UNITS.get(unit)


def _instant(text: str, name: str) -> int:
    from casewarden.worktime.request import Refusal, instant

    try:
        return instant(text, name)
    except Refusal as refusal:
        _refuse(refusal.message)


def _calendar(source: str) -> "Calendar":
    """The calendar that FILE or FILE#NAME names."""
    from casewarden.report.diagnostics import render_text
    from casewarden.report.terminal import visible
    from casewarden.ruleset.diagnostics import Diagnostics
    from casewarden.ruleset.files import read_yaml_file
    from casewarden.worktime import Calendar
    from casewarden.worktime.read import parse_calendar

    file, _, name = source.partition("#")
    found = Diagnostics()
    top = read_yaml_file(Path(file), found)
    if top is None or found.has_errors:
        click.echo(render_text(found), err=True, nl=False)
        sys.exit(2)
    node = _named(top, file, name)
    spec, problems = parse_calendar(_plain(node))
    for problem in problems:
        click.echo(visible(f"{_place(node, problem.path)}: {problem.message} {problem.fix}"), err=True)
    if spec is None:
        sys.exit(2)
    return Calendar.of(spec)


def _named(top: "Node", file: str, name: str) -> "Node":
    from casewarden.ruleset.nodes import Map

    calendars = top.get("calendars") if isinstance(top, Map) else None
    if not isinstance(calendars, Map):
        if name:
            _refuse(f"{file} has no `calendars:`, so there is none called '{name}'.")
        return top
    names = [key.text for key, _ in calendars]
    if not name and len(names) == 1:
        name = names[0]
    node = calendars.get(name)
    if node is None:
        what = f"There is no calendar '{name}' in {file}." if name else f"{file} has several calendars."
        _refuse(f"{what} Write {file}#NAME with one of {', '.join(names)}.")
    return node


def _plain(node: "Node") -> object:
    """A node as text, lists and mappings."""
    from casewarden.ruleset.nodes import Map, Scalar, Seq

    match node:
        case Scalar(text):
            return text
        case Seq(items):
            return [_plain(item) for item in items]
        case Map():
            return {key.text: _plain(value) for key, value in node}


def _place(node: "Node", path: tuple[str | int, ...]) -> str:
    """The place of what a path leads to, or of the last step on it that is there."""
    from casewarden.ruleset.nodes import Map, Seq

    place = node.place
    for step in path:
        if isinstance(node, Map) and isinstance(step, str) and (key := node.key_node(step)):
            place = key.place
            following = node.get(step)
        elif isinstance(node, Seq) and isinstance(step, int) and step < len(node.items):
            following = node.items[step]
            place = following.place
        else:
            break
        assert following is not None
        node = following
    return str(place)


def _refuse(message: str) -> NoReturn:
    from casewarden.report.terminal import visible

    click.echo(f"Error: {visible(message)}", err=True)
    sys.exit(2)
