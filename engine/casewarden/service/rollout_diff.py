"""How a trial fares beside the live lane: what only one of them did since it began, and how their cases stand now."""

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import chain
from typing import Any, Final

from sqlalchemy import Connection, Row, text

from casewarden.report.live.page import Looked
from casewarden.report.live.rollout_status import Apart, DueApart, Posted, RolloutRow, RolloutStatus, SetAside
from casewarden.service.rollouts import Rollout
from casewarden.service.trials import absent
from casewarden.store.contacts import keys_by_id
from casewarden.store.log import Sealing
from casewarden.store.outbox import content_of

SAMPLES: Final = 3
_KEEP: Final = 200
_PAIRED: Final = (
    "FROM subject AS live JOIN subject AS twin ON twin.name = live.name AND twin.lane = :trial WHERE live.lane = :lane"
)
_PAIRS: Final = text(
    "SELECT live.name, live.severity AS severity, twin.severity AS other_severity, live.clocks AS clocks, "
    f"twin.clocks AS other_clocks, twin.state AS state, twin.state_detail AS detail {_PAIRED} ORDER BY live.id"
)
_DONE: Final = text(
    "SELECT subject.name AS name, outbox.id, outbox.lane, outbox.key, outbox.rule, outbox.kind, outbox.content, "
    "outbox.sealed, outbox.contact, outbox.decided_at FROM outbox JOIN subject ON subject.id = outbox.subject "
    "WHERE outbox.lane = :of AND outbox.decided_at >= :since AND EXISTS "
    "(SELECT 1 FROM subject AS twin WHERE twin.lane = :other AND twin.name = subject.name) ORDER BY outbox.id"
)
_POSTED: Final = text(
    "SELECT subject.name AS name, ledger.key, ledger.name AS credit, ledger.amount FROM ledger "
    "JOIN subject ON subject.id = ledger.subject "
    "WHERE subject.lane = :of AND ledger.state = 'posted' AND ledger.at >= :since"
)
_ALERTED: Final = text(
    "SELECT decision.outcome, count(*) AS n FROM decision JOIN subject ON subject.id = decision.subject "
    "WHERE subject.lane = :trial AND decision.at >= :since AND decision.outcome IN ('alerted', 'corrected') "
    "GROUP BY decision.outcome"
)


class _Tally:
    """What differs, in words, how often, and the first subjects that show it."""

    def __init__(self) -> None:
        self._found: dict[str, tuple[list[int], list[str]]] = {}

    def add(self, what: str, subject: str) -> None:
        """Count one more."""
        count, samples = self._found.setdefault(what, ([0], []))
        count[0] += 1
        if len(samples) < SAMPLES and subject not in samples:
            samples.append(subject)

    def rows(self) -> tuple[Apart, ...]:
        """The most frequent first."""
        found = (Apart(what, count[0], tuple(samples)) for what, (count, samples) in self._found.items())
        return tuple(sorted(found, key=lambda one: (-one.count, one.what)))


class _Comparison:
    """What was found so far."""

    def __init__(self, rollout: Rollout) -> None:
        self.rollout = rollout
        self.compared = self.same = 0
        self.only_live, self.only_trial, self.otherwise = _Tally(), _Tally(), _Tally()
        self.severities, self.deadlines = _Tally(), _Tally()
        self.due_apart: list[DueApart] = []
        self.set_aside: list[SetAside] = []
        self.live: Counter[str] = Counter()
        self.trial: Counter[str] = Counter()


def row_of(one: Rollout) -> RolloutRow:
    """A rollout as it is shown."""
    return RolloutRow(one.name, one.lane, one.base, one.head, one.started_at, one.promoted, one.state)


def status(
    connection: Connection, sealing: Sealing | None, rollout: Rollout, in_force: str, looked: Looked
) -> RolloutStatus:
    """Compare a trial with the live lane; without a key, what is sealed is not compared."""
    found = _Comparison(rollout)
    _standing(connection, found)
    _actions(connection, sealing, found)
    _credits(connection, found)
    asked = {"trial": rollout.trial, "since": rollout.started_at}
    counts = {row.outcome: row.n for row in connection.execute(_ALERTED, asked)}
    return RolloutStatus(
        looked=looked,
        rollout=row_of(rollout),
        in_force=in_force,
        compared=found.compared,
        missing=0 if rollout.state == "ended" else absent(connection, rollout.trial),
        same=found.same,
        only_live=found.only_live.rows(),
        only_trial=found.only_trial.rows(),
        otherwise=found.otherwise.rows(),
        severities=found.severities.rows(),
        deadlines=found.deadlines.rows(),
        due_apart=tuple(found.due_apart),
        credits=tuple(Posted(name, found.live[name], found.trial[name]) for name in sorted(found.live | found.trial)),
        set_aside=tuple(found.set_aside),
        alerts=counts.get("alerted", 0),
        corrections=counts.get("corrected", 0),
    )


