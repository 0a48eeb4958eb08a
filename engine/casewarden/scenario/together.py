"""Which subjects of a history are decided together, and what others bring to them.

Services bring their observations to every case, so these are kept while rows are read. Cases of one customer share its
quotas, so under a ruleset with quotas they come together with the customer's account; else each subject is by itself.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import chain, groupby

from casewarden.model.event import Event
from casewarden.ruleset.syntax import Ruleset
from casewarden.scenario.grouping import RUN_BYTES, Group, Row, grouped
from casewarden.scenario.history import Extent, Source
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
            name = json.dumps([whose(group, source), group.subject])
            for line, text in group.rows:
                yield Row(name, line, text)

    sorted_anew = ((*json.loads(name), group) for name, group in grouped(rows(), run_bytes))
    for _, found in groupby(sorted_anew, key=lambda named: named[0]):
        yield tuple(Group(subject, group) for _, subject, group in found)


def whose(group: Group, source: Source) -> str:
    """By whose name a subject is decided together with others: its customer's account, or its own name."""
    if not group.subject.startswith("case:"):
        return group.subject
    return account_of(source.read(group, RowReport()).events) or group.subject


def together(groups: Iterator[Group], ruleset: Ruleset, source: Source, run_bytes: int) -> Iterator[Together]:
    """The subjects of a history as they are decided. The first group was read when this returns."""
    first = next(groups, None)
    found = groups if first is None else chain([first], groups)
    return by_customer(found, source, run_bytes) if ruleset.quotas else alone(found)


@dataclass(frozen=True, slots=True)
class Surroundings:
    """One subject of a history and all that bears on it, as `LinkedSubjects` takes it.

    `own` are the subject's rows; they may be missing where it is an account that cases claim from. `others` are the
    logs of the subjects that are decided with it, `services` what was observed of the services that cases watch.
    `names` are all subjects of the history, in the order of their first rows.
    """

    own: Group
    others: Mapping[str, tuple[Event, ...]]
    services: tuple[Event, ...]
    names: tuple[str, ...]


def surroundings(source: Source, subject: str, ruleset: Ruleset, run_bytes: int = RUN_BYTES) -> Surroundings:
    """Find a subject and all that bears on it; HistoryError where the history cannot be read at all.

    The history is gone through once, and a second time under a ruleset with quotas, to see whose each case is. Only
    what bears on the subject is kept; of other cases at most about `run_bytes` of text are held at a time.
    """
    watched = WatchedRows(ruleset)
    names: dict[str, None] = {}
    rows: list[tuple[int, str]] = []
    for row in source.rows(RowReport(), Extent()):
        names[row.subject] = None
        watched.keep(row)
        if row.subject == subject:
            rows.append((row.line, row.text))
    own = Group(subject, tuple(rows))
    account = whose(own, source) if ruleset.quotas else subject
    others: dict[str, tuple[Event, ...]] = {}
    if account.startswith("account:") and ruleset.quotas:
        for group in grouped(source.rows(RowReport(), Extent()), run_bytes):
            if group.subject != subject and whose(group, source) == account:
                others[group.subject] = source.read(group, RowReport()).events
    known = {name: events for name, events in others.items() if events}
    return Surroundings(own, known, watched.events(source), tuple(names))
