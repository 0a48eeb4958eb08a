"""How single lines of the live view are drawn, each in exactly the width there is."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from rich.cells import cell_len, set_cell_size
from rich.text import Text

from casewarden.demo.moments import DAY, HOUR, MINUTE, SECOND
from casewarden.demo.snapshot import CaseRow, Deed, NextClock, Snapshot
from casewarden.demo.told import breach_words
from casewarden.report.terminal import visible

GRADES: Final = ("bold color(160)", "bold color(166)", "color(32)", "color(28)")
"""The colours of severities, the gravest first; those further down have the last one."""
HEALTH: Final = {"available": "color(28)", "degraded": "color(166)", "down": "bold color(160)"}
DEEDS: Final = {
    "lowered": "color(28)",
    "raised": "bold color(160)",
    "close": "color(28)",
    "set": "color(28)",
    "classify": "color(28)",
    "notify": "color(166)",
    "assign": "color(166)",
    "publish": "color(32)",
    "reopen": "color(32)",
    "ask": "color(32)",
}
GOOD, WARN, BAD, SOFT = "color(28)", "color(166)", "bold color(160)", "dim"
STATES: Final = {"waiting_on_customer": "waits", "on_hold": "hold", "resolved": "done"}

_SHORT: Final = 0.25
"""Of its time a clock has less than this left: its bar changes colour."""


@dataclass(frozen=True, slots=True)
class Marks:
    """The characters of bars, lines and points."""

    left: str
    used: str
    rule: str
    point: str
    cut: str


UNICODE: Final = Marks("━", "─", "─", "●", "…")
ASCII: Final = Marks("=", "-", "-", "*", "~")


class Drawing:
    """Draws lines of one width at one instant."""

    def __init__(self, width: int, marks: Marks, local: Callable[[int], datetime], now: int) -> None:
        self._width = width
        self._marks = marks
        self._local = local
        self._now = now
        self._columns = _columns(width)

    def head(self, snapshot: Snapshot) -> Text:
        """Where we are in time, and how the services are."""
        local = self._local(snapshot.now)
        city = snapshot.zone.rpartition("/")[2].replace("_", " ")
        line = Text()
        line.append(f"{local:%a} {local.day} {local:%B %Y}  ", "bold")
        line.append(f"{local:%H:%M}", "bold")
        line.append(f" {city}", SOFT)
        line.append(f"   {snapshot.speed:,.0f} times as fast", SOFT)
        services = Text()
        for health in sorted(snapshot.services, key=lambda one: one.state not in ("down", "degraded")):
            name, state = visible(health.service).replace("_", " "), visible(health.state)
            if cell_len(f"{line.plain}{services.plain}   {self._marks.point} {name} {state}") > self._width:
                break
            style = HEALTH.get(health.state, SOFT)
            services.append(f"   {self._marks.point} ", style).append(f"{name} ").append(state, style)
        return self._apart(line, services)

    def counts(self, snapshot: Snapshot) -> Text:
        """How much has happened."""
        counts = snapshot.counts
        line = Text(f"{counts.events:,} events  {counts.decisions:,} decisions  {counts.actions:,} actions", SOFT)
        right = Text(f"{counts.open:,} open  {counts.closed:,} closed", SOFT)
        if counts.waiting:
            right.append(f"  {counts.waiting:,} to send", SOFT)
        return self._apart(line, right)

    def title(self, text: str) -> Text:
        """A line across, with what is below it."""
        line = Text(f"{text} " if text else "", SOFT)
        line.append(self._marks.rule * max(0, self._width - cell_len(line.plain)), SOFT)
        return line

    def case_headings(self) -> Text:
        """What the columns are."""
        line = Text(style="underline")
        for name, width in self._columns:
            line.append(self._fit(name, width) + " ")
        line.append(" " * max(0, self._width - cell_len(line.plain)))
        return line

    def case(self, row: CaseRow) -> Text:
        """One case."""
        grade = SOFT if row.grade is None else GRADES[min(max(row.grade, 0), len(GRADES) - 1)]
        line = Text()
        for name, width in self._columns:
            match name:
                case "case":
                    self._cell(line, row.number, width, "bold")
                case "customer":
                    self._cell(line, row.customer, width)
                case "plan":
                    self._cell(line, row.plan.replace("_", " "), width, SOFT)
                case "severity":
                    self._cell(line, row.severity or "unknown", width, grade)
                case "next clock":
                    self._cell(line, "" if row.clock is None else row.clock.name.replace("_", " "), width)
                case "due":
                    self._cell(line, self._due(row.clock), width, _tone(row.clock))
                case "time left":
                    self._time_left(line, row.clock, width)
                case "state":
                    self._cell(line, STATES.get(row.state, row.state), width, SOFT)
                case "policy":
                    self._cell(line, row.policy, width, SOFT)
                case _:
                    self._cell(line, row.subject, width, SOFT)
        return line

    def deed(self, deed: Deed) -> Text:
        """One thing that was done."""
        line = Text()
        self._cell(line, self._time(deed.at), 5, SOFT)
        self._cell(line, deed.on, 10, "bold")
        rest = self._width - cell_len(line.plain)
        words = rest * 11 // 20
        self._cell(line, deed.words, max(0, words - 1), DEEDS.get(deed.kind, ""))
        self._cell(line, deed.why or deed.rule.replace("_", " "), max(0, rest - words), SOFT)
        return line

    def foot(self, snapshot: Snapshot) -> Text:
        """What was missed, and what it costs."""
        counts = snapshot.counts
        if not counts.missed and not snapshot.breaches:
            return Text("nothing missed so far", GOOD)
        line = Text()
        line.append(f"{counts.missed:,} missed", BAD)
        if counts.credit_days:
            line.append(f", {counts.credit_days:,} {'day' if counts.credit_days == 1 else 'days'} of credit", WARN)
        for breach in snapshot.breaches:
            said = f"{visible(breach.on)} {breach_words(breach).replace(' missed', '')} {self._when(breach.at)}"
            if cell_len(line.plain) + cell_len(said) + 3 > self._width:
                break
            line.append("   ")
            line.append(said, SOFT)
        return line

    # Parts of a line

    def _apart(self, left: Text, right: Text) -> Text:
        """Two texts at the ends of a line; the right one goes where there is no room."""
        room = self._width - cell_len(left.plain) - cell_len(right.plain)
        if room < 1:
            return left
        return left.append(" " * room).append_text(right)

    def _cell(self, line: Text, text: str, width: int, style: str = "") -> None:
        line.append(self._fit(visible(text), width), style)
        line.append(" ")

    def _fit(self, text: str, width: int) -> str:
        if cell_len(text) <= width:
            return set_cell_size(text, width)
        return set_cell_size(text, max(0, width - 1)) + self._marks.cut[: max(0, width)]

    def _time(self, at: int) -> str:
        return f"{self._local(at):%H:%M}"

    def _due(self, clock: NextClock | None) -> str:
        """The due time, or why there is none."""
        if clock is None:
            return ""
        if clock.due is None:
            return "paused" if clock.state == "paused" else "-"
        return self._when(clock.due)

    def _when(self, at: int) -> str:
        """An instant of today as a time, else with its weekday, else as a date."""
        local, today = self._local(at), self._local(self._now).date()
        if local.date() == today:
            return f"{local:%H:%M}"
        return f"{local:%a %H:%M}" if abs((local.date() - today).days) < 7 else f"{local.day} {local:%b}"

    def _time_left(self, line: Text, clock: NextClock | None, width: int) -> None:
        """How much of its time a clock has left: a bar that gets shorter, and the time until it is due."""
        if clock is None or clock.due is None:
            self._cell(line, "", width)
            return
        left = clock.due - self._now
        length = width - 7
        used = 1.0 if left <= 0 else clock.used
        bar = 0 if used is None else min(length, max(1 if left > 0 else 0, round(length * (1 - used))))
        line.append(self._marks.left * bar, _tone(clock) or GOOD)
        line.append(self._marks.used * (length - bar), SOFT)
        self._cell(line, f" {_length(left):>6}", 7, _tone(clock))


def _columns(width: int) -> Sequence[tuple[str, int]]:
    """The columns and their widths, one space behind each; what is wider goes to names first, then to bars."""
    columns = {"case": 6, "customer": 12, "plan": 8, "severity": 8, "next clock": 13, "due": 9, "time left": 10}
    columns["state"] = 5
    spare = width - sum(columns.values()) - len(columns)
    for name, more in (("customer", 8), ("plan", 4), ("severity", 2), ("next clock", 9), ("time left", 6), ("case", 1)):
        given = max(0, min(more, spare))
        columns[name] += given
        spare -= given
    if spare > 10:
        columns["policy"] = 8
        spare -= 9
    if spare > 12:
        longer = min(14, spare // 3)
        columns["time left"] += longer
        columns["subject"] = spare - longer - 1
    else:
        columns["next clock"] += max(0, spare)
    return list(columns.items())


def _tone(clock: NextClock | None) -> str:
    if clock is None or clock.state == "paused":
        return SOFT
    if clock.state == "missed":
        return BAD
    return WARN if clock.used is not None and clock.used > 1 - _SHORT else ""


def _length(span: int) -> str:
    """A length in at most six characters: `45s`, `12m`, `3h 05`, `2d 4h`; with a minus where the time is over."""
    sign, span = ("-" if span < 0 else ""), abs(span)
    if span < MINUTE:
        text = f"{span // SECOND}s"
    elif span < HOUR:
        text = f"{span // MINUTE}m"
    elif span < DAY:
        hours, rest = divmod(span, HOUR)
        text = f"{hours}h{rest // MINUTE:02}"
    else:
        days, rest = divmod(span, DAY)
        text = f"{days}d{rest // HOUR}h" if days < 100 else f"{days}d"
    return sign + text
