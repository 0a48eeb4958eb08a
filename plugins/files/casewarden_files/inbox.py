"""The inbox: pages of events out of files that others append to, rotate, truncate and replace."""

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path
from typing import BinaryIO, Final

from casewarden.model.event import Event, Json
from casewarden.plugin import Page
from casewarden.plugin.events import EventError, read_event
from casewarden_files.lines import Line, whole_lines
from casewarden_files.listing import InboxFile, Listing, listing, open_listed
from casewarden_files.position import Cursor, Position, cursor_json, is_at, mark_of, read_cursor

Reader = Callable[[str, str], Event | None]
MAX_EVENTS: Final = 500
MAX_BYTES: Final = 8_000_000


@dataclass(frozen=True, slots=True)
class Inbox:
    """The files at `path`, read as events of `source`.

    `complete`: what is in them is everything that happened until `now()`. A page ends after `max_events` lines that
    say something, or after `MAX_BYTES`. With `moved_by` (microseconds) events happen by so much later, and what lies
    ahead is left for later, with all that stands behind it. `read` makes an event of a line, or None of one that says
    nothing.
    """

    path: Path
    source: str
    now: Callable[[], int]
    complete: bool = False
    max_events: int = MAX_EVENTS
    moved_by: int | None = None
    read: Reader = read_event

    def changes(self, cursor: Json) -> Page:
        """The events behind a cursor. OSError where the folder cannot be read."""
        begun = self.now()
        found = self._listing()
        page = _Draft(self.source, self.max_events, read_cursor(cursor), self.moved_by, begun, self.read)
        for name, reason in found.refused.items():
            page.refuse_file(name, reason)
        for file in found.files:
            _read(page, found, file)
        is_known = self.complete and page.is_complete and found.has_live
        return Page(
            page.events,
            cursor_json(Cursor(tuple(page.positions), tuple(page.told))),
            begun if is_known else None,
            page.has_more,
            page.refused,
        )

    def of_subject(self, subject: str) -> Sequence[Event]:
        """All events of one subject, in the order in which they stand. OSError where something cannot be read."""
        kept: list[Event] = []
        found = self._listing()
        for file in found.files:
            with _opened(found, file) as stream:
                kept.extend(
                    event
                    for line in whole_lines(stream, Position(file.name, file.inode))
                    if isinstance(event := _event(line, self.source, self.read), Event) and event.subject == subject
                )
        if self.moved_by is not None:
            now = self.now()
            kept = [moved for event in kept if (moved := _later(event, self.moved_by)).at <= now]
        return list({(event.source, event.key): event for event in kept}.values())

    def first(self) -> int | None:
        """When the first event happened of those that stand first in their files; None where there is none."""
        found = self._listing()
        instants = []
        for file in found.files:
            with _opened(found, file) as stream:
                said = (
                    _event(line, self.source, self.read)
                    for line in whole_lines(stream, Position(file.name, file.inode))
                )
                instants += [event.at for event in islice((one for one in said if isinstance(one, Event)), 1)]
        return min(instants, default=None)

    def _listing(self) -> Listing:
        try:
            return listing(self.path)
        except OSError as error:
            raise OSError(f"the inbox {self.path} cannot be listed: {error.strerror}") from error


def _read(page: "_Draft", found: Listing, file: InboxFile) -> None:
    """Read a file from where it was left."""
    try:
        with _opened(found, file) as stream:
            page.read(stream, page.position(stream.fileno(), file), file)
    except FileNotFoundError:
        page.pass_over(file)  # it was rotated in this very moment: the next look finds it
    except OSError as error:
        page.refuse_file(file.name, f"cannot be read: {error.strerror}")
        page.pass_over(file)


@contextmanager
def _opened(found: Listing, file: InboxFile) -> Iterator[BinaryIO]:
    with os.fdopen(open_listed(found.folder, file), "rb") as stream:
        yield stream


