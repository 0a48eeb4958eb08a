"""A history together with a customer directory: a source of events like any other."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from casewarden.ruleset.diagnostics import Level, Place
from casewarden.scenario.customers.directory import Directory
from casewarden.scenario.customers.told import Difference, account_log, case_log
from casewarden.scenario.grouping import Group, Row
from casewarden.scenario.history import Extent, Source, SubjectHistory
from casewarden.scenario.rows import RowReport, line_place

_ACCOUNT = "account:"


@dataclass(slots=True)
class WithCustomers:
    """The source's events with what the directory knows; customers that it never names have accounts too.

    `begin` and `end` are the first and last instant of the history, known once all rows went by: before the first
    nothing is decided.
    """

    source: Source
    directory: Directory
    begin: int | None = None
    end: int | None = None

    @property
    def name(self) -> str:
        """The name under which its places are shown."""
        return self.source.name

    def rows(self, report: RowReport, extent: Extent) -> Iterator[Row]:
        """See `Source`; for an account without rows of its own comes an empty one."""
        named: set[str] = set()
        for row in self.source.rows(report, extent):
            if row.subject.startswith(_ACCOUNT):
                named.add(row.subject)
            yield row
        self.begin, self.end = extent.begin, extent.end
        for customer in sorted(self.directory.customers):
            if f"{_ACCOUNT}{customer}" not in named and self.directory.customers[customer].bounds():
                yield Row(f"{_ACCOUNT}{customer}", 1, "")

    def read(self, group: Group, report: RowReport) -> SubjectHistory:
        """See `Source`."""
        rows = tuple(row for row in group.rows if row[1])
        history = SubjectHistory(group.subject, ())
        if rows:
            history = self.source.read(Group(group.subject, rows), report)
        kind, _, name = group.subject.partition(":")
        if kind == "case":
            events, differences = case_log(self.directory, history.events)
            self._tell(group, differences, report)
            return replace(history, events=tuple(events))
        customer = self.directory.customers.get(name) if kind == "account" else None
        if customer is None:
            return history
        return replace(history, events=tuple(account_log(customer, history.events, self.begin)))

    def _tell(self, group: Group, differences: list[Difference], report: RowReport) -> None:
        for found in differences:
            place: Place = line_place(self.name, group.rows[0][0])
            message = f"`{group.subject}`: {found.message}"
            report.problem(Level.WARNING, found.code, place, message, found.fix)
