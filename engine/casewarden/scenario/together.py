"""Which subjects of a history are decided together, and what others bring to them.

Services bring their observations to every case, so these are kept while rows are read. Cases of one customer share its
quotas, so under a ruleset with quotas they come together with the customer's account; else each subject is by itself.
"""

import json
from collections.abc import Iterator
from itertools import chain, groupby

from casewarden.model.event import Event
from casewarden.ruleset.syntax import Ruleset
from casewarden.scenario.grouping import Group, Row, grouped
from casewarden.scenario.history import Source
from casewarden.scenario.linked import account_of
from casewarden.scenario.rows import RowReport

Together = tuple[Group, ...]
"""The groups of the subjects that are decided in one virtual time."""


class WatchedRows:
    """The rows of the services that the ruleset's fields speak of, kept as they go by."""

    def __init__(self, ruleset: Ruleset) -> None:
        paths = (path.split(".") for path in ruleset.fields)
        self._subjects = frozenset(f"service:{path[1]}" for path in paths if path[0] == "service" and len(path) > 1)
        self._kept: list[Row] = []

    def keep(self, row: Row) -> None:
        """Keep the row if it is of such a service."""
        if row.subject in self._subjects:
            self._kept.append(row)

    def events(self, source: Source) -> tuple[Event, ...]:
        """What was observed of them, each event once; what is wrong with a row is told when its service is decided."""
        histories = (source.read(group, RowReport()) for group in grouped(self._kept))
        observed = (event for history in histories for event in history.events if event.kind == "observed")
        return tuple(sorted(observed, key=lambda event: event.order))


def alone(groups: Iterator[Group]) -> Iterator[Together]:
    """Each subject by itself."""
    for group in groups:
        yield (group,)


def by_customer(groups: Iterator[Group], source: Source, run_bytes: int) -> Iterator[Together]:
    """The subjects of one customer together, customers in order; a case that names none is by itself.

    Rows are sorted a second time, since only a case's events tell whose it is. Memory holds at most about `run_bytes`
    of text, and the rows of one customer.
    """

    def rows() -> Iterator[Row]:
        for group in groups:
            whose = group.subject
            if whose.startswith("case:"):
                whose = account_of(source.read(group, RowReport()).events) or whose
            name = json.dumps([whose, group.subject])
            for line, text in group.rows:
                yield Row(name, line, text)

    sorted_anew = ((*json.loads(name), group) for name, group in grouped(rows(), run_bytes))
    for _, found in groupby(sorted_anew, key=lambda named: named[0]):
        yield tuple(Group(subject, group) for _, subject, group in found)


def together(groups: Iterator[Group], ruleset: Ruleset, source: Source, run_bytes: int) -> Iterator[Together]:
    """The subjects of a history as they are decided. The first group was read when this returns."""
    first = next(groups, None)
    found = groups if first is None else chain([first], groups)
    return by_customer(found, source, run_bytes) if ruleset.quotas else alone(found)