@dataclass(slots=True)
class _Draft:
    """A page that is being filled, after the one that ended with `before`."""

    source: str
    room: int
    before: Cursor
    moved_by: int | None
    now: int
    read_line: Reader
    known: Mapping[str, Position] = field(init=False)
    bytes_left: int = MAX_BYTES
    events: list[Event] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    positions: list[Position] = field(default_factory=list)
    told: list[str] = field(default_factory=list)
    has_more: bool = False
    is_complete: bool = True

    def __post_init__(self) -> None:
        self.known = {position.inode: position for position in self.before.positions}

    def refuse_file(self, name: str, reason: str) -> None:
        """Note a file that is not read; the operator is told once."""
        self.told.append(name)
        if name not in self.before.told:
            self.refused.append(f"{name} {reason}")

    def pass_over(self, file: InboxFile) -> None:
        """Leave a file for the next page."""
        self.is_complete = False
        if file.inode in self.known:
            self.positions.append(self.known[file.inode])

    def position(self, handle: int, file: InboxFile) -> Position:
        """Where to go on in an open file; one that is not known, or no longer what it was, begins anew.

        A file is known by its inode, whatever it is called by now, as long as it still has what was read of it. Beside
        that, rotation may have copied a file and emptied the original: the copy is the one that goes on.
        """
        own = self.known.get(file.inode)
        if own is not None and is_at(handle, own):
            return replace(own, file=file.name)
        if own is None and not file.live:
            for other in self.before.positions:
                if other.offset and other.file != file.name and is_at(handle, other):
                    return replace(other, file=file.name, inode=file.inode)
        return Position(file.name, file.inode)

    def read(self, stream: BinaryIO, position: Position, file: InboxFile) -> None:
        """Take lines in until the page is full or the file has no more whole ones."""
        begun = position
        for line in whole_lines(stream, position):
            said = _event(line, self.source, self.read_line)
            if self._is_full or self._lies_ahead(said):
                break
            self._take(file, line, said)
            self.bytes_left -= line.end - position.offset
            position = replace(position, offset=line.end, line=line.number, skipping=line.skipping)
        if position != begun:
            position = replace(position, mark=mark_of(stream.fileno(), position.offset))
        self.positions.append(position)
        has_rest = os.fstat(stream.fileno()).st_size > position.offset
        self.has_more |= self._is_full and has_rest
        self.is_complete &= not (has_rest and (file.live or self._is_full)) or (
            self.moved_by is not None and not self._is_full
        )

    @property
    def _is_full(self) -> bool:
        return self.room <= 0 or self.bytes_left <= 0

    def _lies_ahead(self, said: Event | str | None) -> bool:
        return self.moved_by is not None and isinstance(said, Event) and said.at + self.moved_by > self.now

    def _take(self, file: InboxFile, line: Line, said: Event | str | None) -> None:
        match said:
            case Event() as event:
                self.events.append(event if self.moved_by is None else _later(event, self.moved_by))
            case str(reason):
                self.refused.append(f"{file.name}:{line.number}: {reason}")
            case None:
                return
        self.room -= 1


def _later(event: Event, by: int) -> Event:
    """An event as if it had happened by so much later; instants in what it says stay."""
    return replace(event, at=event.at + by, seen_at=event.seen_at + by)


def _event(line: Line, source: str, read: Reader) -> Event | str | None:
    """The event on a line, or why there is none; None for a line that says nothing."""
    if line.text is None:
        return "CW813 this line has more than 1 MB; put one event on a line"
    try:
        text = line.text.decode("utf-8-sig" if line.number == 1 else "utf-8").strip()
    except UnicodeDecodeError:
        return "CW816 this line is not UTF-8; save the file as UTF-8"
    if not text:
        return None
    try:
        return read(text, source)
    except EventError as error:
        return f"{error.code} {error}; {error.fix}" if error.fix else f"{error.code} {error}"
