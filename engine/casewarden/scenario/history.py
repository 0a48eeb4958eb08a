"""Histories as JSON lines of the event schema: bounded reading, every line accounted for."""

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Protocol

from casewarden.model.event import ENGINE_KINDS, Event
from casewarden.model.instants import iso
from casewarden.ruleset.characters import encoding_name, wide_encoding
from casewarden.ruleset.diagnostics import Level, Place
from casewarden.scenario.grouping import Group, Row
from casewarden.scenario.instants import InstantError, read_instant
from casewarden.scenario.rows import Fate, RowReport, line_place
from casewarden.scenario.wire import EventError, event_of

_MADE_ANEW: Final = ENGINE_KINDS - {"went_live"}
MAX_LINE: Final = 1_000_000
_LOOKED_AT: Final = 4_096


class HistoryError(Exception):
    """A history of which nothing can be read; `code` and `place` make it a diagnostic."""

    def __init__(self, code: str, place: Place, message: str, fix: str | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.place = place
        self.fix = fix


@dataclass(slots=True)
class Extent:
    """What is known of a history once all its rows went by.

    `begin` is the earliest instant that it states, `end` the latest at which anything was learnt, `rows` how many rows
    are going to be decided on.
    """

    begin: int | None = None
    end: int | None = None
    rows: int = 0

    def reach(self, at: int) -> None:
        """Take one more instant in."""
        if self.begin is None or at < self.begin:
            self.begin = at
        if self.end is None or at > self.end:
            self.end = at


@dataclass(frozen=True, slots=True)
class SubjectHistory:
    """What a history says of one subject: its events in the order of the log.

    `recorded` is what the source itself recorded of it at the end (name to `met` or `missed`); it decides nothing.
    """

    subject: str
    events: tuple[Event, ...]
    recorded: Mapping[str, str] = field(default_factory=dict)


class Source(Protocol):
    """Something that gives rows of text and makes events of those of one subject; cheap to send to a process."""

    @property
    def name(self) -> str:
        """The name under which its places are shown."""
        ...

    def rows(self, report: RowReport, extent: Extent) -> Iterator[Row]:
        """Every row whose subject can be told; the others are refused in `report`. HistoryError if none can be read."""
        ...

    def read(self, group: Group, report: RowReport) -> SubjectHistory:
        """The events of one subject's rows, in the order of the log; every row gets its fate in `report`."""
        ...


@dataclass(frozen=True, slots=True)
class JsonLines:
    """A file of events, one JSON object on a line.

    `present`: what lies after it is refused as from the future; `until`: what was learnt after it is left out.
    """

    path: Path
    present: int | None = None
    until: int | None = None
    name: str = field(default="")

    def __post_init__(self) -> None:
        object.__setattr__(self, "name", self.name or str(self.path))

    def rows(self, report: RowReport, extent: Extent) -> Iterator[Row]:
        """See `Source`; a line is read as far as its subject and its instants."""
        for line, text in text_lines(self.path, self.name, report):
            try:
                value = parse(text)
                if not isinstance(value, dict) or not isinstance(value.get("subject"), str):
                    event_of(value)
                subject = value["subject"]
            except EventError as error:
                report.refuse(error.code, line_place(self.name, line, len(text)), str(error), error.fix)
                continue
            self._extend(extent, value)
            yield Row(subject, line, text)

    def _extend(self, extent: Extent, value: dict[str, Any]) -> None:
        for key in ("at", "seen_at"):
            text = value.get(key)
            if isinstance(text, str):
                try:
                    at = read_instant(text)
                except InstantError:
                    continue
                if self.present is None or at <= self.present:
                    extent.reach(at)

    def read(self, group: Group, report: RowReport) -> SubjectHistory:
        """See `Source`."""
        found: list[Event] = []
        known: dict[tuple[str, str], tuple[int, Event]] = {}
        unordered: int | None = None
        for line, text in group.rows:
            place = line_place(self.name, line, len(text))
            event = self._event(text, place, report)
            if event is None:
                continue
            before = known.get((event.source, event.key))
            if before is not None:
                _report_twice(before, event, place, report)
                continue
            known[(event.source, event.key)] = (line, event)
            if found and event.seen_at < found[-1].seen_at:
                unordered = unordered or line
            found.append(event)
            report.row(Fate.USED)
        if unordered is not None:
            place = line_place(self.name, unordered)
            report.problem(Level.NOTE, "CW811", place, f"lines of `{group.subject}` are out of order; they were sorted")
        if group.subject.startswith("case:") and found and not any(event.kind == "opened" for event in found):
            place = line_place(self.name, group.rows[0][0])
            report.problem(
                Level.WARNING,
                "CW812",
                place,
                f"`{group.subject}` is never opened, so its clocks have no start",
                "add an event of the kind `opened`",
            )
        report.events += len(found)
        found.sort(key=lambda event: event.order)
        return SubjectHistory(group.subject, tuple(found))

    def _event(self, text: str, place: Place, report: RowReport) -> Event | None:
        try:
            event = event_of(parse(text, strict=True))
        except EventError as error:
            report.refuse(error.code, place, str(error), error.fix)
            return None
        if event.kind in _MADE_ANEW:
            report.row(Fate.ENGINE)
            report.problem(Level.NOTE, "CW814", place, f"`{event.kind}` was written by the engine; it is made anew")
            return None
        future = _future(event, self.present)
        if future is not None:
            report.refuse("CW810", place, future)
            return None
        if self.until is not None and event.seen_at > self.until:
            report.row(Fate.LATER)
            return None
        return event


def _future(event: Event, present: int | None) -> str | None:
    if event.at > event.seen_at:
        return f"seen {iso(event.seen_at)}, before it happened at {iso(event.at)}"
    if present is not None and event.seen_at > present:
        return f"{iso(event.seen_at)} lies after the present"
    return None


def _report_twice(before: tuple[int, Event], event: Event, place: Place, report: RowReport) -> None:
    line, first = before
    report.row(Fate.DUPLICATE)
    if first == event:
        report.problem(Level.NOTE, "CW808", place, f"`{event.key}` was read on line {line} already; it counts once")
    else:
        report.problem(
            Level.WARNING,
            "CW809",
            place,
            f"`{event.key}` of `{event.source}` stands on line {line} with other content, which is kept",
            "give every event of a source its own key",
        )


def text_lines(path: Path, name: str, report: RowReport) -> Iterator[tuple[int, str]]:
    """The lines of a file with their numbers; blank ones are counted, unreadable ones refused.

    HistoryError when the file cannot be opened.
    """
    line = 0
    with open_history(path, name) as stream:
        while True:
            raw = stream.readline(MAX_LINE + 1)
            if not raw:
                return
            line += 1
            if len(raw) > MAX_LINE and not raw.endswith(b"\n"):
                while raw and not raw.endswith(b"\n"):
                    raw = stream.readline(MAX_LINE)
                report.refuse(
                    "CW813", line_place(name, line), "this line has more than 1 MB", "put one event on a line"
                )
                continue
            try:
                text = raw.decode("utf-8-sig" if line == 1 else "utf-8").strip()
            except UnicodeDecodeError as error:
                place = Place(name, line, error.start + 1, line, error.end + 1)
                report.refuse("CW816", place, "this line is not UTF-8", "save the file as UTF-8")
                continue
            if text:
                yield line, text
            else:
                report.row(Fate.BLANK)


def open_history(path: Path, name: str) -> Any:
    """The file for reading bytes; HistoryError (CW800, CW816) with the reason where that cannot be."""
    start = Place(name, 1, 1, 1, 1)
    try:
        if path.is_dir():
            raise HistoryError("CW800", start, f"`{name}` is a folder", "name a file")
        if path.exists() and not path.is_file():  # a pipe may never end, and is read twice
            raise HistoryError("CW800", start, f"`{name}` is no ordinary file", "write its content to a file first")
        stream = path.open("rb")
    except OSError as error:
        raise HistoryError("CW800", start, f"`{name}` cannot be opened: {error.strerror}") from None
    except ValueError:
        raise HistoryError("CW800", start, f"`{name}` is not the name of a file") from None
    wide = wide_encoding(stream.read(_LOOKED_AT))
    if wide is not None:
        stream.close()
        raise HistoryError("CW816", start, f"the file is {encoding_name(wide)}, not UTF-8", "save it as UTF-8")
    stream.seek(0)
    return stream


def parse(text: str, *, strict: bool = False) -> Any:
    """The JSON value of a line; EventError (CW801) where it has none. `strict` refuses a key that is given twice."""
    try:
        value = json.loads(text, parse_constant=_no_constant, object_pairs_hook=_each_key_once if strict else None)
        if "\\ud" in text or "\\uD" in text:
            json.dumps(value, ensure_ascii=False).encode()
    except json.JSONDecodeError as error:
        place = f"column {error.colno}" if error.lineno == 1 else f"line {error.lineno}, column {error.colno}"
        raise EventError("CW801", f"{place}: {error.msg}") from None
    except RecursionError:
        raise EventError("CW801", "nested too deep") from None
    except UnicodeEncodeError:
        raise EventError("CW801", "half of a surrogate pair is no character", "write the text as UTF-8") from None
    except ValueError as error:  # a number with thousands of digits
        raise EventError("CW801", str(error)) from None
    return value


def _no_constant(word: str) -> object:
    raise EventError("CW801", f"`{word}` is no JSON number")


def _each_key_once(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) != len(pairs):
        twice = next(key for key, times in Counter(key for key, _ in pairs).items() if times > 1)
        raise EventError("CW801", f"`{twice[:60]}` is given twice in one object", "keep one of the two")
    return value
