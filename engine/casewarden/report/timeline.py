"""One case drawn in time: open hours as bands, each clock as a bar with its pauses and deadline, events and actions."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import tzinfo
from typing import Final

from casewarden.model.decision import ClockState
from casewarden.report.markup import Markup, el, join
from casewarden.report.plots import Box, picture
from casewarden.report.scales import length, time_ticks, when
from casewarden.scenario.story import ClockLine, Mark, Stay, Story

_LANE: Final = 34
_BAR: Final = 14
_GAP: Final = 19
_MOST_ROWS: Final = 4
_STATE_WORDS: Final = {ClockState.NOT_APPLICABLE: "not applicable"}


@dataclass(frozen=True, slots=True)
class Moment:
    """All that happened at one instant, under one number."""

    number: int
    at: int
    marks: tuple[Mark, ...]


def moments(story: Story) -> list[Moment]:
    """The story's marks by instant, numbered in order."""
    by_instant: dict[int, list[Mark]] = {}
    for mark in story.marks:
        by_instant.setdefault(mark.at, []).append(mark)
    return [Moment(number, at, tuple(marks)) for number, (at, marks) in enumerate(sorted(by_instant.items()), start=1)]


def timeline(story: Story, zone: tzinfo) -> Markup:
    """The drawing of one case; everything says what it is in its title."""
    sheet = _Sheet(story, zone)
    numbered = moments(story)
    rows = sheet.rows(numbered)
    lanes = len(story.clocks) + bool(story.severity)
    marks_top = 14 + _LANE * lanes
    height = marks_top + 24 * max(1, max(rows, default=0) + 1) + 46
    sheet.box = Box(980, height, left=168, right=92, top=10, bottom=40)
    parts = [sheet.open_hours(), sheet.axis()]
    y = 14.0
    if story.severity:
        parts.append(sheet.severity(y))
        y += _LANE
    for line in story.clocks:
        parts.append(sheet.clock(line, y))
        y += _LANE
    parts.append(sheet.moments(numbered, rows, marks_top))
    return picture(sheet.box, f"{story.subject} in time", _hatch(), *parts)


