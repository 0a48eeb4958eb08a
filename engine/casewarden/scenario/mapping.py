"""What a mapping says: how the rows of a table become events, and which columns must not be read for that."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from casewarden.model.event import Json
from casewarden.ruleset.syntax import FieldType
from casewarden.scenario.dates import DateFormat

Format = Literal["csv", "json", "json_lines"]


@dataclass(frozen=True, slots=True)
class FieldFrom:
    """A fact read from a column. `values` is its table; what the table lacks is kept as it is and reported.

    `separator` splits the cell of a set.
    """

    path: str
    column: str
    type: FieldType = FieldType.TEXT
    values: Mapping[str, Json] | None = None
    separator: str = ","


@dataclass(frozen=True, slots=True)
class EntryFrom:
    """An entry made when a column's value enters `to`, coming from one of `coming_from` (empty: from anywhere else)."""

    kind: str
    column: str
    to: frozenset[str]
    coming_from: frozenset[str] = frozenset()
    by: str | None = None


@dataclass(frozen=True, slots=True)
class Recorded:
    """What the source recorded itself, read from a case's last row and only to be compared with what clocks give."""

    name: str
    column: str
    clocks: tuple[str, ...]
    met: frozenset[str]
    missed: frozenset[str]


@dataclass(frozen=True, slots=True)
class TableMapping:
    """One mapping file.

    `case` is the column that groups rows to a case, `written` the one that says when a row was written, `opened_at`
    the one with the opening (None: the first row's own instant). `opened_facts` hold at every opening. `final` columns
    hold values of the end on all rows: no event may be made of them. `left_out` are known and not read.
    """

    format: Format
    delimiter: str
    source: str
    case: str
    written: str
    dates: DateFormat
    missing: frozenset[str]
    by: str
    opened_at: str | None
    opened_by: str
    opened_facts: Mapping[str, Json]
    fields: tuple[FieldFrom, ...]
    entries: tuple[EntryFrom, ...]
    final: tuple[str, ...]
    left_out: tuple[str, ...]
    recorded: tuple[Recorded, ...]

    def read_columns(self) -> Iterator[str]:
        """Every column that events are made of."""
        yield self.case
        yield self.written
        if self.opened_at is not None:
            yield self.opened_at
        for field in self.fields:
            yield field.column
        for entry in self.entries:
            yield entry.column

    def named_columns(self) -> frozenset[str]:
        """Every column that the mapping says anything about."""
        recorded = (record.column for record in self.recorded)
        return frozenset([*self.read_columns(), *self.final, *self.left_out, *recorded])
