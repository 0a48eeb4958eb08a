"""From the rows of one case to its events: what each row says that the rows before it did not."""

import re
from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

from casewarden.model.event import Event, Json
from casewarden.model.instants import iso
from casewarden.ruleset.diagnostics import Level, Place, did_you_mean
from casewarden.ruleset.syntax import FieldType
from casewarden.scenario.mapping import EntryFrom, FieldFrom, TableMapping
from casewarden.scenario.rows import Fate, RowReport, line_place

_WHOLE: Final = re.compile(r"[+-]?\d{1,15}", re.ASCII)
_DECIMAL: Final = re.compile(r"[+-]?\d{1,15}(\.\d{1,15})?", re.ASCII)
_AFTER_ENTRIES: Final = 99


class TableRow(NamedTuple):
    """One row as it was understood: when it was written, its place in the file, what it says by column."""

    at: int
    order: int
    line: int
    cells: Mapping[str, str | None]

    @property
    def rank(self) -> tuple[int, int]:
        """Its place among the rows of its case: by instant, then by the file."""
        return (self.at, self.order)


class Changes:
    """Makes the events of one case from its rows in their order; each row gets its fate in `report`."""

    def __init__(self, subject: str, file: str, mapping: TableMapping, report: RowReport) -> None:
        self._subject = subject
        self._file = file
        self._mapping = mapping
        self._report = report
        self._facts: dict[str, Json] = {}
        self._before: Mapping[str, str | None] | None = None

    def events(self, rows: Sequence[TableRow]) -> list[Event]:
        """The events of the rows; the first row opens the case."""
        events: list[Event] = []
        for number, row in enumerate(rows):
            made = [self._opened(row)] if number == 0 else []
            made += self._entries(number, row)
            facts = self._observed(row)
            if facts:
                made.append(self._event("observed", row, number, {"facts": facts}))
            self._report.row(Fate.USED if made else Fate.UNCHANGED)
            self._before = row.cells
            events += made
        return events

    def _opened(self, row: TableRow) -> Event:
        mapping = self._mapping
        at = row.at
        text = None if mapping.opened_at is None else row.cells[mapping.opened_at]
        if text is not None:
            stated = mapping.dates.read(text)
            if stated is None:
                self._warn(
                    "CW826", row, f"`{mapping.opened_at}` is `{text[:40]}`, not like {mapping.dates.text}", _TAKEN
                )
            elif stated > row.at:
                message = f"`{mapping.opened_at}` is {iso(stated)}, but the row was written at {iso(row.at)}"
                self._warn("CW829", row, message, _TAKEN)
            else:
                at = stated
        self._facts.update(mapping.opened_facts)
        data: dict[str, Json] = {"facts": dict(mapping.opened_facts)} if mapping.opened_facts else {}
        key = f"{self._subject}/0/opened"
        return Event(self._subject, "opened", at, row.at, mapping.opened_by, mapping.source, key, data=data)

    def _entries(self, number: int, row: TableRow) -> list[Event]:
        made: list[Event] = []
        for place, entry in enumerate(self._mapping.entries, start=1):
            now = row.cells[entry.column]
            before = None if self._before is None else self._before[entry.column]
            entered = now in entry.to and before not in entry.to
            if entered and (not entry.coming_from or before in entry.coming_from):
                made.append(self._event(entry, row, number, {}, place))
        return made

    def _observed(self, row: TableRow) -> dict[str, Json]:
        changed: dict[str, Json] = {}
        for source in self._mapping.fields:
            text = row.cells[source.column]
            value = None if text is None else self._value(source, text, row)
            if self._facts.get(source.path) != value:
                self._facts[source.path] = changed[source.path] = value
        return changed

    def _value(self, source: FieldFrom, text: str, row: TableRow) -> Json:
        is_new = self._before is None or self._before[source.column] != text
        if source.values is not None:
            if text not in source.values and is_new:
                near = did_you_mean(text, source.values)
                fix = f"did you mean `{near}`?" if near else f"add it to the values of `{source.path}`"
                self._warn("CW825", row, f"`{source.column}` is `{text[:40]}`, which its value table lacks", fix)
            return source.values.get(text, text)
        value = _typed(source, text, self._mapping)
        if value is None and is_new:
            message = f"`{source.column}` is `{text[:40]}`, which is no {source.type.value}; the fact stays unknown"
            self._warn("CW804", row, message, "correct the cell, or the type in the mapping")
        return value

    def _event(
        self, made_of: EntryFrom | str, row: TableRow, number: int, data: dict[str, Json], place: int = _AFTER_ENTRIES
    ) -> Event:
        kind, by = (made_of, None) if isinstance(made_of, str) else (made_of.kind, made_of.by)
        return Event(
            subject=self._subject,
            kind=kind,
            at=row.at,
            seen_at=row.at,
            by=by or self._mapping.by,
            source=self._mapping.source,
            key=f"{self._subject}/{number}/{kind}" + ("" if place == _AFTER_ENTRIES else f"/{place}"),
            sequence=number * (_AFTER_ENTRIES + 1) + place,
            data=data,
        )

    def _warn(self, code: str, row: TableRow, message: str, fix: str) -> None:
        place: Place = line_place(self._file, row.line)
        self._report.problem(Level.WARNING, code, place, message, fix)


_TAKEN: Final = "the row's own instant was taken for the opening"


def _typed(source: FieldFrom, text: str, mapping: TableMapping) -> Json:
    match source.type:
        case FieldType.TEXT | FieldType.CHOICE | FieldType.VERSION | FieldType.DURATION:
            return text
        case FieldType.SET:
            return list[Json](sorted({part.strip() for part in text.split(source.separator)} - {""}))
        case FieldType.YES_NO:
            return {"yes": True, "true": True, "no": False, "false": False}.get(text.casefold())
        case FieldType.INTEGER:
            return int(text) if _WHOLE.fullmatch(text) else None
        case FieldType.NUMBER:
            return float(text) if _DECIMAL.fullmatch(text) else None
        case FieldType.INSTANT:
            at = mapping.dates.read(text)
            return None if at is None else iso(at)