class _Sheet:
    """The drawing surface of one story."""

    def __init__(self, story: Story, zone: tzinfo) -> None:
        self.story = story
        self.zone = zone
        self.box = Box(980, 200, left=168, right=92)

    def x(self, at: int) -> float:
        span = max(1, self.story.end - self.story.begin)
        share = min(max((at - self.story.begin) / span, 0), 1)
        return self.box.left + share * self.box.inner_width

    def open_hours(self) -> Markup:
        top, tall = self.box.top, self.box.inner_height
        bands = []
        for start, end in self.story.open_hours:
            title = el("title", f"open {when(start, self.zone)} to {when(end, self.zone)} ({self.story.calendar})")
            width = max(self.x(end) - self.x(start), 0.5)
            bands.append(el("rect", title, x=self.x(start), y=top, width=width, height=tall, class_="open"))
        return join(*bands)

    def axis(self) -> Markup:
        floor = self.box.floor
        parts = [el("line", x1=self.box.left, x2=self.box.width - self.box.right, y1=floor, y2=floor, class_="axis")]
        last = -100.0
        for at, label in time_ticks(self.story.begin, self.story.end, self.zone, most=8):
            x = self.x(at)
            parts.append(el("line", x1=x, x2=x, y1=self.box.top, y2=floor + 4, class_="grid"))
            if x - last > 8 * len(label):
                parts.append(el("text", label, x=x, y=floor + 17, class_="tick mid"))
                last = x
        first = f"{when(self.story.begin, self.zone)} ({self.story.zone})"
        parts.append(el("text", first, x=self.box.left, y=floor + 34, class_="tick"))
        return join(*parts)

    def severity(self, y: float) -> Markup:
        parts = [self._name("severity", y)]
        steps = self.story.severity
        for place, (at, level) in enumerate(steps):
            until = steps[place + 1][0] if place + 1 < len(steps) else self.story.end
            x, width = self.x(at), self.x(until) - self.x(at)
            title = el("title", f"severity {level} from {when(at, self.zone)}")
            parts.append(el("rect", title, x=x, y=y + 6, width=max(width - 1, 1), height=_BAR, rx=3, class_="level"))
            if width > 7 * len(level) + 8:
                parts.append(el("text", level, x=x + 6, y=y + 17, class_="level-word"))
        return join(*parts)

    def clock(self, line: ClockLine, y: float) -> Markup:
        run = line.run
        word = run.clock if run.number == 1 else f"{run.clock} ({run.number})"
        parts = [self._name(word, y)]
        for stay in line.stays:
            parts += self._stay(line, stay, y + 6)
        if run.stopped is not None and self.story.begin <= run.stopped <= self.story.end:
            title = el("title", f"{run.clock} stopped {when(run.stopped, self.zone)}: {_word(run.state)}")
            state = "met" if run.state is ClockState.MET else "missed"
            x = self.x(run.stopped)
            parts.append(el("circle", title, cx=x, cy=y + 6 + _BAR / 2, r=5.5, class_=f"stop c-{state}"))
        parts.append(self._due(line, y))
        parts.append(self._outcome(line, y))
        return join(*parts)

    def _stay(self, line: ClockLine, stay: Stay, y: float) -> list[Markup]:
        start, end = max(stay.start, self.story.begin), min(stay.end, self.story.end)
        if end <= start:
            return []
        words = f"{line.run.clock} {_word(stay.state)} {when(start, self.zone)} to {when(end, self.zone)}"
        return [
            el(
                "rect",
                el("title", f"{words} ({length(end - start)})"),
                x=self.x(start),
                y=y,
                width=max(self.x(end) - self.x(start), 1.5),
                height=_BAR,
                rx=2,
                class_=f"b-{stay.state.value}",
            )
        ]

    def _due(self, line: ClockLine, y: float) -> Markup:
        due = line.run.due
        if due is None:
            return join()
        title = el("title", f"{line.run.clock} due {when(due, self.zone)}; target {line.run.target}")
        x = self.x(due)
        if due > self.story.end:
            right = self.box.width - self.box.right
            points = f"{right - 7:g},{y + 8:g} {right:g},{y + 13:g} {right - 7:g},{y + 18:g}"
            return el("polygon", title, points=points, class_="due")
        flag = f"M{x:.1f} {y + _LANE - 8:.1f}V{y:.1f}h9l-3 3.5 3 3.5h-9"
        return el("path", title, d=flag, class_="due")

    def _outcome(self, line: ClockLine, y: float) -> Markup:
        run = line.run
        word = _word(run.state) if run.due is not None or run.state is ClockState.NOT_APPLICABLE else run.target or "-"
        kind = {ClockState.MET: "good", ClockState.MISSED: "bad"}.get(run.state, "")
        return el(
            "text", word.replace("_", " "), x=self.box.width - self.box.right + 10, y=y + 17, class_=f"word {kind}"
        )

    def _name(self, name: str, y: float) -> Markup:
        short = name if len(name) <= 21 else f"{name[:20]}\u2026"
        return el("text", el("title", name), short, x=self.box.left - 10, y=y + 17, class_="name end")

    def rows(self, numbered: Sequence[Moment]) -> list[int]:
        """In which row each moment's number stands, so that no two overlap; crowded ones share the last row."""
        ends = [-100.0] * _MOST_ROWS
        found: list[int] = []
        for moment in numbered:
            x = self.x(moment.at)
            row = next((row for row in range(_MOST_ROWS) if ends[row] + _GAP <= x), _MOST_ROWS - 1)
            ends[row] = x
            found.append(row)
        return found

    def moments(self, numbered: Sequence[Moment], rows: Sequence[int], top: float) -> Markup:
        stems: list[Markup] = []
        circles: list[Markup] = []
        for moment, row in zip(numbered, rows, strict=True):
            x, y = self.x(moment.at), top + 13 + 24 * row
            said = "; ".join(_said(mark) for mark in moment.marks)
            by_rule = any(mark.by_rule for mark in moment.marks)
            title = el("title", f"{when(moment.at, self.zone)}: {said}")
            stems.append(el("line", x1=x, x2=x, y1=y - 9, y2=top, class_="stem"))
            circles.append(el("circle", title, cx=x, cy=y, r=9, class_="moment rule" if by_rule else "moment"))
            circles.append(el("text", str(moment.number), x=x, y=y + 3.5, class_="moment-number"))
        return join(self._name("what happened", top), *stems, *circles)


def happenings(story: Story, zone: tzinfo) -> Markup:
    """The same as a table: number, instant, what happened."""
    rows = [
        el(
            "tr",
            el("td", str(moment.number), class_="num"),
            el("td", when(moment.at, zone)),
            el("td", *_lines(moment)),
        )
        for moment in moments(story)
    ]
    return el("table", el("tbody", *rows), class_="happenings")


def _lines(moment: Moment) -> list[Markup]:
    return [el("div", _said(mark), class_="by-rule" if mark.by_rule else None) for mark in moment.marks]


def _said(mark: Mark) -> str:
    if mark.by_rule:
        return f"{mark.what} by rule {mark.detail}"
    return f"{mark.what}: {mark.detail}" if mark.detail else mark.what


def _word(state: ClockState) -> str:
    return _STATE_WORDS.get(state, state.value)


def _hatch() -> Markup:
    """The pattern of a paused clock, once in each picture so that it stands alone."""
    stripe = el("line", x1=0, y1=0, x2=0, y2=6, class_="hatch")
    pattern = el(
        "pattern",
        stripe,
        id="paused",
        width=5,
        height=6,
        patternTransform="rotate(45)",
        patternUnits="userSpaceOnUse",
    )
    return el("defs", pattern)