def _standing(connection: Connection, found: _Comparison) -> None:
    """How the subjects of both stand: severities, deadlines, and those that the trial had to set aside."""
    one = found.rollout
    for row in connection.execute(_PAIRS, {"lane": one.lane, "trial": one.trial}):
        found.compared += 1
        if row.state == "parked":
            found.set_aside.append(SetAside(row.name, row.detail or ""))
            continue
        if row.severity != row.other_severity:
            found.severities.add(f"{row.severity or 'none'}, {row.other_severity or 'none'}", row.name)
        for apart in _due_apart(row):
            found.deadlines.add(apart.clock, row.name)
            if len(found.due_apart) < _KEEP:
                found.due_apart.append(apart)


def _due_apart(row: Row[Any]) -> Iterator[DueApart]:
    live, trial = (
        {(one["clock"], one["number"]): one["due"] for one in json.loads(clocks or "[]")}
        for clocks in (row.clocks, row.other_clocks)
    )
    for run in dict.fromkeys((*live, *trial)):
        if live.get(run) != trial.get(run):
            yield DueApart(row.name, *run, live.get(run), trial.get(run))


def _actions(connection: Connection, sealing: Sealing | None, found: _Comparison) -> None:
    """Actions by their keys: a trial's go on counting where the live lane's did, so the same firing has the same key.

    Of what only one of them has by its key, firings of a rule that both have, numbered otherwise, are the same as well:
    they are matched by case, rule, kind and content.
    """
    one = found.rollout
    live = {row.key: row for row in _done(connection, one.lane, one.trial, one.started_at)}
    trial = {row.key: row for row in _done(connection, one.trial, one.lane, one.started_at)}
    common = [(row, trial[key]) for key, row in live.items() if key in trial]
    said = _Said(connection, sealing, chain.from_iterable(common))
    for mine, theirs in common:
        if said.of(mine) == said.of(theirs):
            found.same += 1
        else:
            found.otherwise.add(_what(mine), mine.name)
    only = [row for key, row in live.items() if key not in trial]
    others = [row for key, row in trial.items() if key not in live]
    both = _alike(only) & _alike(others)
    found.same += both.total()
    _count(only, both.copy(), found.only_live)
    _count(others, both, found.only_trial)


def _done(connection: Connection, of: str, other: str, since: int) -> Iterable[Row[Any]]:
    return connection.execute(_DONE, {"of": of, "other": other, "since": since})


def _alike(rows: Iterable[Row[Any]]) -> Counter[tuple[str, str, str, str]]:
    return Counter((row.name, row.rule, row.kind, row.content) for row in rows)


def _count(rows: Iterable[Row[Any]], both: Counter[tuple[str, str, str, str]], into: _Tally) -> None:
    for row in rows:
        alike = (row.name, row.rule, row.kind, row.content)
        if both[alike]:
            both[alike] -= 1
        else:
            into.add(_what(row), row.name)


def _what(row: Row[Any]) -> str:
    return f"{row.kind} by {row.rule}"


class _Said:
    """What actions say, opened where it is sealed, the key is at hand and the contact was not erased."""

    def __init__(self, connection: Connection, sealing: Sealing | None, rows: Iterable[Row[Any]]) -> None:
        self._sealing = sealing
        contacts = {row.contact for row in rows if row.contact is not None}
        self._keys = {} if sealing is None else keys_by_id(connection, sealing.sealer, contacts)

    def of(self, row: Row[Any]) -> object:
        """What one says."""
        return json.loads(row.content) if self._sealing is None else content_of(row, self._keys, self._sealing)


def _credits(connection: Connection, found: _Comparison) -> None:
    one = found.rollout
    for lane, days in ((one.lane, found.live), (one.trial, found.trial)):
        for row in connection.execute(_POSTED, {"of": lane, "since": one.started_at}):
            days[row.credit] += row.amount
