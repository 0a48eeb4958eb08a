"""Mistakes in calendars: a minute in open hours, a weekday too many or too few, a holiday forgotten or invented."""

import datetime as dt
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from casewarden.ruleset.diagnostics import Place
from casewarden.ruleset.document import Document
from casewarden.ruleset.nodes import Map, Node, Scalar, Seq
from casewarden.ruleset.variation import Edit, Steps, mapping, scalar, sequence
from casewarden.scenario.mutation.mutant import Mutant, element_of, elements, replaced
from casewarden.worktime.spec import DAY_MINUTES, Hours

_HOURS: Final = re.compile(r"(\d\d):(\d\d)-(\d\d):(\d\d)")
_WEEK: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_WHOLE_DAYS: Final = {"24x7": "24x5", "24x5": "24x7"}
MOST_DATES: Final = 2
"""Holidays forgotten, and days closed by mistake, for each calendar."""

Dates = Mapping[str, Iterable[dt.date]]
Holidays = Mapping[str, Mapping[dt.date, Hours]]


def of_calendars(document: Document, holidays: Holidays, days: Dates) -> Iterator[Mutant]:
    """All of them.

    `holidays` are by calendar those of the days that its tests run over, with the hours that would hold otherwise;
    `days` the open days on which they begin.
    """
    for steps, key, node in elements(document, "calendars"):
        yield from _open((*steps, "open"), node.get("open"))
        for section in ("exceptions", "shifts", "breaks"):
            dated = node.get(section)
            for inner, hours in dated if isinstance(dated, Map) else ():
                yield from _hours((*steps, section, inner.text), hours)
        later = node.get("later")
        for number, change in enumerate(later.items if isinstance(later, Seq) else ()):
            if isinstance(change, Map):
                yield from _open((*steps, "later", str(number), "open"), change.get("open"))
        for day, usual in sorted(holidays.get(key.text, {}).items())[:MOST_DATES]:
            yield _forgotten(steps, node, key.place, day, usual)
        for day in sorted(days.get(key.text, ()))[:MOST_DATES]:
            yield _invented(steps, node, key.place, day)


def _open(steps: Steps, node: Node | None) -> Iterator[Mutant]:
    if isinstance(node, Scalar) and node.text in _WHOLE_DAYS:
        yield replaced(steps, node, _WHOLE_DAYS[node.text])
    for key, hours in node if isinstance(node, Map) else ():
        yield from _hours((*steps, key.text), hours)
        yield from _weekdays(steps, key, hours)


def _hours(steps: Steps, node: Node) -> Iterator[Mutant]:
    if isinstance(node, Seq):
        for number, item in enumerate(node.items):
            yield from _hours((*steps, str(number)), item)
    found = _HOURS.fullmatch(node.text) if isinstance(node, Scalar) else None
    if found is None or not isinstance(node, Scalar):
        return
    begin, end = int(found[1]) * 60 + int(found[2]), int(found[3]) * 60 + int(found[4])
    for first, last in ((begin - 1, end), (begin + 1, end), (begin, end - 1), (begin, end + 1)):
        if first >= 0 and last <= 24 * 60:
            yield replaced(steps, node, f"{_clock(first)}-{_clock(last)}")


def _clock(minutes: int) -> str:
    return f"{minutes // 60:02}:{minutes % 60:02}"


def _weekdays(steps: Steps, key: Scalar, hours: Node) -> Iterator[Mutant]:
    """Each weekday of a stretch closed."""
    first, _, last = key.text.partition("-")
    if first not in _WEEK or (last or first) not in _WEEK:
        return
    begin, end = _WEEK.index(first), _WEEK.index(last or first)
    stretch = [_WEEK[day % 7] for day in range(begin, (end if end >= begin else end + 7) + 1)]
    for number, day in enumerate(stretch):
        parts = [part for part in (stretch[:number], stretch[number + 1 :]) if part]
        if not parts:
            continue
        names = [part[0] if len(part) == 1 else f"{part[0]}-{part[-1]}" for part in parts]
        edits = (Edit((*steps, key.text), None), *(Edit((*steps, name), hours) for name in names))
        where = "/".join((*steps, key.text))
        yield Mutant(f"{where}: without {day}", element_of(steps), key.place, f"`{day}` is closed all day", edits)


def _forgotten(steps: Steps, node: Map, place: Place, day: dt.date, hours: Hours) -> Mutant:
    """A holiday as if it were none: its weekday's hours are said of it, which a lock file leaves alone."""
    ends = [(begin, end - DAY_MINUTES if end > DAY_MINUTES else end) for begin, end in hours]
    said = [scalar(f"{_clock(begin)}-{_clock(end)}", place) for begin, end in ends]
    text = f"{'/'.join(steps)}: holiday {day} forgotten"
    edit = _exception(steps, node, place, day, said[0] if len(said) == 1 else sequence(said, place))
    return Mutant(text, element_of(steps), place, f"the holiday on {day:%a %Y-%m-%d} is forgotten", (edit,))


def _invented(steps: Steps, node: Map, place: Place, day: dt.date) -> Mutant:
    """An open day as if it were closed."""
    edit = _exception(steps, node, place, day, scalar("closed", place))
    text = f"{'/'.join(steps)}: closed on {day}"
    return Mutant(text, element_of(steps), place, f"{day:%a %Y-%m-%d} is closed by mistake", (edit,))


def _exception(steps: Steps, node: Map, place: Place, day: dt.date, hours: Node) -> Edit:
    if isinstance(node.get("exceptions"), Map):
        return Edit((*steps, "exceptions", day.isoformat()), hours)
    return Edit((*steps, "exceptions"), mapping({day.isoformat(): hours}, place))
